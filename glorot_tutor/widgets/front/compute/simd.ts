/**
 * The three products of a layer, four numbers at a time (AssemblyScript, WebAssembly SIMD).
 *
 * Matrices are float32, row-major, named by the address of their first byte. `w` has a row for
 * each unit below and a column for each unit above: (fanIn, fanOut). `fanOut` is a multiple of 4.
 * Ten examples share each load of weights, their sums stay in registers; what is left of a batch
 * goes one example at a time. kernels.js says the same in plain JavaScript.
 */

// @ts-ignore: decorator
@inline function splat(address: usize): v128 { return v128.load32_splat(address); }
// @ts-ignore: decorator
@inline function addProduct(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}
// @ts-ignore: decorator
@inline function total(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)
    + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** s = x w + b for examples 0 .. rows - 1: x (rows, fanIn), b (fanOut), s (rows, fanOut). */
export function forward(
  x: usize, w: usize, b: usize, s: usize, fanIn: i32, fanOut: i32, rows: i32,
): void {
  const xRow: usize = fanIn << 2, row: usize = fanOut << 2;
  for (; rows >= 10; rows -= 10, x += 10 * xRow, s += 10 * row) {
    for (let o: usize = 0; o < row; o += 16) forwardTen(x, w + o, v128.load(b + o), s + o, xRow, row);
  }
  for (; rows > 0; --rows, x += xRow, s += row) {
    for (let o: usize = 0; o < row; o += 16) {
      let sum = v128.load(b + o);
      for (let a = x, p = w + o; a < x + xRow; a += 4, p += row) {
        sum = addProduct(sum, splat(a), v128.load(p));
      }
      v128.store(s + o, sum);
    }
  }
}

function forwardTen(x: usize, w: usize, b: v128, s: usize, xRow: usize, row: usize): void {
  let s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b;
  const x5 = x + 5 * xRow, end = x + xRow;
  for (let a = x, c = x5; a < end; a += 4, c += 4, w += row) {
    const v = v128.load(w);
    s0 = addProduct(s0, splat(a), v);
    s1 = addProduct(s1, splat(a + xRow), v);
    s2 = addProduct(s2, splat(a + 2 * xRow), v);
    s3 = addProduct(s3, splat(a + 3 * xRow), v);
    s4 = addProduct(s4, splat(a + 4 * xRow), v);
    s5 = addProduct(s5, splat(c), v);
    s6 = addProduct(s6, splat(c + xRow), v);
    s7 = addProduct(s7, splat(c + 2 * xRow), v);
    s8 = addProduct(s8, splat(c + 3 * xRow), v);
    s9 = addProduct(s9, splat(c + 4 * xRow), v);
  }
  v128.store(s, s0);
  v128.store(s + row, s1);
  v128.store(s + 2 * row, s2);
  v128.store(s + 3 * row, s3);
  v128.store(s + 4 * row, s4);
  s += 5 * row;
  v128.store(s, s5);
  v128.store(s + row, s6);
  v128.store(s + 2 * row, s7);
  v128.store(s + 3 * row, s8);
  v128.store(s + 4 * row, s9);
}

/** e = d w': gradients d (rows, fanOut) taken down to the units below, e (rows, fanIn). */
export function backward(
  d: usize, w: usize, e: usize, fanIn: i32, fanOut: i32, rows: i32,
): void {
  const eRow: usize = fanIn << 2, row: usize = fanOut << 2;
  for (; rows >= 10; rows -= 10, d += 10 * row, e += 10 * eRow) {
    for (let i: usize = 0, p = w; i < eRow; i += 4, p += row) backwardTen(d, p, e + i, eRow, row);
  }
  for (; rows > 0; --rows, d += row, e += eRow) {
    for (let i: usize = 0, p = w; i < eRow; i += 4, p += row) {
      let sum = f32x4.splat(0);
      for (let o: usize = 0; o < row; o += 16) sum = addProduct(sum, v128.load(d + o), v128.load(p + o));
      f32.store(e + i, total(sum));
    }
  }
}

