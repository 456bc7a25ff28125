"""Plans for what later papers say of normalization, of skips and of scales.

All that is chosen here was chosen before the runs were made, but for `Growth`: three draws of it
had been looked at.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import NamedTuple

from glorot_tutor.study.experiments.asides import in_order
from glorot_tutor.study.experiments.learning import Training
from glorot_tutor.study.experiments.normalizing import Drift, Growth
from glorot_tutor.study.experiments.search import Lookup
from glorot_tutor.study.experiments.stacks import BLOCKS
from glorot_tutor.study.experiments.sweeps import Stretch, Sweep

BATCHES = (5, 10, 20, 50)
"""Examples that are normalized together; the claim is about 10."""


def explosions(scale: str) -> tuple[Growth, ...]:
    """Return linear batch-normalized networks before their first update."""
    if scale == "quick":
        return tuple(Growth(batch, depth=20, width=200) for batch in BATCHES)
    return tuple(Growth(batch, seed=seed) for batch, seed in product(BATCHES, range(10)))


LAWS = ("orthogonal", "normalized")

LOSS = 0.5
"""Training loss (nats) to which linear networks are raced."""

LINEAR_DEPTHS = (3, 10, 30, 100)

SIX_RATES = (0.003, 0.01, 0.001, 0.03, 0.0003, 0.1)
"""Half decades, the middle ones first: a rate that is slower than one before it ends early."""


def linear_races(scale: str) -> tuple[Sweep, ...]:
    """Return linear networks of several depths, from orthogonal and from scaled random weights."""
    if scale == "quick":
        quick = (0.01, 0.003, 0.03), 400, 50, LOSS
        cases = product((2, 10), LAWS)
        return tuple(
            Sweep("plain", "identity", law, depth, 50, *quick, data="digits")
            for depth, law in cases
        )
    return tuple(
        Sweep("plain", "identity", law, depth, 300, SIX_RATES, 3_000, 50, LOSS)
        for depth, law in product(LINEAR_DEPTHS, LAWS)
    )


DRIFT_RATES = (0.1, 0.3, 1.0)


def drifts(scale: str) -> tuple[Drift, ...]:
    """Return sigmoid networks with and without batch normalization."""
    if scale == "quick":
        return tuple(Drift(norm, 0.3, 1_000, width=30, data="digits") for norm in (False, True))
    return tuple(Drift(norm, rate) for norm, rate in product((False, True), DRIFT_RATES))


WIDTHS = (64, 128, 256, 512, 1024)

POWERS = tuple(2.0**n for n in range(-7, 2))
"""Learning rates of the sweeps over widths, from 1/128 to 2."""


def widths(scale: str) -> tuple[Sweep, ...]:
    """Return networks of several widths, each in both parametrizations, through one pass."""
    kinds = ("plain", "mup")
    if scale == "quick":
        few = POWERS[1:8:2], 20, 5, 0.0, 64
        return tuple(
            Sweep(kind, "relu", "he_normal", 2, width, *few, data="digits")
            for width, kind in product(WIDTHS[::2], kinds)
        )
    return tuple(
        Sweep(kind, "relu", "he_normal", 2, width, POWERS, 780, 156, 0.0, 64)
        for width, kind in product(WIDTHS, kinds)
    )


SKIP_RATES = (0.003, 0.02, 0.1)


def skips(scale: str) -> tuple[Sweep, ...]:
    """Return deep rectifier networks of every kind of `BLOCKS`, through three passes."""
    if scale == "quick":
        quick = 32, 32, (0.02,), 60, 20, 0.0, 32
        return tuple(Sweep(kind, "relu", "he_normal", *quick, data="digits") for kind in BLOCKS)
    full = 64, 256, SKIP_RATES, 936, 52, 0.0, 128
    return tuple(Sweep(kind, "relu", "he_normal", *full, data="cifar10") for kind in BLOCKS)


def stretches(scale: str) -> tuple[Stretch, ...]:
    """Return the same networks, of which the Jacobian is taken before the first update."""
    if scale == "quick":
        return tuple(Stretch(kind, "relu", "he_normal", 32, 32, data="digits") for kind in BLOCKS)
    return tuple(
        Stretch(kind, "relu", "he_normal", 64, 256, seed, "cifar10")
        for kind, seed in product(BLOCKS, range(3))
    )


CURE_RATES = (0.2, 0.063, 0.02)


def cures(scale: str) -> tuple[Training, ...]:
    """Return the paper's sigmoid networks of five layers with batch normalization."""
    widths, updates = ((50,) * 5, 600) if scale == "quick" else ((1000,) * 5, 20_000)
    return tuple(
        Training("sigmoid", "standard", rate, updates, widths, batch_norm=True)
        for rate in CURE_RATES
    )


class Trial(NamedTuple):
    """A network that is trained at several rates for a while, and in full at the best of them.

    Attributes
    ----------
    run
        What is run in full, at one of the rates.
    rates
        Learning rates that are tried.
    short
        Updates at each of them; those of the run in full if it is short enough.
    """

    run: Training
    rates: tuple[float, ...]
    short: int

    @property
    def grid(self) -> tuple[Training, ...]:
        """The runs of which the best rates are chosen."""
        short = min(self.short, self.run.updates)
        return tuple(replace(self.run, learning_rate=rate, updates=short) for rate in self.rates)

    def full(self, lookup: Lookup) -> tuple[Training, ...] | None:
        """Return the runs in full at the best `BEST` rates; None until the grid is recorded."""
        ranked = in_order(self.grid, lookup)
        if ranked is None:
            return None
        return tuple(replace(run, updates=self.run.updates) for run in ranked[:BEST])


BEST = 2
"""Rates that are run in full."""


MODELS = ("tanh", "tanh N")

PLAIN_RATES = (0.002, 0.0063, 0.02, 0.063, 0.2)
"""Those of the recorded search, and of its twin with batch normalization."""

ADAM_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3)

_LAW = {"tanh": "standard", "tanh N": "normalized"}


def descents(scale: str) -> dict[str, Trial]:
    """Return tanh networks of both initializations, trained by plain descent."""
    return {name: Trial(_tanh(name, scale), PLAIN_RATES, 60_000) for name in MODELS}


def adams(scale: str) -> dict[str, Trial]:
    """Return the same, trained by Adam."""
    runs = {name: replace(_tanh(name, scale), rule="adam") for name in MODELS}
    return {name: Trial(run, ADAM_RATES, 12_000) for name, run in runs.items()}


def normalized(scale: str) -> dict[str, Trial]:
    """Return the same with batch normalization, by plain descent."""
    runs = {name: replace(_tanh(name, scale), batch_norm=True) for name in MODELS}
    return {name: Trial(run, PLAIN_RATES, 12_000) for name, run in runs.items()}


def _tanh(name: str, scale: str) -> Training:
    widths, updates = ((50,) * 5, 600) if scale == "quick" else ((1000,) * 5, 60_000)
    return Training("tanh", _LAW[name], PLAIN_RATES[0], updates, widths)
