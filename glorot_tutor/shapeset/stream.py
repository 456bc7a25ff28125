"""Shapeset-3x2 (section 2.1): images of one or two shapes, generated without end.

The law and the drawing rule are those of the authors' own generator: `scenes` draws what is in an
image, `polygons` paints it, this module makes a stream of labelled images out of both.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from glorot_tutor.checks import UsageError, one_of, whole
from glorot_tutor.shapeset.polygons import SIZE, Canvas, Ints, paint_background, paint_polygons
from glorot_tutor.shapeset.scenes import KINDS, Scenes, draw_scenes

N_IN = SIZE * SIZE
"""Pixels of an image."""
_CLASS_KINDS = ((0,), (1,), (2,), (0, 1), (1, 2), (0, 2), (0, 0), (1, 1), (2, 2))
CLASSES = tuple(" + ".join(KINDS[kind] for kind in kinds) for kinds in _CLASS_KINDS)
"""What an image of each class shows; which of the two shapes lies on top makes no difference."""
SPLITS = ("train", "validation", "test", "monitor")
"""Sequences of examples that have no random number in common."""

_BLOCK = 2000  # images made at one go: more would leave the processor's cache
_PAIR_LABEL = np.array(
    [[_CLASS_KINDS.index(tuple(sorted((a, b)))) for b in range(3)] for a in range(3)]
)


class Shapeset:
    """An endless sequence of examples of Shapeset-3x2; a `Stream`.

    Example n is a pure function of the seed, the split and n. Read a few thousand at a time where
    you can: every read, however small, takes a millisecond or two.

    Parameters
    ----------
    seed
        Whole number from 0 to 2**63 - 1.
    split
        One of `SPLITS`.

    Raises
    ------
    UsageError
        If the seed or the split is none of these.
    """

    n_in = N_IN
    n_classes = len(CLASSES)
    most = 2
    """Shapes in an image."""

    def __init__(self, seed: int, split: str = "train") -> None:
        self.seed = whole("seed", seed, 0, 2**63 - 1)
        self.split = one_of("split", split, SPLITS)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(seed={self.seed}, split={self.split!r})"

    def read(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Return examples ``start .. start + count - 1``.

        Returns
        -------
        images
            uint8, shape (count, 32, 32), [row, column] as on the screen.
        labels
            int64, shape (count,), indices into `CLASSES`.

        Raises
        ------
        UsageError
            If `start` or `count` is not a whole number of at least 0.
        """
        _check_range(start, count)
        images, labels = np.empty((count, SIZE, SIZE), np.uint8), np.empty(count, np.int64)
        for low in range(0, count, _BLOCK):
            block = slice(low, min(low + _BLOCK, count))
            scenes = self.scenes(start + low, block.stop - low)
            _paint(scenes, images[block].view(np.uint64))
            labels[block] = labels_of(scenes)
        return torch.from_numpy(images), torch.from_numpy(labels)

    def scenes(self, start: int, count: int) -> Scenes:
        """Return what examples ``start .. start + count - 1`` show, before it is drawn.

        Raises
        ------
        UsageError
            If `start` or `count` is not a whole number of at least 0.
        """
        _check_range(start, count)
        numbers = np.arange(start, start + count)
        return draw_scenes(self.seed, SPLITS.index(self.split), numbers, self.most)


class OneShape(Shapeset):
    """The same images without the second shape: a task that section 2.1 calls too easy."""

    n_classes = len(KINDS)
    most = 1


def validation_set(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images and labels of the 10,000 validation examples that go with a seed."""
    return Shapeset(seed, "validation").read(0, 10_000)


def test_set(seed: int = 0) -> tuple[Tensor, Tensor]:  # noqa: PT028
    """Images and labels of the 10,000 test examples that go with a seed."""
    return Shapeset(seed, "test").read(0, 10_000)


def monitored_set(seed: int = 0) -> tuple[Tensor, Tensor]:
    """Images and labels of the 300 examples on which activations are watched (section 3)."""
    return Shapeset(seed, "monitor").read(0, 300)


def class_prior() -> tuple[Fraction, ...]:
    """Probability of each class: one shape or two, each of three kinds, all with equal odds."""
    return tuple(
        Fraction(len(set(permutations(kinds))), 2 * len(KINDS) ** len(kinds))
        for kinds in _CLASS_KINDS
    )


def labels_of(scenes: Scenes) -> Ints:
    """Class of each scene, an index into `CLASSES`, shape (N,)."""
    first = scenes.first.form.kind
    labels = first.copy()
    labels[scenes.pairs] = _PAIR_LABEL[first[scenes.pairs], scenes.second.form.kind]
    return labels


def render(background: int, polygons: Sequence[tuple[int, ArrayLike]]) -> Tensor:
    """Draw one image by the generator's rule.

    Parameters
    ----------
    background
        Grey value, 0..255.
    polygons
        Pairs of a grey value and vertices of shape (n, 2), in drawing order. A vertex is (x, y), x
        to the right and y down, both at least 0 and below 32.

    Returns
    -------
    Tensor
        uint8, shape (32, 32), [row, column].

    Raises
    ------
    UsageError
        If a grey value or a vertex is outside its range.
    """
    canvas = np.empty((1, SIZE, SIZE // 8), np.uint64)
    paint_background(canvas, [whole("background", background, 0, 255)])
    for grey, vertices in polygons:
        points = np.asarray(vertices, np.float64)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:
            raise UsageError(
                f"vertices have shape {points.shape}: give three or more pairs (x, y)."
            )
        if not ((points >= 0) & (points < SIZE)).all():
            raise UsageError(
                f"a vertex lies outside the image: keep x and y in 0 <= x, y < {SIZE}."
            )
        paint_polygons(canvas, np.arange(1), [whole("grey", grey, 0, 255)], points.T[:, :, None])
    return torch.from_numpy(canvas.view(np.uint8)[0])


def _paint(scenes: Scenes, canvas: Canvas) -> None:
    paint_background(canvas, scenes.background)
    first, second = scenes.first, scenes.second
    paint_polygons(canvas, np.arange(len(canvas)), first.form.grey, first.vertices())
    paint_polygons(canvas, scenes.pairs, second.form.grey, second.vertices())


def _check_range(start: int, count: int) -> None:
    whole("start", start, 0, 2**63 - 1)
    whole("count", count, 0, 2**63 - 1 - start)
