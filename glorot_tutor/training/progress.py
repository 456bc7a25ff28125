"""How far a long run has come: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from tqdm import tqdm


class Display(io.TextIOBase):
    """A file that is written to as long as it can be: showing never ends what is shown.

    It may be closed, on a full disk, or a pipe that nobody reads.

    Parameters
    ----------
    file
        Where to write; standard error if None.
    name
        Begins each line, where several runs write at once.
    """

    def __init__(self, file: TextIO | None = None, name: str = "") -> None:
        self.file, self.name = file, name

    def write(self, text: str) -> int:
        """Write, with the name before all but the end of a line."""
        with suppress(AttributeError, OSError, ValueError):
            self._open.write(f"{self.name}: {text}" if self.name and text.strip() else text)
        return len(text)

    def flush(self) -> None:
        """Send on what was written."""
        with suppress(AttributeError, OSError, ValueError):
            self._open.flush()

    def isatty(self) -> bool:
        """Whether a bar can be shown; never among several runs."""
        with suppress(AttributeError, ValueError):
            return not self.name and self._open.isatty()
        return False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """What can be shown of a bar."""
        return getattr(self._open, "encoding", None) or "ascii"

    @property
    def _open(self) -> TextIO:
        return self.file or sys.stderr  # which is None where it was closed from the start


@contextmanager
def shown(
    make: Callable[[], Progress] | None, update: int, total: int
) -> Iterator[Callable[[int, str], None]]:
    """Give what shows how far a run is (see `Progress.show`), and take it down in the end.

    Where `make` is None nothing is shown.
    """
    if make is None:
        yield lambda update, note: None
        return
    progress = make()
    progress.start(update, total)
    try:
        yield progress.show
    finally:
        progress.close()


class Progress:
    """Shows updates a second, the time left and the current error.

    Parameters
    ----------
    every
        Seconds between two lines where the output is no terminal.
    file, name
        See `Display`.
    """

    def __init__(self, every: float = 60.0, file: TextIO | None = None, name: str = "") -> None:
        self.every, self.file = every, cast(TextIO, Display(file, name))
        self._bar: tqdm[Any] | None = None
        self._total = self._from = 0
        self._start = self._last = 0.0

    def start(self, update: int, total: int) -> None:
        """Begin at `update` of `total`."""
        self._from, self._total = update, total
        self._start = self._last = time.monotonic()
        if self.file.isatty():
            self._bar = tqdm(
                total=total, initial=update, unit=" updates", file=self.file, smoothing=0.1,
                ncols=shutil.get_terminal_size().columns,
            )  # fmt: skip

    def show(self, update: int, note: str = "") -> None:
        """Say that `update` is reached; `note` is the current error or another short remark."""
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(update - self._bar.n)
        elif time.monotonic() - self._last >= self.every or update == self._total:
            self._last = time.monotonic()
            print(self._line(update, note), file=self.file, flush=True)

    def say(self, sentence: str) -> None:
        """Write a sentence of its own."""
        if self._bar is not None:
            self._bar.write(sentence, file=self.file)
        else:
            print(sentence, file=self.file, flush=True)

    def close(self) -> None:
        """Take the bar down."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _line(self, update: int, note: str) -> str:
        rate = (update - self._from) / max(time.monotonic() - self._start, 1e-9)
        left = f", {(self._total - update) / rate / 60:.0f} min left" if rate else ""
        ending = f", {note}" if note else ""
        return f"update {update:,} of {self._total:,}, {rate:,.0f} updates/s{left}{ending}"
