/** Surfaces over the plane of two weights, seen from a side: what is nearer hides what is behind. */
import { blank, line, write } from "../shared/canvas.js";
import { css, three } from "../shared/dom.js";

const TALL = 0.75; // height of the box, in halves of its width
const CORNER = 1.45; // from its middle to a corner's labels, in the same measure
const STEEP = 70; // degrees: from so far above, floor and surface lie on one another

/**
 * @param {HTMLCanvasElement} canvas
 * @param {object} result limit, costs (see glorot_tutor/widgets/surface.py)
 * @param {string[]} shown which costs
 * @param {{azimuth: number, elevation: number, gradient: boolean}} view degrees
 */
export function drawScene(canvas, { limit, costs }, shown, { azimuth, elevation, gradient }) {
  const { pen, width, height } = blank(canvas);
  const look = camera(azimuth, elevation, width, height);
  const top = Math.max(...shown.map((cost) => costs[cost].highest));
  const up = (cost) => TALL * ((2 * cost) / top - 1); // the floor is a cost of 0
  floor(pen, look, limit);
  const arrows = () => {
    if (gradient) for (const cost of shown) field(pen, look, costs[cost], `--lab-${cost}`);
  };
  if (elevation < STEEP) arrows();
  const faces = shown.flatMap((cost) => mesh(look, costs[cost], up, `--lab-${cost}`));
  faces.sort((a, b) => a.depth - b.depth);
  const colours = Object.fromEntries(
    ["--lab-card", ...shown.map((cost) => `--lab-${cost}`)].map((name) => [name, css(name)]),
  );
  for (const face of faces) paint(pen, face, colours);
  if (elevation < STEEP) post(pen, look, up, top);
  else arrows(); // they would be hidden
  const text = shown.map((cost) => {
    return `${cost} from ${three(costs[cost].lowest)} to ${three(costs[cost].highest)}`;
  });
  const downhill = gradient ? "; arrows on the floor point downhill" : "";
  canvas.setAttribute("aria-label", `Surfaces over W1 and W2: ${text.join("; ")}${downhill}`);
}

/** Takes a point (each of x, y within -1 .. 1, up is z) to pixels, and to how near it is. */
function camera(azimuth, elevation, width, height) {
  const [a, e] = [azimuth, elevation].map((degrees) => (degrees * Math.PI) / 180);
  const [ca, sa, ce, se] = [Math.cos(a), Math.sin(a), Math.cos(e), Math.sin(e)];
  const scale = Math.min(width / 3.7, height / 2 / (ce * TALL + se * CORNER + 0.22));
  return (x, y, z) => {
    const ahead = ca * x + sa * y;
    return {
      x: width / 2 + scale * (ca * y - sa * x),
      y: height / 2 - scale * (ce * z - se * ahead),
      depth: ce * ahead + se * z,
    };
  };
}

const at = (i, count) => (2 * i) / (count - 1) - 1;
const xy = ({ x, y }) => [x, y];

/** One face for each square of the grid. */
function mesh(look, { points, cost }, up, colour) {
  const corners = cost.map((value, k) => {
    return look(at(Math.floor(k / points), points), at(k % points, points), up(value));
  });
  const faces = [];
  for (let i = 0; i + 1 < points; i++) {
    for (let j = 0; j + 1 < points; j++) {
      const k = i * points + j;
      const four = [k, k + 1, k + points + 1, k + points].map((place) => corners[place]);
      const depth = four.reduce((sum, corner) => sum + corner.depth, 0);
      faces.push({ four, depth, colour });
    }
  }
  return faces;
}

function paint(pen, { four, colour }, colours) {
  pen.beginPath();
  for (const { x, y } of four) pen.lineTo(x, y);
  pen.closePath();
  pen.fillStyle = colours["--lab-card"];
  pen.globalAlpha = 0.8;
  pen.fill();
  pen.fillStyle = colours[colour];
  pen.globalAlpha = 0.1;
  pen.fill();
  pen.globalAlpha = 0.85;
  pen.strokeStyle = colours[colour];
  pen.lineWidth = 0.7;
  pen.stroke();
  pen.globalAlpha = 1;
}

/** The plane of the weights with its axes. */
function floor(pen, look, limit) {
  const ground = (x, y) => look(x, y, -TALL);
  for (const v of [-1, -0.5, 0, 0.5, 1]) {
    line(pen, xy(ground(v, -1)), xy(ground(v, 1)), "--lab-grid");
    line(pen, xy(ground(-1, v)), xy(ground(1, v)), "--lab-grid");
  }
  const minus = `\u2212${limit}`;
  // on the side of the plane that faces the reader
  const side = (one, other) => (ground(...one).depth > ground(...other).depth ? 1 : -1);
  const near = { x: side([1, 0], [-1, 0]), y: side([0, 1], [0, -1]) };
  for (const [v, text] of [
    [-1, minus],
    [0, "W₁"],
    [1, String(limit)],
  ]) {
    label(pen, ground(v, 1.18 * near.y), text, v);
  }
  for (const [v, text] of [
    [-1, minus],
    [0, "W₂"],
    [1, String(limit)],
  ]) {
    label(pen, ground(1.18 * near.x, v), text, v);
  }
}

function label(pen, { x, y }, text, v) {
  write(pen, text, x, y + 4, v ? "--lab-muted" : "--lab-ink", "center");
}

/** The axis of the cost, at the corner that lies farthest to the left. */
function post(pen, look, up, top) {
  const corners = [-1, 1].flatMap((x) => [-1, 1].map((y) => [x, y]));
  corners.sort((a, b) => look(...a, 0).x - look(...b, 0).x);
  const [x, y] = corners[0];
  line(pen, xy(look(x, y, up(0))), xy(look(x, y, up(top))), "--lab-muted", 1.2);
  for (const v of [0, top]) {
    const end = look(x, y, up(v));
    write(pen, v ? three(v) : "0", end.x - 6, end.y + 4, "--lab-muted", "right");
  }
  const head = look(x, y, up(top));
  write(pen, "cost", head.x - 6, head.y - 12, "--lab-ink", "right");
}

/** Arrows downhill; their lengths are roots of the slopes', or most could not be seen. */
function field(pen, look, { arrows, w1, w2 }, colour) {
  const most = Math.max(...w1.map((v, k) => Math.hypot(v, w2[k]))) || 1;
  const reach = 1.7 / arrows;
  w1.forEach((down, k) => {
    const slope = Math.hypot(down, w2[k]);
    if (slope < 1e-6 * most) return;
    // the grid of 101 has arrows at 2, 10, 18 ... 98
    const x = (4 + 16 * Math.floor(k / arrows)) / 100 - 1,
      y = (4 + 16 * (k % arrows)) / 100 - 1;
    const size = (reach * Math.sqrt(slope / most)) / slope;
    arrow(pen, look, x, y, -down * size, -w2[k] * size, colour);
  });
}

function arrow(pen, look, x, y, dx, dy, colour) {
  const ground = (u, v) => xy(look(u, v, -TALL));
  line(pen, ground(x, y), ground(x + dx, y + dy), colour, 1.3);
  for (const side of [-1, 1]) {
    const back = [x + 0.65 * dx - 0.2 * side * dy, y + 0.65 * dy + 0.2 * side * dx];
    line(pen, ground(...back), ground(x + dx, y + dy), colour, 1.3);
  }
}
