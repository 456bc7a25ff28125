/**
 * The one table of initializations, a twin of glorot_tutor/initializations.py: a test walks both.
 *
 * @typedef {object} Row
 * @property {string} label
 * @property {(fanIn: number, fanOut: number, gain: number) => number} variance Var[W]
 * @property {(weights: Float64Array, fanIn: number, fanOut: number, gain: number,
 *   number: (n: number) => number) => void} fill draws all weights, shape (fanIn, fanOut);
 *   `number(n)` is the layer's n-th random number in (0, 1)
 */

const { sqrt } = Math;
/** Most units of a layer for orthogonal weights: more would keep a reader waiting. */
export const MOST_ORTHOGONAL = 400;

/** U[-bound, bound]: the same draws for every bound, so that two of these differ by a factor only. */
const uniform = (label, bound) => ({
  label,
  variance: (fanIn, fanOut, gain) => (gain * bound(fanIn, fanOut)) ** 2 / 3,
  fill(weights, fanIn, fanOut, gain, number) {
    const limit = gain * bound(fanIn, fanOut);
    for (let n = 0; n < weights.length; n++) weights[n] = limit * (2 * number(n) - 1);
  },
});

/** N(0, std^2), by Box and Muller. */
const normal = (label, std) => ({
  label,
  variance: (fanIn, fanOut, gain) => (gain * std(fanIn, fanOut)) ** 2,
  fill: (weights, fanIn, fanOut, gain, number) =>
    fillNormal(weights, gain * std(fanIn, fanOut), number),
});

/** Every weight the same. */
const constant = (label, value) => ({
  label,
  variance: () => 0,
  fill: (weights, fanIn, fanOut, gain) => void weights.fill(gain * value(fanIn)),
});

const orthogonal = {
  label: "orthogonal",
  variance: (fanIn, fanOut, gain) => gain ** 2 / Math.max(fanIn, fanOut),
  fill(weights, fanIn, fanOut, gain, number) {
    if (Math.min(fanIn, fanOut) > MOST_ORTHOGONAL) {
      throw new RangeError(
        `Orthogonal weights between layers of more than ${MOST_ORTHOGONAL} units take too long ` +
          "in a page: choose fewer units.",
      );
    }
    fillNormal(weights, 1, number);
    // the rows or the columns, whichever are fewer, are set at right angles
    if (fanIn < fanOut) orthogonalize(weights, fanIn, fanOut, fanOut, 1);
    else orthogonalize(weights, fanOut, fanIn, 1, fanOut);
    for (let n = 0; n < weights.length; n++) weights[n] *= gain;
  },
};

/** @type {Record<string, Row>} */
export const INITIALIZATIONS = {
  standard: uniform("standard (eq. 1)", (fanIn) => 1 / sqrt(fanIn)),
  normalized: uniform("normalized (eq. 16)", (fanIn, fanOut) => sqrt(6 / (fanIn + fanOut))),
  lecun_normal: normal("LeCun, normal", (fanIn) => sqrt(1 / fanIn)),
  lecun_uniform: uniform("LeCun, uniform", (fanIn) => sqrt(3 / fanIn)),
  he_normal: normal("He, normal", (fanIn) => sqrt(2 / fanIn)),
  he_uniform: uniform("He, uniform", (fanIn) => sqrt(6 / fanIn)),
  he_normal_out: normal("He, normal, fan-out", (_, fanOut) => sqrt(2 / fanOut)),
  he_uniform_out: uniform("He, uniform, fan-out", (_, fanOut) => sqrt(6 / fanOut)),
  orthogonal,
  constant: constant("constant (1 / fan-in)", (fanIn) => 1 / fanIn),
  zero: constant("zero", () => 0),
};

/** Those of the paper. */
export const PAPER = ["standard", "normalized"];

/** A row by its name; an unknown one is an error. */
export function initializationNamed(name) {
  if (!Object.hasOwn(INITIALIZATIONS, name)) {
    const names = Object.keys(INITIALIZATIONS).join(", ");
    throw new RangeError(`There is no initialization “${name}”: take one of ${names}.`);
  }
  return INITIALIZATIONS[name];
}

function fillNormal(weights, std, number) {
  for (let n = 0; n < weights.length; n += 2) {
    const size = std * sqrt(-2 * Math.log(number(n))),
      angle = 2 * Math.PI * number(n + 1);
    weights[n] = size * Math.cos(angle);
    if (n + 1 < weights.length) weights[n + 1] = size * Math.sin(angle);
  }
}

/** Set `count` vectors of a matrix at right angles, each of length 1 (Gram and Schmidt, twice). */
function orthogonalize(m, count, size, first, step) {
  const dot = (a, b) => {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += m[a * first + k * step] * m[b * first + k * step];
    return sum;
  };
  for (let a = 0; a < count; a++) {
    for (let round = 0; round < 2; round++) {
      for (let b = 0; b < a; b++) {
        const along = dot(a, b);
        for (let k = 0; k < size; k++) m[a * first + k * step] -= along * m[b * first + k * step];
      }
    }
    const length = sqrt(dot(a, a));
    for (let k = 0; k < size; k++) m[a * first + k * step] /= length;
  }
}
