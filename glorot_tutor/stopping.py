"""Being asked to stop: one flag, set by signals, looked at wherever it is safe to stop.

SIGINT (Ctrl-C), SIGTERM and SIGHUP (the terminal is gone) ask for the same. One that the process
was started to ignore stays ignored: `nohup` protects a run.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from glorot_tutor.checks import RunError

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
SIGNALS = tuple(getattr(signal, name) for name in NAMES if hasattr(signal, name))


class StoppedError(RunError):
    """Work was asked to stop, and has stopped with everything kept."""


class Ended(SystemExit):
    """The process ends at once; the status is 128 and the signal's number, as a shell gives it."""

    def __init__(self, number: int) -> None:
        self.status = 128 + number
        super().__init__(self.status)
        self.signal = signal.Signals(number).name


@dataclass
class _Flag:
    signal: str = ""
    count: int = 0
    patience: float = 0
    then: Callable[[], None] | None = None


_flag = _Flag()


def asked() -> str:
    """Name of the first signal that came, or nothing."""
    return _flag.signal


def stop_if_asked(kept: str = "what was recorded before is kept") -> None:
    """Raise `StoppedError` if a signal has come."""
    if _flag.signal:
        raise StoppedError(f"stopped by {_flag.signal}; {kept}.")


@contextmanager
def listening(patience: int = 1, then: Callable[[], None] | None = None) -> Iterator[None]:
    """Take the signals that ask to stop; contexts may lie in each other.

    Python hands signals to the main thread only: elsewhere nothing is changed.

    Parameters
    ----------
    patience
        Signals that only set the flag, for somebody who looks at it; the next one ends the
        process, by an exception, so that half-written files are removed.
    then
        Called when the flag is set.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    outer = _flag.patience, _flag.then
    before = _install(patience, then)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _flag.patience, _flag.then = outer
        if _hear not in before.values():
            _flag.signal, _flag.count = "", 0


def end_in_silence() -> None:
    """Let Ctrl-C end this process without a traceback where nobody is `listening`.

    Python's own way, an exception, would be told at length when it comes while the process ends.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def obey() -> None:
    """Let signals set the flag from now on, however many come.

    This is for a process that another one has started with `withheld` signals and looks after.
    """
    if threading.current_thread() is threading.main_thread():
        _install(math.inf)
        _mask("SIG_UNBLOCK", SIGNALS)


@contextmanager
def withheld() -> Iterator[None]:
    """Keep signals from the processes that are started here, until they `obey`."""
    before = _mask("SIG_BLOCK", SIGNALS)
    try:
        yield
    finally:
        _mask("SIG_SETMASK", before)


def _install(patience: float, then: Callable[[], None] | None = None) -> dict[int, Any]:
    """Set the handler, and give those that were there."""
    _flag.patience, _flag.then = patience, then
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    before = {n: was for n, was in handlers.items() if was not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, _hear)
    return before


def _hear(number: int, frame: FrameType | None) -> None:
    _flag.count += 1
    _flag.signal = _flag.signal or signal.Signals(number).name
    if _flag.count > _flag.patience:
        raise Ended(number)
    if _flag.then is not None:
        _flag.then()


def _mask(how: str, numbers: Iterable[int]) -> Iterable[int]:
    if not hasattr(signal, "pthread_sigmask"):
        return ()
    return signal.pthread_sigmask(getattr(signal, how), numbers)
