/**
 * What a hidden layer has besides weights and activation: batch normalization before the activation
 * (Ioffe and Szegedy 2015), or its inputs added to what comes out (He et al. 2016), and that times a
 * number that starts at 0 (ReZero, Bachlechner et al. 2021).
 *
 * A layer takes its inputs x to s = x W + b, s to its branch f(s), and the branch to z. On the way
 * down `d` is dCost/dz at first, then dCost/dbranch, dCost/ds after the activation's slope, and last
 * dCost/d(x W + b). Arrays have the shape (rows, stride); a `room` is what a pass keeps.
 */

import { activationNamed } from "./activations.js";

const EPSILON = 1e-5; // added to a variance, as torch does

/** Nothing at all. */
class Plain {
  constructor(engine, stride) {
    Object.assign(this, { engine, stride });
  }

  /** @returns {object} what a pass of so many rows keeps of the layer */
  room() {
    return {};
  }

  /** Take x W + b to s, in place. */
  enter() {}
  /** Take the branch to z, in place. */
  leave() {}
  /** Take dCost/dz to dCost/dbranch, in place. */
  split() {}
  /** Take dCost/ds to dCost/d(x W + b), in place. */
  back() {}
  /** Add to the dCost/dz of the layer below what goes past this layer. */
  pass() {}
  /** One update of the layer's own parameters; `rate` is that for the sum over the rows. */
  step() {}
}

/** Normalize each unit over the batch, then scale and shift it; scales start at 1, shifts at 0. */
class BatchNormalization extends Plain {
  constructor(engine, stride) {
    super(engine, stride);
    [this.scale, this.shift] = [engine.floats(stride).fill(1), engine.floats(stride)];
    [this.dScale, this.dShift] = [engine.floats(stride), engine.floats(stride)];
  }

  room(rows) {
    const { engine, stride } = this;
    const [normal, ds] = [engine.floats(rows * stride), engine.floats(rows * stride)];
    return { normal, ds, spread: engine.floats(stride) };
  }

  enter(s, { normal, spread }) {
    const { stride, scale, shift } = this;
    for (let k = 0; k < stride; k++) {
      const [mean, square] = columnMoments(s, s, k, stride);
      spread[k] = Math.sqrt(Math.max(0, square - mean * mean) + EPSILON);
      for (let at = k; at < s.length; at += stride) {
        normal[at] = (s[at] - mean) / spread[k];
        s[at] = scale[k] * normal[at] + shift[k];
      }
    }
  }

  back(d, { normal, spread, ds }) {
    const { stride, scale, dScale, dShift } = this;
    ds.set(d);
    for (let k = 0; k < stride; k++) {
      const rows = d.length / stride;
      const [mean, along] = columnMoments(d, normal, k, stride);
      [dShift[k], dScale[k]] = [rows * mean, rows * along];
      for (let at = k; at < d.length; at += stride) {
        d[at] = (scale[k] / spread[k]) * (d[at] - mean - along * normal[at]);
      }
    }
  }

  step(rate) {
    for (let k = 0; k < this.stride; k++) {
      this.scale[k] -= rate * this.dScale[k];
      this.shift[k] -= rate * this.dShift[k];
    }
  }
}

/** z = x + branch; the first layer, whose inputs are of another size, has no such way past it. */
class Residual extends Plain {
  constructor(engine, stride) {
    super(engine, stride);
    this.size = 1; // of the branch
  }

  room(rows) {
    const [f, past] = [0, 1].map(() => this.engine.floats(rows * this.stride));
    return { f, past };
  }

  leave(z, { f }, x) {
    f.set(z);
    for (let i = 0; i < z.length; i++) z[i] = x[i] + this.size * f[i];
  }

  split(d, { past }) {
    past.set(d);
  }

  pass(d, { past }) {
    for (let i = 0; i < d.length; i++) d[i] += past[i];
  }
}

/** The same with a branch whose size is learned and starts at 0. */
class ReZero extends Residual {
  constructor(engine, stride) {
    super(engine, stride);
    [this.size, this.dSize] = [0, 0];
  }

  split(d, room) {
    super.split(d, room);
    this.dSize = 0;
    for (let i = 0; i < d.length; i++) {
      this.dSize += d[i] * room.f[i];
      d[i] *= this.size;
    }
  }

  step(rate) {
    this.size -= rate * this.dSize;
  }
}

/** By name: what readers call it, and what makes it; `skips` where the inputs go past the layer. */
export const WIRINGS = {
  plain: { label: "plain", Wiring: Plain },
  batch_norm: { label: "batch normalization", Wiring: BatchNormalization },
  residual: { label: "residual", Wiring: Residual, skips: true },
  rezero: { label: "ReZero", Wiring: ReZero, skips: true },
};

/** A row by its name; an unknown one is an error. */
export function wiringNamed(name) {
  if (!Object.hasOwn(WIRINGS, name)) {
    const names = Object.keys(WIRINGS).join(", ");
    throw new RangeError(`There is no wiring “${name}”: take one of ${names}.`);
  }
  return WIRINGS[name];
}

/** What hidden layer i (0 is the first) has; `plain` for a first layer that cannot be passed by. */
export function wire(name, i, engine, stride) {
  const { Wiring, skips } = wiringNamed(name);
  return new (skips && i === 0 ? Plain : Wiring)(engine, stride);
}

/** Ends of the histograms of a network's activations: a sum over layers goes further than one. */
export function shownOf({ activation, wiring = "plain" }) {
  const { shown } = activationNamed(activation);
  return wiringNamed(wiring).skips ? shown.map((end) => 3 * end) : shown;
}

/** Mean of column k of a, and mean of a times b there. */
function columnMoments(a, b, k, stride) {
  let sum = 0,
    products = 0;
  for (let at = k; at < a.length; at += stride) {
    sum += a[at];
    products += a[at] * b[at];
  }
  const rows = a.length / stride;
  return [sum / rows, products / rows];
}
