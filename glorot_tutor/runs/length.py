"""A run of one length, out of one that may have gone on for longer."""

from __future__ import annotations

import math

import pandas as pd

from glorot_tutor.training import recording_schedule


def cut(frames: dict[str, pd.DataFrame], updates: int) -> dict[str, pd.DataFrame] | None:
    """Return what a run of `updates` updates records, whatever its checkpoints had seen.

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
    done = int(min(end["updates"], updates))
    diverged = pd.notna(end["diverged_at"]) and end["diverged_at"] <= updates
    wanted = {point for point in recording_schedule(updates) if point <= done}
    if not wanted <= set(frames["curve"]["update"]):
        # the last mini-batches before a divergence are not looked at
        if not diverged:
            return None
        wanted &= set(frames["curve"]["update"])
    longer = end["updates"] > updates
    outcome = {
        "updates": done,
        "diverged_at": end["diverged_at"] if diverged else None,
        "wall": math.nan if longer else end["wall"],
        "cpu": math.nan if longer else end["cpu"],
    }
    return {
        **{
            name: frame[frame["update"].isin(wanted)].reset_index(drop=True)
            for name, frame in frames.items()
            if name != "outcome"
        },
        "outcome": pd.DataFrame([outcome]),
    }
