"""The law of Shapeset-3x2: what is in an image before it is drawn.

x runs to the right and y down, in pixels. Each quantity has a place of its own among an example's
random numbers, so that a scene is a pure function of the seed, the split and the example's number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.shapeset.philox import Words, draw, unit, whole
from glorot_tutor.shapeset.polygons import SIZE, Floats, Ints

KINDS = ("triangle", "parallelogram", "ellipse")
CORNERS = np.array([3, 4, 20])
"""Vertices of each kind: an ellipse is drawn as a polygon of 20."""
ANGLES = 255
"""Rotations are whole multiples of 2 pi / 255."""
SCALES = (6.4, 25.6)
"""Least and greatest scale, in pixels."""
MOST_OVERLAP = 0.5
"""A second shape may cover this share of the first one's area, as the rule estimates it."""
ATTEMPTS = 50
"""Attempts at placing a second shape before it is given up."""

# Blocks of four random words each; every attempt at placing the second shape has its own.
_IMAGE, _FIRST_FORM, _SECOND_FORM, _FIRST_PLACE, _SECOND_PLACE = range(5)
# Attempts tried at one go: most images need one, very few more than a dozen.
_BATCHES = ((0, 1), (1, 4), (4, 13), (13, ATTEMPTS))

# The regular polygon of diameter 1 that each kind starts from.
_STEP = 2 * np.pi / CORNERS
_START = np.pi / CORNERS + np.pi / 2
_UNIT_AREA = CORNERS / 8 * np.sin(2 * np.pi / CORNERS)
_DIRECTION = _START + _STEP * np.minimum(np.arange(20)[:, None], CORNERS - 1)
_VERTICES = np.stack([np.cos(_DIRECTION), np.sin(_DIRECTION)]) / 2


class Form(NamedTuple):
    """What M shapes are, before size and position; drawn once for each shape."""

    kind: Ints
    """Index into `KINDS`, shape (M,)."""
    grey: Ints
    """Grey value 0..255, shape (M,)."""
    k1: Ints
    """First rotation, the one that deforms, in 1/255 turns, shape (M,)."""
    k3: Ints
    """Last rotation, in 1/255 turns, shape (M,)."""

    def pick(self, index: Ints) -> Form:
        """Return some of the shapes."""
        return Form(*(field.take(index) for field in self))


class Shapes(NamedTuple):
    """M shapes in their places."""

    form: Form
    scales: Floats
    """Larger and smaller scale in pixels, shape (2, M)."""
    translation: Floats
    """x and y of the centre in pixels, shape (2, M)."""
    axes: Floats
    """Where the regular polygon's x axis and y axis point: x and y of both, shape (2, 2, M)."""

    def pick(self, index: Ints) -> Shapes:
        """Return some of the shapes."""
        return Shapes(self.form.pick(index), *(field.take(index, axis=-1) for field in self[1:]))

    def area(self) -> Floats:
        """Area in square pixels, before vertices are truncated, shape (M,)."""
        area: Floats = _UNIT_AREA[self.form.kind] * self.scales[0] * self.scales[1]
        return area

    def vertices(self) -> Floats:
        """Vertices' x and y in pixels, shape (2, 20, M).

        A shape with fewer than 20 vertices repeats its last one, which changes nothing.
        """
        base_x, base_y = np.take(_VERTICES, self.form.kind, axis=-1)
        points = np.empty((2, *base_x.shape))
        for point, x, y, centre in zip(points, *self.axes, self.translation, strict=True):
            np.multiply(x, base_x, out=point)
            point += y * base_y
            point += centre
        return points


class Scenes(NamedTuple):
    """What N images show: one shape each, and P of them a second one on top of it."""

    background: Ints
    """Grey value 0..255, shape (N,)."""
    first: Shapes
    """First shape of every image, M = N."""
    second: Shapes
    """Second shapes, M = P."""
    pairs: Ints
    """The images, 0..N-1, that the second shapes belong to, shape (P,)."""
    rejections: Ints
    """Attempts at placing the second shape that were rejected, shape (P,)."""

    def polygons(self, image: int) -> list[tuple[int, Floats]]:
        """Grey value and vertices, shape (n, 2), of each shape of an image, in drawing order."""
        drawn = [(self.first, image)]
        drawn += [(self.second, int(m)) for m in np.flatnonzero(self.pairs == image)]
        shapes = [shapes.pick(np.array([m])) for shapes, m in drawn]
        return [
            (int(s.form.grey[0]), s.vertices()[:, : CORNERS[s.form.kind[0]], 0].T) for s in shapes
        ]


def draw_scenes(seed: int, split: int, example: Ints, most: int = 2) -> Scenes:
    """Draw what the examples of the given numbers, shape (N,), show: at most so many shapes.

    `seed` and `split` are the key and the sequence of the random numbers, see `philox.draw`.
    """
    blocks = draw(seed, split, example, np.arange(_SECOND_PLACE)[:, None])
    side, shade, number, _ = blocks[:, _IMAGE]
    dark = whole(side, 2) == 0
    first = _placed(_form(blocks[:, _FIRST_FORM], ~dark), blocks[:, _FIRST_PLACE])

    pairs = np.flatnonzero(whole(number, most))
    form = _form(blocks[:, _SECOND_FORM, pairs], ~dark[pairs])
    rejections = _rejections(seed, split, example[pairs], form, first.pick(pairs))
    kept = np.flatnonzero(rejections < ATTEMPTS)
    pairs, rejections, form = pairs[kept], rejections[kept], form.pick(kept)
    second = _placed(form, draw(seed, split, example[pairs], _SECOND_PLACE + rejections))
    return Scenes(_grey(shade, dark), first, second, pairs, rejections)


