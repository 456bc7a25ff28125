"""Plans for what the paper says in passing of other networks: one thing varied, at its best rate.

Each variation is tried at some learning rates, seed 0; the one with the least validation error is
run in full.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from glorot_tutor.study.experiments.asides import Round, best_of
from glorot_tutor.study.experiments.budgets import MODELS
from glorot_tutor.study.experiments.learning import Training
from glorot_tutor.study.experiments.search import Lookup


class Variation(NamedTuple):
    """A network that is trained at several rates, and in full at the best.

    Attributes
    ----------
    run
        What is run in full, at the first of the rates and for the first of the seeds.
    rates
        Learning rates that are tried.
    trial
        Updates at each of them.
    seeds
        Of the runs in full.
    """

    run: Training
    rates: tuple[float, ...]
    trial: int
    seeds: tuple[int, ...] = (0,)

    @property
    def grid(self) -> tuple[Training, ...]:
        """The runs of which the best rate is chosen."""
        return tuple(
            replace(self.run, learning_rate=rate, updates=self.trial) for rate in self.rates
        )

    def settled(self, lookup: Lookup) -> tuple[Training, ...] | None:
        """Return the runs in full, one for each seed; None until the rate is chosen."""
        winner = best_of(self.grid, lookup)
        return None if winner is None else self._full(winner.learning_rate)

    def rounds(self, title: str, lookup: Lookup) -> list[Round]:
        """Return the grid and the runs in full."""
        full = self.settled(lookup)
        return [
            Round(f"{title}, learning rates", self.grid, known=True),
            Round(
                f"{title}, the best in full", full or self._full(self.rates[0]), full is not None
            ),
        ]

    def _full(self, rate: float) -> tuple[Training, ...]:
        return tuple(replace(self.run, learning_rate=rate, seed=seed) for seed in self.seeds)


_AROUND = (0.0063, 0.02, 0.063)
"""Around the rate that is best for most models."""

_GROWING, _SHRINKING = (512, 768, 1024, 1280, 1536), (1408, 1152, 912, 672, 432)
"""Units by layer, each with as many weights as 5 x 1,000 to within one percent."""

DEPTHS = range(1, 6)


def _network(
    model: str, scale: str, updates: int, widths: tuple[int, ...] | None = None
) -> Training:
    """One of `MODELS`, small at scale `quick`; its rate is to be replaced."""
    activation, initialization, depth, _ = MODELS[model]
    widths = widths or (1000,) * depth
    if scale == "quick":
        widths, updates = tuple(n // 20 for n in widths), 1_000
    return Training(activation, initialization, _AROUND[0], updates, widths)


def _one_object(scale: str) -> dict[str, Variation]:
    run = replace(_network("tanh N", scale, 100_000), data="shapeset-3x1")
    # the lowest was added when the one above it had turned out the best
    return {"one object": Variation(run, (0.002, *_AROUND), run.updates)}


def _linear(scale: str) -> dict[str, Variation]:
    run = replace(_network("tanh N", scale, 100_000), activation="identity")
    return {"linear units": Variation(run, (0.00063, 0.002, 0.0063, 0.02), run.updates)}


def _cost(scale: str) -> dict[str, Variation]:
    run = replace(_network("tanh N", scale, 300_000), cost="quadratic")
    return {"quadratic cost": Variation(run, (0.02, 0.063, 0.2, 0.63), run.updates // 5)}


def _shapes(scale: str) -> dict[str, Variation]:
    found = {}
    for shape, widths in (("growing", _GROWING), ("shrinking", _SHRINKING)):
        for model in ("tanh", "tanh N"):
            run = _network(model, scale, 300_000, widths)
            found[f"{model}, {shape}"] = Variation(run, _AROUND, run.updates // 5)
    return found


def _depths(scale: str) -> dict[str, Variation]:
    found = {}
    for model in ("sigmoid", "tanh", "softsign", "tanh N", "softsign N"):
        for depth in DEPTHS:
            # sigmoids and shallow networks want higher rates
            rates = (0.02, 0.063, 0.2) if depth < 3 else _AROUND
            rates = (0.063, 0.2, 0.63) if model == "sigmoid" else rates
            run = _network(model, scale, 100_000, (1000,) * depth)
            found[f"{model}, depth {depth}"] = Variation(run, rates, run.updates)
    return found


SOURCES = {
    "diagonal": ("hessian", "Hessian's diagonal"),
    "variance": ("variance", "gradient variance"),
}
"""By plan, the rule that gives each weight a rate of its own, and what it rests on in words."""


def _second_order(scale: str, plan: str) -> dict[str, Variation]:
    rule, words = SOURCES[plan]
    found = {}
    for model in ("tanh", "tanh N"):
        run = replace(_network(model, scale, 300_000), rule=rule)
        # on a scale of their own: a weight of little curvature moves ten times as fast
        rates = (0.002, 0.0063, 0.02, 0.063)
        found[f"{model}, {words}"] = Variation(run, rates, run.updates // 5)
    return found


VARIED: dict[str, Callable[[str], dict[str, Variation]]] = {
    "object": _one_object,
    "linear": _linear,
    "cost": _cost,
    "shapes": _shapes,
    "depths": _depths,
    **{plan: partial(_second_order, plan=plan) for plan in SOURCES},
}
"""Variations by plan: one object alone (2.1), units that stay linear (3), the quadratic cost in
training (4.1), widths that grow or shrink (5), every depth (2.3), second-order information (5).
Each gives them by name, at a scale; there is no longer one at scale `paper` than at `book`."""
