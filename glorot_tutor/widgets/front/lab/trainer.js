/**
 * One or two networks that train on the same images, update by update, and what is seen in them.
 * No clock and no page in here: the same settings give the same numbers.
 */
import { Network } from "../compute/network.js";
import { shownOf } from "../compute/wirings.js";
import { CLASSES, drawExample, N_IN, SIZE } from "../compute/shapeset.js";
import { histogram, magnitudeQuantile, moments, shareOutside } from "../compute/statistics.js";

/** Images on which a network is watched; the paper takes 300. */
export const WATCHED = 100;
/** New images that the error is counted over. */
export const COUNTED = 2000;
const SHOWN = 10; // images of the last batch that are handed out
/** Memory that an engine needs for a trainer, whatever its settings. */
export const BYTES = 72 * 2 ** 20;

/** When the next measurement after one at `update` is due: often at first, then every 100. */
export const nextLook = (update) => update + Math.min(100, Math.max(1, Math.floor(update / 25)));

/**
 * @typedef {object} LayerLook what is seen in one hidden layer: mean, std and p98 (98th percentile
 *   of the magnitude) of its activations, the saturated share (0 .. 1), backprop (std of dCost/ds),
 *   weight (std of the weight gradient, of the mean cost) and histogram (density of activations)
 * @typedef {object} Snapshot update; networks, each with error (percent of the last COUNTED new
 *   images, null before the first update), layers (LayerLook[]) and right (of the images
 *   shown); images (uint8 pixels) and labels
 */
export class Trainer {
  /**
   * @param {object} engine see engine.js; what it had handed out is lost
   * @param {{batch: number, seed: number, networks: object[]}} settings each network with
   *   activation, initialization, gain, depth, width, rate, and wiring if it is not plain
   */
  constructor(engine, settings) {
    engine.reset();
    this.settings = settings;
    this.update = 0;
    this.due = 0;
    this.batch = newBatch(engine, settings.batch);
    this.watched = newBatch(engine, WATCHED);
    fill(this.watched, settings.seed, "monitor", 0);
    this.scratch = engine.floats(N_IN * 200); // the largest gradient, or a layer's magnitudes
    this.models = settings.networks.map((config) => newModel(engine, config, settings));
  }

  /** One update of every network, on the same new images. */
  step() {
    const { batch, seed } = this.settings;
    fill(this.batch, seed, "train", this.update * batch);
    for (const model of this.models) {
      model.net.forward(model.pass, this.batch.x);
      model.tally.add(model.net.backward(model.pass, this.batch.labels));
      model.net.step(model.pass, this.batch.x, model.rate);
    }
    this.update++;
  }

  /** Whether this update is one of those whose measurements are kept. */
  get isDue() {
    return this.update >= this.due;
  }

  /** @returns {Snapshot} */
  look() {
    const kept = this.isDue;
    if (kept) this.due = nextLook(this.update);
    const { x, labels } = this.batch;
    const shown = this.update ? Math.min(SHOWN, labels.length) : 0;
    return {
      update: this.update,
      kept,
      networks: this.models.map((model) => ({
        error: model.tally.error,
        layers: this.#layers(model),
        right: Array.from({ length: shown }, (_, r) => guess(model, r) === labels[r]),
      })),
      images: Uint8Array.from(x.subarray(0, shown * N_IN), (v) => Math.round((v + 1) * 127.5)),
      labels: Array.from(labels.subarray(0, shown)),
    };
  }

  #layers({ net, watch, config }) {
    net.forward(watch, this.watched.x);
    net.backward(watch, this.watched.labels);
    const { unsaturated } = net.activation;
    return net.layers.slice(0, net.depth).map((layer, i) => {
      const z = watch.z[i],
        { f = z, ds = watch.d[i] } = watch.rooms[i],
        gradient = this.scratch.subarray(0, layer.w.length);
      const p98 = magnitudeQuantile(z, 0.98, this.scratch);
      gradient.fill(0);
      net.addGradient(gradient, watch, this.watched.x, i, 1 / WATCHED);
      return {
        ...moments(z),
        p98,
        saturated: shareOutside(f, ...unsaturated),
        backprop: moments(ds).std,
        weight: moments(gradient).std,
        histogram: histogram(z, ...shownOf(config)),
      };
    });
  }
}

function newModel(engine, config, { batch, seed }) {
  const net = new Network(engine, { ...config, nIn: N_IN, nOut: CLASSES.length, seed });
  return {
    net,
    config,
    rate: config.rate,
    pass: net.pass(batch),
    watch: net.pass(WATCHED),
    tally: new Tally(batch),
  };
}

function newBatch(engine, rows) {
  return { x: engine.floats(rows * N_IN), labels: new Uint8Array(rows) };
}

function fill({ x, labels }, seed, split, start) {
  for (let r = 0; r < labels.length; r++) {
    labels[r] = drawExample(
      seed,
      split,
      start + r,
      x.subarray(r * SIZE * SIZE, (r + 1) * SIZE * SIZE),
    );
  }
}

/** Class that the last forward pass gave example r of the batch. */
function guess({ net, pass }, r) {
  const logits = pass.z[net.depth],
    at = r * net.layers[net.depth].stride;
  let best = 0;
  for (let k = 1; k < net.nOut; k++) if (logits[at + k] > logits[at + best]) best = k;
  return best;
}

/**
 * Error over the last images. Each is new to the network when it is counted, before the update
 * that uses it, so this is a test error.
 */
class Tally {
  constructor(batch) {
    this.batch = batch;
    this.wrongs = new Uint8Array(Math.ceil(COUNTED / batch));
    this.count = 0;
    this.wrong = 0;
  }

  add({ wrong }) {
    const place = this.count++ % this.wrongs.length;
    this.wrong += wrong - this.wrongs[place];
    this.wrongs[place] = wrong;
  }

  get error() {
    const images = this.batch * Math.min(this.count, this.wrongs.length);
    return images ? (100 * this.wrong) / images : null;
  }
}
