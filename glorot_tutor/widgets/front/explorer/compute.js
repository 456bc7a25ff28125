/**
 * A network before its first update, looked at through 50 images: what glorot_tutor/widgets/
 * explorer.py answers in a notebook.
 */
import { createEngine } from "../compute/engine.js";
import { initializationNamed } from "../compute/initializations.js";
import { Network } from "../compute/network.js";
import { CLASSES, drawExample, N_IN } from "../compute/shapeset.js";
import { meanSingularValue } from "../compute/singular.js";
import { BINS, histogram, moments, unpadded } from "../compute/statistics.js";
import { predicted } from "../compute/theory.js";

/** Images, the first of those that all chapters watch. */
const IMAGES = 50;
/** Widest network whose singular values are found one by one in a page. */
const WIDEST = 200;
const BYTES = 64 * 2 ** 20; // ten layers of 1,000 units, their largest gradient and both passes
const SAMPLED = 50; // units on either side of a weight in the histograms of its gradient
const REACH = 3; // standard deviations that a histogram without natural limits shows

let engine; // 64 MB are set apart when they are first needed

/**
 * @param {object} settings activation, initialization, gain, depth, width, seed
 * @param {object} [_given] nothing is given to this widget
 * @param {(net: Network) => void} [prepare] may change the network before it is looked at
 * @yields {object} see glorot_tutor/widgets/explorer.py; where single singular values are to come,
 *   first without
 */
export function* answer(settings, _given, prepare) {
  const look = start(settings, prepare);
  const result = describe(look, settings);
  yield result;
  if (settings.width > WIDEST) return;
  const mean = look.net.layers.slice(0, -1).map((layer, i) => {
    return meanSingularValue(layer, slopes(look, i).subarray(0, layer.fanOut));
  });
  yield { ...result, jacobian: { ...result.jacobian, mean } };
}

function start(settings, prepare) {
  engine ??= createEngine(BYTES);
  engine.reset();
  const net = new Network(engine, { ...settings, nIn: N_IN, nOut: CLASSES.length });
  prepare?.(net);
  const x = engine.floats(IMAGES * N_IN),
    labels = new Uint8Array(IMAGES),
    pass = net.pass(IMAGES);
  for (let r = 0; r < IMAGES; r++) {
    labels[r] = drawExample(0, "monitor", r, x.subarray(r * N_IN, (r + 1) * N_IN));
  }
  net.forward(pass, x);
  net.backward(pass, labels);
  return { net, x, pass };
}

/** All that is found in one pass. */
function describe(look, { activation, initialization, gain, depth, width }) {
  const { net, x, pass } = look;
  const hidden = net.layers.slice(0, depth);
  const values = (all) => hidden.map((l, i) => unpadded(all[i], l.stride, l.fanOut));
  const z = values(pass.z),
    d = values(pass.d);
  const top = net.layers[depth];
  const expected = predicted(
    { nIn: N_IN, nOut: CLASSES.length, width, depth },
    (fanIn, fanOut) => initializationNamed(initialization).variance(fanIn, fanOut, gain),
    net.activation,
    meanSquare(x),
    meanSquare(unpadded(pass.d[depth], top.stride, top.fanOut)),
  );
  const below = [x, ...z];
  const range = net.activation.range;
  const samples = hidden.map((l, i) => products(below[i], d[i], l));
  const spreads = hidden.map((l, i) => productStd(below[i], d[i], l));
  return {
    quantities: {
      activation: quantity(z, z.map(std), expected.activation, range),
      backprop_gradient: quantity(d, d.map(std), expected.backprop_gradient),
      weight_gradient: quantity(samples, spreads, expected.weight_gradient),
    },
    mean_gradient: hidden.map((layer, i) => meanGradientStd(look, layer, i)),
    jacobian: { rms: hidden.map((layer, i) => rmsSingularValue(look, layer, i)), mean: null },
    activation,
  };
}

const std = (values) => moments(values).std;

function meanSquare(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return sum / values.length;
}

/** Histograms of one quantity by layer on common bins, and both standard deviations. */
function quantity(values, measured, expected, range = [-Infinity, Infinity]) {
  const limit = REACH * Math.max(...measured) || 1;
  const [low, high] = range.map((end) => (Number.isFinite(end) ? end : Math.sign(end) * limit));
  const density = values.map((v) => Array.from(histogram(v, low, high)));
  return { low, high, bins: BINS, density, std: measured, predicted: expected };
}

/** Weight gradients of single images, z dCost/ds, for some units below and above the weights. */
function products(z, d, { fanIn, fanOut }) {
  const [every, other] = [Math.ceil(fanIn / SAMPLED), Math.ceil(fanOut / SAMPLED)];
  const count = IMAGES * Math.ceil(fanIn / every) * Math.ceil(fanOut / other);
  const out = new Float32Array(count);
  let at = 0;
  for (let r = 0; r < IMAGES; r++) {
    for (let i = 0; i < fanIn; i += every) {
      const v = z[r * fanIn + i];
      for (let o = 0; o < fanOut; o += other) out[at++] = v * d[r * fanOut + o];
    }
  }
  return out;
}

/** Standard deviation of all those products: their moments follow from those of z and dCost/ds. */
function productStd(z, d, { fanIn, fanOut }) {
  let mean = 0,
    square = 0;
  for (let r = 0; r < IMAGES; r++) {
    const a = sums(z, r * fanIn, fanIn),
      b = sums(d, r * fanOut, fanOut);
    mean += (a.mean * b.mean) / IMAGES;
    square += (a.square * b.square) / IMAGES;
  }
  return Math.sqrt(square - mean * mean);
}

function sums(values, start, count) {
  let sum = 0,
    squares = 0;
  for (let i = start; i < start + count; i++) {
    sum += values[i];
    squares += values[i] * values[i];
  }
  return { mean: sum / count, square: squares / count };
}

/** Standard deviation of the gradient of the mean cost: what figure 8 shows. */
function meanGradientStd({ net, x, pass }, { fanIn, fanOut, stride, w }, i) {
  net.scratch ??= engine.floats(Math.max(...net.layers.map((layer) => layer.w.length)));
  const gradient = net.scratch.subarray(0, w.length).fill(0);
  net.addGradient(gradient, pass, x, i, 1 / IMAGES);
  return std(unpadded(gradient.subarray(0, fanIn * stride), stride, fanOut));
}

/** f'(s) of all images in one layer, shape (IMAGES, stride). */
function slopes({ net, pass }, i) {
  const found = new Float32Array(pass.z[i].length).fill(1);
  net.activation.timesSlope(found, pass.z[i], pass.s[i]);
  return found;
}

/**
 * Root mean square of the singular values of the first image's Jacobian: their squares sum to those
 * of its entries.
 */
function rmsSingularValue(look, { w, fanIn, fanOut, stride }, i) {
  const slope = slopes(look, i);
  let sum = 0;
  for (let k = 0, at = 0; k < fanIn; k++, at += stride) {
    for (let o = 0; o < fanOut; o++) sum += (slope[o] * w[at + o]) ** 2;
  }
  return Math.sqrt(sum / Math.min(fanIn, fanOut));
}
