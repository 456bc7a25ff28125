/** Curves over time, drawn with uPlot. */
import { css, grouped, short } from "./dom.js";
import { layerColours, networkColour } from "./palette.js";
import { PRIOR_ERROR } from "../compute/shapeset.js";
import uPlot from "../vendor/uPlot.esm.js";

const HEIGHT = 200; // pixels, with axes
const SMALL = 240; // pixels of width: there numbers are short and the unit is left to the title
const DASHED = [5, 4]; // a second statistic of the same layer
const DOTTED = [1.5, 3]; // the prior
const DIGIT = 7.5; // pixels that a digit below the axis of time takes at most

/**
 * A chart that fills its place and follows the page's mode; it is made when it is first drawn,
 * because it takes the size that its place then has.
 *
 * @param {HTMLElement} place
 * @param {{label: string, unit: string, series: object[], scale: object,
 *   columns: (all: object[]) => (number|null)[][]}} plan `columns` takes snapshots to one array for
 *   each series; a series has label, colour (a function), may have a dash and may span times that
 *   have no value; the axis of time ends at `end` or later
 * @param {(index: number|null) => void} onPoint told where in time the reader points
 */
export function createChart(place, plan, onPoint) {
  place.setAttribute("aria-label", plan.label);
  let chart;
  const watch = new ResizeObserver(() => {
    const width = place.clientWidth;
    if (!chart || !width) return;
    chart.axes[1].label = labelOf(plan.unit, width);
    chart.setSize({ width, height: HEIGHT });
  });
  const start = () => {
    chart = new uPlot(options(plan, place.clientWidth), [[]], place);
    watch.observe(place);
    pointing(chart, onPoint);
  };
  return {
    draw(all, marked) {
      if (!chart) start();
      // at once, for where the mark stands depends on the new scale
      chart.batch(() => chart.setData([all.map((s) => s.update), ...plan.columns(all)]));
      const left = marked === null ? -10 : chart.valToPos(all[marked].update, "x");
      chart.setCursor({ left, top: -10 }, false);
    },
    remove() {
      watch.disconnect();
      chart?.destroy();
      place.replaceChildren();
    },
  };
}

const labelOf = (unit, width) => (width < SMALL ? undefined : unit);

function pointing(chart, onPoint) {
  chart.over.addEventListener("pointermove", (event) => {
    onPoint(chart.posToIdx(event.clientX - chart.over.getBoundingClientRect().left));
  });
  for (const end of ["pointerleave", "pointercancel"]) {
    chart.over.addEventListener(end, () => onPoint(null));
  }
}

function options({ unit, series, scale, end = 100 }, width) {
  const axis = {
    stroke: () => css("--lab-muted"),
    grid: { stroke: () => css("--lab-grid"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    labelSize: 16,
  };
  const text = (chart, time) => (chart.width < SMALL ? short : grouped)(time);
  const updates = (chart, ticks) => ticks.map((t) => (t % 1 ? "" : text(chart, t)));
  const wide = (chart, last) => DIGIT * (text(chart, last ?? end).length + 1); // an M is wider
  return {
    width: width || 300,
    height: HEIGHT,
    // the last update stands under the right end of the axis, and half of it beyond
    padding: [null, (chart) => wide(chart, chart.scales?.x?.max) / 2, null, null],
    legend: { show: false },
    // the cursor shows a time; it selects nothing
    cursor: { drag: { x: false, y: false }, y: false, points: { show: false } },
    scales: {
      x: { time: false, range: (_, low, high) => [0, Math.max(high ?? 0, end)] },
      y: scale,
    },
    axes: [
      {
        ...axis,
        label: "updates",
        values: updates,
        size: 26,
        gap: 4,
        // between two numbers; round ones are short where there is little room, 250k at most
        space: (chart, place, low, high) =>
          chart.width < SMALL ? 5 * DIGIT : wide(chart, high) + 2 * DIGIT,
      },
      { ...axis, label: labelOf(unit, width), size: 44, gap: 4, values: scale.values },
    ],
    series: [
      {},
      ...series.map(({ label, colour, dash, spans = false, width: lineWidth = 2 }) => ({
        label,
        spanGaps: spans,
        stroke: colour,
        width: lineWidth,
        dash,
        points: { show: false },
      })),
    ],
  };
}

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
  return {
    label: "Curves over updates of the activations in the table, layer by layer",
    unit: "activation",
    ...byLayer(config, network, [first, "std"]),
    scale: { range: [0, 1.02] },
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
