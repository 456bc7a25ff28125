"""Orders that are random, and yet the same on every machine."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.shapeset import philox

ORDER, MONITOR, CHOICE, PLACE = 4, 5, 6, 7
"""Sequences of random numbers with nothing in common: the order of an epoch, the monitored
examples, which photographs are chosen, and for what; `shapeset.SPLITS` uses 0 to 3."""


def shuffled(seed: int, sequence: int, start: int, count: int) -> NDArray[np.int64]:
    """Order of `count` things, a pure function of the arguments on every machine.

    Each position from `start` on draws a random number of 64 bits; sorting those gives the order.
    """
    words = philox.draw(seed, sequence, np.arange(start, start + count), 0)
    return np.argsort(words[0] << philox.HALF | words[1], kind="stable")
