/** The drawing rule of Shapeset-3x2: polygons filled row by row, no outline, no antialiasing. */

/** Rows and columns of an image. */
export const SIZE = 32;

// for each row, the columns where edges cross it; a 20-gon crosses a row a few times at most
const crossings = new Int32Array(SIZE * 20);
const counts = new Int32Array(SIZE);

/**
 * Paint one polygon on an image, in place.
 *
 * @param {{[pixel: number]: number, fill: Function}} image SIZE x SIZE values, row by row
 * @param {number} value what to paint with
 * @param {ArrayLike<number>} x vertices in pixels, 0 <= x < SIZE, to the right; truncated
 * @param {ArrayLike<number>} y the same, down
 * @param {number} n number of vertices
 */
export function paintPolygon(image, value, x, y, n) {
  counts.fill(0);
  let last = 0;
  for (let i = 0; i < n; i++) last = Math.max(last, y[i] | 0);
  for (let i = 0; i < n; i++) {
    const j = i + 1 < n ? i + 1 : 0;
    const down = (y[i] | 0) < (y[j] | 0);
    const from = down ? i : j,
      to = down ? j : i;
    cross(x[from] | 0, y[from] | 0, x[to] | 0, y[to] | 0, last);
  }
  for (let row = 0; row <= last; row++) {
    const columns = crossings.subarray(row * 20, row * 20 + counts[row]);
    if (columns.length > 2) columns.sort();
    for (let k = 0; k < columns.length; k += 2) {
      const a = Math.min(columns[k], columns[k + 1]),
        b = Math.max(columns[k], columns[k + 1]);
      image.fill(value, row * SIZE + a, row * SIZE + b + 1);
    }
  }
}

/** Note where the edge down from (x1, y1) to (x2, y2) crosses rows; a level edge crosses none. */
function cross(x1, y1, x2, y2, last) {
  if (y1 === y2) return;
  const end = y2 === last ? y2 : y2 - 1; // the polygon's last row belongs to the edge as well
  for (let row = y1; row <= end; row++) {
    const shift = Math.trunc(((row - y1) * (x2 - x1)) / (y2 - y1));
    crossings[row * 20 + counts[row]++] = x1 + shift;
  }
}
