"""Which runs stand for a model, how far they are recorded, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import pandas as pd

from glorot_tutor.study import records
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.experiments.budgets import BUDGETS, budget
from glorot_tutor.study.experiments.search import Prior, chosen, recorded

FULL = max(BUDGETS["book"].full.values())
"""Updates of the longest planned runs on Shapeset-3x2: one that is shorter tells nothing of the end
of learning, and not that something never happens."""

SEARCH = "the search for the learning rate of"


def is_full(updates: int) -> bool:
    """Whether a run that is recorded so far is one of the longest that are planned."""
    return updates >= FULL


def prior_error(data: str = "shapeset") -> float:
    """Error (%) of a predictor that knows a data set's class frequencies and nothing else."""
    return Prior.of(data).error


def runs(
    model: str,
    store: Path = records.BOOK,
    scale: str = "book",
    rank: int = 0,
    data: str = "shapeset",
) -> list[Training] | None:
    """Return the planned runs of a model at one learning rate, seed 0 first.

    Parameters
    ----------
    model
        One of `experiments.budgets.MODELS`.
    store, scale
        Where the records lie, and of which scale.
    rank
        0 for the best learning rate, 1 for the second best.
    data
        Name of the data set.

    Returns
    -------
    list or None
        None where the plan has no run of it, or before the rate is known.
    """
    found = _chosen(model, scale, store, data, records.curves(store))
    if found is None:
        return None
    rates = list(dict.fromkeys(run.learning_rate for run in found))
    return [run for run in found if run.learning_rate in rates[rank : rank + 1]] or None


@lru_cache(maxsize=256)
def _chosen(
    model: str, scale: str, store: Path, data: str, curves: records.Stamps
) -> list[Training] | None:
    """Choose once for all claims; the stamps are there to choose anew when a curve has changed."""
    return chosen(model, scale, records.lookup(store), data)


def progress(
    model: str,
    store: Path = records.BOOK,
    scale: str = "book",
    rank: int = 0,
    data: str = "shapeset",
) -> list[tuple[Training, Training | None]]:
    """Each planned run of a model (see `runs`), and how far it is recorded: None for not at all."""
    lookup, given = records.lookup(store), budget(scale, data)
    planned = runs(model, store, scale, rank, data) or []
    return [(run, recorded(run, given, lookup)) for run in planned]


def diverged(model: str, store: Path = records.BOOK, data: str = "shapeset") -> set[int]:
    """Seeds whose run at the chosen rate is recorded and diverged."""
    return {
        run.seed for _, run in progress(model, store, data=data)
        if run and _diverged_at(run, store) is not None
    }  # fmt: skip


def _diverged_at(run: Training, store: Path) -> int | None:
    frames = records.lookup(store)(run) or {}
    update = frames["outcome"].iloc[0]["diverged_at"]
    return int(update) if pd.notna(update) else None


def pending(
    models: Sequence[str],
    store: Path = records.BOOK,
    scale: str = "book",
    data: str = "shapeset",
) -> str:
    """Say what the plan still has for some models, at both rates; empty when all is recorded.

    A run that diverged is named too: it is an outcome, but no curve rests on it.
    """
    unknown = [model for model in models if runs(model, store, scale, data=data) is None]
    words = [f"{SEARCH} {', '.join(unknown)}"] if unknown else []
    for model in models:
        for rank in (0, 1):
            found = progress(model, store, scale, rank, data)
            rest = [_rest(planned, run, store) for planned, run in found]
            if any(rest):
                rate = found[0][0].learning_rate
                words.append(f"{model} at rate {rate:g}: {', '.join(filter(None, rest))}")
    return "; ".join(words)


def _rest(planned: Training, found: Training | None, store: Path) -> str:
    """Say what a planned run lacks; nothing if it is recorded to its end."""
    name = f"seed {planned.seed}"
    if found is None:
        return name
    end = _diverged_at(found, store)
    if end is not None:
        return f"{name} diverged after update {end:,}"
    if found.updates < planned.updates:
        return f"{name} from {found.updates:,} to {planned.updates:,} updates"
    return ""
