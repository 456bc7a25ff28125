/**
 * Answers one question about the lab's arithmetic, for tests/lab_in_node.py: the question is JSON
 * on standard input, the answer JSON on standard output, arrays are base 64.
 */
import { readFileSync } from "node:fs";
import { ACTIVATIONS } from "../../glorot_tutor/widgets/front/compute/activations.js";
import { createEngine } from "../../glorot_tutor/widgets/front/compute/engine.js";
import { History } from "../../glorot_tutor/widgets/front/lab/history.js";
import { INITIALIZATIONS } from "../../glorot_tutor/widgets/front/compute/initializations.js";
import { Network } from "../../glorot_tutor/widgets/front/compute/network.js";
import { moments as expectations } from "../../glorot_tutor/widgets/front/compute/theory.js";
import { eigenvalues } from "../../glorot_tutor/widgets/front/compute/singular.js";
import { allowed } from "../../glorot_tutor/widgets/front/shared/limits.js";
import { paintPolygon } from "../../glorot_tutor/widgets/front/compute/polygons.js";
import { decode, encode, PRESETS } from "../../glorot_tutor/widgets/front/lab/settings.js";
import { drawScene } from "../../glorot_tutor/widgets/front/compute/shapeset.js";
import {
  histogram,
  magnitudeQuantile,
  moments,
  shareOutside,
  unpadded,
} from "../../glorot_tutor/widgets/front/compute/statistics.js";
import { readAddress } from "../../glorot_tutor/widgets/front/page/address.js";
import { ANSWERS } from "../../glorot_tutor/widgets/front/page/answers.js";
import { errorPlan } from "../../glorot_tutor/widgets/front/shared/plans.js";
import { holds } from "../../glorot_tutor/widgets/front/shared/milestones.js";
import { BYTES, nextLook, Trainer } from "../../glorot_tutor/widgets/front/lab/trainer.js";
import { Training } from "../../glorot_tutor/widgets/front/lab/training.js";

const MEMORY = 64 * 2 ** 20;
const pack = (array) =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
const bytes = (text) => Uint8Array.from(Buffer.from(text, "base64"));
const floats = (text) => new Float32Array(bytes(text).buffer);

/** Weights (fanOut, fanIn) as torch keeps them, into and out of the lab's rows. */
function copyWeights({ w, fanIn, fanOut, stride }, given) {
  const out = new Float32Array(fanIn * fanOut);
  for (let i = 0; i < fanIn; i++) {
    for (let o = 0; o < fanOut; o++) {
      if (given) w[i * stride + o] = given[o * fanIn + i];
      out[o * fanIn + i] = w[i * stride + o];
    }
  }
  return out;
}

/** One look at the first batch, then an update on each batch. */
function network({ config, weights, images, labels, batch, rate, fast }) {
  const engine = createEngine(MEMORY, fast),
    net = new Network(engine, config);
  if (weights) net.layers.forEach((layer, i) => copyWeights(layer, floats(weights[i])));
  const drawn = net.layers.map((layer) => pack(copyWeights(layer)));
  const all = floats(images),
    classes = bytes(labels),
    size = batch * config.nIn;
  const x = engine.floats(size),
    pass = net.pass(batch);
  const look = () => {
    const padded = (name) =>
      net.layers.map((l, i) => pack(unpadded(pass[name][i], l.stride, l.fanOut)));
    const gradients = net.layers.map((layer, i) => {
      const w = engine.floats(layer.w.length);
      net.addGradient(w, pass, x, i, 1 / batch);
      return pack(copyWeights({ ...layer, w }));
    });
    return { z: padded("z"), d: padded("d"), gradients };
  };
  let first, result;
  for (let k = 0; k * size < all.length; k++) {
    x.set(all.subarray(k * size, (k + 1) * size));
    net.forward(pass, x);
    result = net.backward(pass, classes.subarray(k * batch, (k + 1) * batch));
    first ??= { ...look(), ...result };
    if (rate) net.step(pass, x, rate);
  }
  const trained = net.layers.map((layer) => pack(copyWeights(layer)));
  const biases = net.layers.map(({ b, fanOut }) => pack(b.slice(0, fanOut)));
  const own = net.wirings.map(({ scale = [], shift = [], size }, i) => {
    const learned = config.wiring === "rezero" && i ? [size] : [...scale, ...shift];
    return pack(Float64Array.from(learned));
  });
  return { fast: engine.isWasm, drawn, first, trained, biases, own };
}

