"""How sure a difference of two errors is: of two models, over seeds; of two networks, over images.

Models are compared by paired differences over seeds, which is what tables and verdicts rest on.
McNemar's test tells two networks apart, which two trainings of one model are too.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from glorot_tutor.checks import UsageError

LEVEL = 0.005
"""The paper calls a difference significant where the null hypothesis gives less than this."""

Bools = NDArray[np.bool_]


class Interval(NamedTuple):
    """Mean of some seeds, and half the width of its confidence interval (nan for one seed)."""

    mean: float
    half: float
    seeds: int


def interval(errors: Any, level: float = 0.05) -> Interval:
    """Student's interval of the mean error over seeds, at confidence 1 - `level`.

    It holds for the choice of the weights and of the training images; the test set is the same
    for all seeds. With three seeds it is wide: their spread is known badly.
    """
    values = np.asarray(list(errors), float)
    if not len(values):
        raise UsageError("errors is empty: give the error of one seed at least.")
    if len(values) == 1:
        return Interval(float(values[0]), math.nan, 1)
    quantile = stats.t.ppf(1 - level / 2, len(values) - 1)
    half = quantile * values.std(ddof=1) / math.sqrt(len(values))
    return Interval(float(values.mean()), float(half), len(values))


def paired(errors: pd.DataFrame, one: str, other: str, level: float = 0.05) -> Interval:
    """Student's interval of the difference of two models, `one` less `other`, seed by seed.

    Parameters
    ----------
    errors
        Error (%) of each model, seeds down, models across.
    one, other
        Names of the models.
    level
        The interval is that at confidence 1 - `level`; it leaves out 0 just where a paired t-test
        gives less than `level`.
    """
    return interval(errors[one] - errors[other], level)


def mcnemar(right: Bools, other_right: Bools) -> float:
    """Two-sided p-value of McNemar's exact test that two networks err equally often.

    Only the examples count that one of the two gets right and the other wrong: if both err
    equally often, such an example is a fair coin. The test speaks of these two networks on images
    of this kind, not of their models: two trainings of the same settings, apart by rounding alone,
    differ as surely (see `reading.Study.trainings`).

    Parameters
    ----------
    right, other_right
        Whether each network is right, example by example, on the same examples.
    """
    if right.shape != other_right.shape:
        raise UsageError(f"{len(right)} and {len(other_right)} examples: give the same ones.")
    first, second = int((right & ~other_right).sum()), int((~right & other_right).sum())
    return float(stats.binomtest(first, first + second).pvalue) if first + second else 1.0


def pairwise(right: dict[str, Bools]) -> pd.DataFrame:
    """McNemar's p-value for each pair of models (rows and columns by name)."""
    values = {
        one: {other: mcnemar(right[one], right[other]) for other in right if other != one}
        for one in right
    }
    return pd.DataFrame(values).reindex(index=list(right), columns=list(right))


def leading(errors: pd.DataFrame, level: float = 0.05) -> tuple[str, ...]:
    """Name the models that are better than each of the others for sure, as few as there can be.

    They are the first of a ranking by mean error. One model is better than another if the interval
    of their paired difference over seeds (see `paired`) lies above 0; of one seed there is none.

    Parameters
    ----------
    errors
        Error (%) of each model, seeds down, models across.
    level
        The intervals are those at confidence 1 - `level`.

    Returns
    -------
    tuple
        Names, best first; empty where no group of the best is better than all the rest.
    """
    ranked = [str(name) for name in errors.mean().sort_values(kind="stable").index]

    def beats(one: str, other: str) -> bool:
        gap = paired(errors, other, one, level)
        return gap.mean - gap.half > 0  # never of one seed, whose half is nan

    for count in range(1, len(ranked)):
        group, rest = ranked[:count], ranked[count:]
        if all(beats(one, other) for one in group for other in rest):
            return tuple(group)
    return ()
