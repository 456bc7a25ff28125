"""Which experiments stand behind each figure and table, at three scales."""

from __future__ import annotations

from collections.abc import Callable

from glorot_tutor.checks import one_of
from glorot_tutor.experiments.base import Experiment
from glorot_tutor.experiments.start import AtStart, CostSurfaces

SCALES = ("quick", "book", "paper")


def _surfaces(scale: str) -> list[Experiment]:
    return [CostSurfaces(seed) for seed in range(3 if scale == "quick" else 10)]


def _at_start(scale: str) -> list[Experiment]:
    # ten draws of the weights: the variances of section 4.2.1 are expectations over draws
    width, seeds = (100, 1) if scale == "quick" else (1000, 10)
    return [
        AtStart(activation, initialization, 5, width, seed, jacobian_examples=examples)
        for activation, examples in (("tanh", 16), ("identity", 0))
        for initialization in ("standard", "normalized")
        for seed in range(seeds)
    ]


PLANS: dict[str, Callable[[str], list[Experiment]]] = {
    "fig5": _surfaces,
    "fig6": _at_start,
    "fig7": _at_start,
    "fig8": _at_start,
}
"""What each figure needs. Figures 6-8 are three views of the same networks."""


def plan(name: str, scale: str = "book") -> list[Experiment]:
    """Return the experiments behind one figure at one scale."""
    one_of("plan", name, PLANS)
    return PLANS[name](one_of("scale", scale, SCALES))
