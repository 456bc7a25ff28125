/**
 * The activation functions of section 2.3, in place on float32 arrays, and their slopes f'(s)
 * written in terms of z = f(s), which is all that a backward pass keeps.
 */

/** What a figure should expect of each function: its range, and where it counts as saturated. */
export const ACTIVATIONS = {
  sigmoid: { apply: sigmoid, timesSlope: timesSigmoidSlope, range: [0, 1], low: 0.05, high: 0.95 },
  tanh: { apply: tanh, timesSlope: timesTanhSlope, range: [-1, 1], low: -0.95, high: 0.95 },
  softsign: {
    apply: softsign,
    timesSlope: timesSoftsignSlope,
    range: [-1, 1],
    low: -0.95,
    high: 0.95,
  },
  // the linear network of section 4.2.1
  identity: {
    apply: () => {},
    timesSlope: () => {},
    range: [-Infinity, Infinity],
    low: -Infinity,
    high: Infinity,
  },
};

function sigmoid(s) {
  for (let i = 0; i < s.length; i++) s[i] = 1 / (1 + Math.exp(-s[i]));
}

function tanh(s) {
  // in double precision the difference is exact enough even where tanh is near 0
  for (let i = 0; i < s.length; i++) s[i] = 1 - 2 / (Math.exp(2 * s[i]) + 1);
}

function softsign(s) {
  for (let i = 0; i < s.length; i++) s[i] /= 1 + Math.abs(s[i]);
}

function timesSigmoidSlope(d, z) {
  for (let i = 0; i < d.length; i++) d[i] *= z[i] * (1 - z[i]);
}

function timesTanhSlope(d, z) {
  for (let i = 0; i < d.length; i++) d[i] *= 1 - z[i] * z[i];
}

function timesSoftsignSlope(d, z) {
  for (let i = 0; i < d.length; i++) {
    const room = 1 - Math.abs(z[i]); // = 1 / (1 + |s|)
    d[i] *= room * room;
  }
}
