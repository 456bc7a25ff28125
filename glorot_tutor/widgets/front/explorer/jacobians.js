/** Singular values of every layer's Jacobian, with a line where nothing grows nor shrinks. */
import { blank, line, write } from "../shared/canvas.js";
import { css, three } from "../shared/dom.js";
import { layerColours } from "../shared/palette.js";

const LEFT = 60,
  RIGHT = 16,
  TOP = 26,
  BOTTOM = 22; // pixels around the marks

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{rms: number[], mean: number[]|null}} values by layer
 */
export function drawJacobians(canvas, { rms, mean }) {
  const { pen, width, height } = blank(canvas);
  const most = Math.max(1.2, ...rms, ...(mean ?? [])) * 1.05;
  const x = (v) => LEFT + (v / most) * (width - LEFT - RIGHT);
  const floor = height - BOTTOM,
    step = (floor - TOP) / rms.length;
  const colours = layerColours(rms.length);
  line(pen, [x(1), TOP - 4], [x(1), floor], "--lab-muted", 1.4, [4, 3]);
  rms.forEach((value, i) => {
    const y = floor - (i + 0.5) * step;
    write(pen, `layer ${i + 1}`, LEFT - 8, y + 4, "--lab-ink", "right");
    line(pen, [x(0), y], [x(most), y], "--lab-grid");
    square(pen, x(value), y);
    if (mean) dot(pen, x(mean[i]), y, colours[i]);
  });
  key(pen, mean);
  const marks = [0, 1, ...(most > 2 ? [Math.floor(most)] : [])];
  for (const v of marks) write(pen, String(v), x(v), floor + 16, "--lab-muted", "center");
  const text = (values) => values.map((v, i) => `layer ${i + 1} ${three(v)}`).join(", ");
  const means = mean ? ` mean ${text(mean)};` : "";
  canvas.setAttribute("aria-label", `Singular values:${means} root mean square ${text(rms)}`);
}

function key(pen, mean) {
  let at = LEFT;
  if (mean) {
    dot(pen, at + 6, 10, css("--lab-muted"));
    write(pen, "mean", at + 16, 14);
    at += 62;
  }
  square(pen, at + 6, 10);
  write(pen, "root mean square", at + 16, 14);
}

function dot(pen, x, y, colour) {
  pen.beginPath();
  pen.arc(x, y, 5.5, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
}

function square(pen, x, y) {
  pen.strokeStyle = css("--lab-ink");
  pen.lineWidth = 1.6;
  pen.strokeRect(x - 4.5, y - 4.5, 9, 9);
}
