"""Being asked to stop, before and between the parts of a run that see to it themselves.

While a network trains, `training` notes SIGINT and SIGTERM and keeps a checkpoint. Here they are
noted the rest of the time, so that a signal that comes too early is not lost and kills nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)

_noted: list[str] = []
_listening: list[bool] = []


def asked() -> str:
    """Name of the first signal noted, or nothing."""
    return _noted[0] if _noted else ""


def listen() -> None:
    """Note signals from now on, however many come: for a process that others look after."""
    if threading.current_thread() is threading.main_thread():
        _listening[:] = [True]
        for number in SIGNALS:
            signal.signal(number, lambda number, frame: note(number))


@contextmanager
def listening() -> Iterator[None]:
    """Note the first signal, and hand it on to child processes; a second one ends the process.

    Python hands signals to the main thread only: elsewhere, and inside another such context,
    nothing is changed.
    """
    if _listening or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def first(number: int, frame: FrameType | None) -> None:
        note(number)
        restore()
        if os.name == "posix":  # elsewhere this would end them on the spot
            for child in multiprocessing.active_children():
                child.terminate()

    def restore() -> None:
        for number, handler in zip(SIGNALS, before, strict=True):
            signal.signal(number, handler)

    _listening.append(True)
    for number in SIGNALS:
        signal.signal(number, first)
    try:
        yield
    finally:
        restore()
        _noted.clear()
        _listening.clear()


@contextmanager
def ending() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the process as an exception does: files half-written go."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if threading.current_thread() is not threading.main_thread():
        names = []

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {name: signal.signal(getattr(signal, name), leave) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def note(number: int) -> None:
    """Note a signal that somebody else has caught, if anybody listens."""
    if _listening:
        _noted.append(signal.Signals(number).name)
