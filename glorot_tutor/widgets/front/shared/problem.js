/** The line that says what went wrong; it is not there as long as nothing did. */
import { el } from "./dom.js";

export function createProblem() {
  const node = el("p", { class: "glorot-problem", role: "alert", hidden: true });
  return {
    node,
    /** @param {string} text one sentence, empty where nothing is wrong */
    show(text) {
      node.textContent = text;
      node.hidden = !text;
    },
  };
}
