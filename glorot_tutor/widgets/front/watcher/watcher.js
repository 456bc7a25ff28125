/**
 * The saturation watcher: a small network that trains while it is watched, with torch in a notebook
 * and by the lab's own arithmetic on a page; the pictures are the lab's.
 */
import { networkFields, SPEEDS } from "../lab/controls.js";
import { createDesk, resetButton } from "../lab/desk.js";
import { CHOICES, RANGES } from "../lab/settings.js";
import { Sight } from "../lab/sight.js";
import { el } from "../shared/dom.js";
import { list, seedField } from "../shared/fields.js";
import { fold } from "../shared/fold.js";
import { followLooks } from "../shared/looks.js";
import { describe } from "../shared/panel.js";

const NARROW = 560; // pixels: below, the settings fold away
const NETWORK = ["activation", "initialization", "gain", "depth", "width", "rate"];

/** What each setting can be. */
export const limits = {
  activation: { choices: CHOICES.activation },
  initialization: { choices: CHOICES.initialization },
  gain: { range: RANGES.gain },
  depth: { range: RANGES.depth },
  width: { range: RANGES.width },
  rate: { choices: CHOICES.rate },
  batch: { choices: CHOICES.batch },
  seed: { range: RANGES.seed },
  speed: { choices: CHOICES.speed.map((speed) => (speed === Infinity ? "max" : speed)) },
};
/** Settings that begin anew at update 0. */
export const computes = [...NETWORK, "batch", "seed"];

/** @param {{model: object, el: HTMLElement}} place */
export function render(place) {
  const watcher = new Watcher(place);
  return () => watcher.remove();
}

class Watcher {
  constructor({ model, el: place }) {
    this.model = model;
    this.build(place);
    this.events = {
      "change:settings": () => this.showSettings(),
      "change:result": () => this.receive(),
      "change:running": () => this.showState(),
      "change:busy": () => this.showState(),
      "change:problem": () => this.showState(),
    };
    for (const [event, act] of Object.entries(this.events)) model.on(event, act);
    this.stopFollowing = followLooks(this.root, () => this.sight.redraw());
    this.showSettings();
    this.showState();
    this.receive();
  }

  build(place) {
    const change = () => this.read();
    this.network = networkFields("Saturation watcher", change);
    this.fields = {
      batch: list(CHOICES.batch, "Batch, images", {}, change),
      speed: list(limits.speed.choices, "Speed", { ...SPEEDS, max: SPEEDS.Infinity }, change),
      seed: seedField(RANGES.seed, change),
    };
    const others = Object.values(this.fields).map(({ node }) => node);
    const training = el("fieldset", {}, el("legend", {}, "Training"), ...others);
    const settings = el("div", { class: "lab-settings" }, this.network.node, training);
    this.root = el("div", { class: "glorot", role: "group", "aria-label": "Saturation watcher" });
    this.folded = fold(settings, this.root, NARROW);
    const acts = {
      start: () => this.wish(this.model.get("running") ? "pause" : "start"),
      step: () => this.wish("step"),
      look: (index) => this.sight.look(index),
    };
    this.view = createDesk(acts, [resetButton(() => this.wish("reset"))]);
    const isShown = () => this.root.clientWidth > 0;
    this.sight = new Sight(this.view, () => this.model.get("running"), isShown);
    const { bar, says, spoken, problem, past, pictures } = this.view;
    const parts = [bar, this.folded.node, says, spoken, problem.node, past, pictures];
    this.body = el("div", { class: "lab-body" }, ...parts);
    this.root.append(this.body);
    place.append(this.root);
  }

  /** Tell the model what the controls say. */
  read() {
    const fields = Object.entries(this.fields).map(([key, field]) => [key, field.get()]);
    const found = { ...this.network.get(), ...Object.fromEntries(fields) };
    const settings = { ...this.model.get("settings") };
    for (const [key, value] of Object.entries(found)) {
      // a list has no entry for a value that was set in Python
      if (value !== undefined) settings[key] = value;
    }
    this.model.set("settings", settings);
    this.model.save_changes();
  }

  wish(what) {
    this.sight.follow();
    this.sight.expect();
    const number = (this.model.get("wish")?.number ?? 0) + 1;
    this.model.set("wish", { do: what, number });
    this.model.save_changes();
  }

  showSettings() {
    const settings = this.model.get("settings");
    this.network.set(settings);
    for (const [key, field] of Object.entries(this.fields)) field.set(settings[key]);
    this.folded.tell(describe(settings));
  }

  showState() {
    const [running, busy] = ["running", "busy"].map((name) => this.model.get(name));
    this.view.start.textContent = running ? "Pause" : "Start";
    this.body.classList.toggle("lab-running", running);
    this.root.toggleAttribute("data-busy", busy);
    this.view.problem.show(this.model.get("problem"));
    this.sight.redraw();
  }

  /** Take what the network has shown; another run begins with new pictures. */
  receive() {
    const seen = this.model.get("result");
    if (!seen?.networks) return;
    if (seen.run !== this.run) {
      if (this.run !== undefined) this.sight.expect();
      this.run = seen.run;
      this.sight.clear();
      this.sight.pictures.build({ networks: [seen.settings] });
    }
    this.sight.add(seen);
  }

  /** A view that is gone watches no more, and nobody else may be watching. */
  remove() {
    if (this.model.get("running")) this.wish("pause");
    for (const [event, act] of Object.entries(this.events)) this.model.off(event, act);
    this.stopFollowing();
    this.folded.stop();
    this.sight.pictures.remove();
    this.root.remove();
  }
}

export default { render };
