/** Curves over time, drawn with uPlot. */
import { css, grouped, short } from "./dom.js";
import { inTurn } from "./turns.js";
import uPlot from "uplot";

const HEIGHT = 200; // pixels, with axes
const SMALL = 240; // pixels of width: there numbers are short and the unit is left to the title
const DIGIT = 7.5; // pixels that a digit below the axis of time takes at most

/**
 * A chart that fills its place and follows the page's mode; it is made when it is first drawn,
 * because it takes the size that its place then has, and in a task of its own, for it takes a slow
 * phone as long as a finger rests on the screen.
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
  let chart, latest;
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
  const show = ([all, marked]) => {
    // at once, for where the mark stands depends on the new scale
    chart.batch(() => chart.setData([all.map((s) => s.update), ...plan.columns(all)]));
    const left = marked === null ? -10 : chart.valToPos(all[marked].update, "x");
    chart.setCursor({ left, top: -10 }, false);
  };
  const begin = () => {
    if (!latest) return; // it was removed before its turn came
    start();
    show(latest);
  };
  return {
    draw(all, marked) {
      const isFirst = !latest;
      latest = [all, marked];
      if (chart) show(latest);
      else if (isFirst) inTurn(begin);
    },
    remove() {
      latest = null;
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
