/**
 * Singular values without their vectors: the roots of the eigenvalues of A A', which Householder
 * reflections bring to three diagonals and the QL method to one (in double precision, so that
 * squaring costs nothing that a mean would show).
 */

/**
 * @param {Float64Array} a symmetric, shape (n, n); is used up
 * @returns {Float64Array} eigenvalues, shape (n,), in no order
 */
export function eigenvalues(a, n) {
  const { diagonal, beside } = tridiagonal(a, n);
  for (let l = 0; l < n; l++) chase(diagonal, beside, l, n);
  return diagonal;
}

/** Reduce the lower triangle of a, one row from the last on, by reflections. */
function tridiagonal(a, n) {
  const diagonal = new Float64Array(n),
    beside = new Float64Array(n); // beside[i] couples i and i + 1
  const p = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const v = a.subarray(i * n, i * n + i); // the row left of the diagonal becomes the reflector
    diagonal[i] = a[i * n + i];
    let squares = 0;
    for (let k = 0; k < i; k++) squares += v[k] * v[k];
    const last = v[i - 1];
    const size = last > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    beside[i - 1] = size;
    const h = squares - last * size;
    if (!h) continue;
    v[i - 1] = last - size;
    multiply(a, v, p, i, n);
    let k = 0;
    for (let j = 0; j < i; j++) k += (p[j] /= h) * v[j];
    k /= 2 * h;
    for (let j = 0; j < i; j++) p[j] -= k * v[j];
    for (let j = 0; j < i; j++) {
      const row = j * n,
        vj = v[j],
        pj = p[j];
      for (let m = 0; m <= j; m++) a[row + m] -= vj * p[m] + pj * v[m];
    }
  }
  diagonal[0] = a[0];
  return { diagonal, beside };
}

/** p = A v from the lower triangle of the first i rows of a. */
function multiply(a, v, p, i, n) {
  p.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const row = j * n,
      vj = v[j];
    let sum = a[row + j] * vj;
    for (let m = 0; m < j; m++) {
      sum += a[row + m] * v[m];
      p[m] += a[row + m] * vj;
    }
    p[j] += sum;
  }
}

/** QL steps with implicit shifts until nothing couples value l with those after it. */
function chase(d, e, l, n) {
  for (let turn = 0; turn < 60; turn++) {
    let m = l;
    for (; m < n - 1; m++) {
      const size = Math.abs(d[m]) + Math.abs(d[m + 1]);
      if (Math.abs(e[m]) <= Number.EPSILON * size) break;
    }
    if (m === l) return;
    let g = (d[l + 1] - d[l]) / (2 * e[l]);
    g = d[m] - d[l] + e[l] / (g + Math.sign(g || 1) * Math.hypot(g, 1));
    let s = 1,
      c = 1,
      p = 0,
      i = m - 1;
    for (; i >= l; i--) {
      const f = s * e[i],
        b = c * e[i];
      const r = Math.hypot(f, g);
      e[i + 1] = r;
      if (!r) {
        d[i + 1] -= p;
        e[m] = 0;
        break;
      }
      s = f / r;
      c = g / r;
      g = d[i + 1] - p;
      const t = (d[i] - g) * s + 2 * c * b;
      p = s * t;
      d[i + 1] = g + p;
      g = c * t - b;
    }
    if (i >= l) continue;
    d[l] -= p;
    e[l] = g;
    e[m] = 0;
  }
}

/**
 * Mean of the singular values of a layer's Jacobian, W diag f'(s) (eq. 17), for one example.
 *
 * @param {import("./network.js").Layer} layer
 * @param {Float32Array} slope f'(s), shape (fanOut,)
 */
export function meanSingularValue({ w, fanIn, fanOut, stride }, slope) {
  const least = Math.min(fanIn, fanOut);
  const all = eigenvalues(gram(w, slope, fanIn, fanOut, stride), fanOut);
  // where there are fewer inputs than units, the rest of the eigenvalues is 0 but for rounding
  const found = all.sort().subarray(fanOut - least);
  return found.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0) / least;
}

/**
 * J J', lower triangle: sums over inputs of w w', each side times the unit's slope. Four inputs at
 * a time share each load of a sum; rows beyond fanIn are 0.
 */
function gram(w, slope, fanIn, fanOut, stride) {
  const a = new Float64Array(fanOut * fanOut);
  const [r0, r1, r2, r3] = [0, 1, 2, 3].map(() => new Float64Array(fanOut));
  for (let i = 0, at = 0; i < fanIn; i += 4, at += 4 * stride) {
    for (let o = 0; o < fanOut; o++) {
      const f = slope[o];
      r0[o] = w[at + o] * f;
      r1[o] = w[at + stride + o] * f;
      r2[o] = w[at + 2 * stride + o] * f;
      r3[o] = w[at + 3 * stride + o] * f;
    }
    for (let o = 0, row = 0; o < fanOut; o++, row += fanOut) {
      const v0 = r0[o],
        v1 = r1[o],
        v2 = r2[o],
        v3 = r3[o];
      for (let k = 0; k <= o; k++) {
        a[row + k] += v0 * r0[k] + v1 * r1[k] + (v2 * r2[k] + v3 * r3[k]);
      }
    }
  }
  return a;
}
