/** Trains for the watcher in place of a kernel, as the lab does: in a worker of its own. */
import { computes } from "../watcher/watcher.js";
import { createThread } from "../shared/workers.js";

/**
 * Do what the model's `wish` says and keep its result in step.
 *
 * @param {import("./model.js").PageModel} model
 */
export function serve(model) {
  let run = 0,
    last;
  const receive = (data) => {
    if (data.run !== run) return; // of settings that are gone
    model.put({ result: { ...data, settings: last }, busy: false, problem: "" });
  };
  const fail = (problem) => model.put({ problem, busy: false, running: false });
  const thread = createThread(receive, fail);
  const tell = (training) => thread({ training });
  const key = (settings) => JSON.stringify(computes.map((name) => settings[name]));
  const start = () => {
    const { speed } = model.get("settings");
    model.put({ running: true });
    tell({ type: "run", speed: speed === "max" ? Infinity : speed, until: Infinity });
  };
  const begin = (running) => {
    const settings = model.get("settings");
    last = { ...settings };
    model.put({ busy: true, running: false });
    tell({ type: "set", run: ++run, settings: { ...settings, networks: [settings] } });
    if (running) start();
  };
  const acts = {
    start,
    reset: () => begin(false),
    pause: () => {
      tell({ type: "pause" });
      model.put({ running: false });
    },
    step: () => {
      if (model.get("running")) acts.pause();
      tell({ type: "step" });
    },
  };
  model.on("change:wish", () => acts[model.get("wish").do]());
  model.on("change:settings", () => {
    const settings = model.get("settings");
    if (key(settings) !== key(last)) begin(model.get("running"));
    else if (settings.speed !== last.speed && model.get("running")) start();
    last = { ...settings };
  });
  begin(false);
}
