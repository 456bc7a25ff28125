/** The numbers behind the pictures, in a table; the top layer above, as in the histograms. */
import { el, grouped, percent, three } from "./dom.js";

const COLUMNS = [
  ["p98", "98th perc."],
  ["mean", "mean"],
  ["std", "std"],
  ["saturated", "saturated %"],
  ["backprop", "back-prop. gradient"],
  ["weight", "weight gradient"],
];

/** @param {object} config the network's settings */
export function createTable({ depth, activation }) {
  const columns = COLUMNS.filter(([key]) => activation === "sigmoid" || key !== "mean");
  const caption = el("caption");
  const cells = Array.from({ length: depth }, () =>
    columns.map(([key]) => el("td", { "data-key": key })),
  );
  const rows = cells.map((row, i) =>
    el("tr", { "data-layer": i + 1 }, el("th", { scope: "row" }, String(i + 1)), ...row),
  );
  const heads = ["layer", ...columns.map(([, text]) => text)];
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const body = [caption, el("thead", {}, head), el("tbody", {}, ...rows.reverse())];
  return {
    node: el("table", { class: "lab-table" }, ...body),
    /** @param {object[]} layers what is seen in each (see trainer.js) */
    show(update, layers) {
      caption.textContent = `At update ${grouped(update)}; of gradients the std`;
      layers.forEach((layer, i) => columns.forEach(([key], k) => write(cells[i][k], key, layer)));
    },
  };
}

function write(cell, key, layer) {
  cell.textContent = key === "saturated" ? percent(layer[key], 1) : three(layer[key]);
}
