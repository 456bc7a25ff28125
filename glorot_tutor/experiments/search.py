"""The learning-rate search of section 2.3: a grid at a short budget, the best at the full one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from glorot_tutor.experiments.base import Experiment
from glorot_tutor.experiments.learning import Training

Lookup = Callable[[Experiment], Mapping[str, pd.DataFrame] | None]
"""Gives the recorded frames of an experiment, None if there is no record."""


class Model(NamedTuple):
    """A line of Table 1, before its learning rate is known."""

    activation: str
    initialization: str
    depth: int = 5


MODELS = {
    "sigmoid": Model("sigmoid", "standard"),
    "sigmoid 4": Model("sigmoid", "standard", depth=4),
    "tanh": Model("tanh", "standard"),
    "softsign": Model("softsign", "standard"),
    "tanh N": Model("tanh", "normalized"),
    "softsign N": Model("softsign", "normalized"),
}

RATES = (0.002, 0.0063, 0.02, 0.063, 0.2)
"""Two decades in steps of the square root of 10."""


@dataclass(frozen=True)
class Budget:
    """What a scale spends.

    Attributes
    ----------
    width
        Units of each hidden layer.
    grid
        Updates of each rate on the grid; its seed is 0.
    full
        Updates of the best rate, by seed.
    other
        What takes the place of `full`, by model.
    second
        Updates of the second-best rate, by model and seed.
    """

    width: int
    grid: int
    full: dict[int, int]
    other: dict[str, dict[int, int]] = field(default_factory=dict)
    second: dict[str, dict[int, int]] = field(default_factory=dict)


BUDGETS = {
    "quick": Budget(100, 5_000, {0: 20_000}),
    "book": Budget(
        1000,
        60_000,
        {0: 1_000_000, 1: 300_000, 2: 300_000},
        # the network whose escape from the plateau figure 2 shows
        other={"sigmoid 4": {0: 3_000_000, 1: 300_000, 2: 300_000}},
        second={"sigmoid 4": {0: 3_000_000}},
    ),
    # the paper chose among runs of the full length: the grid's winner is its own seed 0
    "paper": Budget(1000, 5_000_000, dict.fromkeys(range(3), 5_000_000)),
}


def grid(model: str, scale: str) -> list[Training]:
    """Return one run for each learning rate, lowest rate first."""
    budget = BUDGETS[scale]
    return [_training(model, scale, rate, budget.grid) for rate in RATES]


def ranking(model: str, scale: str, lookup: Lookup) -> list[float] | None:
    """Rates of the grid, best first: by the last recorded validation error.

    A run that diverged ranks last, and of two equal ones the lower rate comes first. None if a
    run of the grid is not recorded.
    """
    found = []
    for run in grid(model, scale):
        frames = lookup(run)
        if frames is None:
            return None
        found.append((validation_error(frames), run.learning_rate))
    return [rate for _, rate in sorted(found)]


def validation_error(frames: Mapping[str, pd.DataFrame]) -> float:
    """Last recorded validation error (%); infinite if the run diverged."""
    curve = frames["curve"]
    errors = curve.loc[curve["split"] == "validation", "error"]
    diverged = frames["outcome"]["diverged_at"].notna().any()
    return math.inf if diverged or errors.empty else float(errors.iloc[-1])


def chosen(model: str, scale: str, lookup: Lookup) -> list[Training] | None:
    """Return the runs at full budget, seed 0 first; None until the grid is recorded."""
    rates = ranking(model, scale, lookup)
    return None if rates is None else _full(model, scale, rates)


def stand_ins(model: str, scale: str) -> list[Training]:
    """Return runs as long as those that `chosen` will give, at rates that are not chosen yet."""
    return _full(model, scale, list(RATES))


def _full(model: str, scale: str, rates: list[float]) -> list[Training]:
    budget = BUDGETS[scale]
    lengths = (budget.other.get(model, budget.full), budget.second.get(model, {}))
    return [
        _training(model, scale, rate, updates, seed)
        for rate, of_seed in zip(rates, lengths, strict=False)
        for seed, updates in of_seed.items()
    ]


def _training(model: str, scale: str, rate: float, updates: int, seed: int = 0) -> Training:
    activation, initialization, depth = MODELS[model]
    widths = (BUDGETS[scale].width,) * depth
    return Training(activation, initialization, rate, updates, widths, seed)
