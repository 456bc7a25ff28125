"""Reading the study: the learning curves behind figures 2-4 and 9-12 and Table 1, from records."""

from glorot_tutor.study.reading.curves import (
    Curves,
    Ends,
    by_layer,
    end_of,
    errors,
    lasts,
    lengths,
    prior_error,
    reach,
    seeds,
    side_by_side,
)
from glorot_tutor.study.reading.study import Study

__all__ = [
    "Curves",
    "Ends",
    "Study",
    "by_layer",
    "end_of",
    "errors",
    "lasts",
    "lengths",
    "prior_error",
    "reach",
    "seeds",
    "side_by_side",
]
