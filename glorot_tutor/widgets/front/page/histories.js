/**
 * Answers the record browser in place of a kernel: from files that the build of the book wrote,
 * one to a run. They are scripts, for a page that was opened from a folder may load no others.
 */
import { find } from "../browser/runs.js";

const home = document.currentScript?.src ?? location.href;
const loaded = new Map(); // file: promise of what is in it
const arrived = new Map(); // name: what a script has brought

function load(file, name) {
  if (!loaded.has(file)) loaded.set(file, fetchScript(file, name));
  return loaded.get(file);
}

function fetchScript(file, name) {
  window.glorotHistory = (key, data) => arrived.set(key, data);
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(`histories/${encodeURIComponent(file)}.js`, home).href;
    script.onload = () => resolve(arrived.get(name));
    script.onerror = () => {
      loaded.delete(file); // it may work another time
      reject(new Error(`The file of ${name || "the index"} could not be loaded.`));
    };
    document.head.append(script);
  });
}

async function answer({ a, b }) {
  const index = await load("index", "");
  const runs = [a, b].map((name) => {
    const run = name ? find(index, name) : null;
    if (run === undefined) throw new Error(`No run “${name}” is recorded: choose another.`);
    return run && load(run.name, run.name);
  });
  const [first, second] = await Promise.all(runs);
  return { index, a: first, b: second };
}

/**
 * Keep a model's result in step with its settings.
 *
 * @param {import("./model.js").PageModel} model
 */
export function serve(model) {
  let asked;
  const send = async () => {
    const { a, b } = model.get("settings");
    const key = JSON.stringify([a, b]);
    if (key === asked) return;
    asked = key;
    model.put({ busy: true });
    const found = await answer({ a, b }).then(
      (result) => ({ result, problem: "" }),
      ({ message }) => ({ problem: message }),
    );
    if (key !== asked) return; // the reader has gone on
    if (!found.result && !model.get("result").index) {
      found.result = await load("index", "").then(
        (index) => ({ index }), // there is something to choose from
        () => ({}), // it may be the index itself that could not be loaded
      );
    }
    model.put({ ...found, busy: false });
  };
  model.on("change:settings", send);
  send();
}
