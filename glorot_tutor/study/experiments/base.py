"""What every experiment is, what it may be given to run with, and the networks they share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import pandas as pd

from glorot_tutor.training import Progress


@dataclass(frozen=True)
class Means:
    """What a run is done with; none of it changes what it finds beyond rounding.

    (A run that is about to diverge magnifies the rounding: when it does so is of one machine.)

    Attributes
    ----------
    folder
        Where the run keeps its checkpoints; None keeps none.
    resume
        Whether checkpoints in the folder are gone on from; if not, the folder must hold none.
    engine, threads, device
        See `engines.make_engine`.
    progress
        Makes the progress display of a long run; None shows nothing.
    """

    folder: Path | None = None
    resume: bool = True
    engine: str = "fused"
    threads: int = 1
    device: str = "cpu"
    progress: Callable[[], Progress] | None = None


PLAIN = Means()
"""Without checkpoints, on one thread, in silence."""


class Experiment(Protocol):
    """Anything that can be run once and recorded."""

    kind: ClassVar[str]

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        ...

    def run(self, means: Means = ...) -> dict[str, pd.DataFrame]:
        """Measure, and return the frames by name."""
        ...


def on(data: str) -> str:
    """Begin an experiment's title with its data set, where that is not the paper's main one."""
    return "" if data == "shapeset" else f"{data}-"
