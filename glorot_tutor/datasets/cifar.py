"""The binary format of CIFAR-10: rows of one label and 3,072 pixels, no header.

The pixels of a row are three planes of 32 x 32, red, green and blue, each row by row. That order
is kept: images have the shape (N, 3, 32, 32), [channel, row, column], so an input vector is the
red plane, then the green, then the blue. The format is the one described at
https://www.cs.toronto.edu/~kriz/cifar.html.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from glorot_tutor.datasets.damage import DamagedError
from glorot_tutor.datasets.idx import Bytes
from glorot_tutor.datasets.labelled import Examples, Labelled

SHAPE = (3, 32, 32)
ROW = 1 + 3 * 32 * 32
"""Bytes of one example."""
N_CLASSES = 10


def parse(raw: Bytes) -> Labelled:
    """Return the examples of one or more batches; the images are a view of them.

    Parameters
    ----------
    raw
        Whole batches, one after the other, shape (bytes,).

    Raises
    ------
    DamagedError
        If the length is no whole number of rows, or a label is none of 0 to 9.
    """
    if len(raw) % ROW:
        raise DamagedError(f"holds {len(raw):,} bytes, which are no whole number of examples")
    rows = raw.reshape(-1, ROW)
    labels = rows[:, 0].astype(np.int64)
    if len(labels) and labels.max() >= N_CLASSES:
        raise DamagedError(f"holds the label {labels.max()}, where 0 to 9 are allowed")
    return Labelled.whole(rows[:, 1:].reshape(-1, *SHAPE), labels)


def decode(raw: Mapping[str, Bytes], held_out: int) -> Examples:
    """Turn the batches into examples; the last `held_out` training ones are validation.

    Parameters
    ----------
    raw
        The training batches in a row as `train`, the test batch as `test`.
    held_out
        How many validation examples are taken from the published training set.

    Raises
    ------
    DamagedError
        If a batch does not parse.
    """
    return Examples.of(parse(raw["train"]), parse(raw["test"]), held_out)
