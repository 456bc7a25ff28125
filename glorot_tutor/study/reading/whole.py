"""Whether a record can be relied on: no number is missing in it, and it ends where its run does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from glorot_tutor.study import records
from glorot_tutor.study.experiments import Experiment, Training
from glorot_tutor.study.records import DamagedRecord, Record


def read(store: Path, experiment: Experiment) -> Record:
    """Read a record in which every number is one; what diverged may end with some that are not.

    Raises
    ------
    NotRecorded
        If there is none.
    DamagedRecord
        If it cannot be read, or a number is missing.
    """
    record = records.Store(store)[experiment]
    if diverged_at(record) is None:
        for name, frame in record.frames.items():
            if name != "outcome":
                _check_numbers(f"{records.key(experiment)}/{name}.csv", frame)
    return record


def _check_numbers(file: str, frame: pd.DataFrame) -> None:
    # an empty text is read as none, and is none
    lacks = ~np.isfinite(frame.select_dtypes("number").to_numpy())
    rows, columns = np.nonzero(lacks)
    if len(rows):
        column = frame.select_dtypes("number").columns[columns[0]]
        raise DamagedRecord(
            f"{file}, line {rows[0] + 2}: {column} is not a finite number; the record is damaged: "
            "remove its folder and run it again."
        )


def diverged_at(record: Record) -> int | None:
    """Update at which a run diverged; None if it did not, or does not train."""
    if "outcome" not in record.frames:
        return None
    update = record.frames["outcome"].iloc[0]["diverged_at"]
    return int(update) if pd.notna(update) else None


def reaches_its_end(record: Record, run: Training, name: str) -> pd.DataFrame:
    """Return one frame of the record of a run, which is one of the whole run.

    Raises
    ------
    DamagedRecord
        If the record lacks it, or it ends before the run does.
    """
    frame = record.frames.get(name, pd.DataFrame({"update": []}))
    tested = frame[frame["split"] == "test"] if "split" in frame else frame
    if tested["update"].max() != run.updates:
        raise DamagedRecord(
            f"{records.key(run)}/{name}.csv does not reach its end, update {run.updates:,}: no "
            "verdict rests on it."
        )
    return frame
