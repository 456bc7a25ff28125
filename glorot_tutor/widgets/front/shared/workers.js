/** Threads beside the page. */
import workerSource from "worker-source"; // text of the page's worker.js: see tests/lab/build.js

const FAILED = "What computes in this page has failed: change a setting, or load the page again.";

/**
 * A thread that begins with the first message, and anew with the first one after a failure.
 *
 * @param {(data: object) => void} receive takes its answers
 * @param {(problem: string) => void} fail told in one sentence that no answer will come
 * @returns {(message: object) => void} tells the thread something
 */
export function createThread(receive, fail) {
  let worker;
  const end = () => {
    worker?.terminate();
    worker = undefined;
    fail(FAILED);
  };
  return (message) => {
    try {
      // from a folder a browser loads no worker, but it does take one from memory
      worker ??= new Worker(URL.createObjectURL(new Blob([workerSource])));
    } catch {
      return end(); // a page can be forbidden to have workers
    }
    worker.onmessage = ({ data }) => receive(data);
    worker.onerror = end;
    worker.postMessage(message);
  };
}
