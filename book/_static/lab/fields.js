/** Single controls: each has an element, and its value can be read and set. */
import { el, newId } from "./dom.js";
import { CHOICES, limited, RANGES } from "./settings.js";

/** A group of radio buttons that look like one switch. */
export function choice(name, label, change) {
  const group = newId();
  const inputs = CHOICES[name].map((value) =>
    el("input", {
      type: "radio",
      name: group,
      value,
      id: newId(),
      onchange: change,
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
  );
  return {
    node,
    get: () => inputs.find((input) => input.checked).value,
    set: (value) =>
      inputs.forEach((input) => {
        input.checked = input.value === value;
      }),
  };
}

/** A slider with its value beside its name. */
export function slider(name, label, change) {
  const [min, max, step] = RANGES[name],
    id = newId();
  const output = el("output", { for: id });
  const input = el("input", {
    type: "range",
    id,
    min,
    max,
    step,
    onchange: change,
    oninput: () => {
      output.value = input.value;
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
    get: () => Number(input.value),
    set: (value) => {
      input.value = value;
      output.value = input.value;
    },
  };
}

export function list(name, label, texts, change) {
  const id = newId();
  const select = el(
    "select",
    { id, onchange: change },
    ...CHOICES[name].map((value) => {
      return el("option", { value }, texts[value] ?? String(value));
    }),
  );
  return {
    node: el(
      "div",
      { class: "lab-list" },
      el("label", { for: id, class: "lab-label" }, label),
      select,
    ),
    get: () => Number(select.value),
    set: (value) => {
      select.value = String(value);
    },
  };
}

/** The seed; what is no whole number within its range becomes the nearest that is. */
export function seedField(change) {
  const id = newId(),
    [min, max, step] = RANGES.seed;
  let last = 0;
  const set = (value) => {
    last = value;
    input.value = value;
  };
  const input = el("input", {
    type: "number",
    id,
    min,
    max,
    step,
    inputmode: "numeric",
    onchange: () => {
      set(limited("seed", input.value, last));
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
