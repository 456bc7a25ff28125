"""How sure a difference of two errors is: over examples within a seed, and over seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
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


def mcnemar(right: Bools, other_right: Bools) -> float:
    """Two-sided p-value of McNemar's exact test that two networks err equally often.

    Only the examples count that one of the two gets right and the other wrong: if both err
    equally often, such an example is a fair coin. The test speaks of these two networks on images
    of this kind, not of what other seeds would give.

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


def leading(right: Sequence[Mapping[str, Bools]], level: float = LEVEL) -> tuple[str, ...]:
    """Name the models that are better than each of the others for sure, as few as there can be.

    They are the first of a ranking by error. One model differs from another if McNemar's test
    says so for every seed, in the same direction.

    Parameters
    ----------
    right
        For each seed, whether each model is right, example by example; the same models in each.
    level
        Probability below which a difference counts.

    Returns
    -------
    tuple
        Names, best first; empty where no group of the best differs from all the rest.
    """
    if not right:
        return ()
    ranked = sorted(right[0], key=lambda name: -sum(of_seed[name].mean() for of_seed in right))

    def beats(one: str, other: str) -> bool:
        return all(
            seed[one].mean() > seed[other].mean() and mcnemar(seed[one], seed[other]) < level
            for seed in right
        )

    for count in range(1, len(ranked)):
        group, rest = ranked[:count], ranked[count:]
        if all(beats(one, other) for one in group for other in rest):
            return tuple(group)
    return ()
