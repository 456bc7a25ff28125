"""Training as in section 2.3: the loop, its schedule of records, checkpoints and resume."""

from __future__ import annotations

from glorot_tutor.stopping import StoppedError
from glorot_tutor.training.checkpoints import Checkpoints, kept
from glorot_tutor.training.loop import train
from glorot_tutor.training.outcome import CURVE, STATISTICS, Outcome, evaluate, letters
from glorot_tutor.training.progress import Progress
from glorot_tutor.training.schedule import (
    EARLY,
    EPOCH,
    MOST,
    Schedule,
    recording_schedule,
)

__all__ = [
    "CURVE",
    "EARLY",
    "EPOCH",
    "MOST",
    "STATISTICS",
    "Checkpoints",
    "Outcome",
    "Progress",
    "Schedule",
    "StoppedError",
    "evaluate",
    "kept",
    "letters",
    "recording_schedule",
    "train",
]
