/**
 * Answers a widget in place of a kernel: a worker computes, and only the newest question counts.
 */
import { createThread } from "../shared/workers.js";

let tickets = 0;
const waiting = new Map(); // ticket: who waits for its answers

const tell = createThread(receive, (problem) => {
  for (const ticket of [...waiting.keys()]) receive({ ticket, problem, last: true });
});

function receive(data) {
  const take = waiting.get(data.ticket);
  if (data.last) waiting.delete(data.ticket);
  take?.(data);
}

function ask(question, take) {
  waiting.set(++tickets, take);
  tell({ ...question, ticket: tickets });
}

/**
 * Keep a model's result in step with its settings.
 *
 * @param {import("./model.js").PageModel} model
 * @param {{computes: string[]}} widget names the settings that its result depends on
 * @param {string} name the widget's, as the worker knows it
 */
export function serve(model, { computes }, name) {
  let asked, next;
  const key = (settings) => JSON.stringify(computes.map((setting) => settings[setting]));
  const send = () => {
    const settings = model.get("settings");
    asked = key(settings);
    next = false;
    model.put({ busy: true });
    ask({ widget: name, settings, given: model.get("given") }, ({ result, problem, last }) => {
      if (next && last) return send(); // these numbers are out of date
      if (next) return;
      model.put({ ...(result && { result }), problem: problem ?? "", busy: !last });
    });
  };
  model.on("change:settings", () => {
    if (key(model.get("settings")) === asked) return;
    asked = key(model.get("settings"));
    if (model.get("busy")) next = true;
    else send();
  });
  send();
}
