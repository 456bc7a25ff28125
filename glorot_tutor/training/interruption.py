"""Being asked to stop: a signal is noted, and obeyed once the run is safe."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from glorot_tutor import signals
from glorot_tutor.checks import RunError


class StoppedError(RunError):
    """A run was asked to stop, and has stopped with everything kept."""


class Interruption:
    """Context in which SIGINT and SIGTERM are noted in `signal` instead of ending the process.

    A second signal does what it always did. Python hands signals to the main thread only, so
    elsewhere, and with `active=False`, nothing is changed.
    """

    def __init__(self, active: bool = True) -> None:
        self.signal = ""
        self._active = active and threading.current_thread() is threading.main_thread()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Interruption:
        if self._active:
            self._before = {number: signal.signal(number, self._note) for number in signals.SIGNALS}
        return self

    def __exit__(self, *error: object) -> None:
        self._restore()

    def stop_if_asked(self, update: int, path: str) -> None:
        """Raise `StoppedError` if a signal has come."""
        if self.signal:
            raise StoppedError(
                f"stopped by {self.signal} after update {update:,}; {path} is kept: resume the "
                "run to go on from there."
            )

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number).name
        signals.note(number)  # whoever has more to run after this must know as well
        self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
