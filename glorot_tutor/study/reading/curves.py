"""Recorded frames laid out by model, seed, update and layer, for figures and verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from glorot_tutor.study.experiments.search import Prior

Curves = Mapping[tuple[str, int], pd.Series]
"""One number by update, for each (model, seed)."""


class Ends(NamedTuple):
    """Some models where all of them have got, seed by seed.

    Attributes
    ----------
    updates
        For each seed that all of them have, the last update that all have reached.
    errors
        Test error (%) there, as the mean of the last tests (see `end_of`), seeds down, models
        across.
    """

    updates: dict[int, int]
    errors: pd.DataFrame

    def each(self) -> Iterator[tuple[int, int, pd.Series]]:
        """Each seed, its update, and each model's error there."""
        return ((seed, end, self.errors.loc[seed]) for seed, end in self.updates.items())


def by_layer(
    statistics: pd.DataFrame, quantity: str, statistic: str
) -> dict[tuple[str, int], pd.DataFrame]:
    """Lay one statistic out for each (model, seed): updates down, layers across."""
    rows = statistics[(statistics["quantity"] == quantity) & (statistics["statistic"] == statistic)]
    return {
        (str(model), int(seed)): part.pivot(index="update", columns="layer", values="value")
        for (model, seed), part in rows.groupby(["model", "seed"])
    }


def side_by_side(statistics: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Lay one quantity out for drawing: a row to each update and layer, a column to each statistic.

    `statistics` are those of one run, or of several with columns that tell them apart (see
    `Study.gather`), which are kept.
    """
    rows = statistics[statistics["quantity"] == quantity]
    told = ("model", "seed", "learning_rate", "update", "layer")
    keys = [name for name in told if name in rows]
    table = rows.pivot(index=keys, columns="statistic", values="value").reset_index()
    return table.rename_axis(columns=None)


LAST = 5
"""Tests whose mean is the end of a run: a single one moves by points at a constant rate."""


def end_of(error: pd.Series, updates: float = math.inf) -> float:
    """Mean of a run's last tests, or of the last up to so many updates."""
    return float(error.loc[:updates].iloc[-LAST:].mean())


def lasts(held: pd.Series) -> float:
    """First update from which on something holds to the end; infinite if it does not there."""
    missed = np.flatnonzero(~held.to_numpy(bool))
    after = int(missed[-1]) + 1 if len(missed) else 0
    return float(held.index[after]) if after < len(held) else math.inf


def errors(curve: pd.DataFrame) -> dict[tuple[str, int], pd.Series]:
    """Test error (%) by update, for each (model, seed)."""
    rows = curve[curve["split"] == "test"].sort_values("update")
    return {
        (str(model), int(seed)): part.set_index("update")["error"]
        for (model, seed), part in rows.groupby(["model", "seed"])
    }


def seeds(pairs: Iterable[tuple[str, int]], models: Sequence[str]) -> list[int]:
    """Seeds that all of some models have, of the (model, seed) that there are."""
    known = set(pairs)
    of_each = [{seed for name, seed in known if name == model} for model in models]
    return sorted(set.intersection(*of_each)) if of_each else []


def reach(curves: Curves, models: Sequence[str]) -> dict[int, int]:
    """Of each seed that all of some models have, the last update at which all were tested."""
    tested = {key: set(curve.index) for key, curve in curves.items()}
    return {
        seed: int(max(set.intersection(*(tested[model, seed] for model in models))))
        for seed in seeds(curves, models)
    }


def lengths(reached: Mapping[int, int]) -> dict[int, list[int]]:
    """Return, to each of the last updates (see `reach`), shortest first, who got as far: seeds."""
    return {
        end: [seed for seed, last in reached.items() if last >= end]
        for end in sorted(set(reached.values()))
    }


def prior_error(data: str = "shapeset") -> float:
    """Error (%) of a predictor that knows a data set's class frequencies and nothing else."""
    return Prior.of(data).error
