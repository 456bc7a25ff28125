/**
 * The network of section 2.3: equal hidden layers under a softmax output, negative log-likelihood
 * as cost, plain stochastic gradient descent. Layer 1 is the first hidden layer; arrays by layer
 * start with it, and the last one is the output.
 */
import { activationNamed } from "./activations.js";
import { initializationNamed } from "./initializations.js";
import { draw, unit } from "./rng.js";
import { wire } from "./wirings.js";

const WEIGHTS = 4; // the sequence of random numbers for weights; images use 0 .. 3
const upTo4 = (count) => 4 * Math.ceil(count / 4);

/**
 * @typedef {object} Layer weights w (rows, stride), row-major, and biases b (stride): the rows from
 *   fanIn on and the columns from fanOut on are 0 and stay so; rows and stride are multiples of 4;
 *   hidden ones have a wiring (see wirings.js)
 * @typedef {object} Pass what one batch leaves behind: by layer, z (rows, stride) activations, in
 *   the output layer logits, and d (rows, stride) dCost/ds of each example's own cost; and s
 *   (rows, stride) of the hidden layers where the activation's slope needs it; rooms of the hidden
 *   layers' wirings, in which f is what comes out of the activation where that is not z, and ds
 *   dCost/ds where that is not d
 */
export class Network {
  /**
   * @param {object} engine see engine.js
   * @param {object} config nIn (a multiple of 4), width, depth, nOut, activation,
   *   initialization, gain, seed; wiring, if it is not plain
   */
  constructor(engine, config) {
    if (config.nIn % 4) throw new RangeError("The number of inputs must be a multiple of 4.");
    this.engine = engine;
    this.nOut = config.nOut;
    this.activation = activationNamed(config.activation);
    const sizes = [config.nIn, ...Array(config.depth).fill(config.width), config.nOut];
    /** @type {Layer[]} */
    this.layers = sizes.slice(1).map((fanOut, i) => {
      const fanIn = sizes[i],
        rows = upTo4(fanIn),
        stride = upTo4(fanOut);
      const [w, b] = [engine.floats(rows * stride), engine.floats(stride)];
      return { fanIn, fanOut, rows, stride, w, b };
    });
    this.layers.forEach((layer, i) => drawWeights(layer, i, config));
    this.wirings = this.layers
      .slice(0, config.depth)
      .map(({ stride }, i) => wire(config.wiring ?? "plain", i, engine, stride));
  }

  get depth() {
    return this.layers.length - 1;
  }

  /** @returns {Pass} room for batches of `rows` examples */
  pass(rows) {
    const room = () => this.layers.map((layer) => this.engine.floats(rows * layer.stride));
    const s = this.activation.needsS ? room() : [];
    const rooms = this.wirings.map((wiring) => wiring.room(rows));
    return { rows, z: room(), d: room(), s, rooms };
  }

  /** Fill z of a pass from inputs x, shape (rows, nIn). */
  forward(pass, x) {
    let below = x;
    this.layers.forEach(({ w, b, rows, stride }, i) => {
      const z = pass.z[i];
      this.engine.forward(
        below.byteOffset,
        w.byteOffset,
        b.byteOffset,
        z.byteOffset,
        rows,
        stride,
        pass.rows,
      );
      if (i < this.depth) {
        this.wirings[i].enter(z, pass.rooms[i]);
        pass.s[i]?.set(z);
        this.activation.apply(z);
        this.wirings[i].leave(z, pass.rooms[i], below);
      }
      below = z;
    });
  }

  /**
   * Fill d of a pass (eq. 2) from the classes of its examples, after `forward`.
   *
   * @param {Uint8Array} labels shape (rows,)
   * @returns {{wrong: number, cost: number}} misclassified examples, and the sum of their costs in
   *   nats
   */
  backward(pass, labels) {
    const top = this.depth;
    const result = softmaxGradient(
      pass.z[top],
      pass.d[top],
      labels,
      this.nOut,
      this.layers[top].stride,
    );
    for (let i = top; i > 0; i--) {
      const { w, rows, stride } = this.layers[i];
      this.engine.backward(
        pass.d[i].byteOffset,
        w.byteOffset,
        pass.d[i - 1].byteOffset,
        rows,
        stride,
        pass.rows,
      );
      if (i < top) this.wirings[i].pass(pass.d[i - 1], pass.rooms[i]);
      this.#throughUnits(pass, i - 1);
    }
    return result;
  }

  /** Take dCost/dz of a hidden layer to dCost/d(x W + b), in place. */
  #throughUnits({ z, d, s, rooms }, i) {
    const wiring = this.wirings[i],
      room = rooms[i];
    wiring.split(d[i], room);
    this.activation.timesSlope(d[i], room.f ?? z[i], s[i]);
    wiring.back(d[i], room);
  }

  /** One update, theta <- theta - rate * gradient of the mean cost, after `backward`. */
  step(pass, x, rate) {
    this.layers.forEach(({ w, b }, i) => {
      this.addGradient(w, pass, x, i, -rate / pass.rows);
      addRows(b, pass.d[i], -rate / pass.rows);
    });
    for (const wiring of this.wirings) wiring.step(rate / pass.rows);
  }

  /** w += scale times the sum over examples of z dCost/ds, the gradient of eq. 3. */
  addGradient(w, pass, x, i, scale) {
    const { fanIn, rows, stride } = this.layers[i];
    const below = i ? pass.z[i - 1] : x;
    this.engine.addOuter(
      below.byteOffset,
      pass.d[i].byteOffset,
      w.byteOffset,
      rows,
      stride,
      pass.rows,
      scale,
    );
    w.fill(0, fanIn * stride); // sigmoids that do not exist say 0.5
  }
}

function drawWeights({ w, fanIn, fanOut, stride }, i, { initialization, gain, seed }) {
  const words = new Uint32Array(4);
  let block = -1;
  const number = (n) => {
    if (n >> 2 !== block) draw(seed, WEIGHTS, (block = n >> 2), i, words);
    return unit(words[n & 3]);
  };
  const weights = new Float64Array(fanIn * fanOut);
  initializationNamed(initialization).fill(weights, fanIn, fanOut, gain, number);
  for (let k = 0; k < fanIn; k++) w.set(weights.subarray(k * fanOut, (k + 1) * fanOut), k * stride);
}

/** Gradient of each example's negative log-likelihood: softmax of its logits, less 1 at its class. */
function softmaxGradient(logits, d, labels, nOut, stride) {
  let wrong = 0,
    cost = 0;
  for (let r = 0, at = 0; r < labels.length; r++, at += stride) {
    let best = 0;
    for (let k = 1; k < nOut; k++) if (logits[at + k] > logits[at + best]) best = k;
    let sum = 0;
    for (let k = 0; k < nOut; k++) sum += d[at + k] = Math.exp(logits[at + k] - logits[at + best]);
    for (let k = 0; k < nOut; k++) d[at + k] /= sum;
    d[at + labels[r]] -= 1;
    if (best !== labels[r]) wrong++;
    cost += logits[at + best] + Math.log(sum) - logits[at + labels[r]];
  }
  return { wrong, cost };
}

function addRows(b, d, scale) {
  for (let at = 0; at < d.length; at += b.length) {
    for (let k = 0; k < b.length; k++) b[k] += scale * d[at + k];
  }
}
