"""Claims of later papers on normalization, skips and scales, and what their readers ask."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.questions import updates_to
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments import Drift, Experiment, Sweep, Training, followups
from glorot_tutor.study.experiments.asides import in_order
from glorot_tutor.study.experiments.followups import Trial
from glorot_tutor.study.experiments.search import Lookup, Prior
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded

CLAIMED = 10
"""Examples in a batch, of the claim on gradients before learning."""


def expected_growth(batch: int) -> float:
    """Return (B-2)/(B-3), by which a linear batch-normalized layer multiplies the variance."""
    return (batch - 2) / (batch - 3)


def growths(study: Study) -> pd.DataFrame:
    """Growth of the gradients' variance from a layer to the one below, before learning.

    Columns batch, seed, layer (the lower one, from 1 on), growth (mean square over that of the
    layer above).
    """
    found = []
    for run in followups.explosions("book"):
        values = study.record(run).frames["gradients"].set_index("layer")["mean_square"]
        ratios = (values / values.shift(-1)).dropna()
        rows = {"batch": run.batch_size, "seed": run.seed, "layer": ratios.index, "growth": ratios}
        found.append(pd.DataFrame(rows))
    return pd.concat(found, ignore_index=True)


def growth(table: pd.DataFrame, batch: int, above: int = 0) -> float:
    """Return the geometric mean of `growths` over draws and over all layers above one."""
    chosen = table[(table["batch"] == batch) & (table["layer"] > above)]
    return float(np.exp(np.log(chosen["growth"]).mean()))


@judge("A8", plans=("explosion",))
def gradients_explode(study: Study) -> Verdict:
    """A8: growth per layer over all layers; that of the upper half is told and decides nothing.

    The law holds for a batch whose examples are as far apart in every direction. Images are not
    such a batch; after many layers they are.
    """
    table, expected = growths(study), expected_growth(CLAIMED)
    half = int(table["layer"].max() + 1) // 2
    parts = []
    for words, above in (("all layers", 0), (f"layers above {half}", half)):
        found = growth(table, CLAIMED, above)
        within = abs(found / expected - 1) <= 0.05 if not above else None
        parts.append(Part(within, f"{words}: {found:.4g} a layer, expected {expected:.4g}"))
    return Verdict.of(parts)


def soonest(study: Study, run: Sweep) -> tuple[float, float]:
    """Return the least updates to a run's goal, between two losses, and their rate.

    Infinite if no rate reaches it.
    """
    return min((updates_to(loss, run.goal), rate) for rate, loss in losses(study, run).items())


def losses(study: Study, run: Sweep) -> dict[float, pd.Series]:
    """Return the training loss (nats) by update, for each rate that has one."""
    curve = study.record(run).frames["curve"]
    return {
        float(rate): part.set_index("update")["loss"]
        for rate, part in curve.groupby("learning_rate")
    }


def final_losses(study: Study, run: Sweep) -> dict[float, float]:
    """Return the last training loss (nats) by rate; infinite where it diverged."""
    found = losses(study, run)
    return {
        rate: float(found[rate].iloc[-1])
        if rate in found and found[rate].index[-1] == run.updates
        else math.inf
        for rate in run.learning_rates
    }


def linear_races(study: Study) -> pd.DataFrame:
    """Return how soon linear networks come to `followups.LOSS`: law, depth, updates, rate."""
    rows = [
        (run.initialization, run.depth, *soonest(study, run))
        for run in followups.linear_races("book")
    ]
    return pd.DataFrame(rows, columns=["law", "depth", "updates", "learning_rate"])


@judge("A4", plans=("linear_races",))
def orthogonal_linear_networks_are_as_fast_at_any_depth(study: Study) -> Verdict:
    """A4: updates of the deepest linear networks over those of the shallowest, by law."""
    table = linear_races(study).pivot(index="depth", columns="law", values="updates")
    parts = []
    for law in followups.LAWS:
        times = table[law]
        first, last = times.iloc[0], times.iloc[-1]
        ratio = last / first if np.isfinite(first) else math.nan  # of which nothing holds
        holds = bool(ratio <= 2 if law == "orthogonal" else ratio >= 4)
        words = ", ".join(
            f"{updates:.0f} at {depth}" if np.isfinite(updates) else f"never at {depth}"
            for depth, updates in times.items()
        )
        parts.append(Part(holds, f"{law}: updates by depth {words}; ratio {ratio:.3g}"))
    return Verdict.of(parts)


def best_drifts(study: Study) -> dict[bool, Drift]:
    """Return the runs of least error at their end, without and with batch normalization."""
    runs = followups.drifts("book")
    ends = {run: float(study.record(run).frames["curve"]["error"].iloc[-1]) for run in runs}
    return {
        norm: min((run for run in runs if run.batch_norm == norm), key=lambda run: ends[run])
        for norm in (False, True)
    }


def drift(study: Study, run: Drift) -> pd.Series:
    """How far each watched unit's median input moves, in units of its spread.

    The standard deviation of the median over learning, over the mean distance from the 15th to
    the 85th percentile; by unit.
    """
    inputs = study.record(run).frames["inputs"]
    by_unit = inputs.assign(spread=inputs["p85"] - inputs["p15"]).groupby("unit")
    return by_unit["p50"].std(ddof=0) / by_unit["spread"].mean()


@judge("A6", plans=("drift",))
def inputs_stay_steady(study: Study) -> Verdict:
    """A6: the typical watched unit's drift, and the error at every tenth of the run.

    Each network at its best rate of three; the typical unit is the median one of ten.
    """
    best = best_drifts(study)
    moved = {norm: float(drift(study, run).median()) for norm, run in best.items()}
    errors = {
        norm: study.record(run).frames["curve"].set_index("update")["error"]
        for norm, run in best.items()
    }
    lower = errors[True] < errors[False]
    with_it, without = (
        f"{errors[norm].iloc[0]:.2f} to {errors[norm].iloc[-1]:.2f} %" for norm in (True, False)
    )
    return Verdict.of(
        [
            Part(
                moved[True] <= moved[False] / 2,
                f"drift {moved[True]:.3g} of the spread with it, {moved[False]:.3g} without",
            ),
            Part(
                bool(lower.all()),
                f"lower error at {lower.sum()} of {len(lower)} tenths: "
                f"{with_it} with it, {without} without",
            ),
        ]
    )


def best_rates(study: Study) -> pd.DataFrame:
    """Return the rate of the least final loss: columns network, width, learning_rate, loss."""
    rows = []
    for run in followups.widths("book"):
        rate = best_rate(study, run)
        rows.append((run.network, run.width, rate, min(final_losses(study, run).values())))
    return pd.DataFrame(rows, columns=["network", "width", "learning_rate", "loss"])


@judge("A13", plans=("mup",))
def the_best_rate_does_not_move(study: Study) -> Verdict:
    """A13: steps of a factor 2 between the lowest and the highest best rate of all widths."""
    table, parts = best_rates(study), []
    for network, words in (("mup", "muP"), ("plain", "without")):
        rates = table[table["network"] == network].set_index("width")["learning_rate"]
        steps = round(math.log2(rates.max() / rates.min()))
        holds = steps <= 1 if network == "mup" else steps >= 2
        each = ", ".join(f"{rate:.3g} at {width}" for width, rate in rates.items())
        parts.append(Part(holds, f"{words}: best rate {each}: {steps} steps"))
    return Verdict.of(parts)


def stretches(study: Study) -> pd.DataFrame:
    """Mean squared singular value from end to end before learning: network, seed, mean_square."""
    rows = []
    for run in followups.stretches("book"):
        values = study.record(run).frames["spectrum"]["singular_value"]
        rows.append((run.network, run.seed, float((values**2).mean())))
    return pd.DataFrame(rows, columns=["network", "seed", "mean_square"])


def best_losses(study: Study) -> pd.DataFrame:
    """Return the least final training loss over rates: columns network, loss, learning_rate."""
    rows = [
        (run.network, min(final_losses(study, run).values()), best_rate(study, run))
        for run in followups.skips("book")
    ]
    return pd.DataFrame(rows, columns=["network", "loss", "learning_rate"])


@judge("A9", plans=("skips",))
def rezero_is_the_fastest(study: Study) -> Verdict:
    """A9: ReZero's singular values at the start, and its training loss against the others'."""
    table = stretches(study)
    values = table["mean_square"][table["network"] == "rezero"]
    best = best_losses(study).set_index("network")["loss"]
    others = best.drop("rezero")
    words = ", ".join(
        f"{name} {loss:.4g}" if np.isfinite(loss) else f"{name} diverged"
        for name, loss in best.items()
    )
    return Verdict.of(
        [
            Part(
                bool((abs(values - 1) <= 1e-6).all()),
                f"ReZero's mean squared singular value {span(list(values))}",
            ),
            Part(bool(best["rezero"] < 0.8 * others.min()), f"training loss: {words}"),
        ]
    )


@judge("A7", plans=("cure",))
def sigmoids_train(study: Study) -> Verdict:
    """A7: test errors of the batch-normalized sigmoid network against the class prior's."""
    prior = Prior.of("shapeset").error
    least = {run.learning_rate: float(tested(study, run).min()) for run in followups.cures("book")}
    each = ", ".join(f"{error:.2f} % at rate {rate:g}" for rate, error in least.items())
    return Verdict.of(
        [
            Part(
                min(least.values()) < prior - 5,
                f"least test error {each}; the prior's {prior:.2f} %",
            )
        ]
    )


