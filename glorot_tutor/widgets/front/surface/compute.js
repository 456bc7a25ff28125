/** Both costs of figure 5 over two weights, as glorot_tutor/cost_surfaces.py computes them. */

const POINTS = 101; // on each side of the grid
const SHOWN = 4,
  ARROWS = 8; // every so many of them are drawn, and have their gradient drawn
const FLAT = 0.01; // share of the steepest slope below which a place counts as flat

/** Cost of one example and its derivative by the output unit's input a, for a target of 1 or -1. */
const COSTS = {
  "cross-entropy": (a, target) => {
    // p = (1 + tanh a) / 2 is the logistic function of 2a
    const u = -2 * target * a;
    return [Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u))), (-2 * target) / (1 + Math.exp(-u))];
  },
  quadratic: (a, target) => {
    const y = Math.tanh(a);
    // on the scale of the probability p = (1 + y) / 2
    return [((y - target) / 2) ** 2, ((y - target) * (1 - y * y)) / 2];
  },
};

/**
 * @param {{limit: number, seed: number}} settings
 * @param {{x: number[][], target: string[]}} given inputs and targets by seed, from Python
 * @yields {object} see glorot_tutor/widgets/surface.py
 */
export function* answer({ limit, seed }, given) {
  const x = given.x[seed],
    target = [...given.target[seed]].map((sign) => (sign === "+" ? 1 : -1));
  const costs = {};
  for (const [name, cost] of Object.entries(COSTS)) costs[name] = survey(cost, x, target, limit);
  yield { limit, costs };
}

function survey(cost, x, target, limit) {
  const size = POINTS * POINTS;
  const found = { cost: [], w1: [], w2: [], slope: new Float64Array(size) };
  for (let i = 0, at = 0; i < POINTS; i++) {
    const w1 = limit * ((2 * i) / (POINTS - 1) - 1);
    const hidden = x.map((v) => Math.tanh(w1 * v));
    for (let j = 0; j < POINTS; j++, at++) {
      const w2 = limit * ((2 * j) / (POINTS - 1) - 1);
      const [value, by1, by2] = point(cost, x, target, hidden, w2);
      found.slope[at] = Math.hypot(by1, by2);
      found.cost.push(value);
      if (i % ARROWS !== 2 || j % ARROWS !== 2) continue;
      found.w1.push(by1);
      found.w2.push(by2);
    }
  }
  return summary(found);
}

/** Mean cost at two weights, and its derivatives by them. */
function point(cost, x, target, hidden, w2) {
  let value = 0,
    by1 = 0,
    by2 = 0;
  for (let k = 0; k < x.length; k++) {
    const h = hidden[k];
    const [c, slope] = cost(w2 * h, target[k]);
    value += c;
    by1 += slope * w2 * x[k] * (1 - h * h);
    by2 += slope * h;
  }
  return [value / x.length, by1 / x.length, by2 / x.length];
}

function summary({ cost, w1, w2, slope }) {
  const shown = cost.filter((_, at) => {
    return Math.floor(at / POINTS) % SHOWN === 0 && (at % POINTS) % SHOWN === 0;
  });
  const steepest = slope.reduce((most, v) => Math.max(most, v));
  const sorted = slope.slice().sort();
  return {
    points: Math.sqrt(shown.length),
    cost: shown,
    arrows: Math.sqrt(w1.length),
    w1,
    w2,
    lowest: cost.reduce((least, v) => Math.min(least, v)),
    highest: cost.reduce((most, v) => Math.max(most, v)),
    flat_area: slope.filter((v) => v < FLAT * steepest).length / slope.length,
    median_slope: sorted[(sorted.length - 1) / 2],
  };
}
