/** Histograms of every layer's activations, one above the other: figure 4 while it comes about. */
import { activationNamed } from "../compute/activations.js";
import { shownOf, wiringNamed } from "../compute/wirings.js";
import { blank } from "./canvas.js";
import { css } from "./dom.js";
import { layerColours } from "./palette.js";

const RIGHT = 12,
  BOTTOM = 24,
  TOP = 14; // pixels around the histograms
const LINE = 13; // pixels between two names
const SMALL = 240; // pixels: there the layers' numbers must do

/**
 * @param {HTMLCanvasElement} canvas is drawn anew, at the size that the page gives it
 * @param {object} config the network's settings; `only` is the one layer to draw, if there is one
 * @param {object[]} layers what was seen in each (see trainer.js)
 */
export function drawHistograms(canvas, config, layers) {
  const { pen, width, height } = blank(canvas);
  const range = shownOf(config);
  const isSmall = width < SMALL;
  const left = isSmall ? 20 : 60;
  const x = (v) => left + ((v - range[0]) / (range[1] - range[0])) * (width - left - RIGHT);
  const drawn = layers.map((_, i) => i).filter((i) => !config.only || i === config.only - 1);
  const floor = height - BOTTOM,
    step = (floor - TOP) / drawn.length;
  // where inputs are added, what is drawn is not what came out of the activation
  if (!wiringNamed(config.wiring ?? "plain").skips) {
    shadeSaturation(pen, x, range, activationNamed(config.activation).unsaturated, floor);
  }
  const colours = layerColours(layers.length);
  const every = Math.ceil(LINE / step); // of many layers not each has room for its name
  drawn.forEach((i, place) => {
    const base = floor - place * step;
    ridge(pen, layers[i].histogram, x, range, base, step, colours[i]);
    if ((i + 1) % every && drawn.length > 1) return;
    pen.fillStyle = css("--lab-ink");
    pen.textAlign = "right";
    pen.fillText(isSmall ? `${i + 1}` : `layer ${i + 1}`, left - 8, base - Math.min(4, step / 4));
  });
  axis(pen, x, range, floor);
}

/** Where activations count as saturated. */
function shadeSaturation(pen, x, range, unsaturated, floor) {
  const low = Math.max(unsaturated[0], range[0]),
    high = Math.min(unsaturated[1], range[1]);
  pen.fillStyle = css("--lab-saturated");
  pen.fillRect(x(range[0]), 0, x(low) - x(range[0]), floor);
  pen.fillRect(x(high), 0, x(range[1]) - x(high), floor);
}

function ridge(pen, histogram, x, range, base, step, colour) {
  // square roots, so that a few values beside a needle can be seen
  const most = Math.sqrt(Math.max(...histogram)) || 1;
  const bins = histogram.length,
    wide = (range[1] - range[0]) / bins;
  pen.beginPath();
  pen.moveTo(x(range[0]), base);
  histogram.forEach((density, k) => {
    const y = base - (Math.sqrt(density) / most) * step * 0.9;
    pen.lineTo(x(range[0] + k * wide), y);
    pen.lineTo(x(range[0] + (k + 1) * wide), y);
  });
  pen.lineTo(x(range[1]), base);
  pen.fillStyle = colour;
  pen.globalAlpha = 0.82;
  pen.fill();
  pen.globalAlpha = 1;
  pen.fillStyle = css("--lab-grid");
  pen.fillRect(x(range[0]), base, x(range[1]) - x(range[0]), 1);
}

function axis(pen, x, range, floor) {
  pen.fillStyle = css("--lab-muted");
  const middle = (range[0] + range[1]) / 2;
  for (const [v, align] of [
    [range[0], "left"],
    [middle, "center"],
    [range[1], "right"],
  ]) {
    pen.textAlign = align;
    pen.fillText(String(Number(v.toFixed(2))).replace("-", "\u2212"), x(v), floor + 17);
  }
}
