/**
 * Equations 5 to 7: the variances that a network should begin with. For the paper's activations
 * they take f' = 1, as glorot_tutor/theory.py does; for the others the second moments of f and f'
 * over s ~ N(0, q), as glorot_tutor/mean_field.py has them.
 */

/**
 * Predicted standard deviations by hidden layer, the first one first.
 *
 * @param {{nIn: number, nOut: number, width: number, depth: number}} sizes
 * @param {(fanIn: number, fanOut: number) => number} variance Var[W] of a weight matrix
 * @param {object} activation a row of the table
 * @param {number} varX mean square of the inputs
 * @param {number} varTop mean square of the gradient at the logits
 */
export function predicted({ nIn, nOut, width, depth }, variance, activation, varX, varTop) {
  const sizes = [nIn, ...Array(depth).fill(width), nOut];
  const varW = sizes.slice(1).map((fanOut, i) => variance(sizes[i], fanOut));
  const squares = [varX], // mean square of z^i
    slopes = []; // of f'(s^i)
  const forward = [varX],
    backward = Array(depth + 1).fill(varTop);
  for (let i = 0; i < depth; i++) {
    const found = moments(activation, squares[i] * sizes[i] * varW[i]); // eq. 5
    squares.push(found.square);
    slopes.push(found.slopeSquare);
    forward.push(found.square - found.mean ** 2);
  }
  for (let i = depth - 1; i >= 0; i--) {
    backward[i] = backward[i + 1] * sizes[i + 2] * varW[i + 1] * slopes[i]; // eq. 6
  }
  const layers = Array.from({ length: depth }, (_, i) => i);
  return {
    activation: layers.map((i) => Math.sqrt(forward[i + 1])), // z^l belongs to layer l
    backprop_gradient: layers.map((i) => Math.sqrt(backward[i])), // s^{l-1} belongs to layer l
    weight_gradient: layers.map((i) => Math.sqrt(squares[i] * backward[i])), // eq. 7
  };
}

const REACH = 12,
  STEPS = 4800; // from -12 to 12 standard deviations, with a border at 0

/**
 * E[f], E[f^2] and E[f'^2] over s ~ N(0, q). The paper's activations are straight lines here.
 *
 * @param {object} activation a row of the table
 */
export function moments({ f, slope, linear }, q) {
  if (linear) return { mean: 0, square: q, slopeSquare: 1 };
  let mean = 0,
    square = 0,
    slopeSquare = 0,
    total = 0;
  for (let k = 0; k < STEPS; k++) {
    // midpoints: no point lies on the kink at 0
    const x = REACH * ((2 * k + 1) / STEPS - 1),
      weight = Math.exp((-x * x) / 2),
      s = Math.sqrt(q) * x,
      z = f(s);
    total += weight;
    mean += weight * z;
    square += weight * z * z;
    slopeSquare += weight * slope(z, s) ** 2;
  }
  return { mean: mean / total, square: square / total, slopeSquare: slopeSquare / total };
}