def _form(words: Words, dark: NDArray[np.bool_]) -> Form:
    kind = whole(words[0], len(KINDS))
    k1 = whole(words[2], ANGLES // CORNERS[kind])
    # the upper half of the range stands for small rotations the other way
    shift = ANGLES - (ANGLES - 1) // CORNERS[kind]
    back = k1 > (ANGLES - 1) // (2 * CORNERS[kind])
    k1 = np.where(back, np.minimum(k1 + shift, ANGLES - 1), k1)
    return Form(kind, _grey(words[1], dark), k1, whole(words[3], ANGLES - 1))


def _grey(words: Words, dark: NDArray[np.bool_]) -> Ints:
    """Grey values, uniform over 0..114 where dark and over 140..255 elsewhere."""
    return np.where(dark, whole(words, 115), 140 + whole(words, 116))


def _placed(form: Form, words: Words) -> Shapes:
    """Give shapes a size and a position from words of shape (4, M)."""
    low, high = SCALES
    sizes = low + (high - low) * unit(words[:2])
    scales = np.stack([np.maximum(*sizes), np.minimum(*sizes)])
    axes = _axes(form, scales)
    # x and y of every vertex stay between 1 and 31, so that no shape touches the border
    least, most = 1 + _reach(form.kind, -axes), SIZE - 1 - _reach(form.kind, axes)
    return Shapes(form, scales, least + (most - least) * unit(words[2:]), axes)


def _axes(form: Form, scales: Floats) -> Floats:
    """Columns of R(theta3) R(theta2) diag(scales) R(theta1), shape (2, 2, M).

    theta2 turns back what theta1 and the scales turned.
    """
    theta1, theta3 = 2 * np.pi / ANGLES * form.k1, 2 * np.pi / ANGLES * form.k3
    theta = theta3 - np.arctan(scales[1] / scales[0] * np.tan(theta1))
    cos1, sin1, cos, sin = np.cos(theta1), np.sin(theta1), np.cos(theta), np.sin(theta)
    axes = np.empty((2, 2, len(theta)))
    for axis, turned in zip(axes, ((cos1, sin1), (-sin1, cos1)), strict=True):
        x, y = scales[0] * turned[0], scales[1] * turned[1]
        axis[:] = cos * x - sin * y, sin * x + cos * y
    return axes


def _reach(kind: Ints, w: Floats) -> Floats:
    """Largest scalar product of w, shape (2, ..., M), with a vertex of a regular polygon.

    It is attained at the vertex whose direction is nearest to that of w. With w = (a . u, b . u)
    it says how far the shape of axes a and b extends from its centre in the direction u.
    """
    step = _STEP[kind]
    angle = np.arctan2(w[1], w[0]) - _START[kind]
    angle -= step * np.rint(angle / step)
    reach: Floats = np.sqrt(_dot(w, w)) * np.cos(angle) / 2
    return reach


def _rejections(seed: int, split: int, example: Ints, form: Form, first: Shapes) -> Ints:
    """Attempts rejected before each second shape finds its place, at most `ATTEMPTS`."""
    rejections = np.full(len(example), ATTEMPTS)
    waiting = np.arange(len(example))
    for low, high in _BATCHES:
        # one entry for each of these attempts at each shape that has no place yet
        attempt, shape = np.arange(low, high).repeat(len(waiting)), np.tile(waiting, high - low)
        words = draw(seed, split, example[shape], _SECOND_PLACE + attempt)
        overlap = _overlap(first.pick(shape), _placed(form.pick(shape), words))
        accepted = (overlap <= MOST_OVERLAP).reshape(high - low, len(waiting))
        placed = accepted.any(axis=0)
        rejections[waiting[placed]] = low + accepted.argmax(axis=0)[placed]
        waiting = waiting[~placed]
    return rejections


def _overlap(first: Shapes, second: Shapes) -> Floats:
    """Estimate of the overlap as a share of the first shape's area; negative where there is none.

    The generator measures how deep the shapes reach into each other along the line between their
    centres, the first one's rounded down to whole pixels.
    """
    centre = np.trunc(first.translation)
    apart = second.translation - centre
    d = np.sqrt(_dot(apart, apart))
    u = apart / d
    depth = _dot(first.translation - centre, u) - d
    depth += _reach(first.form.kind, _dot(first.axes.swapaxes(0, 1), u))
    depth += _reach(second.form.kind, _dot(second.axes.swapaxes(0, 1), -u))
    overlap: Floats = (1 - np.exp2(-depth / d)) * second.area() / first.area()
    return overlap


def _dot(a: Floats, b: Floats) -> Floats:
    """Scalar products over the first axis."""
    dot: Floats = a[0] * b[0] + a[1] * b[1]
    return dot
