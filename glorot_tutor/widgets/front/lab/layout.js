/** The lab's elements that do not depend on the settings. */
import { el, newId } from "../shared/dom.js";
import { createStrip } from "../shared/images.js";
import { PRESETS } from "./settings.js";

/**
 * @param {object} act what buttons do: start, step, rewind, reset, show (a preset by its name), look
 *   (at a place in time, from 0 on)
 * @param {object} controls see controls.js
 * @returns {object} the elements that change later, by name
 */
export function createLayout(act, controls) {
  const button = (text, hint, onclick, kind = "") =>
    el("button", { type: "button", class: kind, title: hint, onclick }, text);
  const presets = new Map(
    Object.entries(PRESETS).map(([name, { label, text }]) => [
      name,
      el(
        "button",
        {
          type: "button",
          "aria-pressed": "false",
          "data-preset": name,
          onclick: () => act.show(name),
        },
        el("b", {}, label),
        el("span", {}, text),
      ),
    ]),
  );
  const start = button("Start", "Train, or pause", act.start, "lab-start");
  const update = el("output", { class: "lab-update" }),
    pace = el("span", { class: "lab-pace" });
  const errors = el("span", { class: "lab-errors" });
  const bar = el(
    "div",
    { class: "lab-bar", role: "group", "aria-label": "Training" },
    el(
      "div",
      { class: "lab-buttons" },
      start,
      button("Step", "One update", act.step),
      button("Rewind", "Back to update 0 with the same weights", act.rewind),
      button("Reset", "Back to the first preset’s settings", act.reset),
    ),
    el("div", { class: "lab-clock" }, el("span", {}, "update ", update), pace),
    errors,
  );
  const says = el("p", { class: "lab-says", role: "status", "aria-live": "polite" });
  const strip = createStrip();
  const id = newId();
  const past = el("input", {
    type: "range",
    id,
    min: 0,
    max: 0,
    value: 0,
    step: 1,
    oninput: () => act.look(Number(past.value)),
  });
  const error = el("div", { class: "lab-chart", role: "img" }),
    errorKey = el("span", { class: "lab-key" });
  const curve = el(
    "figure",
    { class: "lab-error" },
    el(
      "figcaption",
      {},
      el("b", {}, "Error"),
      " ",
      el("span", { class: "lab-hint" }, "on new images"),
    ),
    error,
    errorKey,
  );
  const time = el(
    "div",
    { class: "lab-time" },
    strip.node,
    el(
      "div",
      { class: "lab-past" },
      el("label", { for: id, class: "lab-label" }, "Look back"),
      past,
    ),
  );
  const pictures = el("div", { class: "lab-pictures" }, curve);
  const node = el(
    "div",
    { class: "lab-body" },
    el(
      "div",
      { class: "lab-presets", role: "group", "aria-label": "Presets" },
      ...presets.values(),
    ),
    bar,
    controls.node,
    el("div", { class: "lab-main" }, says, time, pictures),
  );
  return {
    node,
    presets,
    start,
    update,
    pace,
    errors,
    says,
    strip,
    past,
    pictures,
    curve,
    error,
    errorKey,
  };
}
