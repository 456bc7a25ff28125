"""The study: the learning curves behind figures 2-4 and 9-11 and Table 1, read from the records.

A model is trained once for each seed at the learning rate that was chosen for it. Seed 0 is the
run that goes on for longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor import records
from glorot_tutor.checks import RunError
from glorot_tutor.experiments import Training
from glorot_tutor.experiments.search import chosen, steps, validation_error
from glorot_tutor.shapeset import class_prior, test_set


def prior_error() -> float:
    """Error (%) of a predictor that knows the class frequencies and nothing else."""
    return 100 * (1 - float(max(class_prior())))


def runs(
    model: str, store: Path = records.BOOK, scale: str = "book", rank: int = 0
) -> list[Training] | None:
    """Return the runs of a model at one learning rate, seed 0 first, or None before it is known.

    Parameters
    ----------
    model
        One of `experiments.search.MODELS`.
    store, scale
        Where the records lie, and of which scale.
    rank
        0 for the best learning rate, 1 for the second best; None where the plan has no run of it.
    """
    found = chosen(model, scale, records.lookup(store))
    if found is None:
        return None
    rates = list(dict.fromkeys(run.learning_rate for run in found))
    return [run for run in found if run.learning_rate in rates[rank : rank + 1]] or None


def gather(
    frame: str,
    models: Sequence[str],
    store: Path = records.BOOK,
    scale: str = "book",
    rank: int = 0,
) -> pd.DataFrame | None:
    """One frame of all runs of some models, with the columns model, seed and learning_rate.

    None if one of them is missing: a verdict is not drawn from half the evidence.

    Raises
    ------
    RunError
        If a run diverged, or its record lacks the frame or ends before the run does.
    """
    parts = []
    for model in models:
        found = runs(model, store, scale, rank)
        if found is None:
            return None
        for run in found:
            record = records.load(store, run)
            if record is None:
                return None
            _check(record, run, frame)
            told = {"model": model, "seed": run.seed, "learning_rate": run.learning_rate}
            parts.append(record.frames[frame].assign(**told))
    return pd.concat(parts, ignore_index=True)


def _check(record: records.Record, run: Training, frame: str) -> None:
    found = record.frames.get(frame, pd.DataFrame({"update": []}))
    end = record.frames["outcome"].iloc[0]
    if pd.notna(end["diverged_at"]) or found["update"].max() != run.updates:
        raise RunError(
            f"the record of {run.title} does not reach its end ({frame}): no verdict rests on it."
        )


def search(model: str, store: Path = records.BOOK, scale: str = "book") -> pd.DataFrame:
    """Return what the search found: columns updates, learning_rate and error (validation, %).

    A run that diverged has an infinite error; a run that is not recorded has no row.
    """
    rows = []
    for step in steps(model, scale, records.lookup(store))[:-1]:
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


def errors(curve: pd.DataFrame) -> dict[tuple[str, int], pd.Series]:
    """Test error (%) by update, for each (model, seed)."""
    found = curve[curve["split"] == "test"].sort_values("update")
    return {
        (str(model), int(seed)): part.set_index("update")["error"]
        for (model, seed), part in found.groupby(["model", "seed"])
    }


def right(
    model: str, seed: int = 0, store: Path = records.BOOK, scale: str = "book"
) -> NDArray[np.bool_] | None:
    """Whether the network at the end of a run is right, test example by test example."""
    run = next((run for run in runs(model, store, scale) or [] if run.seed == seed), None)
    record = None if run is None else records.load(store, run)
    if run is None or record is None:
        return None
    _check(record, run, "answers")
    letters = record.frames["answers"].sort_values("update")["classes"].iloc[-1]
    classes = np.frombuffer(str(letters).encode(), np.uint8) - ord("A")
    return np.asarray(classes == test_set()[1].numpy())
