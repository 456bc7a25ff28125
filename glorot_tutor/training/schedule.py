"""When a run is looked at: one schedule for every figure."""

from __future__ import annotations

from dataclasses import dataclass

from glorot_tutor.checks import whole

MOST = 10**9
"""Updates of the longest run: 200 times the paper's, and its schedule fits the memory."""

EPOCH = 20_000
"""Updates to a point on the figures' time axis, once learning is under way."""

EARLY = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""The first updates, where the layers change fastest."""

_TESTED_EARLY = (0, 1_000, 3_000, 10_000)  # an error moves later than the layers do


@dataclass(frozen=True)
class Schedule:
    """Updates at which a run is recorded, each ascending.

    Attributes
    ----------
    looks
        Statistics of the network are taken.
    tests
        The error on the test set is.
    landmarks
        The error on the validation set is, and the class that each test example is given.
    """

    looks: tuple[int, ...] = ()
    tests: tuple[int, ...] = ()
    landmarks: tuple[int, ...] = ()

    @classmethod
    def everything_at(cls, *updates: int) -> Schedule:
        """Record all there is at these updates."""
        points = tuple(sorted(set(updates)))
        return cls(points, points, points)

    @property
    def points(self) -> tuple[int, ...]:
        """Updates at which there is something to record, ascending."""
        return tuple(sorted({*self.looks, *self.tests, *self.landmarks}))


def recording_schedule(updates: int, epoch: int = EPOCH) -> Schedule:
    """Return when a run of `updates` updates is recorded.

    It is looked at after `EARLY` updates, twice an epoch for ten epochs, then once an epoch, and
    at its end; it is tested once an epoch, at some early points and at its end; its landmarks are
    the multiples of ten epochs and its end. With the paper's epochs all of it takes less than 3 %
    of the time at 5 x 1,000.

    Raises
    ------
    UsageError
        If `updates` is below 0 or above `MOST`.
    """
    last = whole("updates", updates, 0, MOST)
    epochs = range(epoch, last, epoch)
    looks = {*EARLY, *range(epoch // 2, 10 * epoch, epoch // 2), *epochs}
    tests = {*_TESTED_EARLY, *epochs}
    landmarks = set(range(10 * epoch, last, 10 * epoch))
    return Schedule(*(_until(last, points) for points in (looks, tests, landmarks)))


def _until(last: int, points: set[int]) -> tuple[int, ...]:
    return tuple(sorted({*(point for point in points if point < last), last}))
