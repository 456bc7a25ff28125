"""What is compared, and what a scale spends on it: models, learning rates, updates, seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from glorot_tutor.checks import one_of

RATES = (0.002, 0.0063, 0.02, 0.063, 0.2)
"""Two decades in steps of the square root of 10."""

SIGMOID_RATES = (0.0063, 0.02, 0.063, 0.2, 0.63)
"""Half a decade higher: a sigmoid's slope is a quarter of the others' at most."""


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

TABLE = ("softsign", "softsign N", "tanh", "tanh N", "sigmoid")
"""The models of Table 1, in its order."""


class Column(NamedTuple):
    """A data set of Table 1: its name with us and in `paper.table1`, and in words."""

    data: str
    in_paper: str
    title: str


COLUMNS = (
    Column("shapeset", "shapeset", "Shapeset-3x2"),
    Column("mnist", "mnist", "MNIST"),
    Column("cifar10", "cifar10", "CIFAR-10"),
    Column("tiny-imagenet-9", "small_imagenet", "Small-ImageNet (here: a stand-in)"),
)
"""The data sets of Table 1; the last stands in for Small-ImageNet, which nobody may hand out."""

FINITE = tuple(column.data for column in COLUMNS[1:])
"""Those that do not go on without end."""


@dataclass(frozen=True)
class Round:
    """A round of the search: the best rates of the round before, each run for so many updates.

    Attributes
    ----------
    rates
        At most so many of them.
    updates
        Of each.
    margin
        Only those whose validation error lies within so many points of the best.
    """

    rates: int
    updates: int
    margin: float = math.inf


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
    further
        What some models are given in place of `full`, by model and seed.
    candidates
        The rates that a model's search begins with, where that is not its whole grid.
    extends
        Whether a rate is added beyond the edge of the grid while the best one lies there.

    Where the last round is a tie, as it is for runs on the plateau, the longest runs that are
    recorded settle it: so a second-best rate that is run in full, too, may come first.
    """

    width: int
    rounds: tuple[Round, ...]
    full: dict[int, int]
    second: dict[str, dict[int, int]] = field(default_factory=dict)
    further: dict[str, dict[int, int]] = field(default_factory=dict)
    candidates: dict[str, tuple[float, ...]] = field(default_factory=dict)
    extends: bool = False

    @property
    def lengths(self) -> list[int]:
        """Updates of the last round and of the runs after it, longest first."""
        ends = (self.full, *self.further.values(), *self.second.values())
        seeds = (updates for of_seed in ends for updates in of_seed.values())
        return sorted({self.rounds[-1].updates, *seeds}, reverse=True)

    def by_seed(self, model: str) -> dict[int, int]:
        """Updates of a model's best rate, by seed."""
        return self.full | self.further.get(model, {})


CANDIDATES = {
    "sigmoid": (0.2, 0.63),
    "sigmoid 4": (0.2, 0.63),
    "tanh": (0.0063, 0.02, 0.063),
    "softsign": (0.02, 0.063),
    "tanh N": (0.0063, 0.02),
    "softsign N": (0.02, 0.063),
}
"""Neighbours on the grid that were best after 300,000 updates. For the sigmoids, on their plateau
then, the two highest; tanh has three, since two were alike after 60,000."""

_ALL = len(RATES)
_ANY = 100
"""Rates that a grid may be extended to: it ends long before."""

BUDGETS = {
    "quick": Budget(100, (Round(_ALL, 5_000),), {0: 20_000}),
    "book": Budget(
        1000,
        (Round(_ALL, 60_000), Round(2, 300_000)),
        {0: 1_000_000, 1: 300_000, 2: 300_000},
        # the network whose escape from the plateau figure 2 shows
        second={"sigmoid 4": {0: 1_000_000}},
    ),
    # the paper chose among runs of the full length; here those that are far behind after a fifth
    # of it do not go on
    "paper": Budget(
        1000,
        (Round(_ALL, 1_000_000), Round(_ALL, 5_000_000, margin=3)),
        {0: 5_000_000, 1: 1_000_000, 2: 1_000_000},
        second={"sigmoid 4": {0: 5_000_000}},
        further={"tanh": {1: 5_000_000}, "tanh N": {1: 5_000_000}},
        candidates=CANDIDATES,
    ),
}
"""On Shapeset-3x2, whose stream has no end."""


class Passes(NamedTuple):
    """What a finite set is given at scale `book`.

    Attributes
    ----------
    updates
        Mini-batches of one pass.
    number, seeds
        Passes, and runs of them at the best rate.
    extends
        Whether the search goes on beyond the edge of the grid while the best rate lies there.
    """

    updates: int
    number: int
    seeds: int
    extends: bool = True


PASSES = {
    "mnist": Passes(5_000, 10, 3),
    "fashion-mnist": Passes(5_000, 10, 3),
    # what lies beyond the grid is not recorded yet
    "cifar10": Passes(4_000, 10, 3, extends=False),
    # what a reader builds may be larger or smaller: passes of the paper's 90,000 images
    "small-imagenet": Passes(9_000, 10, 3),
    # nor here
    "tiny-imagenet-9": Passes(2_565, 10, 3, extends=False),
    "shapeset-100k": Passes(10_000, 30, 1),
}
"""The sets that are gone through pass after pass, in mini-batches of 10."""

ROUNDS = (2, 5)
"""Passes of the two rounds of the search on a finite set."""

PATIENCE = 100
"""Passes at scale `paper`, which prints none: as many as a constant rate makes use of."""


def budget(scale: str, data: str = "shapeset") -> Budget:
    """Return what a scale spends on each model on one data set; `UsageError` if it has no plan."""
    one_of("scale", scale, BUDGETS)
    one_of("data set with a budget", data, ("shapeset", *PASSES))
    if data == "shapeset":
        return BUDGETS[scale]
    one, number, seeds, extends = PASSES[data]
    if scale == "quick":
        return Budget(100, (Round(_ALL, one // 5),), {0: one})
    if scale == "paper":
        long = PATIENCE * one
        return Budget(1000, (Round(_ANY, long),), dict.fromkeys(range(3), long), extends=extends)
    rounds = (Round(_ANY, ROUNDS[0] * one), Round(2, ROUNDS[1] * one))
    return Budget(1000, rounds, dict.fromkeys(range(seeds), number * one), extends=extends)


def whole(data: str = "shapeset") -> int:
    """Updates of the whole budget of a data set.

    On Shapeset-3x2 the paper's (section 2.3); on a finite set, for which the paper prints none,
    those of the book.
    """
    return max(budget("paper" if data == "shapeset" else "book", data).full.values())