function backwardTen(d: usize, w: usize, e: usize, eRow: usize, row: usize): void {
  const zero = f32x4.splat(0), end = w + row;
  let s0 = zero, s1 = zero, s2 = zero, s3 = zero, s4 = zero;
  let s5 = zero, s6 = zero, s7 = zero, s8 = zero, s9 = zero;
  for (let c = d + 5 * row; w < end; w += 16, d += 16, c += 16) {
    const v = v128.load(w);
    s0 = addProduct(s0, v128.load(d), v);
    s1 = addProduct(s1, v128.load(d + row), v);
    s2 = addProduct(s2, v128.load(d + 2 * row), v);
    s3 = addProduct(s3, v128.load(d + 3 * row), v);
    s4 = addProduct(s4, v128.load(d + 4 * row), v);
    s5 = addProduct(s5, v128.load(c), v);
    s6 = addProduct(s6, v128.load(c + row), v);
    s7 = addProduct(s7, v128.load(c + 2 * row), v);
    s8 = addProduct(s8, v128.load(c + 3 * row), v);
    s9 = addProduct(s9, v128.load(c + 4 * row), v);
  }
  f32.store(e, total(s0));
  f32.store(e + eRow, total(s1));
  f32.store(e + 2 * eRow, total(s2));
  f32.store(e + 3 * eRow, total(s3));
  f32.store(e + 4 * eRow, total(s4));
  e += 5 * eRow;
  f32.store(e, total(s5));
  f32.store(e + eRow, total(s6));
  f32.store(e + 2 * eRow, total(s7));
  f32.store(e + 3 * eRow, total(s8));
  f32.store(e + 4 * eRow, total(s9));
}

/** w += scale x' d: x (rows, fanIn), d (rows, fanOut). */
export function addOuter(
  x: usize, d: usize, w: usize, fanIn: i32, fanOut: i32, rows: i32, scale: f32,
): void {
  const xRow: usize = fanIn << 2, row: usize = fanOut << 2, factor = f32x4.splat(scale);
  for (; rows >= 10; rows -= 10, x += 10 * xRow, d += 10 * row) {
    for (let a = x, p = w; a < x + xRow; a += 4, p += row) addOuterTen(a, d, p, xRow, row, factor);
  }
  for (; rows > 0; --rows, x += xRow, d += row) {
    for (let a = x, p = w; a < x + xRow; a += 4, p += row) {
      const v = f32x4.mul(factor, splat(a));
      for (let o: usize = 0; o < row; o += 16) {
        v128.store(p + o, addProduct(v128.load(p + o), v, v128.load(d + o)));
      }
    }
  }
}

function addOuterTen(x: usize, d: usize, w: usize, xRow: usize, row: usize, factor: v128): void {
  const x5 = x + 5 * xRow, end = w + row;
  const x0 = f32x4.mul(factor, splat(x)), x1 = f32x4.mul(factor, splat(x + xRow));
  const x2 = f32x4.mul(factor, splat(x + 2 * xRow)), x3 = f32x4.mul(factor, splat(x + 3 * xRow));
  const x4 = f32x4.mul(factor, splat(x + 4 * xRow)), y0 = f32x4.mul(factor, splat(x5));
  const y1 = f32x4.mul(factor, splat(x5 + xRow)), y2 = f32x4.mul(factor, splat(x5 + 2 * xRow));
  const y3 = f32x4.mul(factor, splat(x5 + 3 * xRow)), y4 = f32x4.mul(factor, splat(x5 + 4 * xRow));
  for (let c = d + 5 * row; w < end; w += 16, d += 16, c += 16) {
    let sum = addProduct(v128.load(w), x0, v128.load(d));
    sum = addProduct(sum, x1, v128.load(d + row));
    sum = addProduct(sum, x2, v128.load(d + 2 * row));
    sum = addProduct(sum, x3, v128.load(d + 3 * row));
    sum = addProduct(sum, x4, v128.load(d + 4 * row));
    sum = addProduct(sum, y0, v128.load(c));
    sum = addProduct(sum, y1, v128.load(c + row));
    sum = addProduct(sum, y2, v128.load(c + 2 * row));
    sum = addProduct(sum, y3, v128.load(c + 3 * row));
    v128.store(w, addProduct(sum, y4, v128.load(c + 4 * row)));
  }
}
