/**
 * Single controls: each has an element, and its value can be read and set. `change` is told when
 * the reader has set another. JupyterLab would take some keys for itself, were it not asked to
 * leave them alone (data-lm-suppress-shortcuts).
 */
import { el, newId } from "./dom.js";
import { nearest } from "./limits.js";
import { menu } from "./menu.js";

const QUIET = { "data-lm-suppress-shortcuts": true };
const signed = (value) => String(value).replace("-", "\u2212");

/**
 * A group of radio buttons that look like one switch, and a menu of what is asked for less often.
 *
 * @param {string[]} values
 * @param {Record<string, string>} [more] further values, and what they are called
 */
export function choice(values, label, change, more = {}) {
  const group = newId();
  const others = moreOf(more, label, () => {
    inputs.forEach((input) => {
      input.checked = false;
    });
    change();
  });
  const chosen = () => {
    others.set("");
    change();
  };
  const inputs = values.map((value) =>
    el("input", {
      ...QUIET,
      type: "radio",
      name: group,
      value,
      id: newId(),
      onchange: chosen,
    }),
  );
  const node = el(
    "div",
    { class: "lab-choice", role: "radiogroup", "aria-label": label },
    el("span", { class: "lab-label", "aria-hidden": "true" }, label),
    el(
      "span",
      { class: "lab-switch" },
      ...inputs.flatMap((input) => [input, el("label", { for: input.id }, input.value)]),
    ),
    ...others.nodes,
  );
  return {
    node,
    get: () => inputs.find((input) => input.checked)?.value ?? others.get(),
    set(value) {
      inputs.forEach((input) => {
        input.checked = input.value === value;
      });
      others.set(value);
    },
  };
}

/** The menu beside a switch: on "more" while one of the switch's own values is set. */
function moreOf(values, label, change) {
  const entries = Object.entries(values);
  if (!entries.length) return { nodes: [], get: () => "", set() {} };
  const rest = el("option", { value: "" }, "more …");
  const options = entries.map(([value, name]) => el("option", { value }, name));
  const node = el(
    "select",
    {
      ...QUIET,
      class: "lab-more",
      "aria-label": `More: ${label}`,
      onchange: () => node.value && change(),
    },
    rest,
    ...options,
  );
  return {
    nodes: [node],
    get: () => node.value,
    set(value) {
      node.value = Object.hasOwn(values, value) ? value : "";
    },
  };
}

/**
 * A slider with its value beside its name.
 *
 * @param {number[]} range least, greatest, step; a value between two steps is shown as it is
 * @param {boolean} [live] whether `change` is told while the slider moves, not only at the end
 */
export function slider([min, max, step], label, change, live = false) {
  const id = newId();
  let exact = min;
  const output = el("output", { for: id });
  const input = el("input", {
    ...QUIET,
    type: "range",
    id,
    min,
    max,
    step,
    onchange: change,
    oninput: () => {
      output.value = signed(input.value);
      exact = Number(input.value);
      if (live) change();
    },
  });
  return {
    node: el(
      "div",
      { class: "lab-slider" },
      el("label", { for: id, class: "lab-label" }, label),
      output,
      input,
    ),
    get: () => exact,
    set: (value) => {
      exact = value;
      input.value = value;
      output.value = signed(value);
    },
  };
}

/**
 * A list to choose from whose choices stay (see menu.js).
 *
 * @param {(number|string)[]} values
 * @param {object} texts what stands for a value, where it is not the value itself
 */
export function list(values, label, texts, change) {
  const control = menu(label, change);
  control.offer(values, texts, values[0]);
  return control;
}

/**
 * The seed; what is no whole number within its range becomes the nearest that is.
 *
 * @param {number[]} range least, greatest, step
 */
export function seedField(range, change) {
  const id = newId(),
    [min, max, step] = range;
  let last = 0;
  const set = (value) => {
    last = value;
    input.value = value;
  };
  const input = el("input", {
    ...QUIET,
    type: "number",
    id,
    min,
    max,
    step,
    inputmode: "numeric",
    onchange: () => {
      set(nearest(range, input.value, last));
      change();
    },
  });
  const next = el(
    "button",
    {
      type: "button",
      class: "lab-quiet",
      onclick: () => {
        set((last + 1) % (max + 1));
        change();
      },
    },
    "Next seed",
  );
  return {
    node: el(
      "div",
      { class: "lab-list" },
      el("label", { for: id, class: "lab-label" }, "Seed"),
      el("span", { class: "lab-row" }, input, next),
    ),
    get: () => last,
    set,
  };
}

/** A box to tick. */
export function tick(label, change) {
  const input = el("input", { ...QUIET, type: "checkbox", id: newId(), onchange: change });
  return {
    node: el("div", { class: "lab-check" }, input, el("label", { for: input.id }, label)),
    get: () => input.checked,
    set: (value) => {
      input.checked = value;
    },
  };
}
