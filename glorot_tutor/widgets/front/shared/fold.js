/** Settings that fold away where they would push what moves out of sight. */
import { el } from "./dom.js";

/**
 * @param {HTMLElement} settings
 * @param {HTMLElement} place by whose width it is decided
 * @param {number} limit pixels; what is narrower folds
 * @returns {{node: HTMLElement, folds: () => boolean, tell: (text: string) => void,
 *   stop: () => void}} `folds` is whether there is so little room; `tell` says what is set while the
 *   settings are folded away
 */
export function fold(settings, place, limit) {
  const told = el("span", { class: "lab-hint" });
  const summary = el("summary", {}, el("b", {}, "Settings"), " ", told);
  const node = el("details", { class: "lab-fold", open: true }, summary, settings);
  let folds = false;
  const watch = new ResizeObserver(() => {
    const narrow = place.clientWidth < limit;
    if (!place.clientWidth || narrow === folds) return; // the reader's choice stays
    folds = narrow;
    node.classList.toggle("lab-folds", folds);
    node.open = !folds;
  });
  watch.observe(place);
  return {
    node,
    folds: () => folds,
    tell: (text) => {
      told.textContent = text;
    },
    stop: () => watch.disconnect(),
  };
}
