/** The record browser: any recorded run at any time, and a second one beside it. */
import { el, grouped } from "../shared/dom.js";
import { createFrame } from "../shared/frame.js";
import { menu } from "../shared/menu.js";
import { describe } from "../shared/panel.js";
import { createClock } from "./clock.js";
import { errorAt } from "./moments.js";
import { runField } from "./runs.js";
import { Stage } from "./stage.js";

const NAME = { text: /^[\w .-]{0,99}$/ };

/** What each setting can be. */
export const limits = {
  a: NAME,
  b: NAME,
  layer: { range: [0, 100, 1] },
  time: { range: [0, 1e9, 1] },
};

/** @param {{model: object, el: HTMLElement}} place */
export function render(place) {
  const { model } = place;
  const controls = {};
  const keep = (key, make) => (change) => (controls[key] = make(change));
  const fields = {
    a: keep("a", (change) => runField("A", false, change)),
    b: keep("b", (change) => runField("B", true, change)),
    layer: keep("layer", (change) => menu("Layers", change)),
  };
  let pointed = null; // a time that the reader points at, on a curve
  const clock = createClock((time) => {
    pointed = null; // the pointer may still rest on a curve
    model.set("settings", { ...model.get("settings"), time });
    model.save_changes();
  });
  const pictures = el("div", { class: "lab-pictures glorot-wide" });
  const stage = new Stage(pictures, (time) => {
    pointed = time;
    draw(model.get("result"), model.get("settings"));
  });
  const draw = (result, settings) => {
    const runs = [result.a, result.b].filter(Boolean);
    for (const key of ["a", "b"]) controls[key].offer(result.index ?? []);
    offerLayers(controls.layer, runs, settings.layer);
    if (!runs.length) return;
    const time = pointed ?? settings.time;
    const all = timesOf(runs);
    clock.show(all, time, runs.map((run, i) => errorText(run, i, Math.min(time, all.at(-1)))));
    stage.draw(runs, settings.layer, time);
  };
  const parts = [clock.node, pictures];
  const remove = createFrame(place, { name: "Record browser", fields, parts, say, draw });
  return () => {
    clock.stop();
    stage.remove();
    remove();
  };
}

const timesOf = (runs) => [...new Set(runs.flatMap((run) => run.looks))].sort((x, y) => x - y);

function errorText(run, i, time) {
  const error = errorAt(run, time);
  return el("span", { class: `lab-line-${i}` }, `${run.model} ${error?.toFixed(1) ?? "–"} %`);
}

function offerLayers(control, runs, value) {
  const depth = Math.max(0, ...runs.map((run) => run.depth));
  const choices = Array.from({ length: depth + 1 }, (_, i) => i);
  const texts = Object.fromEntries(choices.map((i) => [i, i ? `layer ${i} only` : "all"]));
  control.offer(choices, texts, Math.min(value, depth));
}

/** How far a run went. Where it diverged it has no end that an error could tell of. */
function fate({ updates, errors, diverged }) {
  if (diverged !== null) return `diverged after update ${grouped(diverged)}`;
  const error = errors.test?.error.at(-1);
  const end = error === undefined ? "" : `, test error ${error.toFixed(1)} % at the end`;
  return `${grouped(updates)} updates${end}`;
}

/** What is shown, for who does not see it. */
function say({ a, b }) {
  return [a, b]
    .filter(Boolean)
    .map((run, i) => {
      return `${b ? `${"AB"[i]}: ` : ""}${describe(run)}, ${fate(run)}.`;
    })
    .join(" ");
}

export default { render };
