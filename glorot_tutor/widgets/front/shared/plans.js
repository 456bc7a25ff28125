/** What the charts show: their series, columns and scales (see charts.js). */
import { activationNamed } from "../compute/activations.js";
import { wiringNamed } from "../compute/wirings.js";
import { PRIOR_ERROR } from "../compute/shapeset.js";
import { css } from "./dom.js";
import { layerColours, networkColour } from "./palette.js";

const DASHED = [5, 4]; // a second statistic of the same layer
const DOTTED = [1.5, 3]; // the prior

/** One series for each layer and each of the named statistics, the second one dashed. */
function byLayer({ depth, only, end }, network, names) {
  const all = Array.from({ length: depth }, (_, i) => i);
  const layers = all.filter((i) => !only || i === only - 1);
  return {
    end,
    series: names.flatMap((name, k) =>
      layers.map((i) => ({
        label: `${name}, layer ${i + 1}`,
        colour: () => layerColours(depth)[i],
        dash: k > 0 ? DASHED : undefined,
        width: k > 0 ? 1.4 : 2.2,
      })),
    ),
    columns: (seen) =>
      names.flatMap((name) =>
        layers.map((i) => seen.map((s) => s.networks[network].layers[i][name])),
      ),
  };
}

/** Figures 2, 3 and 10: the mean of sigmoids, else the 98th percentile; and the spread. */
export function activationPlan(config, network) {
  const first = config.activation === "sigmoid" ? "mean" : "p98";
  const { skips } = wiringNamed(config.wiring ?? "plain");
  const top = skips ? Infinity : Math.max(...activationNamed(config.activation).range.map(Math.abs));
  return {
    label: "Curves over updates of the activations in the table, layer by layer",
    unit: "activation",
    ...byLayer(config, network, [first, "std"]),
    // where activations have no bound, the scale follows them
    scale: { range: top < Infinity ? [0, 1.02 * top] : (_, low, high) => [0, 1.02 * (high || 1)] },
  };
}

/**
 * Figures 7 and 9 over time: standard deviations of one kind of gradient, on a logarithmic scale of
 * whole decades, which is that of the network beside it too: what differs is then seen.
 *
 * @param {object} config the network's settings; `beside` is what was seen of another network, where
 *   that is not among the snapshots that are drawn
 */
export function gradientPlan(config, network, name) {
  const { series, columns, end } = byLayer(config, network, [name]);
  let decades;
  return {
    end,
    label: `Curves over updates of the table’s ${name} gradients, layer by layer`,
    unit: "std",
    series,
    columns: (all) => {
      decades = decadesOf([...all, ...(config.beside ?? [])], config.only, name);
      return columns(all).map((column) => column.map((v) => (v > 0 ? v : null)));
    },
    scale: {
      distr: 3,
      range: () => decades ?? [1e-4, 1],
      values: (_, ticks) => ticks.map((t) => (Math.abs(Math.log10(t) % 1) < 1e-9 ? power(t) : "")),
    },
  };
}

/** The powers of 10 between which one number of all networks lies, in the layers that are drawn. */
function decadesOf(all, only, name) {
  let low = Infinity,
    high = 0;
  for (const { networks } of all) {
    for (const network of networks) {
      const { layers = [] } = network ?? {};
      const drawn = only && Math.min(only, layers.length); // networks may differ in depth
      layers.forEach((layer, i) => {
        if ((drawn && i !== drawn - 1) || !(layer[name] > 0)) return;
        low = Math.min(low, layer[name]);
        high = Math.max(high, layer[name]);
      });
    }
  }
  return high ? [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))] : null;
}

const power = (value) => {
  const digits = String(Math.abs(Math.round(Math.log10(value)))).replace(
    /\d/g,
    (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d],
  );
  return `10${value < 1 ? "⁻" : ""}${digits}`;
};

/** Errors of knowing the classes' frequencies only, of networks on one data set or on two. */
export const priorsOf = (networks) => [...new Set(networks.map(({ prior = PRIOR_ERROR }) => prior))];

/**
 * Figure 11: the error of each network, and that of knowing the classes' frequencies only.
 *
 * @param {object[]} networks settings of each; `prior` where it is not that of Shapeset
 */
export function errorPlan(networks) {
  const priors = priorsOf(networks);
  const errors = networks.map((_, i) => ({ label: "AB"[i], colour: () => networkColour(i) }));
  return {
    label: "Curves over updates of the error, and the error of the class prior",
    unit: "error, %",
    series: [
      ...priors.map(() => ({
        label: "prior",
        colour: () => css("--lab-muted"),
        dash: DOTTED,
        width: 1.8,
      })),
      ...errors,
    ],
    columns: (all) => [
      ...priors.map((prior) => all.map(() => prior)),
      ...networks.map((_, i) => all.map((s) => s.networks[i].error)),
    ],
    scale: {
      range: (_, low, high) => [
        Math.max(0, Math.min(60, 10 * Math.floor((low ?? 60) / 10 - 0.2))),
        Math.max(90, 10 * Math.ceil((high ?? 90) / 10)),
      ],
    },
  };
}
