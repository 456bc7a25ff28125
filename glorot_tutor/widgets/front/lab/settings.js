/** What can be set, within which limits, and how it is written into the page's address. */
import { ACTIVATIONS } from "../compute/activations.js";
import { INITIALIZATIONS } from "../compute/initializations.js";
import { WIRINGS } from "../compute/wirings.js";
import { nearest } from "../shared/limits.js";

/** Choices of every control; the first words of a network's settings come in this order. */
export const CHOICES = {
  activation: Object.keys(ACTIVATIONS),
  initialization: Object.keys(INITIALIZATIONS),
  wiring: Object.keys(WIRINGS),
  rate: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1],
  batch: [1, 2, 5, 10, 20, 50, 100],
  speed: [1, 10, 100, 1000, Infinity],
};
/** Least, greatest and step of the controls that slide, and of the seed. */
export const RANGES = {
  gain: [0.1, 4, 0.1],
  depth: [1, 30, 1],
  width: [20, 200, 20],
  seed: [0, 2 ** 32 - 1, 1],
};

/**
 * @typedef {object} Config activation, initialization, wiring, gain, depth, width, rate: one network
 * @typedef {object} Settings networks (one or two Configs), batch, seed, speed (updates a second)
 */
const network = (activation, initialization, depth, rate, width = 100, more = {}) => ({
  activation,
  initialization,
  wiring: "plain",
  gain: 1,
  depth,
  width,
  rate,
  ...more,
});
const settings = (seed, ...networks) => ({ networks, batch: 10, seed, speed: Infinity });

/** Settings named after what they show, in the paper and after, and the update by which they have. */
export const PRESETS = {
  "fig-3-top": {
    label: "Figure 3, top",
    text: "tanh saturates, layer after layer",
    until: 16000,
    settings: settings(0, network("tanh", "standard", 5, 0.2, 40)),
  },
  "fig-3-bottom": {
    label: "Figure 3, bottom",
    text: "softsign’s layers move together",
    until: 6000,
    settings: settings(0, network("softsign", "standard", 5, 0.1, 60)),
  },
  "fig-10": {
    label: "Figure 10",
    text: "tanh, normalized: its layers move together",
    until: 3000,
    settings: settings(0, network("tanh", "normalized", 5, 0.05)),
  },
  "fig-2": {
    label: "Figure 2",
    text: "a sigmoid’s top layer falls to 0 and stays",
    until: 5000,
    settings: settings(0, network("sigmoid", "standard", 4, 0.2)),
  },
  "fig-2-escape": {
    label: "Figure 2, sped up",
    text: "one layer less, a higher rate: the error escapes",
    until: 8000,
    settings: settings(0, network("sigmoid", "standard", 3, 0.5, 40)),
  },
  "fig-11": {
    label: "Figure 11",
    text: "standard and normalized, side by side",
    until: 7000,
    settings: settings(
      0,
      network("tanh", "standard", 5, 0.05, 60),
      network("tanh", "normalized", 5, 0.05, 60),
    ),
  },
  zero: {
    label: "Zero",
    text: "all weights 0: the units of a layer stay alike",
    until: 500,
    settings: settings(0, network("tanh", "zero", 3, 0.1, 40)),
  },
  exploding: {
    label: "Exploding",
    text: "gradients grow on their way down",
    until: 100,
    settings: settings(0, network("relu", "he_normal", 10, 0.001, 60, { gain: 1.5 })),
  },
  he: {
    label: "He",
    text: "twice the variance keeps ten layers of rectifiers awake",
    until: 2000,
    settings: settings(
      0,
      network("relu", "normalized", 10, 0.02, 60),
      network("relu", "he_normal", 10, 0.02, 60),
    ),
  },
  "batch-norm": {
    label: "Batch normalization",
    text: "the sigmoid of figure 2, cured",
    until: 5000,
    settings: settings(
      0,
      network("sigmoid", "standard", 4, 0.2, 40),
      network("sigmoid", "standard", 4, 0.2, 40, { wiring: "batch_norm" }),
    ),
  },
  rezero: {
    label: "ReZero",
    text: "thirty layers that begin as one",
    until: 2000,
    settings: settings(
      0,
      network("relu", "normalized", 30, 0.02, 40),
      network("relu", "normalized", 30, 0.02, 40, { wiring: "rezero" }),
    ),
  },
};
export const FIRST = "fig-3-top";

/** A copy that can be changed. */
export const copy = (from) => ({
  ...from,
  networks: from.networks.map((config) => ({ ...config })),
});

/** Which preset has these settings, whatever the speed; "" for none. */
export function presetOf(settings) {
  const text = (s) => encode({ ...s, speed: Infinity });
  return Object.keys(PRESETS).find((name) => text(PRESETS[name].settings) === text(settings)) ?? "";
}

/**
 * Settings as they stand in the address, for instance a=tanh,standard,1,5x100,0.1&batch=10...; a
 * network's wiring comes last, if it is not plain.
 */
export function encode({ networks, batch, seed, speed }) {
  const parts = networks.map((c, i) => {
    const words = [c.activation, c.initialization, c.gain, `${c.depth}x${c.width}`, c.rate];
    return `${"ab"[i]}=${[...words, ...(c.wiring === "plain" ? [] : [c.wiring])]}`;
  });
  return [
    ...parts,
    `batch=${batch}`,
    `seed=${seed}`,
    `speed=${speed === Infinity ? "max" : speed}`,
  ].join("&");
}

/** Settings from an address's fragment; what is missing or not allowed is as in the first preset. */
export function decode(fragment) {
  const found = new URLSearchParams(fragment.replace(/^#/, ""));
  const other = copy(PRESETS[FIRST].settings);
  const texts = ["a", "b"].map((name) => found.get(name)).filter((text) => text !== null);
  return {
    networks: texts.length
      ? texts.map((text) => decodeNetwork(text, other.networks[0]))
      : other.networks,
    batch: chosen("batch", Number(found.get("batch")), other.batch),
    seed: limited("seed", found.get("seed"), other.seed),
    speed: chosen(
      "speed",
      found.get("speed") === "max" ? Infinity : Number(found.get("speed")),
      other.speed,
    ),
  };
}

function decodeNetwork(text, other) {
  const [activation, initialization, gain, size = "", rate, wiring] = text.split(",");
  const [depth, width] = size.split("x");
  return {
    activation: chosen("activation", activation, other.activation),
    initialization: chosen("initialization", initialization, other.initialization),
    wiring: chosen("wiring", wiring, "plain"),
    gain: limited("gain", gain, other.gain),
    depth: limited("depth", depth, other.depth),
    width: limited("width", width, other.width),
    rate: chosen("rate", Number(rate), other.rate),
  };
}

const chosen = (name, value, other) => (CHOICES[name].includes(value) ? value : other);

/** The nearest value that the control can take; `other` where there is no number. */
const limited = (name, text, other) => nearest(RANGES[name], text, other);
