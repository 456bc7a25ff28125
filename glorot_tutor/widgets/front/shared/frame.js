/**
 * What every widget with settings and a result has: controls, a line that says what is going on,
 * and pictures that are drawn anew with the result, the size and the mode.
 */
import { el } from "./dom.js";

/**
 * @param {{model: object, el: HTMLElement}} place as anywidget gives it
 * @param {{name: string, fields: object, parts: Node[], hint?: string,
 *   say: (result: object, settings: object) => string,
 *   draw: (result: object, settings: object) => void}} plan `fields` makes, for each setting that
 *   has a control, that control from what it is to call on a change (see fields.js); `say` puts a
 *   result in one sentence
 * @returns {() => void} undoes it all
 */
export function createFrame({ model, el: place }, { name, fields, parts, say, draw }) {
  const read = () => {
    const found = Object.entries(controls).map(([key, control]) => [key, control.get()]);
    model.set("settings", { ...model.get("settings"), ...Object.fromEntries(found) });
    model.save_changes();
  };
  const controls = Object.fromEntries(
    Object.entries(fields).map(([key, make]) => [key, make(read)]),
  );
  const says = el("p", { class: "lab-says", role: "status", "aria-live": "polite" });
  const problem = el("p", { class: "glorot-problem", role: "alert", hidden: true });
  const nodes = Object.values(controls).map((control) => control.node);
  const group = el("fieldset", {}, el("legend", {}, name), ...nodes);
  const pictures = el("div", { class: "glorot-pictures" }, ...parts);
  const settings = el("div", { class: "lab-settings" }, group);
  const body = el("div", { class: "lab-body" }, settings, says, problem, pictures);
  const root = el("div", { class: "glorot", role: "group", "aria-label": name }, body);
  place.append(root);

  const hasResult = () => Object.keys(model.get("result")).length > 0;
  let asked = false;
  const redraw = () => {
    if (asked) return;
    asked = true; // many changes, one picture
    requestAnimationFrame(() => {
      asked = false;
      if (hasResult() && root.clientWidth) draw(model.get("result"), model.get("settings"));
    });
  };
  const showSettings = () => {
    const now = model.get("settings");
    for (const [key, control] of Object.entries(controls)) control.set(now[key]);
    redraw();
  };
  const showState = () => {
    const busy = model.get("busy"),
      wrong = model.get("problem");
    root.toggleAttribute("data-busy", busy);
    root.setAttribute("aria-busy", String(busy));
    problem.textContent = wrong;
    problem.hidden = !wrong;
    if (busy) says.textContent = "Working …";
    else if (hasResult()) says.textContent = say(model.get("result"), model.get("settings"));
  };
  const showResult = () => {
    redraw();
    showState();
  };
  const stop = listen(model, root, { showSettings, showState, showResult, redraw });
  showSettings();
  showState();
  return () => {
    stop();
    root.remove();
  };
}

function listen(model, root, { showSettings, showState, showResult, redraw }) {
  const events = {
    "change:settings": showSettings,
    "change:result": showResult,
    "change:busy": showState,
    "change:problem": showState,
  };
  for (const [event, act] of Object.entries(events)) model.on(event, act);
  const sizes = new ResizeObserver(redraw);
  sizes.observe(root);
  const modes = new MutationObserver(redraw);
  modes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  modes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  return () => {
    for (const [event, act] of Object.entries(events)) model.off(event, act);
    sizes.disconnect();
    modes.disconnect();
  };
}

/** A picture with its title. */
export function figure(title, hint, picture) {
  const caption = [el("b", {}, title), " ", el("span", { class: "lab-hint" }, hint)];
  return el("figure", {}, el("figcaption", {}, ...caption), picture);
}

/** A canvas to draw on; its text alternative is set when it is drawn. */
export const canvas = (kind = "") => el("canvas", { class: `glorot-canvas ${kind}`, role: "img" });
