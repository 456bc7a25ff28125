/**
 * Shapeset-3x2 (section 2.1): the law of glorot_tutor/scenes.py, one image at a time.
 *
 * Example n of a seed and a split is the same image here and there, pixel for pixel.
 */
import { paintPolygon, SIZE } from "./polygons.js";
import { draw, unit, whole } from "./rng.js";

export { SIZE };
/** Pixels of an image. */
export const N_IN = SIZE * SIZE;
/** What an image of each class shows. */
export const CLASSES = [
  "triangle",
  "parallelogram",
  "ellipse",
  "triangle + parallelogram",
  "parallelogram + ellipse",
  "triangle + ellipse",
  "triangle + triangle",
  "parallelogram + parallelogram",
  "ellipse + ellipse",
];
/** Sequences of examples that have no random number in common. */
export const SPLITS = ["train", "validation", "test", "monitor"];
/** Error, in percent, of always naming one of the three most frequent classes: 1 - 1/6. */
export const PRIOR_ERROR = 100 * (5 / 6);

const PAIR_LABEL = [
  [6, 3, 5],
  [3, 7, 4],
  [5, 4, 8],
]; // by the kinds of both shapes
const CORNERS = [3, 4, 20]; // an ellipse is a polygon of 20
const ANGLES = 255; // rotations are whole multiples of 2 pi / 255
const SCALES = [6.4, 25.6]; // least and greatest, in pixels
const ATTEMPTS = 50; // at placing a second shape before it is given up
const MOST_OVERLAP = 0.5; // share of the first shape's area, as the rule estimates it
// blocks of four random words: image, first form, second form, first place, second place and on
const IMAGE = 0,
  FORM = 1,
  PLACE = 3;

const BASE = CORNERS.map((n) =>
  Array.from({ length: n }, (_, t) => {
    const phi = 2 * Math.PI * (t / n + 1 / (2 * n) + 1 / 4);
    return [Math.cos(phi) / 2, Math.sin(phi) / 2];
  }),
);
const AREA = CORNERS.map((n) => (n * Math.sin((2 * Math.PI) / n)) / 8);

const newShape = () => ({ x: new Float64Array(20), y: new Float64Array(20) });
const words = new Uint32Array(4);
const shapes = [newShape(), newShape()];

/**
 * Draw what example `n` shows; the scene is overwritten by the next call.
 *
 * @returns {{background: number, shapes: object[], label: number, rejections: number}} greys
 *   0 .. 255; each shape with kind, n, grey and vertices x, y in pixels, in drawing order
 */
export function drawScene(seed, split, n) {
  const sequence = SPLITS.indexOf(split);
  draw(seed, sequence, n, IMAGE, words);
  const dark = whole(words[0], 2) === 0;
  const background = grey(words[1], dark);
  const pair = whole(words[2], 2) === 1;
  const [first, second] = shapes;
  drawForm(first, seed, sequence, n, FORM, !dark);
  place(first, seed, sequence, n, PLACE);
  const alone = { background, shapes: [first], label: first.kind, rejections: 0 };
  if (!pair) return alone;
  drawForm(second, seed, sequence, n, FORM + 1, !dark);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    place(second, seed, sequence, n, PLACE + 1 + attempt);
    if (overlap(first, second) > MOST_OVERLAP) continue;
    const label = PAIR_LABEL[first.kind][second.kind];
    return { background, shapes, label, rejections: attempt };
  }
  return { ...alone, rejections: ATTEMPTS };
}

/**
 * Draw example `n` as the network sees it.
 *
 * @param {Float32Array} image receives 32 x 32 values in [-1, 1], row by row
 * @returns {number} its class, an index into CLASSES
 */
export function drawExample(seed, split, n, image) {
  const scene = drawScene(seed, split, n);
  image.fill(toInput(scene.background));
  for (const { grey, x, y, n: corners } of scene.shapes) {
    paintPolygon(image, toInput(grey), x, y, corners);
  }
  return scene.label;
}

