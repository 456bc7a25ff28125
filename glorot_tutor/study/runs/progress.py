"""How far a run among others has come."""

from __future__ import annotations

import io
import signal
import sys
from typing import TextIO, cast

from glorot_tutor import signals
from glorot_tutor.training import Progress, StoppedError


class RunProgress(Progress):
    """Progress of one run among others, which also hears what was said before it began.

    Parameters
    ----------
    name
        Begins each line; with none, a bar is shown on a terminal.
    keeps
        Whether the run has checkpoints to keep when it is stopped.
    """

    def __init__(self, name: str = "", keeps: bool = True) -> None:
        super().__init__(file=cast(TextIO, Named(name)) if name else None)
        self.keeps = keeps

    def show(self, update: int, note: str = "") -> None:
        """Show, and pass on a signal that came too early for the training loop."""
        if signals.asked() and self.keeps:
            signal.raise_signal(signal.Signals[signals.asked()])
        elif signals.asked():
            raise StoppedError(f"stopped after update {update:,}; nothing is kept.")
        super().show(update, note)


class Named(io.TextIOBase):
    """Standard error, each line of which begins with a name: for several runs at once."""

    def __init__(self, name: str) -> None:
        self.name = name

    def write(self, text: str) -> int:
        """Write, with the name before all but the end of a line."""
        sys.stderr.write(f"{self.name}: {text}" if text.strip() else text)
        return len(text)

    def flush(self) -> None:
        """Send on what was written."""
        sys.stderr.flush()
