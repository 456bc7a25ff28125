/** Pictures that are drawn by hand. */
import { css } from "./dom.js";

const FONT = "12px system-ui, sans-serif";

/**
 * A canvas made anew at the size that the page gives it, sharp on every screen.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {{pen: CanvasRenderingContext2D, width: number, height: number}} sizes in CSS pixels
 */
export function blank(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = FONT;
  return { pen, width, height };
}

/** A straight line in one of the style sheet's colours. */
export function line(pen, [x1, y1], [x2, y2], colour, width = 1, dash = []) {
  pen.beginPath();
  pen.setLineDash(dash);
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.strokeStyle = colour.startsWith("--") ? css(colour) : colour;
  pen.lineWidth = width;
  pen.stroke();
  pen.setLineDash([]);
}

/** A text in one of the style sheet's colours. */
export function write(pen, text, x, y, colour = "--lab-muted", align = "left") {
  pen.fillStyle = css(colour);
  pen.textAlign = align;
  pen.fillText(text, x, y);
}
