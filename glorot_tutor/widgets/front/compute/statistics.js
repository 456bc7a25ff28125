/** Summaries of a layer's values, as glorot_tutor/probes.py defines them. */

/** Bins of a histogram: odd, so that 0 lies in the middle of one. */
export const BINS = 81;

/**
 * @param {Float32Array} values any number of them
 * @returns {{mean: number, std: number}} population form
 */
export function moments(values) {
  let sum = 0,
    squares = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return { mean, std: Math.sqrt(squares / values.length) };
}

/** Share of values outside low .. high, 0 .. 1. */
export function shareOutside(values, low, high) {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] < low || values[i] > high) count++;
  return count / values.length;
}

/**
 * Quantile of the magnitudes, interpolated between the two nearest values.
 *
 * @param {Float32Array} values are left as they are
 * @param {number} share 0 .. 1, for instance 0.98
 * @param {Float32Array} scratch room for as many values
 */
export function magnitudeQuantile(values, share, scratch) {
  const v = scratch.subarray(0, values.length);
  for (let i = 0; i < v.length; i++) v[i] = Math.abs(values[i]);
  const place = share * (v.length - 1),
    k = Math.floor(place);
  select(v, k);
  if (k + 1 === v.length) return v[k];
  let next = Infinity;
  for (let i = k + 1; i < v.length; i++) if (v[i] < next) next = v[i];
  return v[k] + (place - k) * (next - v[k]);
}

/** Reorder v so that v[k] is its k-th smallest and none after it is smaller (Hoare's quickselect). */
function select(v, k) {
  let low = 0,
    high = v.length - 1;
  while (low < high) {
    const pivot = v[(low + high) >> 1];
    let i = low,
      j = high;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        const kept = v[i];
        v[i++] = v[j];
        v[j--] = kept;
      }
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

/**
 * Density by bin over low .. high, such that it integrates to the share of values inside.
 *
 * @returns {Float32Array} shape (BINS,)
 */
export function histogram(values, low, high) {
  const density = new Float32Array(BINS),
    scale = BINS / (high - low);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor((values[i] - low) * scale);
    // the upper end belongs to the last bin
    if (bin >= 0 && bin < BINS) density[bin]++;
    else if (values[i] === high) density[BINS - 1]++;
  }
  for (let k = 0; k < BINS; k++) density[k] *= scale / values.length;
  return density;
}

/** Rows of a padded matrix, shape (rows, stride), without their padding: (rows, width). */
export function unpadded(matrix, stride, width) {
  if (stride === width) return matrix;
  const rows = matrix.length / stride,
    out = new Float32Array(rows * width);
  for (let r = 0; r < rows; r++) {
    out.set(matrix.subarray(r * stride, r * stride + width), r * width);
  }
  return out;
}
