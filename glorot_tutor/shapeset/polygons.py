"""The drawing rule of Shapeset-3x2: polygons filled row by row, no outline, no antialiasing.

It gives the pixels of the library that the paper's authors drew with (pygame 1.8), exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIZE = 32
"""Rows and columns of an image."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Canvas = NDArray[np.uint64]
"""Images of shape (N, 32, 4): a row of 32 pixels of one byte each is four 64-bit words."""

_ALL_BYTES = np.uint64(0x0101010101010101)
_FROM, _TO, _PIXEL = np.ogrid[:SIZE, :SIZE, :SIZE]
_SPANS: Canvas = (
    np.where((_FROM <= _PIXEL) & (_PIXEL <= _TO), 255, 0)
    .astype(np.uint8)
    .reshape(SIZE * SIZE, SIZE)
    .view(np.uint64)
)
"""Entry 32 a + b is a row whose pixels a..b, both included, are 255 and the others 0."""
_EMPTY = 32 * 1 + 0
_GROUP = 100  # images painted at one go: what they take stays in the processor's cache


def paint_background(canvas: Canvas, grey: ArrayLike) -> None:
    """Fill each image of a canvas with one grey value 0..255, shape (N,), in place."""
    canvas[:] = (np.asarray(grey, np.uint64) * _ALL_BYTES)[:, None, None]


def paint_polygons(canvas: Canvas, image: Ints, grey: ArrayLike, vertices: Floats) -> None:
    """Paint one polygon on each of M images of a canvas, in place.

    Parameters
    ----------
    canvas
        Shape (N, 32, 4).
    image
        Which images, shape (M,), none of them twice, at most two million.
    grey
        Grey values 0..255, shape (M,).
    vertices
        x and y in pixels, shape (2, n, M), at least 0 and below 32. They are truncated to whole
        pixels. A vertex that repeats the one before it changes nothing.
    """
    x, y = vertices.astype(np.int32)
    table, entry = _covered(x, y)
    grey = (np.asarray(grey, np.uint64) * _ALL_BYTES)[:, None, None]
    for low in range(0, len(image), _GROUP):
        group = slice(low, low + _GROUP)
        pixels = canvas[image[group]]
        change = np.take(table, entry[group], axis=0, mode="clip")
        change &= pixels ^ grey[group]
        canvas[image[group]] = np.bitwise_xor(pixels, change, out=change)


def _covered(x: NDArray[np.int32], y: NDArray[np.int32]) -> tuple[Canvas, NDArray[np.int32]]:
    """Rows of pixels, 255 inside and 0 outside, of M polygons with whole vertices, shape (n, M).

    Returns
    -------
    table
        Rows of pixels, shape (any, 4).
    entry
        Which of them each row of each polygon is, shape (M, 32).
    """
    crossings = np.sort(_crossings(x, y))
    left, right = crossings[0::2], crossings[1::2]
    row, span = left >> 5, (left & 31) << 5 | (right & 31)
    table, entry = _SPANS, np.full(x.shape[1] * SIZE, _EMPTY, np.int32)
    entry[row] = span
    # a row with several spans, where a polygon is not convex, gets an entry of its own
    again = np.flatnonzero(row[1:] == row[:-1])
    if again.size:
        several, which = np.unique(row[again], return_inverse=True)
        own = _SPANS[entry[several]]
        np.bitwise_or.at(own, which, _SPANS[span[again]])
        entry[several] = len(table) + np.arange(len(several))
        table = np.concatenate([table, own])
    return table, entry.reshape(-1, SIZE)


def _crossings(x: NDArray[np.int32], y: NDArray[np.int32]) -> NDArray[np.int32]:
    """Where edges cross rows, as 32 * (32 * polygon + row) + column, in no order.

    An edge down from (x1, y1) to (x2, y2) crosses the rows y1 <= row < y2, and row y2 too if it is
    the polygon's last, at column x1 + trunc((row - y1) (x2 - x1) / (y2 - y1)).
    """
    x_next, y_next = np.roll(x, -1, axis=0), np.roll(y, -1, axis=0)
    edge = np.flatnonzero(y != y_next)
    polygon = edge % x.shape[1]
    xa, ya, xb, yb = (v.ravel()[edge] for v in (x, y, x_next, y_next))
    top, bottom = np.minimum(ya, yb), np.maximum(ya, yb)
    rows = bottom - top + (bottom == y.max(axis=0)[polygon])
    slope = (xb - xa) / (yb - ya)
    # Truncation is towards x1: down where the edge runs right, up where it runs left. 0.01 is far
    # above rounding errors and below 1/31, the least distance of a fraction from a whole number.
    column = xa + (top - ya) * slope + (0.5 - np.copysign(0.49, slope))
    # one row further down, the number of a crossing grows by 32 and the slope
    step = SIZE + slope
    start = (polygon * SIZE + top) * SIZE + column - (np.cumsum(rows) - rows) * step
    crossing = np.repeat(step, rows)
    crossing *= np.arange(crossing.size)
    crossing += np.repeat(start, rows)
    return crossing.astype(np.int32)
