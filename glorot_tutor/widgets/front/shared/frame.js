/**
 * What every widget with settings and a result has: controls, a line that says what is going on,
 * and pictures that are drawn anew with the result, the size and the mode.
 */
import { el } from "./dom.js";
import { followLooks } from "./looks.js";
import { createProblem } from "./problem.js";

/**
 * @param {{model: object, el: HTMLElement}} place as anywidget gives it
 * @param {{name: string, fields: object, parts: Node[],
 *   say: (result: object, settings: object) => string,
 *   draw: (result: object, settings: object) => void}} plan `fields` makes, for each setting that
 *   has a control, that control from what it is to call on a change (see fields.js); `say` puts a
 *   result in one sentence
 * @returns {() => void} undoes it all
 */
export function createFrame(place, plan) {
  const frame = new Frame(place, plan);
  return () => frame.remove();
}

class Frame {
  constructor({ model, el: place }, plan) {
    this.model = model;
    this.plan = plan;
    this.asked = false;
    this.controls = {};
    for (const [key, make] of Object.entries(plan.fields)) {
      this.controls[key] = make(() => this.read(key));
    }
    this.says = el("p", { class: "lab-says", role: "status", "aria-live": "polite" });
    this.problem = createProblem();
    this.root = this.build(plan);
    place.append(this.root);
    this.listen();
    this.showSettings();
    this.showState();
  }

  build({ name, parts }) {
    const nodes = Object.values(this.controls).map((control) => control.node);
    const group = el("fieldset", {}, el("legend", {}, name), ...nodes);
    const settings = el("div", { class: "lab-settings" }, group);
    const pictures = el("div", { class: "glorot-pictures" }, ...parts);
    const body = el("div", { class: "lab-body" }, settings, this.says, this.problem.node, pictures);
    return el("div", { class: "glorot", role: "group", "aria-label": name }, body);
  }

  /** Tell the model what a control says; what the reader has not touched stays as it is. */
  read(key) {
    const value = this.controls[key].get();
    if (value === undefined) return; // a list that offers nothing
    this.model.set("settings", { ...this.model.get("settings"), [key]: value });
    this.model.save_changes();
  }

  get result() {
    const result = this.model.get("result");
    return Object.keys(result).length ? result : null;
  }

  /** Draw with the next frame: many changes, one picture. */
  redraw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      const { result, root } = this;
      if (result && root.clientWidth) this.plan.draw(result, this.model.get("settings"));
    });
  }

  showSettings() {
    const now = this.model.get("settings");
    for (const [key, control] of Object.entries(this.controls)) control.set(now[key]);
    this.redraw();
  }

  showState() {
    const { model, root, says, problem, result } = this;
    const busy = model.get("busy");
    root.toggleAttribute("data-busy", busy);
    root.setAttribute("aria-busy", String(busy));
    problem.show(model.get("problem"));
    if (busy) says.textContent = "Working …";
    else says.textContent = result ? this.plan.say(result, model.get("settings")) : "";
  }

  listen() {
    const settings = () => this.showSettings(),
      state = () => this.showState(),
      redraw = () => this.redraw();
    const result = () => {
      redraw();
      state();
    };
    this.events = { settings, result, busy: state, problem: state };
    for (const [name, act] of Object.entries(this.events)) this.model.on(`change:${name}`, act);
    this.stopFollowing = followLooks(this.root, redraw);
  }

  remove() {
    for (const [name, act] of Object.entries(this.events)) this.model.off(`change:${name}`, act);
    this.stopFollowing();
    this.root.remove();
  }
}

/** A picture with its title. */
export function figure(title, hint, picture) {
  const caption = [el("b", {}, title), " ", el("span", { class: "lab-hint" }, hint)];
  return el("figure", {}, el("figcaption", {}, ...caption), picture);
}

/** A canvas to draw on; its text alternative is set when it is drawn. */
export const canvas = (kind = "") => el("canvas", { class: `glorot-canvas ${kind}`, role: "img" });
