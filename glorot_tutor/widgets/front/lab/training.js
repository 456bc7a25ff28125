/**
 * Trains in a thread of its own, so that the page stays free. It is told what to do in messages
 * {type: "set" (settings, run), "run" (speed, until), "pause", "step"} and answers with snapshots
 * (see trainer.js) to which it adds the run they belong to, the speed reached, and whether it has
 * paused by itself because the update `until` was reached.
 */
import { createEngine } from "../compute/engine.js";
import { BYTES, Trainer } from "./trainer.js";

const SLICE = 25; // milliseconds of training between two looks at the messages
const SHOW = 50; // milliseconds between snapshots where the speed is held back

export class Training {
  /** @param {(snapshot: object) => void} post takes the answers */
  constructor(post) {
    this.post = post;
    this.engine = createEngine(BYTES);
    this.channel = new MessageChannel(); // comes back sooner than a timer, which waits 4 ms
    this.channel.port1.onmessage = ({ data }) => this.slice(data);
    this.run = this.speed = this.turn = 0;
    this.until = Infinity;
    this.clock = { start: 0, update: 0, shown: 0 };
  }

  receive(message) {
    const { type } = message;
    if (type === "set") {
      this.run = message.run;
      this.trainer = new Trainer(this.engine, message.settings);
    }
    if (type === "set" || type === "pause") this.speed = 0;
    if (type === "step") this.trainer.step();
    if (type === "run") this.start(message);
    else this.show();
  }

  start({ speed, until }) {
    this.speed = speed;
    this.until = until;
    this.clock = { start: performance.now(), update: this.trainer.update, shown: 0 };
    this.turn++; // an earlier turn that is still on its way stops
    this.channel.port2.postMessage(this.turn);
  }

  slice(turn) {
    if (turn !== this.turn || !this.speed) return;
    const { trainer, clock, channel } = this;
    const end = performance.now() + SLICE;
    while (this.wanted > trainer.update && performance.now() < end) {
      trainer.step();
      const isLate = this.speed < Infinity && performance.now() - clock.shown > SHOW;
      if (trainer.isDue || isLate) this.show();
    }
    if (trainer.update >= this.until) {
      this.speed = 0;
      this.show(true);
    } else if (this.wanted > trainer.update) channel.port2.postMessage(turn);
    else setTimeout(() => channel.port2.postMessage(turn), 10);
  }

  /** The update that the chosen speed should have reached by now. */
  get wanted() {
    const { speed, clock, until } = this;
    const seconds = (performance.now() - clock.start) / 1000;
    return Math.min(speed === Infinity ? Infinity : clock.update + Math.floor(seconds * speed), until);
  }

  show(done = false) {
    const { clock, trainer, run } = this;
    clock.shown = performance.now();
    const seconds = (clock.shown - clock.start) / 1000;
    const reached = this.speed && seconds ? (trainer.update - clock.update) / seconds : 0;
    this.post({ ...trainer.look(), run, reached, done });
  }
}
