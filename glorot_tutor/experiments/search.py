"""The learning-rate search of section 2.3: a grid, the best two for longer, the best in full."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import pandas as pd

from glorot_tutor.experiments.base import Experiment
from glorot_tutor.experiments.learning import Training
from glorot_tutor.shapeset import class_prior

Lookup = Callable[[Experiment], Mapping[str, pd.DataFrame] | None]
"""Gives the recorded frames of an experiment, None if there is no record."""


RATES = (0.002, 0.0063, 0.02, 0.063, 0.2)
"""Two decades in steps of the square root of 10."""

SIGMOID_RATES = (0.0063, 0.02, 0.063, 0.2, 0.63)
"""Half a decade higher: a sigmoid's slope is a quarter of the others' at most."""


PLATEAU = 100 * (1 - float(max(class_prior()))) - 1
"""Error (%) above which a network knows little more than the class frequencies: theirs, less what
chance makes of it on 10,000 examples."""


ENTROPY = -sum(float(p) * math.log(p) for p in class_prior())
"""NLL (nats) of the class frequencies."""


class Model(NamedTuple):
    """A line of Table 1, before its learning rate is known; and the rates that are tried."""

    activation: str
    initialization: str
    depth: int = 5
    rates: tuple[float, ...] = RATES


MODELS = {
    "sigmoid": Model("sigmoid", "standard", rates=SIGMOID_RATES),
    "sigmoid 4": Model("sigmoid", "standard", 4, SIGMOID_RATES),
    "tanh": Model("tanh", "standard"),
    "softsign": Model("softsign", "standard"),
    "tanh N": Model("tanh", "normalized"),
    "softsign N": Model("softsign", "normalized"),
}


@dataclass(frozen=True)
class Round:
    """A round of the search: so many rates are still in it, each run for so many updates."""

    rates: int
    updates: int


@dataclass(frozen=True)
class Budget:
    """What a scale spends.

    Attributes
    ----------
    width
        Units of each hidden layer.
    rounds
        Of the search, the first on all rates; its runs have seed 0, and those of a later round go
        on from those of the one before.
    full
        Updates of the best rate, by seed.
    second
        Updates of the second-best rate, by model and seed.

    Where the last round is a tie, as it is for runs on the plateau, the longest runs that are
    recorded settle it: so a second-best rate that is run in full, too, may come first.
    """

    width: int
    rounds: tuple[Round, ...]
    full: dict[int, int]
    second: dict[str, dict[int, int]] = field(default_factory=dict)

    @property
    def lengths(self) -> list[int]:
        """Updates of the last round and of the runs after it, longest first."""
        return sorted({self.rounds[-1].updates, *self.full.values()}, reverse=True)


_ALL = len(RATES)

BUDGETS = {
    "quick": Budget(100, (Round(_ALL, 5_000),), {0: 20_000}),
    "book": Budget(
        1000,
        (Round(_ALL, 60_000), Round(2, 300_000)),
        {0: 1_000_000, 1: 300_000, 2: 300_000},
        # the network whose escape from the plateau figure 2 shows
        second={"sigmoid 4": {0: 1_000_000}},
    ),
    # the paper chose among runs of the full length: the winner of the one round is seed 0
    "paper": Budget(1000, (Round(_ALL, 5_000_000),), dict.fromkeys(range(3), 5_000_000)),
}


class Step(NamedTuple):
    """Runs that are made together; if not `known`, stand-ins of the right number and length."""

    title: str
    runs: list[Training]
    known: bool


def steps(model: str, scale: str, lookup: Lookup) -> list[Step]:
    """Return the rounds of the search and, as the last step, the full budget."""
    budget, rates = BUDGETS[scale], list(MODELS[model].rates)
    found: list[Step] = []
    known = True
    for part in budget.rounds:
        runs = [_training(model, scale, rate, part.updates) for rate in sorted(rates[: part.rates])]
        title = "best rates for longer" if found else "grid of learning rates"
        found.append(Step(title, runs, known))
        last = part is budget.rounds[-1]
        ranked = _ranking(runs, lookup, budget if last else None) if known else None
        rates, known = ranked or rates, ranked is not None
    return [*found, Step("full budget", _full(model, scale, rates), known)]


def _ranking(
    runs: list[Training], lookup: Lookup, budget: Budget | None = None
) -> list[float] | None:
    """Rates of some runs, best first, by the last validation error; None if one is missing.

    Runs that are still on the plateau of the class prior are equal, and of equal runs the higher
    rate comes first, which is a guess: on the plateau the validation error cannot tell rates apart.
    A run that diverged ranks last. With a budget, what equal runs were continued to comes before
    the guess, as far as it is recorded.
    """
    found = []
    for run in runs:
        frames = lookup(run)
        if frames is None:
            return None
        later = None
        if budget is not None:
            later = recorded(replace(run, updates=budget.lengths[0]), budget, lookup)
        onward = (lookup(later) if later else None) or frames
        found.append((_level(frames), _level(onward), -run.learning_rate))
    return [-rate for _, _, rate in sorted(found)]


def _level(frames: Mapping[str, pd.DataFrame]) -> float:
    return PLATEAU if _is_stuck(frames) else validation_error(frames)


def _is_stuck(frames: Mapping[str, pd.DataFrame]) -> bool:
    """Whether a run is on the plateau: its error and its NLL are near those of the class prior."""
    curve = frames["curve"]
    nll = curve.loc[curve["split"] == "validation", "nll"].iloc[-1:]
    # a constant rate keeps the biases trembling, which costs up to some tenths of a nat
    return PLATEAU < validation_error(frames) < math.inf and bool((nll < ENTROPY + 0.5).all())


def validation_error(frames: Mapping[str, pd.DataFrame]) -> float:
    """Last recorded validation error (%); infinite if the run diverged."""
    curve = frames["curve"]
    errors = curve.loc[curve["split"] == "validation", "error"]
    diverged = frames["outcome"]["diverged_at"].notna().any()
    return math.inf if diverged or errors.empty else float(errors.iloc[-1])


def recorded(planned: Training, budget: Budget, lookup: Lookup) -> Training | None:
    """Return how far a planned run is recorded: the longest of the budget's lengths, or None."""
    for updates in budget.lengths:
        run = replace(planned, updates=updates)
        if updates <= planned.updates and lookup(run) is not None:
            return run
    return None


def chosen(model: str, scale: str, lookup: Lookup) -> list[Training] | None:
    """Return the runs at full budget, seed 0 first; None until the search is recorded."""
    last = steps(model, scale, lookup)[-1]
    return last.runs if last.known else None


def _full(model: str, scale: str, rates: list[float]) -> list[Training]:
    budget = BUDGETS[scale]
    return [
        _training(model, scale, rate, updates, seed)
        for rate, of_seed in zip(rates, (budget.full, budget.second.get(model, {})), strict=False)
        for seed, updates in of_seed.items()
    ]


def _training(model: str, scale: str, rate: float, updates: int, seed: int = 0) -> Training:
    activation, initialization, depth, _ = MODELS[model]
    widths = (BUDGETS[scale].width,) * depth
    return Training(activation, initialization, rate, updates, widths, seed)
