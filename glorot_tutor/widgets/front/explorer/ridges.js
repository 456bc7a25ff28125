/** Histograms of every layer, one above the other, with both standard deviations marked. */
import { blank, line, write } from "../shared/canvas.js";
import { css, three } from "../shared/dom.js";
import { layerColours } from "../shared/palette.js";

const LEFT = 60,
  RIGHT = 10,
  TOP = 8,
  BOTTOM = 22; // pixels around the histograms

/**
 * @param {HTMLCanvasElement} canvas
 * @param {string} title what is shown, for the text alternative
 * @param {object} quantity low, high, density, std, predicted (see glorot_tutor/widgets/explorer.py)
 * @returns {boolean} whether a prediction lies outside, which an arrow tells
 */
export function drawRidges(canvas, title, { low, high, density, std, predicted }) {
  const { pen, width, height } = blank(canvas);
  const x = (v) => LEFT + ((v - low) / (high - low)) * (width - LEFT - RIGHT);
  const floor = height - BOTTOM,
    step = (floor - TOP) / density.length;
  const colours = layerColours(density.length);
  density.forEach((heights, i) => {
    const base = floor - i * step;
    ridge(pen, heights, { x, low, high, base, tall: 0.86 * step }, colours[i]);
    write(pen, `layer ${i + 1}`, LEFT - 8, base - Math.min(4, step / 4), "--lab-ink", "right");
  });
  const outside = density.map((_, i) => {
    const base = floor - i * step;
    return marks(pen, x, base, step, middle(low, high, density[i]), std[i], predicted[i], low, high);
  });
  axis(pen, x, low, high, floor);
  const texts = std.map((v, i) => `layer ${i + 1}: ${three(v)}, predicted ${three(predicted[i])}`);
  canvas.setAttribute("aria-label", `${title}: histograms by layer; std ${texts.join("; ")}`);
  return outside.includes(true);
}

/** What a standard deviation is counted from: 0, or the mean where the values are sigmoids. */
function middle(low, high, heights) {
  if (low < 0) return 0;
  const wide = (high - low) / heights.length;
  return heights.reduce((sum, h, k) => sum + h * wide * (low + (k + 0.5) * wide), 0);
}

function ridge(pen, heights, { x, low, high, base, tall }, colour) {
  const most = Math.max(...heights) || 1,
    wide = (high - low) / heights.length;
  pen.beginPath();
  pen.moveTo(x(low), base);
  heights.forEach((h, k) => {
    const y = base - (h / most) * tall;
    pen.lineTo(x(low + k * wide), y);
    pen.lineTo(x(low + (k + 1) * wide), y);
  });
  pen.lineTo(x(high), base);
  pen.fillStyle = colour;
  pen.globalAlpha = 0.78;
  pen.fill();
  pen.globalAlpha = 1;
  line(pen, [x(low), base], [x(high), base], "--lab-grid");
}

/**
 * Measured: a bar from -std to std. Predicted: a dashed line at either end, or an arrow to it;
 * returns whether there is an arrow.
 */
function marks(pen, x, base, step, centre, measured, predicted, low, high) {
  const tall = Math.min(26, 0.6 * step);
  let outside = false;
  for (const side of [-1, 1]) {
    const at = centre + side * predicted;
    const seen = at >= low && at <= high;
    const px = x(Math.min(high, Math.max(low, at)));
    if (seen) line(pen, [px, base], [px, base - tall], "--lab-predicted", 2, [4, 3]);
    else arrow(pen, px, base - tall / 2, side);
    outside ||= !seen;
  }
  const ends = [-1, 1].map((side) => {
    return x(Math.min(high, Math.max(low, centre + side * measured)));
  });
  line(pen, [ends[0], base - 1.5], [ends[1], base - 1.5], "--lab-ink", 3);
  return outside;
}

function arrow(pen, px, y, side) {
  pen.beginPath();
  pen.moveTo(px, y);
  pen.lineTo(px - 7 * side, y - 4);
  pen.lineTo(px - 7 * side, y + 4);
  pen.fillStyle = css("--lab-predicted");
  pen.fill();
}

function axis(pen, x, low, high, floor) {
  const ends = [
    [low, "left"],
    [(low + high) / 2, "center"],
    [high, "right"],
  ];
  for (const [v, align] of ends) {
    const text = v === 0 ? "0" : Number.isInteger(v) ? String(v).replace("-", "\u2212") : three(v);
    write(pen, text, x(v), floor + 16, "--lab-muted", align);
  }
}
