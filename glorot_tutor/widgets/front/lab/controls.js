/** The controls: made once, then shown and read as a whole. */
import { el, newId } from "../shared/dom.js";
import { list, seedField, slider } from "../shared/fields.js";
import { activationField, initializationField, wiringField } from "../shared/networks.js";
import { CHOICES, copy, RANGES } from "./settings.js";

/** What speeds are called. */
export const SPEEDS = {
  1: "1 update a second",
  10: "10 a second",
  100: "100 a second",
  1000: "1,000 a second",
  Infinity: "as fast as it goes",
};

/**
 * The settings of one network.
 *
 * @param {string} name
 * @param {() => void} change told when the reader has set another value
 */
export function networkFields(name, change) {
  const fields = {
    activation: activationField(change),
    initialization: initializationField(change),
    wiring: wiringField(change),
    gain: slider(RANGES.gain, "Gain", change),
    depth: slider(RANGES.depth, "Depth, layers", change),
    width: slider(RANGES.width, "Width, units", change),
    rate: list(CHOICES.rate, "Learning rate", {}, change),
  };
  const legend = el("legend", {}, name);
  const node = el(
    "fieldset",
    { class: "lab-network" },
    legend,
    ...Object.values(fields).map((f) => f.node),
  );
  return {
    node,
    legend,
    get: () => Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.get()])),
    set: (config) => Object.entries(fields).forEach(([key, field]) => field.set(config[key])),
  };
}

/**
 * @param {(settings: object) => void} onChange told the new settings; they begin anew
 * @param {(speed: number) => void} onSpeed told the new speed
 * @returns {{node: HTMLElement, set: (settings: object) => void}}
 */
export function createControls(onChange, onSpeed) {
  let current;
  const change = () => {
    const networks = [a.get(), ...(both.checked ? [b.get()] : [])];
    onChange({ ...current, networks, batch: batch.get(), seed: seed.get() });
  };
  const a = networkFields("Network", change),
    b = networkFields("Network B", change);
  const both = el("input", {
    type: "checkbox",
    id: newId(),
    onchange: () => onChange(withSecond(current, both.checked)),
  });
  const batch = list(CHOICES.batch, "Batch, images", {}, change),
    seed = seedField(RANGES.seed, change);
  const speed = list(CHOICES.speed, "Speed", SPEEDS, () => onSpeed(speed.get()));
  const data = el(
    "fieldset",
    { class: "lab-data" },
    el("legend", {}, "For both"),
    batch.node,
    speed.node,
    seed.node,
    el(
      "div",
      { class: "lab-check" },
      both,
      el("label", { for: both.id }, "Compare with a second network on the same images"),
    ),
  );
  const set = (settings) => {
    current = settings;
    const [first, second] = settings.networks;
    a.set(first);
    b.set(second ?? other(first));
    a.legend.textContent = second ? "Network A" : "Network";
    data.firstChild.textContent = second ? "For both" : "Training";
    b.node.hidden = !second;
    both.checked = Boolean(second);
    batch.set(settings.batch);
    seed.set(settings.seed);
    speed.set(settings.speed);
  };
  return { node: el("div", { class: "lab-settings" }, a.node, b.node, data), set };
}

/** The same network with the other initialization: the comparison that this book is about. */
const other = (config) => ({
  ...config,
  initialization: config.initialization === "standard" ? "normalized" : "standard",
});

function withSecond(settings, wanted) {
  const { networks, ...rest } = copy(settings);
  return { ...rest, networks: wanted ? [networks[0], other(networks[0])] : [networks[0]] };
}
