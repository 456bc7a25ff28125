/** The lab's elements that do not depend on the settings. */
import { el } from "../shared/dom.js";
import { fold } from "../shared/fold.js";
import { createStrip } from "../shared/images.js";
import { inTurn } from "../shared/turns.js";
import { createDesk, resetButton } from "./desk.js";
import { PRESETS } from "./settings.js";

const EDGE = 24; // pixels of the one before the chosen preset: there are more on that side
const RAIL = 800; // pixels: from here on there is room for the settings beside the pictures

/**
 * @param {HTMLElement} place
 * @param {object} act what buttons do: start, step, reset, first, show (a preset by its name), look
 *   (at a place in time, from 0 on)
 * @param {object} controls see controls.js
 * @returns {object} the elements that change later, by name; mark shows which preset is chosen, ""
 *   for none; offerBack shows the button back to the text, and takes what it does
 */
export function createLayout(place, act, controls) {
  const presets = new Map(
    Object.entries(PRESETS).map(([name, preset]) => [name, createPreset(name, preset, act)]),
  );
  const desk = createDesk(act, [
    resetButton(act.reset),
    ["Defaults", "Back to the settings that the lab began with", act.first],
  ]);
  const strip = createStrip();
  const arrow = el("span", { "aria-hidden": "true" }, "↓ ");
  const told = { type: "button", class: "lab-quiet lab-back", hidden: true };
  const back = el("button", told, arrow, "Back to the text");
  const folded = fold(controls.node, place, RAIL);
  const main = el(
    "div",
    { class: "lab-main" },
    back,
    desk.says,
    desk.spoken,
    desk.problem.node,
    el("div", { class: "lab-time" }, strip.node, desk.past),
    desk.pictures,
  );
  const node = el(
    "div",
    { class: "lab-body" },
    el(
      "div",
      { class: "lab-presets", role: "group", "aria-label": "Presets" },
      ...presets.values(),
    ),
    desk.bar,
    folded.node,
    main,
  );
  const offerBack = (go) => {
    back.hidden = false;
    back.onclick = go;
  };
  const mark = (chosen) => presets.forEach((button, name) => press(button, name === chosen));
  return { ...desk, node, main, mark, strip, folded, offerBack };
}

/** Show whether a preset is the chosen one; on a phone, where they stand in a row, in sight. */
function press(button, chosen) {
  button.setAttribute("aria-pressed", chosen);
  if (chosen) inTurn(() => pushIntoSight(button)); // to measure makes the page lay out all it has
}

function pushIntoSight(button) {
  const row = button.parentElement;
  const ahead = button.getBoundingClientRect().left - row.getBoundingClientRect().left;
  row.scrollLeft += ahead - EDGE;
}

function createPreset(name, { label, text }, act) {
  const told = { type: "button", "aria-pressed": "false", "data-preset": name };
  const onclick = () => act.show(name);
  return el("button", { ...told, onclick }, el("b", {}, label), el("span", {}, text));
}
