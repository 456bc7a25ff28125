"""Whether a record can be relied on: no number is missing in it, and it ends where its run does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from glorot_tutor.study.experiments import Training
from glorot_tutor.study.records import DamagedRecord, Record


def check(record: Record, folder: Path) -> None:
    """See that every number of a record is one; what diverged may end with some that are not.

    Raises
    ------
    DamagedRecord
        If a number is missing.
    """
    if diverged_at(record) is not None:
        return
    for name in record.frames.keys() - {"outcome"}:
        numbers = record.frames[name].select_dtypes("number")
        rows, columns = np.nonzero(~np.isfinite(numbers.to_numpy()))
        if len(rows):
            what = f"line {rows[0] + 2}: {numbers.columns[columns[0]]} is not a finite number"
            raise DamagedRecord(folder / f"{name}.csv", what)


def diverged_at(record: Record) -> int | None:
    """Update at which a run diverged; None if it did not, or does not train."""
    if "outcome" not in record.frames:
        return None
    update = record.frames["outcome"].iloc[0]["diverged_at"]
    return int(update) if pd.notna(update) else None


def reaches_its_end(record: Record, run: Training, name: str, folder: Path) -> pd.DataFrame:
    """Return one frame of the record of a run, which is one of the whole run.

    Raises
    ------
    DamagedRecord
        If the record lacks it, or it ends before the run does.
    """
    frame = record.frames.get(name, pd.DataFrame({"update": []}))
    tested = frame[frame["split"] == "test"] if "split" in frame else frame
    if tested["update"].max() != run.updates:
        raise DamagedRecord(folder / f"{name}.csv", "it does not reach its end")
    return frame
