/** A list to choose from whose choices change. */
import { el, newId } from "./dom.js";

/**
 * @param {string} label
 * @param {() => void} change told when the reader has chosen another
 */
export function menu(label, change) {
  const id = newId();
  let values = [],
    offered;
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
      const shown = choices.map((choice) => texts[choice] ?? String(choice));
      const offer = JSON.stringify([choices, shown]); // what is the same again stays open
      if (offer !== offered) {
        offered = offer;
        values = choices;
        select.replaceChildren(...choices.map((value, i) => el("option", { value }, shown[i])));
      }
      select.selectedIndex = values.indexOf(value);
    },
  };
}
