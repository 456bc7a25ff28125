"""Claims that have an experiment of their own: the biases first (3.1), the scale (5)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.shapeset import class_prior
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.sigmoid import OFF
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments import OutputLayer, Race, plan
from glorot_tutor.study.reading import Study

SETTLED = 5_000
"""Updates after which the biases are taken to be learned; the paper says very quickly."""

GOAL = 70.0
"""Error (%) that the race of E9 is run to."""

PRIOR = np.array([float(p) for p in class_prior()])


@judge("S6", plans=("biases",))
def biases_first(study: Study) -> Verdict:
    """S6: on the plateau the loss is the prior's entropy, and the biases are its logarithm.

    Both are means over the records after `SETTLED` updates of the runs that start at 0: a constant
    learning rate keeps the biases trembling around where they belong. The criterion does not ask
    what is learned first, so that is told beside it.
    """
    runs = [run for run in _outputs() if run.biases == "zero"]
    curve, biases = (study.frame(name, runs) for name in ("curve", "biases"))
    end = {run.updates for run in runs}
    for frame in (curve, biases):
        last = frame.groupby(["learning_rate", "seed"])["update"].max()
        if set(last) != end or len(last) != len(runs) or frame.isna().to_numpy().any():
            raise RunError("the records of the output layer are incomplete: run them again.")
    entropy = float(-(PRIOR * np.log(PRIOR)).sum())
    by_run = ["learning_rate", "seed"]
    loss = curve[curve["update"] >= SETTLED].groupby(by_run)["nll"].mean()
    off = 100 * (loss / entropy - 1)
    wrong = settled_biases(biases).groupby(by_run)["off"].apply(lambda gap: gap.abs().max())
    return Verdict.of(
        [
            Part(bool((off.abs() <= 1).all()), f"loss {span(off, 2)} % from the prior's entropy"),
            Part(
                bool((wrong <= 0.1).all()),
                f"largest distance of a bias from the log prior {span(wrong, 2)}",
            ),
            Part(None, _what_is_first(biases, study.frame("output", runs))),
        ]
    )


def _what_is_first(biases: pd.DataFrame, output: pd.DataFrame) -> str:
    """Tell how far the biases have come to the log prior when the top layer is first off."""
    by_run = ["learning_rate", "seed"]
    shares = []
    for run, top in output[output["quantity"] == "top_mean"].groupby(by_run):
        level = top.sort_values("update").set_index("update")["value"]
        off = level.index[level < OFF].min()
        own = biases[(biases[by_run] == list(run)).all(axis=1)]
        gap = own.groupby("update")["bias"].apply(_distance)
        shares.append(100 * (1 - gap.loc[:off].iloc[-1] / gap.iloc[0]))
    order = "not first" if max(shares) < 50 else "first"
    when = f"once the top layer's mean is below {OFF:g}"
    way = f"{span(shares, 2)} % of their way to the log prior"
    return f"{when}, the biases have come {way}: they are {order}"


def _distance(bias: pd.Series) -> float:
    """Root mean square distance of the biases of all classes from the log prior, in this order."""
    log_prior = np.log(PRIOR) - np.log(PRIOR).mean()
    return float(np.sqrt(((bias.to_numpy() - bias.mean() - log_prior) ** 2).mean()))


def _outputs() -> list[OutputLayer]:
    return [run for run in plan("biases") if isinstance(run, OutputLayer)]


def settled_biases(biases: pd.DataFrame) -> pd.DataFrame:
    """Mean bias of each class after `SETTLED` updates, and how far off the log prior it is.

    Columns learning_rate, seed, class, bias, off; the softmax knows the biases up to a constant,
    so both are taken with mean 0.
    """
    late = biases[biases["update"] >= SETTLED]
    mean = late.groupby(["learning_rate", "seed", "class"])["bias"].mean().reset_index()
    centred = mean["bias"] - mean.groupby(["learning_rate", "seed"])["bias"].transform("mean")
    log_prior = np.log(PRIOR) - np.log(PRIOR).mean()
    return mean.assign(bias=centred, off=centred - log_prior[mean["class"].astype(int)])


def races(study: Study) -> pd.DataFrame:
    """Return, by gain, the mean singular value at the start and the updates to `GOAL`.

    Columns gain, seed, singular_value (mean over the square layers), updates (interpolated
    between two tests; infinite if the run ended before).
    """
    rows = []
    for run in (run for run in plan("scales") if isinstance(run, Race)):
        frames = study.record(run).frames
        start = frames["start"].set_index("layer")["singular_value"]
        curve = frames["curve"].set_index("update")["error"]
        rows.append((run.gain, run.seed, start.loc[2:].mean(), updates_to(curve, GOAL)))
    return pd.DataFrame(rows, columns=["gain", "seed", "singular_value", "updates"])


def updates_to(error: pd.Series, goal: float) -> float:
    """Update at which a curve first comes down to a goal, on the line between two tests."""
    below = np.flatnonzero(error.to_numpy() <= goal)
    if not len(below):
        return np.inf
    after = int(below[0])
    if after == 0:
        return float(error.index[0])
    (u0, u1), (e0, e1) = error.index[after - 1 : after + 1], error.iloc[after - 1 : after + 1]
    return float(u0 + (u1 - u0) * (e0 - goal) / (e0 - e1))


@judge("E9", plans=("scales",))
def jacobian_near_one(study: Study) -> Verdict:
    """E9: the nearer the mean singular value to 1, the sooner; the best gain is near 1."""
    each = races(study)
    mean = each.groupby("gain")[["singular_value", "updates"]].mean()
    rising = mean[mean["singular_value"] <= 1].sort_values("singular_value")
    best = float(mean["updates"].idxmin())
    times = ", ".join(
        f"{row.updates:,.0f} at {row.singular_value:.2f}" if np.isfinite(row.updates)
        else f"never at {row.singular_value:.2f}"
        for row in mean.itertuples()
    )  # fmt: skip
    falling = len(rising) > 1 and all(
        late > soon or late == soon == np.inf for late, soon in pairwise(rising["updates"])
    )
    seeds = each["seed"].nunique()
    return Verdict.of(
        [
            Part(falling, f"updates to {GOAL:g} % by mean singular value, {seeds} seeds: {times}"),
            Part(1 / 1.5 <= best <= 1.5, f"best gain {best:g} times the normalized bound"),
        ]
    )