const paint = (background, shapes) => {
  const image = new Uint8Array(32 * 32).fill(background);
  for (const { grey, x, y, n } of shapes) paintPolygon(image, grey, x, y, n);
  return image;
};

function examples({ seed, split, start, count }) {
  const images = new Uint8Array(count * 1024),
    labels = new Uint8Array(count);
  const rejections = new Uint8Array(count);
  for (let k = 0; k < count; k++) {
    const scene = drawScene(seed, split, start + k);
    images.set(paint(scene.background, scene.shapes), k * 1024);
    labels[k] = scene.label;
    rejections[k] = scene.rejections;
  }
  return { images: pack(images), labels: pack(labels), rejections: pack(rejections) };
}

function scenes({ scenes: given }) {
  return given.map(({ background, shapes }) =>
    pack(
      paint(
        background,
        shapes.map(({ grey, vertices }) => ({
          grey,
          x: vertices.map((v) => v[0]),
          y: vertices.map((v) => v[1]),
          n: vertices.length,
        })),
      ),
    ),
  );
}

function statistics({ values, low, high }) {
  const v = floats(values);
  return {
    ...moments(v),
    p98: magnitudeQuantile(v, 0.98, new Float32Array(v.length)),
    outside: shareOutside(v, low, high),
    histogram: pack(histogram(v, low, high)),
    untouched: pack(v),
  };
}

/** A run's looks, without images; twice in the same memory, so that what is left over would show. */
function training({ settings, updates, fast }) {
  const engine = createEngine(BYTES, fast);
  const run = () => {
    const trainer = new Trainer(engine, settings),
      looks = [];
    for (;;) {
      if (trainer.isDue) looks.push({ ...trainer.look(), images: null });
      if (trainer.update >= updates) return looks;
      trainer.step();
    }
  };
  const looks = run();
  return { looks, same: JSON.stringify(looks) === JSON.stringify(run()) };
}

/** Milliseconds an update, images included: the best of several stretches. */
function speed({ settings, fast }) {
  const trainer = new Trainer(createEngine(BYTES, fast), settings);
  let best = Infinity;
  for (let k = 0; k < 12; k++) {
    const start = performance.now();
    for (let n = 0; n < 25; n++) trainer.step();
    best = Math.min(best, (performance.now() - start) / 25);
  }
  return best;
}

/** Updates that training at a speed should have made after so many seconds, from `update` on. */
function pace({ speed, seconds, update, until }) {
  const start = 1000;
  performance.now = () => start + 1000 * seconds;
  const told = { speed, until: until ?? Infinity, clock: { start, update } };
  return Object.assign(Object.create(Training.prototype), told).wanted;
}

function remembered({ count }) {
  const history = new History();
  let most = 0;
  for (let update = 0; update < count; update++) {
    history.add({ update, kept: update % 3 === 0, images: "pixels", networks: [] });
    most = Math.max(most, history.all.length);
  }
  return {
    most,
    updates: history.all.map((s) => s.update),
    images: history.kept.some((s) => s.images),
  };
}

/** What the history holds after so many updates at full speed, which takes no time here. */
function longRun({ settings, updates }) {
  const look = new Trainer(createEngine(BYTES), settings).look();
  const history = new History();
  let most = 0,
    seen = 0;
  for (let update = 0; update <= updates; update = nextLook(update)) {
    const networks = look.networks.map((network) => ({
      ...network,
      layers: network.layers.map((layer) => ({ ...layer, histogram: layer.histogram.slice() })),
    }));
    history.add({ ...look, update, networks, kept: true });
    most = Math.max(most, history.all.length);
    seen++;
  }
  return {
    seen,
    most,
    updates: history.all.map((s) => s.update),
    bytes: JSON.stringify(history.all).length,
  };
}

