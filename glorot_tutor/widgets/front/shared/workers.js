/** Threads beside the page. */

/**
 * A worker from text, where there is some: from a folder a browser loads no worker, but it does
 * take one from memory.
 *
 * @param {string} source the worker's script, empty where the modules are not bundled
 * @param {() => Worker} load gets the worker then
 */
export function newWorker(source, load) {
  return source ? new Worker(URL.createObjectURL(new Blob([source]))) : load();
}
