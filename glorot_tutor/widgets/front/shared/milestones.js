/** Turns of events in a network's training, each named once, when it is first seen. */
import { el, grouped } from "./dom.js";
import { activationNamed } from "../compute/activations.js";
import { wiringNamed } from "../compute/wirings.js";
import { PRIOR_ERROR } from "../compute/shapeset.js";

const TRAPPED = 0.1; // a sigmoid's top layer on average below it: claim S1's
const LEARNT = 5; // points of error below the prior: claim S3's
const SETTLED = 200; // updates until the error is counted over enough images

/**
 * Names and descriptions of what holds now.
 *
 * @param {object} config the network's settings, and `prior` (see errorPlan)
 * @param {object} look the network's part of a snapshot
 * @returns {[string, string][]}
 */
export function holds(config, { layers, error }, update) {
  const { activation, wiring = "plain", prior = PRIOR_ERROR } = config;
  const found = [];
  const { mean } = layers.at(-1);
  // a mean that is no number, and an error not yet counted, are null, which counts as less than all
  if (activation === "sigmoid" && mean !== null && mean < TRAPPED) {
    found.push(["trapped", "the top layer’s mean falls below 0.1: it is switched off"]);
  }
  // the end that claim T1's criterion takes; a rectifier has none, and magnitudes tell of upper ends
  const [, end] = activationNamed(activation).unsaturated;
  const own = wiringNamed(wiring).skips ? layers.slice(0, 1) : layers; // the others are sums
  own.forEach(({ p98 }, i) => {
    const text = `layer ${i + 1} begins to saturate: its 98th percentile passes ${Number(end.toFixed(2))}`;
    if (p98 > end) found.push([`layer ${i + 1}`, text]);
  });
  if (update >= SETTLED && error !== null && error < prior - LEARNT) {
    found.push(["learns", "the error is 5 points below the prior: the network has begun to learn"]);
  }
  return found;
}

/** A list that grows with what happens. */
export function createEvents(config) {
  const node = el("ol", { class: "lab-events" });
  const reached = new Set();
  return {
    node,
    /** @returns {string[]} what a snapshot brings that is new, in words */
    note(look, update) {
      const fresh = holds(config, look, update).filter(([name]) => !reached.has(name));
      for (const [name, text] of fresh) {
        const data = { "data-event": name, "data-update": update };
        node.append(el("li", data, el("b", {}, grouped(update)), ` ${text}`));
        reached.add(name);
      }
      return fresh.map(([, text]) => text);
    },
    /** A new start: nothing has happened yet. */
    clear() {
      reached.clear();
      node.replaceChildren();
    },
  };
}
