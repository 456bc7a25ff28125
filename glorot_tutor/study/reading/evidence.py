"""What the runs of some models measured, gathered from their records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor.checks import RunError
from glorot_tutor.shapeset import test_set
from glorot_tutor.study import records
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.experiments.learning import RIGHT
from glorot_tutor.study.experiments.search import steps, validation_error
from glorot_tutor.study.reading.curves import at, errors, seeds
from glorot_tutor.study.reading.planned import progress


def gather(
    frame: str,
    models: Sequence[str],
    store: Path = records.BOOK,
    scale: str = "book",
    rank: int = 0,
    data: str = "shapeset",
    updates: int | None = None,
) -> pd.DataFrame | None:
    """One frame of all recorded runs of some models, with columns model, seed, learning_rate.

    Each run as far as it is recorded, or of just so many `updates` where there is such a run, but
    for those that diverged; None if one of the models has none, or no seed is common to all of
    them.

    Raises
    ------
    RunError
        If a record lacks the frame or ends before the run does.
    """
    parts = []
    for model in models:
        for longest in (run for _, run in progress(model, store, scale, rank, data) if run):
            run = _after(longest, updates, store)
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


def _after(longest: Training, updates: int | None, store: Path) -> Training:
    """Return the run that tells what a network was after so many updates.

    The run of just this length, where one is recorded, because it ends with its answers; else the
    longest. The one need not be a part of the other: the order in which sums are added makes two
    trainings of one.
    """
    if updates is None:
        return longest
    run = replace(longest, updates=updates)
    return run if run in records.Store(store) else longest


def errors_after(
    updates: int,
    models: Sequence[str],
    of_seeds: Sequence[int],
    store: Path = records.BOOK,
    scale: str = "book",
    data: str = "shapeset",
) -> pd.DataFrame:
    """Test error (%) after so many updates: seeds down, models across.

    Each is of the network whose answers `right` gives, where it gives them.

    Raises
    ------
    RunError
        If one of them was not tested then.
    """
    curve = gather("curve", models, store, scale, data=data, updates=updates)
    curves = {} if curve is None else errors(curve)
    for model, seed in product(models, of_seeds):
        if updates not in curves.get((model, seed), ()):
            raise RunError(f"{model}, seed {seed}: no error is recorded after update {updates:,}.")
    return at(curves, models, dict.fromkeys(of_seeds, updates))


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


def right(
    model: str,
    seed: int = 0,
    store: Path = records.BOOK,
    scale: str = "book",
    data: str = "shapeset",
    updates: int | None = None,
) -> NDArray[np.bool_] | None:
    """Whether the network of a run is right, test example by test example.

    At the end of the longest recorded run, or after so many `updates`: then of the run of just
    this length, or of the longest if it gave answers on its way; else None.
    """
    found = (run for plan, run in progress(model, store, scale, data=data) if plan.seed == seed)
    longest = next(found, None)
    if longest is None:
        return None
    run = _after(longest, updates, store)
    record = records.read(store / records.key(run))
    _check(record, run, "answers")
    then = record.frames["answers"]["update"] == (run.updates if updates is None else updates)
    if not then.any():
        return None
    answers = record.frames["answers"][then].iloc[-1]
    if "right" in answers:  # of a set whose labels are read from files, which may not be here
        return _letters(answers["right"]) == ord(RIGHT)
    return np.asarray(_letters(answers["classes"]) - ord("A") == test_set()[1].numpy())


def _letters(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(str(text).encode(), np.uint8)
