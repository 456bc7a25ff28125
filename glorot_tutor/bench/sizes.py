"""How much the bench measures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes
    ----------
    width, narrow
        Units to a hidden layer of the paper's network and of the small one.
    rounds
        Bursts of each contender.
    burst
        Seconds to a burst.
    memory
        Items of the array that finds the bandwidth of the memory.
    images
        Test images evaluated when recording; None for all.
    """

    width: int = 1000
    narrow: int = 300
    rounds: int = 9
    burst: float = 0.25
    memory: int = 2**26  # 256 MB: more than caches hold
    images: int | None = None


FULL = Size()
"""The paper's network; about three minutes."""

QUICK = Size(20, 10, rounds=2, burst=0.002, memory=2**12, images=50)
"""Everything once, on toys: shows that it works, measures nothing."""
