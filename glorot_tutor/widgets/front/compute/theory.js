/**
 * Equations 5 to 7 as glorot_tutor/theory.py has them: the variances that a network should begin
 * with, were its activation functions straight lines.
 */

/**
 * Predicted standard deviations by hidden layer, the first one first.
 *
 * @param {{nIn: number, nOut: number, width: number, depth: number}} sizes
 * @param {(fanIn: number, fanOut: number) => number} bound half-width of a weight matrix's law
 * @param {number} varX mean square of the inputs
 * @param {number} varTop mean square of the gradient at the logits
 */
export function predicted({ nIn, nOut, width, depth }, bound, varX, varTop) {
  const sizes = [nIn, ...Array(depth).fill(width), nOut];
  const varW = sizes.slice(1).map((fanOut, i) => bound(sizes[i], fanOut) ** 2 / 3);
  const forward = [varX],
    backward = Array(depth + 1).fill(varTop);
  for (let i = 0; i < depth; i++) forward.push(forward[i] * sizes[i] * varW[i]); // eq. 5
  for (let i = depth - 1; i >= 0; i--) {
    backward[i] = backward[i + 1] * sizes[i + 2] * varW[i + 1]; // eq. 6
  }
  const layers = Array.from({ length: depth }, (_, i) => i);
  return {
    activation: layers.map((i) => Math.sqrt(forward[i + 1])), // z^l belongs to layer l
    backprop_gradient: layers.map((i) => Math.sqrt(backward[i])), // s^{l-1} belongs to layer l
    weight_gradient: layers.map((i) => Math.sqrt(forward[i] * backward[i])), // eq. 7
  };
}
