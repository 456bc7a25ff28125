"""The learning-rate search of section 2.3: a grid, the best two for longer, the best in full.

Where a budget says so, the grid is extended until its best rate lies inside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from glorot_tutor.datasets import class_frequencies
from glorot_tutor.study.experiments.base import Experiment
from glorot_tutor.study.experiments.budgets import MODELS, Budget, Round, budget
from glorot_tutor.study.experiments.learning import Training

Lookup = Callable[[Experiment], Mapping[str, pd.DataFrame] | None]
"""Gives the recorded frames of an experiment, None if there is no record."""


class Prior(NamedTuple):
    """Error (%) and NLL (nats) of a predictor that knows the class frequencies and nothing else."""

    error: float
    nll: float

    @classmethod
    def of(cls, data: str) -> Prior:
        """Of a data set, by name."""
        shares = class_frequencies(data)
        return cls(100 * (1 - max(shares)), -sum(p * math.log(p) for p in shares))

    @property
    def plateau(self) -> float:
        """Error above which a network knows little more: this one, less what chance makes of it.

        A point is two to three standard errors on 10,000 examples.
        """
        return self.error - 1


class Step(NamedTuple):
    """Runs that are made together; if not `known`, stand-ins of the right number and length."""

    title: str
    runs: list[Training]
    known: bool


def steps(model: str, scale: str, lookup: Lookup, data: str = "shapeset") -> list[Step]:
    """Return the rounds of the search and, as the last step, the full budget."""
    given = budget(scale, data)
    rates = _grid(model, given, lookup, data)
    steps: list[Step] = []
    levels: dict[float, float] | None = dict.fromkeys(rates, 0.0)
    for part in given.rounds:
        tried = sorted(_still_in(part, rates, levels))
        runs = [_training(model, given, rate, part.updates, data) for rate in tried]
        title = "best rates for longer" if steps else "grid of learning rates"
        steps.append(Step(title, runs, levels is not None))
        last = part is given.rounds[-1]
        levels = _levels(runs, lookup, given if last else None) if levels is not None else None
        # the rates that are out stay behind those that are in, in the order that they had
        rates = [*(levels or ()), *(rate for rate in rates if rate not in (levels or ()))]
    return [*steps, Step("full budget", _full(model, given, rates, data), levels is not None)]


def _grid(model: str, given: Budget, lookup: Lookup, data: str) -> list[float]:
    """Rates that the search begins with, as far as they can be named.

    If the best of a grid that `extends` lies at its edge, the next rate beyond belongs to it too:
    that one must be recorded before it is known whether the grid ends there.
    """
    rates = list(given.candidates.get(model, MODELS[model].rates))
    while given.extends:
        runs = [_training(model, given, rate, given.rounds[0].updates, data) for rate in rates]
        best = next(iter(_levels(runs, lookup) or ()), None)
        if best is None or min(rates) < best < max(rates):
            break
        # two significant digits, as in 0.063 and 0.2
        factor = math.sqrt(10) if best == max(rates) else 1 / math.sqrt(10)
        rates.append(float(f"{best * factor:.2g}"))
    return rates


def _still_in(part: Round, rates: list[float], levels: Mapping[float, float] | None) -> list[float]:
    """Rates that a round tries: of an unknown ranking, as many as it has room for."""
    if levels is None:
        return rates[: part.rates]
    least = min(levels.values())
    # a rate that diverged is behind every other one, and beside its like
    near = [rate for rate, level in levels.items() if level <= least + part.margin]
    return near[: part.rates]


def _levels(
    runs: list[Training], lookup: Lookup, given: Budget | None = None
) -> dict[float, float] | None:
    """Validation error by rate, the best rate first; None if a run is missing.

    Runs that are still on the plateau of the class prior are equal, and of equal runs the higher
    rate comes first, which is a guess: on the plateau the validation error cannot tell rates apart.
    A run that diverged ranks last. With a budget, what equal runs were continued to comes before
    the guess, as far as it is recorded.
    """
    ranked = []
    for run in runs:
        frames = lookup(run)
        if frames is None:
            return None
        later = None
        if given is not None:
            later = recorded(replace(run, updates=given.lengths[0]), given, lookup)
        onward = (lookup(later) if later else None) or frames
        prior = Prior.of(run.data)
        ranked.append((level(frames, prior), level(onward, prior), -run.learning_rate))
    return {-rate: error for error, _, rate in sorted(ranked)}


def level(frames: Mapping[str, pd.DataFrame], prior: Prior) -> float:
    """Last validation error (%); the same for all runs that are on the plateau."""
    return prior.plateau if _is_stuck(frames, prior) else validation_error(frames)


def _is_stuck(frames: Mapping[str, pd.DataFrame], prior: Prior) -> bool:
    """Whether a run is on the plateau: its error and its NLL are near those of the class prior."""
    curve = frames["curve"]
    nll = curve.loc[curve["split"] == "validation", "nll"].iloc[-1:]
    # a constant rate keeps the biases trembling, which costs up to some tenths of a nat
    stuck = prior.plateau < validation_error(frames) < math.inf
    return stuck and bool((nll < prior.nll + 0.5).all())


def validation_error(frames: Mapping[str, pd.DataFrame]) -> float:
    """Last recorded validation error (%); infinite if the run diverged."""
    curve = frames["curve"]
    errors = curve.loc[curve["split"] == "validation", "error"]
    diverged = frames["outcome"]["diverged_at"].notna().any()
    return math.inf if diverged or errors.empty else float(errors.iloc[-1])


def recorded(planned: Training, given: Budget, lookup: Lookup) -> Training | None:
    """Return how far a planned run is recorded: the longest of the budget's lengths, or None."""
    for updates in given.lengths:
        run = replace(planned, updates=updates)
        if updates <= planned.updates and lookup(run) is not None:
            return run
    return None


def chosen(model: str, scale: str, lookup: Lookup, data: str = "shapeset") -> list[Training] | None:
    """Return the runs at full budget, seed 0 first; None until the search is recorded."""
    last = steps(model, scale, lookup, data)[-1]
    return last.runs if last.known else None


def _full(model: str, given: Budget, rates: list[float], data: str) -> list[Training]:
    return [
        _training(model, given, rate, updates, data, seed)
        for rate, of_seed in zip(
            rates, (given.by_seed(model), given.second.get(model, {})), strict=False
        )
        for seed, updates in of_seed.items()
    ]


def _training(
    model: str, given: Budget, rate: float, updates: int, data: str, seed: int = 0
) -> Training:
    activation, initialization, depth, _ = MODELS[model]
    widths = (given.width,) * depth
    return Training(activation, initialization, rate, updates, widths, seed, data=data)
