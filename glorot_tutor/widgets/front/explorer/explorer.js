/** The initialization explorer: figures 6 to 8 for any network before its first update. */
import { el, grouped, three } from "../shared/dom.js";
import { ACTIVATIONS } from "../compute/activations.js";
import { INITIALIZATIONS } from "../compute/initializations.js";
import { list, seedField, slider } from "../shared/fields.js";
import { canvas, createFrame, figure } from "../shared/frame.js";
import { activationField, initializationField } from "../shared/networks.js";
import { drawJacobians } from "./jacobians.js";
import { createNumbers } from "./numbers.js";
import { drawRidges } from "./ridges.js";

/** What each setting can be; a notebook adds the data sets that it has. */
export const limits = {
  activation: { choices: Object.keys(ACTIVATIONS) },
  initialization: { choices: Object.keys(INITIALIZATIONS) },
  gain: { range: [0.1, 4, 0.1] },
  depth: { range: [1, 10, 1] },
  width: { range: [10, 1000, 10] },
  data: { choices: ["shapeset"] },
  seed: { range: [0, 2 ** 32 - 1, 1] },
};
/** Settings that the result depends on. */
export const computes = Object.keys(limits);

const QUANTITIES = [
  ["activation", "Activations", "eq. 5", "activations z"],
  ["backprop_gradient", "Back-propagated gradients", "eq. 6", "dCost/ds"],
  ["weight_gradient", "Weight gradients", "eq. 7", "dCost/dw of single images"],
];

/** The controls, each made from what it is to call on a change. */
const fields = (data) => ({
  activation: (change) => activationField(change, ["tanh", "softsign", "sigmoid", "identity"]),
  initialization: initializationField,
  gain: (change) => slider(limits.gain.range, "Gain", change),
  depth: (change) => slider(limits.depth.range, "Depth, layers", change),
  width: (change) => slider(limits.width.range, "Width, units", change),
  data: (change) => list(data, "Data", { shapeset: "Shapeset-3x2" }, change),
  seed: (change) => seedField(limits.seed.range, change),
});

const key = (...more) =>
  el(
    "p",
    { class: "lab-key glorot-wide" },
    el("span", { class: "glorot-measured" }, "measured std"),
    ...more,
  );

/** @param {{model: object, el: HTMLElement}} place */
export function render(place) {
  const canvases = QUANTITIES.map(() => canvas());
  const jacobian = canvas();
  const numbers = createNumbers();
  const predicted = el("span", { class: "glorot-predicted" });
  const beyond = el("span", { class: "glorot-beyond" }, "predicted beyond the edge");
  const figures = QUANTITIES.map(([, title, equation, what], k) => {
    return figure(title, `${what}, ${equation}`, canvases[k]);
  });
  const last = figure(
    "Jacobians",
    "singular values by layer, of the first image",
    jacobian,
  );
  return createFrame(place, {
    name: "Initialization explorer",
    fields: fields(place.model.get("choices").data ?? limits.data.choices),
    parts: [key(predicted, beyond), ...figures, last, numbers.node],
    say,
    draw(result) {
      const { linear } = ACTIVATIONS[result.activation];
      predicted.textContent = `predicted ${linear ? "by eqs. 5–7" : "for wide networks"}`;
      const outside = QUANTITIES.map(([name, title], k) => {
        return drawRidges(canvases[k], title, result.quantities[name]);
      });
      beyond.hidden = !outside.includes(true);
      drawJacobians(jacobian, result.jacobian);
      numbers.show(result);
    },
  });
}

/** What the pictures show, for who does not see them. */
function say({ quantities, jacobian }, { activation, initialization, gain, depth, width }) {
  const factor = gain === 1 ? "" : `, gain ${gain}`;
  const model = `${activation}, ${initialization}${factor}, ${depth} × ${grouped(width)}`;
  const ends = ({ std }) => `${three(std[0])} in layer 1 and ${three(std.at(-1))} in layer ${depth}`;
  const [kind, values] = jacobian.mean
    ? ["mean", jacobian.mean]
    : ["root mean square", jacobian.rms];
  return (
    `${model}. Standard deviations: activations ${ends(quantities.activation)}; ` +
    `back-propagated gradients ${ends(quantities.backprop_gradient)}. ` +
    `Singular values of layer ${depth}: ${kind} ${three(values.at(-1))}.`
  );
}

export default { render };
