"""When a run is looked at: one schedule for every figure."""

from __future__ import annotations

from glorot_tutor.checks import whole

EPOCH = 20_000
"""Updates to a point on the figures' time axis, once learning is under way."""

EARLY = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""The first updates, where the layers change fastest."""


def recording_schedule(updates: int, every: int = EPOCH) -> tuple[int, ...]:
    """Updates at which a run of `updates` updates is recorded, ascending.

    They are those of `EARLY`, every multiple of `every`, and the last.

    Raises
    ------
    UsageError
        If `updates` is below 0 or `every` below 1.
    """
    last, step = whole("updates", updates, 0), whole("every", every, 1)
    early = (update for update in EARLY if update < last)
    return tuple(sorted({*early, *range(step, last, step), last}))
