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

const engine = createEngine(BYTES);
const channel = new MessageChannel(); // comes back sooner than a timer, which waits 4 ms
let trainer,
  run = 0,
  speed = 0,
  until = Infinity,
  turn = 0;
let clock = { start: 0, update: 0, shown: 0 };

onmessage = ({ data }) => {
  if (data.type === "set") {
    run = data.run;
    trainer = new Trainer(engine, data.settings);
    speed = 0;
    show();
  }
  if (data.type === "pause") {
    speed = 0;
    show();
  }
  if (data.type === "step") {
    trainer.step();
    show();
  }
  if (data.type === "run") start(data);
};

function start(wish) {
  ({ speed, until } = wish);
  clock = { start: performance.now(), update: trainer.update, shown: 0 };
  turn++; // an earlier turn that is still on its way stops
  channel.port2.postMessage(turn);
}

channel.port1.onmessage = ({ data }) => {
  if (data !== turn || !speed) return;
  const end = performance.now() + SLICE;
  while (wanted() > trainer.update && performance.now() < end) {
    trainer.step();
    if (trainer.isDue || (speed < Infinity && performance.now() - clock.shown > SHOW)) show();
  }
  if (trainer.update >= until) {
    speed = 0;
    show(true);
  } else if (wanted() > trainer.update) channel.port2.postMessage(turn);
  else setTimeout(() => channel.port2.postMessage(data), 10);
};

/** The update that the chosen speed should have reached by now. */
function wanted() {
  const seconds = (performance.now() - clock.start) / 1000;
  const paced = speed === Infinity ? Infinity : clock.update + Math.floor(seconds * speed);
  return Math.min(paced, until);
}

function show(done = false) {
  clock.shown = performance.now();
  const seconds = (clock.shown - clock.start) / 1000;
  const reached = speed && seconds ? (trainer.update - clock.update) / seconds : 0;
  postMessage({ ...trainer.look(), run, reached, done });
}
