"""Claims of later papers on how deep a network can be, and on orthogonal weights."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from glorot_tutor import mean_field
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.questions import updates_to
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments import Reach, later
from glorot_tutor.study.reading import Study

TIMES = 6
"""Depth scales that a network may be deep, so Schoenholz et al. say."""

FACTOR = 1.5
"""How far from that a depth may lie."""

JUDGED = 0.7
"""Largest n Var[W] for which it is judged."""

ORTHOGONAL, GAUSSIAN = later.LAWS

DEEPEST = 60
"""Depth that is trained at n Var[W] = 1."""


def expected_depth(variance: float) -> float:
    """Return six depth scales of tanh with this n Var[W] and biases of 0."""
    return TIMES * mean_field.depth_scale(mean_field.chi("tanh", variance))


def soonest(study: Study, run: Reach) -> tuple[float, float]:
    """Return the least updates to a run's goal, interpolated between two tests, and their rate.

    Infinite if no rate reaches it.
    """
    curve = study.record(run).frames["curve"]
    return min(
        (
            updates_to(
                curve[curve["learning_rate"] == rate].set_index("update")["error"], run.goal
            ),
            rate,
        )
        for rate in run.learning_rates
    )


def trained(study: Study) -> pd.DataFrame:
    """Return how soon networks of many depths reach `later.HALF`.

    Columns variance (n Var[W]), depth, updates (at the best rate; infinite for never),
    learning_rate (the best one).
    """
    rows = [
        (variance, run.depth, *soonest(study, run))
        for variance, runs in sorted(later.trained_depths("book").items())
        for run in runs
    ]
    return pd.DataFrame(rows, columns=["variance", "depth", "updates", "learning_rate"])


@judge("A11", plans=("depth_scale",))
def six_depth_scales(study: Study) -> Verdict:
    """A11: the largest depth that is trained against six depth scales.

    At n Var[W] = 0.9 it is told and decides nothing: six depth scales are the deepest that is run.
    """
    table = trained(study)
    return Verdict.of([_depth(table, variance) for variance in sorted(later.DEPTHS)])


def _depth(table: pd.DataFrame, variance: float) -> Part:
    rows = table[table["variance"] == variance]
    reached = max(rows["depth"][np.isfinite(rows["updates"])], default=0)
    words = f"n Var[W] = {variance:.3g}: trained to depth {reached} of {rows['depth'].max()} tried"
    if variance == 1:
        return Part(bool(reached >= DEEPEST), words)
    expected = expected_depth(variance)
    within = bool(expected / FACTOR <= reached <= expected * FACTOR)
    return Part(within if variance <= JUDGED else None, f"{words}, 6 xi = {expected:.3g}")


def spreads(study: Study) -> pd.DataFrame:
    """Largest over median singular value from end to end before the first update.

    Columns activation, law (of the weights), seed, spread; infinite where the median is 0.
    """
    rows = []
    for run in later.spectra("book"):
        values = study.record(run).frames["spectrum"]["singular_value"]
        middle = values.median()
        spread = values.max() / middle if middle > 0 else math.inf
        rows.append((run.activation, run.initialization, run.seed, spread))
    return pd.DataFrame(rows, columns=["activation", "law", "seed", "spread"])


def races(study: Study) -> pd.DataFrame:
    """Return how soon deep tanh networks reach `later.GOAL` at the best rate.

    Columns law, seed, updates (infinite for never), learning_rate.
    """
    rows = [(run.initialization, run.seed, *soonest(study, run)) for run in later.isometric("book")]
    return pd.DataFrame(rows, columns=["law", "seed", "updates", "learning_rate"])


@judge("A12", plans=("isometry",))
def orthogonal_weights_are_faster(study: Study) -> Verdict:
    """A12: updates of deep tanh networks to `later.GOAL`, and spreads, in every seed."""
    updates = races(study).pivot(index="seed", columns="law", values="updates")
    orthogonal, gaussian = updates[ORTHOGONAL], updates[GAUSSIAN]
    half = (orthogonal <= gaussian / 2) & np.isfinite(orthogonal)
    words = f"orthogonal {_counts(orthogonal)}, Gaussian {_counts(gaussian)}"
    table = spreads(study)
    tanh, random, relu = (
        list(table["spread"][(table["activation"] == activation) & (table["law"] == law)])
        for activation, law in (("tanh", ORTHOGONAL), ("tanh", GAUSSIAN), ("relu", ORTHOGONAL))
    )
    return Verdict.of(
        [
            Part(
                bool(half.all()), f"updates to {later.GOAL:g} %, each of {len(half)} seeds: {words}"
            ),
            Part(
                5 * max(tanh) <= min(random),
                f"spread, tanh: orthogonal {span(tanh)}, Gaussian {span(random)}",
            ),
            Part(max(tanh) < 10, f"the largest of the orthogonal ones {max(tanh):.3g}"),
            Part(min(relu) > 10, f"spread, ReLU, orthogonal: {_spread(min(relu))} or more"),
        ]
    )


def _counts(updates: pd.Series) -> str:
    """Return the updates of every seed, and their mean."""
    words = [f"{each:,.0f}" if each < math.inf else "never" for each in updates]
    mean = f", mean {updates.mean():,.0f}" if np.isfinite(updates).all() else ""
    return ", ".join(words) + mean


def _spread(value: float) -> str:
    """Return a spread; beyond what float64 can tell the median is none but rounding."""
    return f"{value:.3g}" if value < 1 / np.finfo(float).eps else "1e+15"
