"""A run of one length, out of one that may have gone on for longer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from glorot_tutor.study.experiments import Training
from glorot_tutor.training import Schedule


def cut(frames: dict[str, pd.DataFrame], run: Training) -> dict[str, pd.DataFrame] | None:
    """Return what a run of its length records, whatever its checkpoints had seen.

    A run that went on from a shorter one has recorded the shorter one's end too, and one whose
    checkpoints are past its length has recorded more than it was asked for. Both are brought to
    what a run never stopped gives.

    Returns
    -------
    dict or None
        The frames; None if the run's end was passed without being recorded. The times of what
        was done in a longer run are not known.
    """
    end = frames["outcome"].iloc[0]
    done = int(min(end["updates"], run.updates))
    diverged = pd.notna(end["diverged_at"]) and end["diverged_at"] <= run.updates
    kept, whole = due(frames, run, done)
    if not whole:
        return None
    longer = end["updates"] > run.updates
    outcome = {
        "updates": done,
        "diverged_at": end["diverged_at"] if diverged else None,
        "wall": math.nan if longer else end["wall"],
        "cpu": math.nan if longer else end["cpu"],
    }
    if "threads" in end:
        outcome["threads"] = end["threads"]
    return kept | {"outcome": pd.DataFrame([outcome])}


def due(
    frames: Mapping[str, pd.DataFrame], run: Training, done: int
) -> tuple[dict[str, pd.DataFrame], bool]:
    """Pick the rows that a run has recorded once it has done `done` of its updates.

    All frames but `outcome` are picked from; the second part says whether no row is missing.
    """
    picked, whole = {}, True
    for name, frame in frames.items():
        if name == "outcome":
            continue
        rows = pd.Series(data=False, index=frame.index)
        for split, points in _points(name, run.schedule).items():
            wanted = {point for point in points if point <= done}
            here = frame["update"].isin(wanted)
            if name == "curve":
                here &= frame["split"] == split
            whole &= wanted <= set(frame.loc[here, "update"])
            rows |= here
        picked[name] = frame[rows].reset_index(drop=True)
    return picked, whole


def _points(name: str, schedule: Schedule) -> dict[str, tuple[int, ...]]:
    if name == "curve":
        return {"test": schedule.tests, "validation": schedule.landmarks}
    return {"": schedule.landmarks if name == "answers" else schedule.looks}
