/** The time of a recorded run: a slider to scrub with, and a button that plays. */
import { el, grouped, newId } from "../shared/dom.js";
import { placeOf } from "./moments.js";

const BEAT = 250; // milliseconds between two moments while it plays

/**
 * @param {(time: number) => void} onTime told the update that the reader wants to look at
 * @returns {{node: HTMLElement, show: (times: number[], time: number, errors: Node[]) => void,
 *   stop: () => void}}
 */
export function createClock(onTime) {
  const id = newId();
  let times = [0],
    playing;
  const slider = el("input", {
    type: "range",
    id,
    min: 0,
    max: 0,
    step: 1,
    "data-lm-suppress-shortcuts": true,
    oninput: () => {
      stop();
      onTime(times[slider.value]);
    },
  });
  const stop = () => {
    clearInterval(playing);
    playing = undefined;
    play.textContent = "Play";
  };
  const step = () => {
    const next = Number(slider.value) + 1;
    if (next >= times.length || !slider.isConnected) return stop();
    onTime(times[next]);
  };
  const start = () => {
    if (playing) return stop();
    if (Number(slider.value) === times.length - 1) onTime(times[0]);
    playing = setInterval(step, BEAT);
    play.textContent = "Pause";
  };
  const play = el("button", { type: "button", onclick: start }, "Play");
  const update = el("output", { for: id, class: "lab-update", "aria-live": "off" });
  const errors = el("span", { class: "lab-errors" });
  const node = el(
    "div",
    { class: "glorot-clock glorot-wide" },
    play,
    el("label", { for: id, class: "lab-label" }, "Update"),
    update,
    errors,
    slider,
  );
  const show = (all, time, texts) => {
    times = all;
    const place = placeOf(times, time);
    slider.max = times.length - 1;
    slider.value = place;
    slider.setAttribute("aria-valuetext", `update ${grouped(times[place])}`);
    update.textContent = grouped(times[place]);
    errors.replaceChildren(...texts);
  };
  return { node, show, stop };
}
