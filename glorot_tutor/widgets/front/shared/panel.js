/** All that is shown of one network: histograms, curves, numbers and what happened when. */
import { wiringNamed } from "../compute/wirings.js";
import { createChart } from "./charts.js";
import { activationPlan, gradientPlan, priorsOf } from "./plans.js";
import { el, grouped, percent } from "./dom.js";
import { drawHistograms } from "./histograms.js";
import { createEvents } from "./milestones.js";
import { createTable } from "./numbers.js";
import { layerColours } from "./palette.js";

/** A network in a few words. */
export function describe(config) {
  const { activation, initialization, wiring = "plain", gain, depth, width, rate, data } = config;
  const factor = gain === 1 ? "" : `, gain ${gain}`;
  const set = !data || data === "shapeset" ? "" : `, on ${data}`;
  const kind = `${activation}, ${initialization}`.replaceAll("_", " ");
  const layers = wiring === "plain" ? "" : `, ${wiringNamed(wiring).label}`;
  return `${kind}${factor}${layers}, ${depth} × ${grouped(width)}, rate ${rate}${set}`;
}

/** Say to the place of the panels how many networks there are, and whether they differ in depth. */
export function arrange(place, networks) {
  place.classList.toggle("lab-two", networks.length > 1);
  place.classList.toggle(
    "lab-uneven",
    networks.some(({ depth }) => depth !== networks[0].depth),
  );
}

/** What the lines of the error's chart are. */
export const errorKey = (networks) => [
  ...networks.map((c, i) => el("span", { class: `lab-line-${i}` }, describe(c))),
  ...priorsOf(networks).map((prior) =>
    el("span", { class: "lab-line-prior" }, `prior, ${prior.toFixed(1)} %`),
  ),
];

export class Panel {
  /**
   * @param {object} config the network's settings, and where they are not the usual: `about` (a
   *   line under its title), `only` (the one layer that is drawn), `end` (of the axes of
   *   time), `beside` (see charts.js)
   * @param {number} index 0 or 1, its place among the networks
   * @param {string} name "A", "B", or "" where there is one only
   * @param {(index: number|null) => void} onPoint see charts.js
   */
  constructor(config, index, name, onPoint) {
    this.config = config;
    this.index = index;
    this.name = name;
    this.charts = [];
    this.onPoint = onPoint;
    this.canvas = el("canvas", { class: "lab-histograms", role: "img" });
    this.key = el("span", { class: "lab-key" });
    this.table = createTable(config);
    this.events = createEvents(config);
    const label = name ? `Network ${name}` : "The network";
    this.node = el("section", { class: "lab-panel", "aria-label": label }, ...this.#parts());
  }

  #parts() {
    const { config, index } = this;
    const [title, hint] =
      config.activation === "sigmoid"
        ? ["Mean", "of activations; dashed: std"]
        : ["98th percentile", "of |activation|; dashed: std"];
    const about = config.about ? [el("span", { class: "lab-about" }, config.about)] : [];
    return [
      el("h3", { class: "lab-title" }, this.#badge(), describe(config), ...about),
      this.key,
      this.#figure("Activations", "shaded: saturated", this.canvas, "lab-tall"),
      this.#figure(title, hint, this.#chart(activationPlan(config, index))),
      this.#figure(
        "Back-propagated gradients",
        "std by layer",
        this.#chart(gradientPlan(config, index, "backprop")),
      ),
      this.#figure(
        "Weight gradients",
        "std by layer",
        this.#chart(gradientPlan(config, index, "weight")),
      ),
      el(
        "div",
        { class: "lab-happened" },
        el("h4", {}, this.#badge(), " What happened"),
        this.events.node,
      ),
      // what is too wide for a phone scrolls, with the keyboard too
      el(
        "div",
        { class: "lab-numbers", tabindex: 0, role: "group", "aria-label": "Numbers by layer" },
        this.table.node,
      ),
    ];
  }

  #badge() {
    return this.name ? el("span", { class: `lab-badge lab-badge-${this.index}` }, this.name) : "";
  }

  #figure(title, hint, picture, kind = "") {
    const texts = [el("b", {}, title), " ", el("span", { class: "lab-hint" }, hint)];
    return el("figure", { class: kind }, el("figcaption", {}, this.#badge(), ...texts), picture);
  }

  #chart(plan) {
    const place = el("div", { class: "lab-chart", role: "img" });
    this.charts.push(createChart(place, plan, this.onPoint));
    return place;
  }

  /**
   * Draw the snapshots up to now.
   *
   * @param {object[]} all snapshots
   * @param {number} at which of them is looked at
   * @param {number|null} marked where the curves show that it is
   */
  draw(all, at, marked) {
    const { update, networks } = all[at];
    const { layers } = networks[this.index];
    drawHistograms(this.canvas, this.config, layers);
    const shares = layers.map((l, i) => `${percent(l.saturated)} % in layer ${i + 1}`);
    const label = `Histograms at update ${grouped(update)}; saturated are ${shares.join(", ")}`;
    this.canvas.setAttribute("aria-label", label);
    this.key.replaceChildren(
      ...layerColours(layers.length).map((colour, i) =>
        el("span", { style: `--c: ${colour}` }, `layer ${i + 1}`),
      ),
    );
    for (const chart of this.charts) chart.draw(all, marked);
    this.table.show(update, layers);
  }

  /** Note what a new snapshot brings; returns what is new, in words. */
  note({ update, networks }) {
    const news = this.events.note(networks[this.index], update);
    return news.map((text) => (this.name ? `${this.name}: ${text}` : text));
  }

  remove() {
    for (const chart of this.charts) chart.remove();
  }
}
