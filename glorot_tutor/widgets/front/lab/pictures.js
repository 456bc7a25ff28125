/** All that moves: the panels of the networks, the error, the images and the clock. */
import { createChart } from "../shared/charts.js";
import { errorPlan } from "../shared/plans.js";
import { el, grouped } from "../shared/dom.js";
import { arrange, errorKey, Panel } from "../shared/panel.js";

/** Errors of a snapshot's networks in words, for instance "Error 83.1 %". */
export function errorsOf({ networks }) {
  return networks.map(({ error }, i) => {
    const name = networks.length > 1 ? `Error of ${"AB"[i]}` : "Error";
    return `${name} ${error === null ? "–" : `${error.toFixed(1)}\u00a0%`}`;
  });
}

export class Pictures {
  /**
   * @param {object} view see desk.js; the lab has a `strip` of images too
   * @param {(index: number|null) => void} onPoint see charts.js
   */
  constructor(view, onPoint) {
    this.view = view;
    this.onPoint = onPoint;
    this.panels = [];
    this.errors = null;
  }

  /** Make room for other networks. */
  build({ networks }) {
    const { view } = this;
    this.remove();
    const names = networks.length > 1 ? ["A", "B"] : [""];
    this.panels = networks.map((c, i) => new Panel(c, i, names[i], this.onPoint));
    view.pictures.replaceChildren(view.curve, ...this.panels.map((panel) => panel.node));
    arrange(view.pictures, networks);
    this.errors = createChart(view.error, errorPlan(networks), this.onPoint);
    view.errorKey.replaceChildren(...errorKey(networks));
  }

  /** Charts listen to the window until they are removed. */
  remove() {
    for (const panel of this.panels) panel.remove();
    this.errors?.remove();
  }

  /** Note what a snapshot brings; returns what is new, in words. */
  note(snapshot) {
    return this.panels.flatMap((panel) => panel.note(snapshot));
  }

  /** Nothing has happened yet. */
  clear() {
    for (const { events } of this.panels) events.clear();
  }

  /**
   * @param {History} history what has been seen
   * @param {number|null} time the update to look at, null for the present
   * @param {boolean} running whether more is to come
   */
  draw({ all, now }, time, running) {
    const { view } = this;
    const at = all.findIndex(({ update }) => update >= (time ?? now.update));
    const marked = time === null ? null : at;
    view.update.textContent = grouped(now.update);
    view.pace.textContent = running && now.reached ? `${grouped(now.reached)} a second` : "";
    view.errors.replaceChildren(
      ...errorsOf(now).map((text, i) => el("span", { class: `lab-line-${i}` }, text)),
    );
    view.slider.max = all.length - 1;
    view.slider.value = at;
    const seen = `update ${grouped(all[at].update)}`;
    view.slider.setAttribute("aria-valuetext", seen);
    view.seen.textContent = time === null ? "" : [seen, ...errorsOf(all[at])].join(" · ");
    view.strip?.draw(now);
    for (const panel of this.panels) panel.draw(all, at, marked);
    this.errors.draw(all, marked);
  }
}
