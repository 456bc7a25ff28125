/** The switches for what a network is, with the paper's choices in front. */
import { ACTIVATIONS, PAPER as PAPERS_ACTIVATIONS } from "../compute/activations.js";
import { INITIALIZATIONS, PAPER as PAPERS_INITIALIZATIONS } from "../compute/initializations.js";
import { WIRINGS } from "../compute/wirings.js";
import { choice, list } from "./fields.js";

const spoken = (name) => name.replaceAll("_", " ");

/** @param {string[]} [first] names that the switch shows, the others are in its menu */
export function activationField(change, first = PAPERS_ACTIVATIONS) {
  const names = Object.keys(ACTIVATIONS).filter((name) => !first.includes(name));
  const more = Object.fromEntries(names.map((name) => [name, spoken(name)]));
  return choice(first, "Activation", change, more);
}

export function initializationField(change) {
  const rows = Object.entries(INITIALIZATIONS);
  const others = rows.filter(([name]) => !PAPERS_INITIALIZATIONS.includes(name));
  const more = Object.fromEntries(others.map(([name, { label }]) => [name, label]));
  return choice(PAPERS_INITIALIZATIONS, "Initialization", change, more);
}

export function wiringField(change) {
  const labels = Object.fromEntries(Object.entries(WIRINGS).map(([name, { label }]) => [name, label]));
  return list(Object.keys(WIRINGS), "Layers", labels, change);
}