def best_rate(study: Study, run: Sweep) -> float:
    """Return the rate of the least final training loss; infinite if all diverged."""
    found = final_losses(study, run)
    rate = min(found, key=lambda rate: found[rate])
    return rate if found[rate] < math.inf else math.inf


def tested(study: Study, run: Training) -> pd.Series:
    """Return a run's test error (%) by update."""
    curve = study.record(run).frames["curve"]
    return curve[curve["split"] == "test"].set_index("update")["error"]


def settled(study: Study, trial: Trial) -> Training:
    """Return the run in full that has the least validation error.

    Raises
    ------
    NotRecorded
        If the rates are not tried yet, or one of the runs in full is missing.
    """
    lookup = _lookup(study)
    runs = trial.full(lookup)
    ranked = None if not runs else in_order(runs, lookup)
    if not ranked:
        raise NotRecorded(f"the learning rate of {trial.run.title} is not chosen yet.")
    return ranked[0]


def _lookup(study: Study) -> Lookup:
    def look_up(run: Experiment) -> Mapping[str, pd.DataFrame] | None:
        try:
            return study.record(run).frames
        except NotRecorded:
            return None

    return look_up


def by_rate(study: Study, trial: Trial, update: int) -> pd.Series:
    """Return the test error (%) after so many updates by rate, of the rates that are recorded."""
    lookup, found = _lookup(study), {}
    for run in (*trial.grid, *(trial.full(lookup) or ())):
        if lookup(run) and update in (errors := tested(study, run)):
            found[run.learning_rate] = errors[update]
    return pd.Series(found, dtype=float).sort_index()


