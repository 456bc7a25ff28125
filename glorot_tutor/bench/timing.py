"""Times and ratios that a busy machine spoils least: short bursts in turn, medians of rounds.

Whatever slows the machine down for a second slows all contenders of that round. So a ratio is
taken within each round, and the median over the rounds is what counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TypedDict

import torch

Clock = Callable[[], float]


class Range(TypedDict):
    """The smallest, the median and the largest of some values."""

    min: float
    median: float
    max: float


@dataclass(frozen=True)
class Contender:
    """Something to be timed.

    Attributes
    ----------
    run
        Called with a number of pieces of work (updates, images, products), does them.
    unit
        Pieces come in multiples of it.
    """

    run: Callable[[int], object]
    unit: int = 1


def digits(value: float, count: int = 4) -> float:
    """Round to a number of significant digits."""
    return float(f"{value:.{count}g}")


def spread(values: list[float]) -> Range:
    """Smallest, median and largest, to 4 significant digits."""
    ends = [digits(value) for value in (min(values), median(values), max(values))]
    return {"min": ends[0], "median": ends[1], "max": ends[2]}


@dataclass(frozen=True)
class Times:
    """Seconds that one piece of work took, by contender, one value to a round."""

    seconds: dict[str, list[float]]

    def median(self, name: str) -> float:
        """Median seconds of one piece."""
        return median(self.seconds[name])

    def best(self, name: str) -> float:
        """Seconds of one piece in the quickest burst."""
        return min(self.seconds[name])

    def times_as_fast(self, name: str, reference: str) -> Range:
        """How many times as fast `name` is as `reference`: ratios of the same round."""
        pairs = zip(self.seconds[reference], self.seconds[name], strict=True)
        return spread([slow / fast for slow, fast in pairs])


def alternate(
    contenders: Mapping[str, Contender],
    rounds: int,
    burst: float,
    clock: Clock = time.perf_counter,
) -> Times:
    """Time the contenders in turn, A B A B ..., in bursts of about equal length.

    Each is warmed up first. Each burst begins with an eighth of it that is not counted: it brings
    the contender's own data back into the caches and lets the one before it go to rest.

    Parameters
    ----------
    contenders
        By name.
    rounds
        Bursts of each contender, at least 1.
    burst
        Seconds that a burst should last.
    clock
        Gives the time in seconds.
    """
    pieces = {name: _pieces(contender, burst, clock) for name, contender in contenders.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            contender.run(_whole(pieces[name] / 8, contender.unit))
            start = clock()
            contender.run(pieces[name])
            seconds[name].append((clock() - start) / pieces[name])
    return Times(seconds)


def _pieces(contender: Contender, burst: float, clock: Clock) -> int:
    """Warm up, and find out how many pieces fill a burst."""
    contender.run(contender.unit)
    count = contender.unit
    while True:
        start = clock()
        contender.run(count)
        spent = clock() - start
        if spent >= burst / 3:
            return _whole(count * burst / spent, contender.unit)
        count *= 2


def _whole(count: float, unit: int) -> int:
    return max(1, round(count / unit)) * unit


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads inside the block, and as many as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
