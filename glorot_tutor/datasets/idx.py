"""The IDX format of MNIST and Fashion-MNIST: a short header, then bytes in C order.

The header is two zero bytes, the type (8: unsigned byte), the number of dimensions, and each
dimension as a big-endian 32-bit number. The format is the one described at
http://yann.lecun.com/exdb/mnist/.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.datasets.damage import DamagedError
from glorot_tutor.datasets.labelled import Examples, Labelled

Bytes = NDArray[np.uint8]

UNSIGNED_BYTE = 8
DIMENSIONS = (1, 3)
"""Of labels and of images."""


def parse(raw: Bytes) -> Bytes:
    """Return what a file holds, as a view of it.

    Parameters
    ----------
    raw
        The whole file, shape (bytes,).

    Returns
    -------
    ndarray of uint8
        Images, shape (N, rows, columns), or labels, shape (N,).

    Raises
    ------
    DamagedError
        If the header is wrong, or the length is not the one that it promises.
    """
    start, dimensions = bytes(raw[:3]), int(raw[3]) if len(raw) > 3 else 0
    header, body = np.split(raw[4:], [4 * dimensions])
    good = start == bytes([0, 0, UNSIGNED_BYTE]) and dimensions in DIMENSIONS
    if not good or len(header) < 4 * dimensions:
        raise DamagedError("does not begin as an IDX file of bytes does")
    shape = tuple(np.frombuffer(header, ">u4").tolist())
    if math.prod(shape) != len(body):
        raise DamagedError(f"holds {len(body):,} bytes of data where its header promises {shape}")
    return body.reshape(shape)


def decode(raw: Mapping[str, Bytes], held_out: int) -> Examples:
    """Turn the four files into examples; the last `held_out` of the first two are validation.

    Parameters
    ----------
    raw
        Whole files by what they hold: train-images, train-labels, test-images, test-labels.
    held_out
        How many validation examples are taken from the published training set.

    Raises
    ------
    DamagedError
        If a file does not parse, or images and labels differ in number.
    """
    parsed = {group: parse(file) for group, file in raw.items()}
    pools = []
    for half in ("train", "test"):
        images, labels = parsed[f"{half}-images"], parsed[f"{half}-labels"]
        if len(images) != len(labels):
            raise DamagedError(f"holds {len(labels):,} labels for {len(images):,} images")
        pools.append(Labelled.whole(images, labels.astype(np.int64)))
    return Examples.of(pools[0], pools[1], held_out)
