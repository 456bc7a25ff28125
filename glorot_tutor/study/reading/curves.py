"""Gathered runs laid out by model, seed, update and layer, for figures and verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

Curves = Mapping[tuple[str, int], pd.Series]
"""One number by update, for each (model, seed)."""


def by_layer(
    statistics: pd.DataFrame, quantity: str, statistic: str
) -> dict[tuple[str, int], pd.DataFrame]:
    """Lay one statistic out for each (model, seed): updates down, layers across."""
    found = statistics[
        (statistics["quantity"] == quantity) & (statistics["statistic"] == statistic)
    ]
    return {
        (str(model), int(seed)): part.pivot(index="update", columns="layer", values="value")
        for (model, seed), part in found.groupby(["model", "seed"])
    }


def side_by_side(statistics: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Lay one quantity out for drawing: a row to each update and layer, a column to each statistic.

    `statistics` are those of one run, or of several with columns that tell them apart (see
    `gather`), which are kept.
    """
    found = statistics[statistics["quantity"] == quantity]
    told = ("model", "seed", "learning_rate", "update", "layer")
    keys = [name for name in told if name in found]
    table = found.pivot(index=keys, columns="statistic", values="value").reset_index()
    return table.rename_axis(columns=None)


def errors(curve: pd.DataFrame) -> dict[tuple[str, int], pd.Series]:
    """Test error (%) by update, for each (model, seed)."""
    found = curve[curve["split"] == "test"].sort_values("update")
    return {
        (str(model), int(seed)): part.set_index("update")["error"]
        for (model, seed), part in found.groupby(["model", "seed"])
    }


def seeds(found: Iterable[tuple[str, int]], models: Sequence[str]) -> list[int]:
    """Seeds that all of some models have, of the (model, seed) that there are."""
    known = set(found)
    return sorted(
        set.intersection(*({seed for name, seed in known if name == model} for model in models))
    )


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


def at(curves: Curves, models: Sequence[str], updates: Mapping[int, int]) -> pd.DataFrame:
    """Return what each model (column) had after so many updates, for each seed (row)."""
    rows = {
        seed: {model: curves[model, seed][end] for model in models} for seed, end in updates.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(models))
