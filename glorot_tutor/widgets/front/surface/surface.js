/** The cost surface: figure 5 to turn, with another range or draw of examples. */
import { el } from "../shared/dom.js";
import { choice, list, slider, tick } from "../shared/fields.js";
import { canvas, createFrame, figure } from "../shared/frame.js";
import { createNumbers, percent } from "./numbers.js";
import { drawScene } from "./scene.js";

const COSTS = ["cross-entropy", "quadratic"];

/** What each setting can be. */
export const limits = {
  cost: { choices: ["both", ...COSTS] },
  limit: { range: [1, 10, 1] },
  seed: { choices: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
  azimuth: { range: [-180, 180, 1] },
  elevation: { range: [0, 90, 1] },
  gradient: {},
};
/** Settings that the result depends on. */
export const computes = ["limit", "seed"];

/** The controls, each made from what it is to call on a change. */
const fields = {
  cost: (change) => choice(limits.cost.choices, "Cost", change),
  limit: (change) => slider(limits.limit.range, "Weights within ±", change),
  seed: (change) => list(limits.seed.choices, "Data seed", {}, change),
  azimuth: (change) => slider(limits.azimuth.range, "Turn, degrees", change, true),
  elevation: (change) => slider(limits.elevation.range, "Tilt, degrees", change, true),
  gradient: (change) => tick("Gradient field", change),
};

/** @param {{model: object, el: HTMLElement}} place */
export function render(place) {
  const picture = canvas("glorot-scene");
  const numbers = createNumbers();
  const key = COSTS.map((cost) => el("span", { class: `glorot-${cost}` }, cost));
  const scene = figure("Cost over the two weights", "drag to turn it, or use the sliders", picture);
  scene.classList.add("glorot-wide");
  const stop = turning(picture, place.model);
  const remove = createFrame(place, {
    name: "Cost surface",
    fields,
    parts: [el("p", { class: "lab-key glorot-wide" }, ...key), scene, numbers.node],
    say,
    draw(result, settings) {
      const shown = COSTS.filter((cost) => ["both", cost].includes(settings.cost));
      key.forEach((span, i) => (span.hidden = !shown.includes(COSTS[i])));
      drawScene(picture, result, shown, settings);
      numbers.show(result, shown);
    },
  });
  return () => {
    stop();
    remove();
  };
}

/** Turn the view with a mouse or a finger (which scrolls the page when it moves up or down). */
function turning(picture, model) {
  let from = null;
  const { range: tilts } = limits.elevation;
  const start = (event) => {
    from = { x: event.clientX, y: event.clientY, ...model.get("settings") };
    picture.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    if (!from) return;
    const azimuth = Math.round(from.azimuth - (event.clientX - from.x) / 2);
    const elevation = Math.round(from.elevation + (event.clientY - from.y) / 3);
    model.set("settings", {
      ...model.get("settings"),
      azimuth: ((((azimuth + 180) % 360) + 360) % 360) - 180,
      elevation: Math.min(tilts[1], Math.max(tilts[0], elevation)),
    });
    model.save_changes();
  };
  const end = () => {
    from = null;
  };
  const acts = { pointerdown: start, pointermove: move, pointerup: end, pointercancel: end };
  for (const [event, act] of Object.entries(acts)) picture.addEventListener(event, act);
  return () => {
    for (const [event, act] of Object.entries(acts)) picture.removeEventListener(event, act);
  };
}

/** What the pictures show, for who does not see them. */
function say({ limit, costs }, { seed }) {
  const [one, other] = COSTS.map((cost) => percent(costs[cost].flat_area));
  return (
    `Weights within ±${limit}, draw ${seed} of the examples. Flat, with a gradient below 1 % of its ` +
    `maximum: ${one} of the plane for the cross-entropy, ${other} for the quadratic cost.`
  );
}

export default { render };
