/** The pictures of one or two recorded runs, made anew when other runs are looked at. */
import { createChart } from "../shared/charts.js";
import { errorPlan } from "../shared/plans.js";
import { el, grouped } from "../shared/dom.js";
import { arrange, errorKey, Panel } from "../shared/panel.js";
import { errorAt, momentsOf, placeOf } from "./moments.js";

export class Stage {
  /**
   * @param {HTMLElement} place
   * @param {(time: number|null) => void} onTime told the update that the reader points at
   */
  constructor(place, onTime) {
    this.place = place;
    this.onTime = onTime;
    this.panels = [];
    this.runs = [];
  }

  /**
   * @param {object[]} runs histories, one or two
   * @param {number} layer the only one to draw, 0 for all
   * @param {number} time the update to look at
   */
  draw(runs, layer, time) {
    const same = runs.length === this.runs.length && runs.every((run, i) => run === this.runs[i]);
    if (!same || layer !== this.layer) this.build(runs, layer);
    this.panels.forEach((panel, i) => {
      const at = placeOf(runs[i].looks, time);
      panel.draw(this.moments[i], at, at);
    });
    this.errors.draw(this.tests, placeOf(this.times, time));
  }

  build(runs, layer) {
    this.remove();
    this.runs = runs;
    this.layer = layer;
    const end = Math.max(...runs.map((run) => run.updates));
    this.moments = runs.map(momentsOf);
    this.panels = runs.map((run, i) => {
      const only = layer && Math.min(layer, run.depth);
      const config = { ...run, only, end, about: about(run), beside: this.moments[1 - i] };
      const panel = new Panel(config, i, runs.length > 1 ? "AB"[i] : "", (at) =>
        this.onTime(at === null ? null : run.looks[at]),
      );
      for (const moment of this.moments[i]) panel.note(moment);
      return panel;
    });
    this.buildErrors(runs, end);
    this.place.replaceChildren(this.figure, ...this.panels.map(({ node }) => node));
    arrange(this.place, runs);
  }

  buildErrors(runs, end) {
    const measured = runs.map(({ errors }) => errors.test?.updates ?? []);
    const all = runs.flatMap((run, i) => [...run.looks, ...measured[i]]);
    this.times = [...new Set(all)].sort((x, y) => x - y);
    this.tests = this.times.map((update) => ({
      update,
      networks: runs.map((run, i) => ({
        error: measured[i].includes(update) ? errorAt(run, update) : null,
      })),
    }));
    const chart = el("div", { class: "lab-chart", role: "img" });
    const plan = { ...errorPlan(runs), end };
    plan.series = plan.series.map((series) => ({ ...series, spans: true }));
    this.errors = createChart(chart, plan, (at) => this.onTime(at === null ? null : this.times[at]));
    const key = el("span", { class: "lab-key" }, ...errorKey(runs));
    const caption = [el("b", {}, "Error"), " ", el("span", { class: "lab-hint" }, "test set")];
    this.figure = el("figure", { class: "lab-error" }, el("figcaption", {}, ...caption), chart, key);
  }

  remove() {
    for (const panel of this.panels) panel.remove();
    this.errors?.remove();
    this.panels = [];
    this.place.replaceChildren();
  }
}

/** Where the numbers come from. */
function about({ model, seed, updates, diverged }) {
  const fate =
    diverged === null
      ? `recorded for ${grouped(updates)} updates`
      : `diverged after update ${grouped(diverged)}`;
  return `${model}, seed ${seed}, ${fate}`;
}
