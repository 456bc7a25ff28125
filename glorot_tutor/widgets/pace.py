"""How fast a network trains while it is watched, and when it is time to look at it."""

from __future__ import annotations

import math
import time

from glorot_tutor.widgets.trainer import Trainer

EARLY = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Updates after which there is a look at any speed."""

AT_ONCE = 20
"""Updates between two looks at the clock and at what is wished."""

SHOW = 0.1
"""Seconds between two looks, which take a tenth of that."""

NAP = 0.01
"""Seconds until it is asked again whether an update is due."""


class Pace:
    """Makes the updates of a trainer by the clock, a few at a time."""

    def __init__(self, trainer: Trainer) -> None:
        self._trainer = trainer
        self._shown = 0.0
        self._set(None)

    def _set(self, speed: int | str | None) -> None:
        self._speed = speed
        self._start, self._first = time.monotonic(), self._trainer.update

    def advance(self, speed: int | str, until: int) -> bool:
        """Make some of the updates that are due, or rest; returns whether to look now.

        Parameters
        ----------
        speed
            Updates a second, "max" for as fast as it goes.
        until
            The update not to go beyond.
        """
        trainer = self._trainer
        if speed != self._speed:
            self._set(speed)
        wanted = until
        if speed != "max":
            past = time.monotonic() - self._start
            wanted = min(until, self._first + int(past * float(speed)))
        if wanted <= trainer.update:
            time.sleep(NAP)
            return False
        trainer.train(min(wanted - trainer.update, _at_once(trainer.update)))
        if trainer.update not in EARLY and time.monotonic() - self._shown < SHOW:
            return False
        self._shown = time.monotonic()
        return True

    @property
    def reached(self) -> int:
        """Updates a second that there were since the speed was set."""
        past = max(time.monotonic() - self._start, 1e-9)
        return round((self._trainer.update - self._first) / past)


def _at_once(update: int) -> int:
    """Updates that can be made at once: up to the next early look at most."""
    due = next((early for early in EARLY if early > update), math.inf)
    return int(min(AT_ONCE, due - update))
