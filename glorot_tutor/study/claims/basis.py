"""What a verdict rests on: which seeds, and how much of the paper's budget."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

from glorot_tutor.study.experiments.budgets import whole
from glorot_tutor.study.words import counted, listed


class Run(NamedTuple):
    """A run, or one of each of some models with the same seed, that was judged.

    Attributes
    ----------
    seed, updates
        As far as all of them have got.
    data
        Name of the data set.
    model
        Its name, where the models are judged one by one.
    """

    seed: int
    updates: int
    data: str = "shapeset"
    model: str = ""

    @property
    def label(self) -> str:
        """What a table calls it."""
        data = "" if self.data == "shapeset" else self.data
        return ", ".join(filter(None, (data, self.model, f"seed {self.seed}")))

    @property
    def share(self) -> float:
        """How much of the whole budget it has had, in percent."""
        return 100 * self.updates / whole(self.data)

    @property
    def done(self) -> bool:
        """Whether it has had all of it."""
        return self.updates >= whole(self.data)


def basis(runs: Iterable[Run]) -> str:
    """Say which seeds some runs are, and how far they went.

    As in `seed 0 to 1,000,000 (20 %), seeds 1 and 2 to 300,000 (6 %) of 5,000,000 updates`.
    """
    once = sorted(
        {run._replace(model="") for run in runs}, key=lambda r: (r.data, -r.updates, r.seed)
    )
    return "; ".join(_of_data(data, list(of)) for data, of in groupby(once, key=lambda r: r.data))


def _of_data(data: str, runs: list[Run]) -> str:
    words = []
    for updates, group in groupby(runs, key=lambda run: run.updates):
        some = list(group)
        seeds = listed([str(run.seed) for run in some])
        noun = "seed" if len(some) == 1 else "seeds"
        words.append(f"{noun} {seeds} to {updates:,} ({some[0].share:.3g} %)")
    where = "" if data == "shapeset" else f"{data}: "
    return f"{where}{', '.join(words)} of {whole(data):,} updates"


def badge(runs: Iterable[Run]) -> str:
    """Return the same in a few words: `3 seeds, 6 to 20 %`; empty without runs.

    The percentage is of the budget; where data sets differ, of the shortest and the longest.
    """
    runs = list(runs)
    if not runs:
        return ""
    each = [len({run.seed for run in runs if run.data == data}) for data in {r.data for r in runs}]
    seeds = counted(max(each), "seed")
    if min(each) < max(each):
        seeds = f"{min(each)} to {seeds}"
    low, high = (f"{share(run.share for run in runs):.3g}" for share in (min, max))
    return f"{seeds}, {low} %" if low == high else f"{seeds}, {low} to {high} %"
