"""The study: the learning curves behind figures 2-4 and 9-12 and Table 1, read from the records.

A model is trained once for each seed at the learning rate that was chosen for it. Seed 0 is the
run that goes on for longest. What is not recorded yet is left out, and named by `pending`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor import records
from glorot_tutor.checks import RunError
from glorot_tutor.experiments import Training
from glorot_tutor.experiments.budgets import BUDGETS, budget
from glorot_tutor.experiments.learning import RIGHT
from glorot_tutor.experiments.search import Prior, chosen, recorded, steps, validation_error
from glorot_tutor.shapeset import test_set

FULL = max(BUDGETS["book"].full.values())
"""Updates of the longest planned runs on Shapeset-3x2: one that is shorter tells nothing of the end
of learning, and not that something never happens."""

SEARCH = "the search for the learning rate of"


def is_full(updates: pd.Index) -> bool:
    """Whether a run that is recorded at these updates is one of the longest that are planned."""
    return int(updates.max()) >= FULL


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
    frames = records.lookup(store)(found) or {}
    end = frames["outcome"].iloc[0]
    if pd.notna(end["diverged_at"]):
        return f"{name} diverged after update {int(end['diverged_at']):,}"
    if found.updates < planned.updates:
        return f"{name} from {found.updates:,} to {planned.updates:,} updates"
    return ""


def gather(
    frame: str,
    models: Sequence[str],
    store: Path = records.BOOK,
    scale: str = "book",
    rank: int = 0,
    data: str = "shapeset",
) -> pd.DataFrame | None:
    """One frame of all recorded runs of some models, with columns model, seed, learning_rate.

    Each run as far as it is recorded, but for those that diverged; None if one of the models has
    none, or no seed is common to all of them.

    Raises
    ------
    RunError
        If a record lacks the frame or ends before the run does.
    """
    parts = []
    for model in models:
        for run in (run for _, run in progress(model, store, scale, rank, data) if run):
            record = records.read(store / records.key(run))
            if record.frames["outcome"]["diverged_at"].notna().any():
                continue
            _check(record, run, frame)
            told = {"model": model, "seed": run.seed, "learning_rate": run.learning_rate}
            parts.append(record.frames[frame].assign(**told))
    if {part["model"].iloc[0] for part in parts} != set(models):
        return None
    gathered = pd.concat(parts, ignore_index=True)
    pairs = gathered[["model", "seed"]].drop_duplicates().itertuples(index=False, name=None)
    return gathered if seeds(pairs, models) else None


def seeds(found: Iterable[tuple[str, int]], models: Sequence[str]) -> list[int]:
    """Seeds that all of some models have, of the (model, seed) that there are."""
    known = set(found)
    return sorted(
        set.intersection(*({seed for name, seed in known if name == model} for model in models))
    )


def _check(record: records.Record, run: Training, frame: str) -> None:
    found = record.frames.get(frame, pd.DataFrame({"update": []}))
    if "split" in found:
        found = found[found["split"] == "test"]
    if found["update"].max() != run.updates:
        raise RunError(
            f"the record of {run.title} does not reach its end ({frame}): no verdict rests on it."
        )


def search(
    model: str, store: Path = records.BOOK, scale: str = "book", data: str = "shapeset"
) -> pd.DataFrame:
    """Return what the search found: columns updates, learning_rate and error (validation, %).

    A run that diverged has an infinite error; a run that is not recorded has no row.
    """
    rows = []
    for step in steps(model, scale, records.lookup(store), data)[:-1]:
        for run in step.runs if step.known else []:
            record = records.load(store, run)
            if record is not None:
                rows.append((run.updates, run.learning_rate, validation_error(record.frames)))
    return pd.DataFrame(rows, columns=["updates", "learning_rate", "error"])


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


def right(
    model: str,
    seed: int = 0,
    store: Path = records.BOOK,
    scale: str = "book",
    data: str = "shapeset",
    updates: int | None = None,
) -> NDArray[np.bool_] | None:
    """Whether the network at the end of a run is right, test example by test example.

    The end is that of the longest recorded run, or after so many `updates` if a run of that
    length is recorded; None if there is none.
    """
    found = (run for plan, run in progress(model, store, scale, data=data) if plan.seed == seed)
    run = next(found, None)
    if run is not None and updates is not None:
        run = replace(run, updates=updates)
    record = None if run is None else records.load(store, run)
    if run is None or record is None:
        return None
    _check(record, run, "answers")
    last = record.frames["answers"].sort_values("update").iloc[-1]
    if "right" in last:  # of a set whose labels are read from files, which may not be here
        return _letters(last["right"]) == ord(RIGHT)
    return np.asarray(_letters(last["classes"]) - ord("A") == test_set()[1].numpy())


def _letters(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(str(text).encode(), np.uint8)
