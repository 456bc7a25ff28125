/** The numbers behind the explorer's pictures, in a table; the top layer above. */
import { el, three } from "../shared/dom.js";

const COLUMNS = [
  ["activation", "activations", (r, i) => r.quantities.activation.std[i]],
  ["activation-predicted", "eq. 5", (r, i) => r.quantities.activation.predicted[i]],
  ["backprop", "back-prop. gradients", (r, i) => r.quantities.backprop_gradient.std[i]],
  ["backprop-predicted", "eq. 6", (r, i) => r.quantities.backprop_gradient.predicted[i]],
  ["weight", "weight gradients", (r, i) => r.quantities.weight_gradient.std[i]],
  ["weight-predicted", "eq. 7", (r, i) => r.quantities.weight_gradient.predicted[i]],
  ["mean-gradient", "mean cost’s gradient", (r, i) => r.mean_gradient[i]],
  ["singular-mean", "singular values, mean", (r, i) => r.jacobian.mean?.[i] ?? null],
  ["singular-rms", "root mean sq.", (r, i) => r.jacobian.rms[i]],
];

export function createNumbers() {
  const body = el("tbody");
  const heads = ["layer", ...COLUMNS.map(([, text]) => text)];
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  const caption = el("caption", {}, "Standard deviations and singular values by layer");
  const table = el("table", { class: "lab-table" }, caption, el("thead", {}, head), body);
  const name = "Numbers by layer";
  return {
    // what is too wide for a phone scrolls, with the keyboard too
    node: el(
      "div",
      { class: "lab-numbers glorot-many glorot-wide", tabindex: 0, role: "group", "aria-label": name },
      table,
    ),
    /** @param {object} result see glorot_tutor/widgets/explorer.py */
    show(result) {
      const layers = result.mean_gradient.map((_, i) => i).reverse();
      body.replaceChildren(
        ...layers.map((i) =>
          el(
            "tr",
            { "data-layer": i + 1 },
            el("th", { scope: "row" }, String(i + 1)),
            ...COLUMNS.map(([key, , value]) =>
              el("td", { "data-key": key }, three(value(result, i))),
            ),
          ),
        ),
      );
    },
  };
}
