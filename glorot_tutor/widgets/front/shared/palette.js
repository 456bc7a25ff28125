/** The book's palette: layers in one sequence, dark to light, networks in two hues. */
import { css } from "./dom.js";

// viridis at 0, 0.1 ... 1
const VIRIDIS = [
  [68, 1, 84],
  [72, 36, 117],
  [65, 68, 135],
  [53, 95, 141],
  [42, 120, 142],
  [33, 145, 140],
  [34, 168, 132],
  [68, 191, 112],
  [122, 209, 81],
  [189, 223, 38],
  [253, 231, 37],
];

/** Whether the page, or JupyterLab, is in its dark mode. */
const isDark = () =>
  document.documentElement.dataset.theme === "dark" ||
  document.body.dataset.jpThemeLight === "false";

/**
 * Colours by layer, the first hidden layer darkest; the end that would vanish is left out.
 *
 * @returns {string[]} CSS colours, shape (depth,)
 */
export function layerColours(depth) {
  const [from, to] = isDark() ? [0.36, 1] : [0, 0.82];
  return Array.from({ length: depth }, (_, i) => {
    return viridis(depth > 1 ? from + ((to - from) * i) / (depth - 1) : from);
  });
}

function viridis(place) {
  const low = Math.min(9, Math.floor(place * 10)),
    share = place * 10 - low;
  const rgb = VIRIDIS[low].map((v, k) => Math.round(v + share * (VIRIDIS[low + 1][k] - v)));
  return `rgb(${rgb.join(" ")})`;
}

/** Colour of network 0 (A) or 1 (B). */
export const networkColour = (i) => css(i ? "--lab-b" : "--lab-a");
