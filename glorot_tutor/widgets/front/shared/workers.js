/** Threads beside the page. */
import { workerSource } from "./worker-source.js";

const FAILED = "What computes in this page has failed: change a setting, or load the page again.";

/**
 * A thread that begins with the first message, and anew with the first one after a failure.
 *
 * @param {() => Worker} load gets the worker where the modules are not bundled
 * @param {(data: object) => void} receive takes its answers
 * @param {(problem: string) => void} fail told in one sentence that no answer will come
 * @returns {(message: object) => void} tells the thread something
 */
export function createThread(load, receive, fail) {
  let worker;
  const end = () => {
    worker?.terminate();
    worker = undefined;
    fail(FAILED);
  };
  return (message) => {
    try {
      worker ??= newWorker(load);
    } catch {
      return end(); // a page can be forbidden to have workers
    }
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = end;
    worker.postMessage(message);
  };
}

/**
 * A worker from text, where there is some: from a folder a browser loads no worker, but it does
 * take one from memory.
 */
function newWorker(load) {
  return workerSource ? new Worker(URL.createObjectURL(new Blob([workerSource]))) : load();
}
