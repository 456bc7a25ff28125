"""The study: the learning curves behind figures 2-4 and 9-12 and Table 1, read from the records.

A model is trained once for each seed at the learning rate that was chosen for it. Seed 0 is the
run that goes on for longest. What is not recorded yet is left out, and named by `pending`.
"""

from glorot_tutor.study.reading.curves import (
    Curves,
    at,
    by_layer,
    errors,
    lengths,
    reach,
    seeds,
    side_by_side,
)
from glorot_tutor.study.reading.evidence import errors_after, gather, right, search
from glorot_tutor.study.reading.planned import (
    diverged,
    is_full,
    pending,
    prior_error,
    progress,
    runs,
)

__all__ = [
    "Curves",
    "at",
    "by_layer",
    "diverged",
    "errors",
    "errors_after",
    "gather",
    "is_full",
    "lengths",
    "pending",
    "prior_error",
    "progress",
    "reach",
    "right",
    "runs",
    "search",
    "seeds",
    "side_by_side",
]
