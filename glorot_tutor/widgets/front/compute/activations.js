/**
 * The one table of activation functions, a twin of glorot_tutor/activations.py: a test walks both.
 *
 * @typedef {object} Row
 * @property {(s: number) => number} f z = f(s)
 * @property {(z: number, s: number) => number} slope f'(s); all rows but those with `needsS` find
 *   it from z alone, which is all that a backward pass keeps
 * @property {[number, number]} range least and greatest z
 * @property {[number, number]} unsaturated outside of it z counts as saturated
 * @property {[number, number]} bins ends of histograms where the range has none
 * @property {boolean} [dies] whether a unit that is above 0 on no example counts as dead
 * @property {string} colour
 * @property {boolean} [needsS]
 * @property {boolean} [linear] whether the theory of section 4.2.1 takes f' = 1 for it
 */

const NEARLY = 0.95; // share of a limit beyond which z counts as saturated
const LEAK = 0.01; // slope of the leaky rectifier below 0
const HEIGHT = 1.7159,
  RATE = 2 / 3; // of LeCun's tanh (1998)
const ALPHA = 1.6732632423543772,
  SCALE = 1.0507009873554805; // of SELU (Klambauer et al., 2017)
const GELU_LEAST = -0.16997120747990369;
const INF = Infinity;

// in double precision the difference is exact enough even where tanh is near 0
const tanh = (s) => 1 - 2 / (Math.exp(2 * s) + 1);

/** @type {Record<string, Row>} */
const ROWS = {
  sigmoid: {
    f: (s) => 1 / (1 + Math.exp(-s)),
    slope: (z) => z * (1 - z),
    range: [0, 1],
    unsaturated: [0.05, NEARLY],
    bins: [-1, 1],
    colour: "#8a8a8a",
    linear: true,
  },
  tanh: {
    f: tanh,
    slope: (z) => 1 - z * z,
    range: [-1, 1],
    unsaturated: [-NEARLY, NEARLY],
    bins: [-1, 1],
    colour: "#d55e00",
    linear: true,
  },
  softsign: {
    f: (s) => s / (1 + Math.abs(s)),
    slope: (z) => (1 - Math.abs(z)) ** 2, // = 1 / (1 + |s|)^2
    range: [-1, 1],
    unsaturated: [-NEARLY, NEARLY],
    bins: [-1, 1],
    colour: "#e69f00",
    linear: true,
  },
  // the linear network of section 4.2.1
  identity: {
    f: (s) => s,
    slope: () => 1,
    range: [-INF, INF],
    unsaturated: [-INF, INF],
    bins: [-1, 1],
    colour: "#1f2933",
    linear: true,
  },
  relu: {
    f: (s) => (s < 0 ? 0 : s), // what is no number stays so
    slope: (z) => (z > 0 ? 1 : 0),
    range: [0, INF],
    unsaturated: [-INF, INF],
    bins: [0, 4],
    dies: true,
    colour: "#0072b2",
  },
  leaky_relu: {
    f: (s) => (s > 0 ? s : LEAK * s),
    slope: (z) => (z > 0 ? 1 : LEAK),
    range: [-INF, INF],
    unsaturated: [-INF, INF],
    bins: [-1, 4],
    dies: true,
    colour: "#56b4e9",
  },
  elu: {
    f: (s) => (s > 0 ? s : Math.expm1(s)),
    slope: (z) => (z > 0 ? 1 : z + 1),
    range: [-1, INF],
    unsaturated: [-NEARLY, INF],
    bins: [-1, 4],
    colour: "#009e73",
  },
  selu: {
    f: (s) => SCALE * (s > 0 ? s : ALPHA * Math.expm1(s)),
    slope: (z) => (z > 0 ? SCALE : z + SCALE * ALPHA),
    range: [-SCALE * ALPHA, INF],
    unsaturated: [-NEARLY * SCALE * ALPHA, INF],
    bins: [-2, 6],
    colour: "#117733",
  },
  gelu: {
    f: (s) => s * below(s),
    slope: (_, s) => below(s) + (s * Math.exp((-s * s) / 2)) / Math.sqrt(2 * Math.PI),
    range: [GELU_LEAST, INF],
    unsaturated: [-INF, INF],
    bins: [-1, 4],
    colour: "#cc79a7",
    needsS: true,
  },
  lecun_tanh: {
    f: (s) => HEIGHT * tanh(RATE * s),
    slope: (z) => RATE * (HEIGHT - (z * z) / HEIGHT),
    range: [-HEIGHT, HEIGHT],
    unsaturated: [-NEARLY * HEIGHT, NEARLY * HEIGHT],
    bins: [-HEIGHT, HEIGHT],
    colour: "#882255",
  },
};

/** Those that the paper compares (section 2.3). */
export const PAPER = ["sigmoid", "tanh", "softsign"];

/** Each row with its loops over arrays, and the ends of its histograms. */
export const ACTIVATIONS = Object.fromEntries(
  Object.entries(ROWS).map(([name, row]) => [name, { ...row, ...loops(row), shown: shown(row) }]),
);

/** A row by its name; an unknown one is an error. */
export function activationNamed(name) {
  if (!Object.hasOwn(ACTIVATIONS, name)) {
    const names = Object.keys(ROWS).join(", ");
    throw new RangeError(`There is no activation “${name}”: take one of ${names}.`);
  }
  return ACTIVATIONS[name];
}

function loops({ f, slope, needsS }) {
  return {
    /** Take s to z = f(s), in place. */
    apply(s) {
      for (let i = 0; i < s.length; i++) s[i] = f(s[i]);
    },
    /** Multiply d by f'(s); `s` is read only where the row needs it. */
    timesSlope(d, z, s) {
      if (needsS) for (let i = 0; i < d.length; i++) d[i] *= slope(z[i], s[i]);
      else for (let i = 0; i < d.length; i++) d[i] *= slope(z[i], 0);
    },
  };
}

function shown({ range, bins }) {
  return range.every(Number.isFinite) ? range : bins;
}

// Hart's rational function for the tail of the normal distribution, as West (2005) gives it
const UP = [0.0352624965998911, 0.700383064443688, 6.37396220353165, 33.912866078383].concat(
  [112.079291497871, 221.213596169931, 220.206867912376],
);
const DOWN = [0.0883883476483184, 1.75566716318264, 16.064177579207, 86.7807322029461].concat(
  [296.564248779674, 637.333633378831, 793.826512519948, 440.413735824752],
);
const FAR = 7.07; // standard deviations beyond which less than 1e-12 is left

/** Share of the standard normal distribution below s; off by less than 1e-12. */
function below(s) {
  const a = Math.abs(s);
  const polynomial = (factors) => factors.reduce((sum, factor) => sum * a + factor, 0);
  const tail = a < FAR ? (Math.exp((-a * a) / 2) * polynomial(UP)) / polynomial(DOWN) : 0;
  return s > 0 ? 1 - tail : tail;
}
