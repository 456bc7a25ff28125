/** What stands around the pictures of training: the bar of buttons, the words, the way back. */
import { el, newId } from "../shared/dom.js";
import { createProblem } from "../shared/problem.js";

/**
 * @param {object} act what buttons do: start, step, look (at a place in time, from 0 on)
 * @param {[string, string, () => void][]} more buttons of the bar: text, hint, what they do
 * @returns {object} the elements by name: bar, past (the slider with its label and what is seen
 *   there) and pictures stand in the page, and so do says (words that run with the clock), spoken
 *   (the same for a screen reader, more seldom) and problem (see problem.js); the others are parts
 *   of them that change later
 */
export function createDesk(act, more) {
  const start = button("Start", "Train, or pause", act.start, "lab-start");
  // a screen reader would read every change of the clock out: it gets its own words, below
  const update = el("output", { class: "lab-update", "aria-live": "off" }),
    pace = el("span", { class: "lab-pace" }),
    errors = el("span", { class: "lab-errors" });
  const buttons = [start, button("Step", "One update", act.step), ...more.map((b) => button(...b))];
  const bar = el(
    "div",
    { class: "lab-bar", role: "group", "aria-label": "Training" },
    el("div", { class: "lab-buttons" }, ...buttons),
    el("div", { class: "lab-clock" }, el("span", {}, "update ", update), pace),
    errors,
  );
  const says = el("p", { class: "lab-says", "aria-hidden": "true" });
  const spoken = el("p", { class: "lab-spoken", role: "status", "aria-live": "polite" });
  const words = { says, spoken, problem: createProblem() };
  return { bar, start, update, pace, errors, ...words, ...createPast(act), ...createErrors() };
}

/** The button that begins again, in the lab and in the watcher. */
export const resetButton = (act) => ["Reset", "Back to update 0 with the same weights", act];

function button(text, hint, onclick, kind = "") {
  return el("button", { type: "button", class: kind, title: hint, onclick }, text);
}

function createPast(act) {
  const id = newId();
  const slider = el("input", {
    type: "range",
    id,
    min: 0,
    max: 0,
    value: 0,
    step: 1,
    "data-lm-suppress-shortcuts": true,
    oninput: () => act.look(Number(slider.value)),
  });
  const label = el("label", { for: id, class: "lab-label" }, "Look back");
  // the slider has it as its value: a screen reader would read it twice
  const seen = el("span", { class: "lab-seen", "aria-hidden": "true" });
  return { slider, seen, past: el("div", { class: "lab-past" }, label, slider, seen) };
}

function createErrors() {
  const error = el("div", { class: "lab-chart", role: "img" }),
    errorKey = el("span", { class: "lab-key" });
  const hint = el("span", { class: "lab-hint" }, "on new images");
  const caption = el("figcaption", {}, el("b", {}, "Error"), " ", hint);
  const curve = el("figure", { class: "lab-error" }, caption, error, errorKey);
  return { error, errorKey, curve, pictures: el("div", { class: "lab-pictures" }, curve) };
}
