/** The numbers behind the surfaces, in a table. */
import { el, three } from "../shared/dom.js";

/** A share, 0 to 1, in percent. */
export const percent = (share) => `${three(100 * share)}\u00a0%`;

const COLUMNS = [
  ["lowest", "lowest", three],
  ["highest", "highest", three],
  ["flat_area", "flat area", percent],
  ["median_slope", "median slope", three],
];

export function createNumbers() {
  const body = el("tbody");
  const heads = ["cost", ...COLUMNS.map(([, text]) => text)];
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const table = el("table", { class: "lab-table" }, el("thead", {}, head), body);
  const name = "Numbers by cost";
  return {
    node: el(
      "div",
      { class: "lab-numbers glorot-wide", tabindex: 0, role: "group", "aria-label": name },
      table,
    ),
    show({ costs }, shown) {
      const row = (cost) => [
        el("th", { scope: "row" }, cost),
        ...COLUMNS.map(([key, , text]) => el("td", { "data-key": key }, text(costs[cost][key]))),
      ];
      body.replaceChildren(
        ...shown.map((cost) => el("tr", { "data-cost": cost }, ...row(cost))),
      );
    },
  };
}
