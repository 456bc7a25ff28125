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
    product, memory
        Size of the square matrices, and items of each array, that find the machine's limits.
    images
        Test images evaluated when recording; None for all.
    """

    width: int = 1000
    narrow: int = 300
    rounds: int = 9
    burst: float = 0.25
    product: int = 2048
    memory: int = 2**25  # 128 MB to each of three arrays: more than caches hold
    images: int | None = None


FULL = Size()
"""The paper's network; about three minutes."""

QUICK = Size(20, 10, rounds=2, burst=0.002, product=64, memory=2**12, images=50)
"""Everything once, on toys: shows that it works, measures nothing."""