def ends(study: Study, trials: dict[str, Trial]) -> dict[str, tuple[float, float]]:
    """Return the last test error (%) and the rate of each model, at the best rate."""
    runs = {name: settled(study, trial) for name, trial in trials.items()}
    return {
        name: (float(tested(study, run).iloc[-1]), run.learning_rate) for name, run in runs.items()
    }


@judge("A14", plans=("adam",))
def with_adam_it_no_longer_matters(study: Study) -> Verdict:
    """A14: the distance of tanh from tanh N, with Adam and by plain descent.

    Of the five rates of Adam only the best two after a fifth of the updates are run in full; this
    was settled before the runs, and holds for A15 too.
    """
    return _gaps(study, "with Adam", followups.adams("book"))


@judge("A15", plans=("batch_norm",))
def with_batch_normalization_it_no_longer_matters(study: Study) -> Verdict:
    """A15: the same with and without batch normalization."""
    return _gaps(study, "with batch normalization", followups.normalized("book"))


def _gaps(study: Study, words: str, trials: dict[str, Trial]) -> Verdict:
    """Whether a gap, to either side, is below a quarter of that by plain descent."""
    found = {
        title: ends(study, some)
        for title, some in ((words, trials), ("plain descent", followups.descents("book")))
    }
    gaps = {title: abs(of["tanh"][0] - of["tanh N"][0]) for title, of in found.items()}
    each = "; ".join(
        f"{title}: tanh {of['tanh'][0]:.2f} %, tanh N {of['tanh N'][0]:.2f} %, "
        f"gap {gaps[title]:.2f}"
        for title, of in found.items()
    )
    return Verdict.of([Part(gaps[words] < gaps["plain descent"] / 4, each)])