/** What a page's widget answers, last; with weights as torch keeps them, where they are given. */
function widget({ name, settings, weights, given = {} }) {
  const prepare = (net) => {
    net.layers.forEach((layer, i) => weights && copyWeights(layer, floats(weights[i])));
  };
  return [...ANSWERS[name](settings, given, prepare)].at(-1);
}

/** Milliseconds until a widget's first answer and its last: the best of several times. */
function patience({ name, settings, given = {} }) {
  const best = { first: Infinity, last: Infinity, answers: 0 };
  for (let k = 0; k < 5; k++) {
    const start = performance.now(),
      taken = [];
    for (const _ of ANSWERS[name](settings, given)) taken.push(performance.now() - start);
    best.first = Math.min(best.first, taken[0]);
    best.last = Math.min(best.last, taken.at(-1));
    best.answers = taken.length;
  }
  return best;
}

/** What each setting makes of each of the texts given; null where it takes none of it. */
const understood = ({ limits, given }) =>
  Object.fromEntries(
    Object.entries(given).map(([key, texts]) => [
      key,
      texts.map((text) => allowed(limits[key], text, null)),
    ]),
  );

/** What a widget takes from each of the fragments. */
function read({ fragments, widget, limits }) {
  return fragments.map((hash) => {
    globalThis.location = { hash };
    return readAddress(widget, limits);
  });
}

/** The line of the prior in the chart of errors, and the ends of its axis for some values. */
function errorChart({ networks, low, high }) {
  const { columns, scale } = errorPlan(networks);
  const seen = [{ networks: networks.map(() => ({ error: null })) }];
  return { prior: columns(seen)[0][0], range: scale.range(null, low, high) };
}

/** Both tables: every field of each row, and what the functions make of a grid of numbers. */
function tables({ grid, sizes, gain, q }) {
  const s = floats(grid);
  const ends = (pair) => pair.map((end) => (Number.isFinite(end) ? end : String(end)));
  const activation = ({ apply, timesSlope, range, unsaturated, bins, dies, colour, ...row }) => {
    const z = s.slice(),
      slope = new Float32Array(s.length).fill(1);
    apply(z);
    timesSlope(slope, z, s);
    const text = { range: ends(range), unsaturated: ends(unsaturated), bins, dies: !!dies, colour };
    return { ...text, z: pack(z), slope: pack(slope), moments: q.map((v) => expectations(row, v)) };
  };
  const initialization = ({ label, variance }) => ({
    label,
    variance: sizes.map(([fanIn, fanOut]) => variance(fanIn, fanOut, gain)),
  });
  const walk = (table, of) => Object.entries(table).map(([name, row]) => [name, of(row)]);
  return {
    activations: walk(ACTIVATIONS, activation),
    initializations: walk(INITIALIZATIONS, initialization),
  };
}

/** One layer's weights as torch keeps them, by the name of an initialization. */
function weights({ initialization, nIn, width, gain, seed }) {
  const config = { nIn, width, depth: 1, nOut: 4, activation: "tanh", initialization, gain, seed };
  return pack(copyWeights(new Network(createEngine(MEMORY), config).layers[0]));
}

const answers = {
  tables,
  weights,
  allowed: understood,
  read,
  errorChart,
  happens: ({ config, look, update }) => holds(config, look, update).map(([name]) => name),
  eigenvalues: ({ matrix, n }) => Array.from(eigenvalues(Float64Array.from(matrix), n)),
  widget,
  patience,
  network,
  examples,
  scenes,
  statistics,
  training,
  speed,
  pace,
  remembered,
  longRun,
  address: ({ texts }) => texts.map((text) => encode(decode(text))),
  presets: () => PRESETS,
};
const { ask, ...question } = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(answers[ask](question)));
