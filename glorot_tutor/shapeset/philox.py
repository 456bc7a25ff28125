"""Counter-based random numbers: Philox4x32-10 (Salmon et al., 2011), vectorised in numpy.

A counter-based generator has no state. It scrambles a counter under a key, so the draw that
belongs to a counter is the same however, whenever and in whatever order it is asked for. This is
the generator that CUDA's and PyTorch's GPU random numbers use; it passes the BigCrush tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Words = NDArray[np.uint64]
"""32-bit words, each kept in 64 bits so that a product of two of them still fits."""

ROUNDS = 10
MULTIPLIERS = np.array([0xD2511F53, 0xCD9E8D57], np.uint64)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)


def philox4x32(counter: ArrayLike, key: int) -> Words:
    """Scramble counters of four words each.

    Parameters
    ----------
    counter
        32-bit words, shape (4, ...).
    key
        Whole number below 2**64; its low half is the first word of Random123's key.

    Returns
    -------
    ndarray of uint64, shape (4, ...)
        Four independent words, uniform over 0 .. 2**32 - 1, for each counter.
    """
    words = np.asarray(counter, np.uint64)
    shape = (2, *(1 for _ in words.shape[1:]))
    multiplier = MULTIPLIERS.reshape(shape)
    even, odd = words[0::2].copy(), words[1::2].copy()
    product = np.empty_like(even)
    for round_key in _round_keys(key):
        np.multiply(even, multiplier, out=product)
        # each half of the state takes the product of the other half: hence [::-1]
        np.right_shift(product[::-1], HALF, out=even)
        even ^= odd
        even ^= round_key.reshape(shape)
        np.bitwise_and(product[::-1], LOW, out=odd)
    return np.stack([even[0], odd[0], even[1], odd[1]])


def _round_keys(key: int) -> NDArray[np.uint64]:
    halves = (key & 0xFFFFFFFF, key >> 32)
    keys = [
        [(half + i * step) & 0xFFFFFFFF for half, step in zip(halves, KEY_STEPS, strict=True)]
        for i in range(ROUNDS)
    ]
    return np.array(keys, np.uint64)


def draw(seed: int, split: int, example: NDArray[np.int64], block: ArrayLike) -> Words:
    """Four random words for each example and block: a pure function of its arguments.

    Parameters
    ----------
    seed
        Whole number below 2**64, the key.
    split
        Which of several sequences that share no counter, below 2**32.
    example, block
        Whole numbers of at least 0 whose shapes broadcast; `block` below 2**32.

    Returns
    -------
    ndarray of uint64, shape (4, *broadcast shape of `block` and `example`)
    """
    number = np.asarray(example).astype(np.uint64)
    block = np.asarray(block, np.uint64)
    counter = np.empty((4, *np.broadcast_shapes(number.shape, block.shape)), np.uint64)
    counter[0], counter[1], counter[2], counter[3] = block, number & LOW, number >> HALF, split
    return philox4x32(counter, seed)


def whole(words: Words, choices: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers, uniform over 0 .. choices - 1.

    The odds of two values differ by at most one part in 2**32 / `choices`.
    """
    return ((words * np.asarray(choices, np.uint64)) >> HALF).astype(np.int64)


def unit(words: Words) -> NDArray[np.float64]:
    """Numbers uniform over the open interval (0, 1), from 2**-33 to 1 - 2**-33."""
    return (words.astype(np.float64) + 0.5) * 2.0**-32
