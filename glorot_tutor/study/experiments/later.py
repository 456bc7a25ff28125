"""Plans for what later papers say of deep networks at their start.

Depths and learning rates were chosen before any of these runs was made, but for two depths (see
`DEPTHS`); so was the first seed of the races, of which two more were run when it was known.
"""

from __future__ import annotations

import math
from itertools import product
from typing import NamedTuple

from glorot_tutor.study.experiments.depths import EndToEnd, Reach

DEPTHS = {
    1 / 3: (3, 4, 5, 6, 8, 10, 12, 15),
    0.5: (4, 5, 6, 8, 10, 12, 15, 20, 25),
    0.7: (6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60),
    1.0: (10, 20, 40, 60),
    0.9: (10, 20, 40, 60),
}
"""Depths that are tried, by n Var[W]: to three times six depth scales where that is below 60.

The last two at 0.7 were added when 40 layers had been trained. The last variance is run last: no
verdict rests on it.
"""

HALF = 50.0
"""Test error (%) below which a network counts as trained."""

RATES = (0.005, 0.02, 0.08)
"""Fourfold steps: the lowest for the deepest networks at n Var[W] = 1, the highest for those whose
gradients vanish."""


def trained_depths(scale: str) -> dict[float, tuple[Reach, ...]]:
    """Return tanh networks of many depths, by n Var[W]."""
    return {
        variance: tuple(_reach(scale, variance, depth) for depth in _some(depths, scale))
        for variance, depths in DEPTHS.items()
    }


def gain_of(variance: float) -> float:
    """Return the factor on eq. 1's bound that gives weights this n Var[W]; 1 gives it 1/3."""
    return math.sqrt(3 * variance)


def _reach(scale: str, variance: float, depth: int) -> Reach:
    network = "tanh", "standard", gain_of(variance), depth
    if scale == "quick":
        return Reach(*network, (0.1,), HALF, 400, 200, width=50, data="digits")
    return Reach(*network, RATES, HALF, 5_000, 500)


def _some(depths: tuple[int, ...], scale: str) -> tuple[int, ...]:
    return depths[:: len(depths) - 1] if scale == "quick" else depths


class Gained(NamedTuple):
    """An activation whose layers are watched end to end, and the gain on its weights.

    The weights' variance is gain^2 / n, whether they are orthogonal or Gaussian.
    """

    activation: str
    gain: float


TANH, RELU = Gained("tanh", 1.02), Gained("relu", math.sqrt(2))

LAWS = ("orthogonal", "lecun_normal")
"""Orthogonal weights, and independent Gaussian ones of the same variance."""

GOAL = 30.0
"""Test error (%) to which the two are run."""

FIVE_RATES = (0.01, 0.003, 0.03, 0.001, 0.1)
"""Half decades, the middle one first: a rate that is slower than one before it ends early."""


def spectra(scale: str) -> tuple[EndToEnd, ...]:
    """Return the deep networks whose singular values are taken before the first update."""
    depth, width, seeds, data = (10, 30, 1, "digits") if scale == "quick" else (50, 300, 3, "mnist")
    return tuple(
        EndToEnd(activation, law, gain, depth, width, seed, data)
        for (activation, gain), law, seed in product((TANH, RELU), LAWS, range(seeds))
    )


def isometric(scale: str) -> tuple[Reach, ...]:
    """Return the deep tanh networks that race from orthogonal and from Gaussian weights."""
    activation, gain = TANH
    if scale == "quick":
        quick = (0.03, 0.1), GOAL, 400, 100
        return tuple(Reach(activation, law, gain, 10, *quick, 50, data="digits") for law in LAWS)
    return tuple(
        Reach(activation, law, gain, 50, FIVE_RATES, GOAL, 10_000, 100, seed=seed)
        for seed, law in product(range(3), LAWS)
    )
