"""Plans for what the paper says in passing: pre-training, and what the lower layers are good for.

The text says little of how the lowest curve of figure 11 was made. What it leaves open is chosen on
the validation set: noise and rate of the pre-training on short runs, which begin with little of it,
then the rate of the training after it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import NamedTuple

from glorot_tutor.pretraining import Pretraining
from glorot_tutor.study.experiments.base import Experiment
from glorot_tutor.study.experiments.learning import Training
from glorot_tutor.study.experiments.pretraining import Pretrained
from glorot_tutor.study.experiments.search import Lookup, Prior, level
from glorot_tutor.study.experiments.usefulness import LinearProbes


class Denoised(NamedTuple):
    """A model that is pre-trained, and what is tried of it.

    Attributes
    ----------
    activation, depth
        The network, of the standard initialization.
    noisy_rates
        Learning rates of the pre-training: above the last one the first layer is at its bounds
        within a few updates.
    rates
        Learning rates of the training after it; half decades around the best one without it.
    """

    activation: str
    depth: int
    noisy_rates: tuple[float, ...]
    rates: tuple[float, ...]


_TANH = Denoised("tanh", 5, (0.001, 0.003, 0.01), (0.002, 0.0063, 0.02, 0.063))
_SIGMOID = Denoised("sigmoid", 4, (0.003, 0.01, 0.03), (0.02, 0.063, 0.2, 0.63))

DENOISED = {
    "tanh": _TANH,
    "sigmoid 4": _SIGMOID,
    "tanh 4": _TANH._replace(depth=4),
    "sigmoid": _SIGMOID._replace(depth=5),
}
"""By name, as in `budgets.MODELS`, in the order in which they are run."""

_TRIED_ON = {"tanh": "tanh", "sigmoid": "sigmoid 4"}  # noise and rate, by activation


class Spending(NamedTuple):
    """What a scale spends on pre-training and after it.

    Attributes
    ----------
    width
        Units of each hidden layer.
    corruptions
        Shares of noise that are tried; the first one is that of the authors' later code.
    trial
        Updates of each layer and updates of the training, where noise and rate are chosen.
    layer
        Updates of each layer after that.
    rounds
        Updates of the training at every rate.
    full
        Updates at the best rate, by model; others are not run further.
    """

    width: int
    corruptions: tuple[float, ...]
    trial: tuple[int, int]
    layer: int
    rounds: int
    full: dict[str, int]


SPENDING = {
    "quick": Spending(
        50, (0.25,), (300, 300), 1_000, 1_000, dict.fromkeys(DENOISED, 3_000)
    ),
    "book": Spending(
        1000, (0.25, 0.1, 0.4), (3_000, 20_000), 100_000, 100_000,
        {"tanh": 1_000_000, "sigmoid 4": 300_000, "tanh 4": 300_000, "sigmoid": 300_000},
    ),
    "paper": Spending(
        1000, (0.25, 0.1, 0.4), (3_000, 20_000), 100_000, 1_000_000,
        dict.fromkeys(DENOISED, 5_000_000),
    ),
}  # fmt: skip


class Round(NamedTuple):
    """Runs that are made together; if not `known`, stand-ins of the right number and length."""

    title: str
    runs: tuple[Experiment, ...]
    known: bool


def denoised(name: str, scale: str, lookup: Lookup) -> list[Round]:
    """Return the rounds of a pre-trained model, in the order in which they are run."""
    given = SPENDING[scale]
    trials = _trials(_TRIED_ON[DENOISED[name].activation], given)
    winner = best_of(trials, lookup)
    how = replace((winner or trials[0]).pretraining or Pretraining(), updates=given.layer)
    first = Pretrained(*_model(name), pretraining=how, widths=_widths(name, given))
    grid = tuple(
        Training(*_model(name), rate, given.rounds, first.widths, pretraining=how)
        for rate in DENOISED[name].rates
    )
    chosen = best_of(grid, lookup) if winner else None
    full = replace(chosen or grid[0], updates=given.full[name])
    return [
        Round(f"noise and rate, {DENOISED[name].activation}", trials, known=True),
        Round(f"{name}, pre-trained", (first,), winner is not None),
        Round(f"{name}, rates after it", grid, winner is not None),
        Round(f"{name}, the best rate in full", (full,), chosen is not None),
    ]


def fine_tuned(name: str, lookup: Lookup, scale: str = "book") -> Training | None:
    """Return the longest recorded run of a pre-trained model at the rate that was chosen.

    None until there is a choice.
    """
    *_, last = denoised(name, scale, lookup)
    (run,) = last.runs
    if not last.known or not isinstance(run, Training):
        return None
    return run if lookup(run) else replace(run, updates=SPENDING[scale].rounds)


def linear(
    name: str, lookup: Lookup, scale: str = "book"
) -> tuple[LinearProbes, LinearProbes | None]:
    """Return the regressions on a model's layers, random and pre-trained; None as above."""
    given = SPENDING[scale]
    random = LinearProbes(*_model(name), updates=given.layer, widths=_widths(name, given))
    _, first, *_ = denoised(name, scale, lookup)
    (run,) = first.runs
    assert isinstance(run, Pretrained)
    return random, replace(random, pretraining=run.pretraining) if first.known else None


def _trials(name: str, given: Spending) -> tuple[Training, ...]:
    layer, updates = given.trial
    model, rates = _model(name), DENOISED[name].rates
    return tuple(
        # at the rate that is best without pre-training
        Training(
            *model, rates[-2], updates, _widths(name, given),
            pretraining=Pretraining(corruption, rate, layer),
        )
        for corruption, rate in product(given.corruptions, DENOISED[name].noisy_rates)
    )  # fmt: skip


def _model(name: str) -> tuple[str, str]:
    return DENOISED[name].activation, "standard"


def _widths(name: str, given: Spending) -> tuple[int, ...]:
    return (given.width,) * DENOISED[name].depth


def best_of(runs: Iterable[Training], lookup: Lookup) -> Training | None:
    """First run of `in_order`; None if one is missing, or all diverged."""
    ranked = in_order(runs, lookup)
    return ranked[0] if ranked else None


def in_order(runs: Iterable[Training], lookup: Lookup) -> list[Training] | None:
    """Sort runs by their validation error, the least first; None if one is missing.

    Those on the plateau are equal, and of equal runs the higher rate comes first, as in `search`,
    of equal rates the one that was given first. Those that diverged are left out.
    """
    ranked = []
    for run in runs:
        frames = lookup(run)
        if frames is None:
            return None
        ranked.append((level(frames, Prior.of(run.data)), -run.learning_rate, run))
    return [run for error, _, run in sorted(ranked, key=lambda row: row[:2]) if error < math.inf]


GAIN = 4.0
"""Factor on eq. 16 that a widely copied tutorial wants for sigmoids."""

GAINED_RATES = (0.063, 0.2, 0.63)


def fourfold(scale: str) -> tuple[Training, ...]:
    """Return sigmoid networks of depths 4 and 5 whose first weights are four times as large."""
    width, updates = (50, 1_000) if scale == "quick" else (1000, 100_000)
    return tuple(
        Training("sigmoid", "normalized", rate, updates, (width,) * depth, gain=GAIN)
        for depth, rate in product((4, 5), GAINED_RATES)
    )
