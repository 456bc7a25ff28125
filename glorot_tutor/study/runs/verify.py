"""Is a record what its experiment gives? Run it again, or its beginning, and compare."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor.checks import whole
from glorot_tutor.datasets import source
from glorot_tutor.study import records
from glorot_tutor.study.experiments import Experiment, Options, Training, record_name
from glorot_tutor.study.provenance import whole_or_none
from glorot_tutor.study.records import Record
from glorot_tutor.study.runs.length import due
from glorot_tutor.study.runs.task import Task, carry_out
from glorot_tutor.training import MOST

Numbers = NDArray[np.float64]
Frames = Mapping[str, pd.DataFrame]

TOLERANCE = 1e-3
"""Largest relative difference that another processor may make in the first updates."""


# times are never the same, and a class that hangs by a hair may be another; the error counts them
_LEFT_OUT = ("outcome", "answers")
_ENDS = ("updates", "diverged_at")
_FRAMES = ("curve", "statistics", "histograms", "answers")


@dataclass(frozen=True)
class Verified:
    """What the comparison found.

    Attributes
    ----------
    verdict
        `identical`, `within tolerance` or `different`.
    difference
        Largest difference, relative to the largest number that it stands with.
    where
        Frame and row of it, or what else is wrong.
    updates
        Updates that were run again; None if the experiment has none.
    """

    verdict: str
    difference: float
    where: str
    updates: int | None


def verify(folder: Path, updates: int = 1000) -> Verified:
    """Run a record's experiment again and compare.

    What is not run again must at least agree with itself: no row too many or too few, the same
    end in two files, and the recorded error in the answers given.

    Parameters
    ----------
    folder
        Of the record.
    updates
        Of a training run, its beginning is run again: up to the last recorded point within so
        many updates.

    Raises
    ------
    UsageError
        If `updates` is below 0.
    RunError
        If there is no record, or the experiment fails.
    """
    whole("updates", updates, 0)
    record = Record.read(folder)
    experiment = record.experiment
    if folder.name.startswith(f"{experiment.kind}-") and folder.name != record_name(experiment):
        return Verified("different", np.inf, "the folder has the name of another experiment", None)
    frames = {name: frame for name, frame in record.frames.items() if name not in _LEFT_OUT}
    if not isinstance(experiment, Training):
        return _verdict(frames, _again(experiment, record), None)
    points = frames["statistics"]["update"] if "statistics" in frames else pd.Series(dtype=int)
    known = points[points <= updates]
    if known.empty:
        return Verified("different", np.inf, "statistics.csv has no point to compare", None)
    if not 0 <= experiment.updates <= MOST:
        where = f"provenance.json, which has {experiment.updates} updates: at most {MOST:,} fit"
        return Verified("different", np.inf, where, None)
    last = int(known.max())
    again = _again(replace(experiment, updates=last), record)
    beginning, repeated = (due(part, experiment, last)[0] for part in (frames, again))
    compared = _verdict(beginning, repeated, last)
    wrong = "" if compared.verdict == "different" else _contradiction(experiment, record)
    return Verified("different", np.inf, wrong, last) if wrong else compared


def _contradiction(run: Training, record: Record) -> str:
    """Say what in a record cannot be, whatever a repetition would give; nothing if all can."""
    frames, told = record.frames, record.provenance.get("outcome", {})
    end = frames.get("outcome", pd.DataFrame()).to_dict("records")
    if len(end) != 1 or any(whole_or_none(end[0][name]) != told.get(name) for name in _ENDS):
        return "outcome.csv, which does not say what provenance.json says"
    done, diverged = told["updates"], told["diverged_at"] is not None
    if done < run.updates and not diverged:
        return f"outcome.csv, which ends after {done:,} of {run.updates:,} updates"
    for name in _FRAMES:
        frame = frames.get(name, pd.DataFrame({"update": [], "split": []}))
        rows, complete = due({name: frame}, run, done)
        if len(rows[name]) != len(frame) or frame.duplicated().any() or not (complete or diverged):
            return f"{name}.csv, which has too many rows or too few"
    for row in frames["answers"].itertuples():
        curve = frames["curve"].query("update == @row.update and split == @row.split")
        if abs(curve["error"].iloc[0] - _error(str(row.classes), run.data)) > 0.02:
            return f"answers.csv, update {row.update}: another error than in curve.csv"
    return ""


def _error(letters: str, data: str) -> float:
    """Error (%) of the classes given to a data set's test set."""
    classes = np.frombuffer(letters.encode(), np.uint8) - ord("A")
    labels = source(data).test_set()[1].numpy()
    return 100 * float(np.mean(classes != labels)) if len(classes) == len(labels) else np.inf


def _again(experiment: Experiment, record: Record) -> Frames:
    options = Options(**record.provenance.get("means", {}))
    again = carry_out(Task(experiment, options)).frames
    return {name: frame for name, frame in again.items() if name not in _LEFT_OUT}


def _verdict(recorded: Frames, again: Frames, updates: int | None) -> Verified:
    if recorded.keys() != again.keys():
        names = ", ".join(sorted(recorded.keys() ^ again.keys()))
        return Verified("different", np.inf, f"one of the two has no {names}", updates)
    worst, where = 0.0, ""
    for name, frame in again.items():
        difference, row = compare(recorded[name], frame)
        if difference > worst:
            worst, where = difference, f"{name}.csv, {row}"
    verdict = "different" if worst > TOLERANCE else "within tolerance"
    return Verified(verdict if worst else "identical", worst, where, updates)


def compare(recorded: pd.DataFrame, again: pd.DataFrame) -> tuple[float, str]:
    """Return the largest relative difference of two frames, and the row where it is.

    A number is measured against the largest one that it stands with: a mean near 0 against the
    standard deviation of the same layer, a histogram's bin against its highest one.
    """
    text = pd.read_csv(io.StringIO(records.as_text(again)))
    keys = [name for name in again if again[name].dtype.kind != "f"]
    if list(recorded) != list(text) or not recorded[keys].astype(str).equals(
        text[keys].astype(str)
    ):
        return np.inf, "which has other rows or columns"
    values = [name for name in again if name not in keys]
    if text.empty or not values:
        return 0.0, ""
    a = recorded[values].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    b = text[values].to_numpy(float)
    scale = _scale(text, keys, np.fmax(np.abs(a), np.abs(b)))
    difference = np.where(a == b, 0.0, np.abs(a - b) / np.where(scale > 0, scale, 1.0))
    difference[np.isnan(a) & np.isnan(b)] = 0.0
    difference = np.nan_to_num(difference, nan=np.inf, posinf=np.inf)
    row, column = np.unravel_index(difference.argmax(), difference.shape)
    place = ", ".join(f"{name} {text[name].iloc[row]}" for name in keys)
    numbers = f"{values[column]} {a[row, column]:g} recorded, {b[row, column]:g} found"
    return float(difference[row, column]), f"{place}: {numbers}"


def _scale(text: pd.DataFrame, keys: list[str], size: Numbers) -> Numbers:
    if "statistic" in keys:
        alike = [text[name] for name in keys if name != "statistic"]
        return pd.DataFrame(size).groupby(alike).transform("max").to_numpy()
    if "layer" in keys:
        return np.broadcast_to(np.nanmax(size, axis=1, keepdims=True), size.shape)
    return size
