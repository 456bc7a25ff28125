"""Data sets with an end that need no files: images of Shapeset-3x2, scikit-learn's digits."""

from __future__ import annotations

import numpy as np

from glorot_tutor import shapeset
from glorot_tutor.datasets.finite import FiniteSource
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.datasets.order import CHOICE, shuffled
from glorot_tutor.shapeset.polygons import SIZE
from glorot_tutor.shapeset.scenes import KINDS

FIXED = 100_000
"""Examples on which the paper compares a network with a support vector machine (section 5)."""

DIGITS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)
"""Of each of scikit-learn's digits."""

BUILT_IN = {
    "shapeset": "Shapeset-3x2 (section 2.1), generated",
    "shapeset-3x1": "Shapeset-3x1: images of one object (section 2.1), generated",
    "shapeset-100k": f"the first {FIXED:,} examples of Shapeset-3x2 (section 5), generated",
    "digits": f"{sum(DIGITS):,} handwritten digits of 8 x 8 pixels, which scikit-learn brings",
}
"""What has no files, in words."""


def finite(name: str) -> FiniteSource:
    """Return one of `BUILT_IN` that has an end."""
    if name == "digits":
        return FiniteSource(name, tuple("0123456789"), (8, 8), _digits)
    return FiniteSource(name, shapeset.CLASSES, (SIZE, SIZE), _fixed)


def class_frequencies(name: str) -> list[float]:
    """Share of each class of one of `BUILT_IN`."""
    if name == "digits":
        return [count / sum(DIGITS) for count in DIGITS]
    if name == "shapeset-3x1":
        return [1 / len(KINDS)] * len(KINDS)
    return [float(p) for p in shapeset.class_prior()]


def _fixed() -> Examples:
    """Take the first `FIXED` training examples of seed 0, and Shapeset's own other sets."""
    parts = (
        shapeset.Shapeset(0).read(0, FIXED),
        shapeset.validation_set(),
        shapeset.test_set(),
    )
    return Examples(*(Labelled.whole(np.asarray(x), np.asarray(y)) for x, y in parts))


def _digits() -> Examples:
    """Deal the digits out, 300 each for validation and test: in a row come those of one writer."""
    from sklearn.datasets import load_digits  # it takes a second to import

    digits = load_digits()
    images = np.round(digits.images * (255 / 16)).astype(np.uint8)
    order = shuffled(0, CHOICE, 0, len(images))
    whole = Labelled.whole(images, digits.target.astype(np.int64)).take(order)
    return Examples.of(whole.take(slice(300, None)), whole.take(slice(300)), held_out=300)
