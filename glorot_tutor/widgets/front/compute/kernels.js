/**
 * The three products of a layer in plain JavaScript, for browsers without WebAssembly SIMD; the
 * same signatures as simd.ts. Blocks of sums stay in registers, and several examples share each
 * load of weights; where a batch ends within a block, the last example is counted on as 0.
 */

/**
 * @param {ArrayBuffer} buffer memory that addresses (in bytes) refer to
 * @returns {{forward: Function, backward: Function, addOuter: Function}}
 */
export function plainKernels(buffer) {
  const m = new Float32Array(buffer);
  return {
    forward: (x, w, b, s, fanIn, fanOut, rows) =>
      forward(m, x >> 2, w >> 2, b >> 2, s >> 2, fanIn, fanOut, rows),
    backward: (d, w, e, fanIn, fanOut, rows) =>
      backward(m, d >> 2, w >> 2, e >> 2, fanIn, fanOut, rows),
    addOuter: (x, d, w, fanIn, fanOut, rows, scale) =>
      addOuter(m, x >> 2, d >> 2, w >> 2, fanIn, fanOut, rows, scale),
  };
}

/** s = x w + b: x (rows, fanIn), w (fanIn, fanOut), b (fanOut), s (rows, fanOut). */
function forward(m, x, w, b, s, fanIn, fanOut, rows) {
  for (let r = 0; r < rows; r += 2, x += 2 * fanIn, s += 2 * fanOut) {
    const y = r + 1 < rows ? x + fanIn : x,
      t = r + 1 < rows ? s + fanOut : s;
    for (let o = 0; o < fanOut; o += 4)
      forwardBlock(m, x, y, w + o, b + o, s + o, t + o, fanIn, fanOut);
  }
}

/** Four units of two examples: inputs at x and y, sums to s and t. */
function forwardBlock(m, x, y, w, b, s, t, fanIn, fanOut) {
  let s0 = m[b],
    s1 = m[b + 1],
    s2 = m[b + 2],
    s3 = m[b + 3];
  let t0 = s0,
    t1 = s1,
    t2 = s2,
    t3 = s3;
  for (let i = 0; i < fanIn; i++, w += fanOut) {
    const u = m[x + i],
      v = m[y + i];
    const w0 = m[w],
      w1 = m[w + 1],
      w2 = m[w + 2],
      w3 = m[w + 3];
    s0 += u * w0;
    s1 += u * w1;
    s2 += u * w2;
    s3 += u * w3;
    t0 += v * w0;
    t1 += v * w1;
    t2 += v * w2;
    t3 += v * w3;
  }
  m[s] = s0;
  m[s + 1] = s1;
  m[s + 2] = s2;
  m[s + 3] = s3;
  m[t] = t0;
  m[t + 1] = t1;
  m[t + 2] = t2;
  m[t + 3] = t3;
}

/** e = d w': d (rows, fanOut), e (rows, fanIn). */
function backward(m, d, w, e, fanIn, fanOut, rows) {
  for (let r = 0; r < rows; r += 2, d += 2 * fanOut, e += 2 * fanIn) {
    const c = r + 1 < rows ? d + fanOut : d,
      f = r + 1 < rows ? e + fanIn : e;
    for (let i = 0, p = w; i < fanIn; i++) {
      let s0 = 0,
        s1 = 0,
        t0 = 0,
        t1 = 0;
      for (let o = 0; o < fanOut; o += 2, p += 2) {
        const w0 = m[p],
          w1 = m[p + 1];
        s0 += m[d + o] * w0;
        s1 += m[d + o + 1] * w1;
        t0 += m[c + o] * w0;
        t1 += m[c + o + 1] * w1;
      }
      m[e + i] = s0 + s1;
      m[f + i] = t0 + t1;
    }
  }
}

/** w += scale x' d: x (rows, fanIn), d (rows, fanOut). */
function addOuter(m, x, d, w, fanIn, fanOut, rows, scale) {
  for (let r = 0; r < rows; r += 5, x += 5 * fanIn, d += 5 * fanOut) {
    const [k1, k2, k3, k4] = [1, 2, 3, 4].map((k) => (r + k < rows ? k : 0));
    const d1 = d + k1 * fanOut,
      d2 = d + k2 * fanOut,
      d3 = d + k3 * fanOut,
      d4 = d + k4 * fanOut;
    const f1 = k1 && scale,
      f2 = k2 && scale,
      f3 = k3 && scale,
      f4 = k4 && scale;
    for (let i = 0, p = w; i < fanIn; i++, p += fanOut) {
      const v0 = scale * m[x + i],
        v1 = f1 * m[x + k1 * fanIn + i],
        v2 = f2 * m[x + k2 * fanIn + i];
      const v3 = f3 * m[x + k3 * fanIn + i],
        v4 = f4 * m[x + k4 * fanIn + i];
      for (let o = 0; o < fanOut; o++) {
        m[p + o] +=
          v0 * m[d + o] + v1 * m[d1 + o] + v2 * m[d2 + o] + (v3 * m[d3 + o] + v4 * m[d4 + o]);
      }
    }
  }
}