/** Grey value 0 .. 255 as the network sees it. */
const toInput = (grey) => (grey / 255) * 2 - 1;

const grey = (word, dark) => (dark ? whole(word, 115) : 140 + whole(word, 116));

/** Kind, grey and rotations of a shape, before size and position. */
function drawForm(shape, seed, sequence, n, block, dark) {
  draw(seed, sequence, n, block, words);
  shape.kind = whole(words[0], 3);
  shape.n = CORNERS[shape.kind];
  shape.grey = grey(words[1], dark);
  let k1 = whole(words[2], Math.floor(ANGLES / shape.n));
  // the upper half of the range stands for small rotations the other way
  const least = Math.floor((ANGLES - 1) / shape.n);
  if (k1 > Math.floor((ANGLES - 1) / (2 * shape.n))) k1 = Math.min(k1 + ANGLES - least, ANGLES - 1);
  shape.theta1 = ((2 * Math.PI) / ANGLES) * k1;
  shape.theta3 = ((2 * Math.PI) / ANGLES) * whole(words[3], ANGLES - 1);
}

/** Size and position; x and y of every vertex stay between 1 and 31. */
function place(shape, seed, sequence, n, block) {
  draw(seed, sequence, n, block, words);
  const sizes = [unit(words[0]), unit(words[1])].map(
    (u) => SCALES[0] + (SCALES[1] - SCALES[0]) * u,
  );
  const s0 = Math.max(...sizes),
    s1 = Math.min(...sizes);
  shape.area = AREA[shape.kind] * s0 * s1;
  // R(theta3) R(theta2) diag(s0, s1) R(theta1), where theta2 turns back what the first two turned
  const { theta1, theta3 } = shape;
  const theta = theta3 - Math.atan((s1 / s0) * Math.tan(theta1));
  const c1 = Math.cos(theta1),
    n1 = Math.sin(theta1),
    c = Math.cos(theta),
    s = Math.sin(theta);
  const a = c * s0 * c1 - s * s1 * n1,
    b = -c * s0 * n1 - s * s1 * c1;
  const d = s * s0 * c1 + c * s1 * n1,
    e = -s * s0 * n1 + c * s1 * c1;
  const base = BASE[shape.kind];
  for (let i = 0; i < shape.n; i++) {
    shape.x[i] = a * base[i][0] + b * base[i][1];
    shape.y[i] = d * base[i][0] + e * base[i][1];
  }
  shape.tx = shiftInside(shape.x, shape.n, unit(words[2]));
  shape.ty = shiftInside(shape.y, shape.n, unit(words[3]));
}

/** Shift coordinates, in place, by a share u of the way that keeps them inside the border. */
function shiftInside(v, n, u) {
  let low = 0,
    high = 0;
  for (let i = 0; i < n; i++) {
    low = Math.min(low, v[i]);
    high = Math.max(high, v[i]);
  }
  const least = 1 - low,
    most = SIZE - 1 - high;
  const shift = least + (most - least) * u;
  for (let i = 0; i < n; i++) v[i] += shift;
  return shift;
}

/**
 * Estimate of how much the second shape covers, as a share of the first one's area: how deep the
 * two reach into each other along the line between their centres, the first one's truncated.
 */
function overlap(first, second) {
  const X = Math.trunc(first.tx),
    Y = Math.trunc(first.ty);
  const d = Math.hypot(second.tx - X, second.ty - Y);
  const ux = (second.tx - X) / d,
    uy = (second.ty - Y) / d;
  const depth = reach(first, X, Y, ux, uy) + reach(second, second.tx, second.ty, -ux, -uy) - d;
  return ((1 - 2 ** (-depth / d)) * second.area) / first.area;
}

/** How far a shape extends from (x, y) in the direction (ux, uy). */
function reach(shape, x, y, ux, uy) {
  let most = -Infinity;
  for (let i = 0; i < shape.n; i++) {
    most = Math.max(most, (shape.x[i] - x) * ux + (shape.y[i] - y) * uy);
  }
  return most;
}
