/** A list to choose from whose choices change. */
import { el, newId } from "./dom.js";

/**
 * @param {string} label
 * @param {() => void} change told when the reader has chosen another
 */
export function menu(label, change) {
  const id = newId();
  let values = [];
  const select = el("select", { id, onchange: change, "data-lm-suppress-shortcuts": true });
  return {
    node: el("div", { class: "lab-list" }, el("label", { for: id, class: "lab-label" }, label), select),
    get: () => values[select.selectedIndex],
    set: (value) => {
      select.selectedIndex = values.indexOf(value);
    },
    /**
     * @param {(string|number)[]} choices
     * @param {object} texts what stands for a choice, where it is not the choice itself
     * @param {string|number} value the one that is chosen
     */
    offer(choices, texts, value) {
      if (String(choices) !== String(values)) {
        values = choices;
        select.replaceChildren(
          ...choices.map((choice) => el("option", { value: choice }, texts[choice] ?? String(choice))),
        );
      }
      select.selectedIndex = values.indexOf(value);
    },
  };
}
