"""Claims of papers on rectifiers and their kin, and on weights scaled on a batch.

What a criterion leaves open was settled before the first run: at the start it holds in every draw
unless it names a mean; losses are compared by medians over seeds, each at its best rate.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from glorot_tutor.study.claims.depths import soonest
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments import Calibrated, Reach, Signals
from glorot_tutor.study.experiments import rectifier_plans as plans
from glorot_tutor.study.reading import Study

NORMALIZED, HE = plans.LAWS
LECUN, STANDARD = plans.LECUN
SCALED = "lsuv"
"""What weights that are scaled on a batch are called in tables."""

LAYERS = 20
"""The layer in which eq. 1's weights leave hardly anything of LeCun's tanh."""

ENOUGH = 3
"""Activations, of the four, for which scaled weights may not be slower."""


def moments(study: Study, runs: Iterable[Signals], quantity: str = "activation") -> pd.DataFrame:
    """Moments by layer of networks at their start.

    Columns law (of the weights), depth, variance (of the inputs), seed, layer, mean, std.
    """
    parts = []
    for run in runs:
        frame = study.record(run).frames["moments"]
        frame = frame[frame["quantity"] == quantity].drop(columns="quantity")
        of = {"law": run.initialization, "depth": run.depth}
        parts.append(frame.assign(**of, variance=run.variance, seed=run.seed))
    columns = ["law", "depth", "variance", "seed", "layer", "mean", "std"]
    return pd.concat(parts, ignore_index=True)[columns]


@judge("A1", plans=("signals",))
def lecun_tanh_keeps_its_size(study: Study) -> Verdict:
    """A1: standard deviation of z in every layer of every draw."""
    table = moments(study, plans.lecun_tanh("book"))
    his, ours = (table[table["law"] == law] for law in plans.LECUN)
    last = ours["std"][ours["layer"] == LAYERS]
    return Verdict.of(
        [
            Part(
                bool(his["std"].between(0.5, 1.2).all()),
                f"std of z in layers 1 to {his['layer'].max()}: {span(his['std'])}",
            ),
            Part(
                bool((last < 0.01).all()),
                f"with eq. 1's weights, layer {LAYERS}: {span(last)}",
            ),
        ]
    )


def passed_down(study: Study) -> pd.DataFrame:
    """Standard deviation of the back-propagated gradient in layer 1 over that in the last layer.

    Columns law, depth, seed, ratio.
    """
    table = moments(study, plans.backward("book"), "backprop_gradient")
    by = ["law", "depth", "seed"]
    first = table[table["layer"] == 1].set_index(by)["std"]
    last = table[table["layer"] == table["depth"]].set_index(by)["std"]
    return (first / last).rename("ratio").reset_index()


@judge("A2", plans=("signals",))
def rectifiers_halve_the_variance(study: Study) -> Verdict:
    """A2: geometric means over the draws."""
    table = passed_down(study)
    means = table.groupby(["law", "depth"])["ratio"].apply(
        lambda r: float(np.exp(np.log(r).mean()))
    )
    parts = []
    for depth in plans.DEEP:
        mean, expected = means[NORMALIZED, depth], 2 ** (-(depth - 1) / 2)
        parts.append(
            Part(
                bool(abs(mean / expected - 1) <= 0.3),
                f"{depth} layers, normalized: {mean:.3g}, {mean / expected:.3g} of {expected:.3g}",
            )
        )
        mean = means[HE, depth]
        parts.append(Part(bool(0.3 <= mean <= 3), f"{depth} layers, He: {mean:.3g}"))
    return Verdict.of(parts)


def ends(study: Study) -> pd.DataFrame:
    """Test errors after all updates.

    Columns law, depth, learning_rate, error (%; nan if the run diverged before).
    """
    rows = []
    for run in plans.thirty("book"):
        curve = study.record(run).frames["curve"]
        last = curve[curve["update"] == run.updates].set_index("learning_rate")["error"]
        rows += [
            (run.initialization, run.depth, rate, last.get(rate, math.nan))
            for rate in run.learning_rates
        ]
    return pd.DataFrame(rows, columns=["law", "depth", "learning_rate", "error"])


@judge("A3", plans=("thirty",))
def thirty_layers_need_he(study: Study) -> Verdict:
    """A3: the lowest test error after all updates at any rate."""
    best = ends(study).groupby(["depth", "law"])["error"].min().fillna(100.0)
    shallow, deep = (best[depth] for depth in sorted({run.depth for run in plans.thirty("book")}))
    gap = shallow[NORMALIZED] - shallow[HE]
    return Verdict.of(
        [
            Part(bool(deep[NORMALIZED] > 80), f"30 layers, normalized: {deep[NORMALIZED]:.2f} %"),
            Part(bool(deep[HE] < 15), f"30 layers, He: {deep[HE]:.2f} %"),
            Part(
                bool(abs(gap) <= 1),
                f"5 layers: normalized {shallow[NORMALIZED]:.2f} %, He {shallow[HE]:.2f} %",
            ),
        ]
    )


def scaled_races(study: Study) -> pd.DataFrame:
    """Return how soon deep networks reach `rectifier_plans.GOAL` at the best rate.

    Columns activation, law (`SCALED`, normalized, he_normal), updates (infinite for never),
    learning_rate.
    """
    rows = [(run.activation, _law(run), *soonest(study, run)) for run in _races()]
    return pd.DataFrame(rows, columns=["activation", "law", "updates", "learning_rate"])


def scaled_spreads(study: Study) -> pd.DataFrame:
    """Standard deviation of the pre-activations after scaling: activation, layer, std."""
    parts = [
        study.record(run).frames["start"].assign(activation=run.activation)
        for run in _races()
        if isinstance(run, Calibrated)
    ]
    return pd.concat(parts, ignore_index=True)[["activation", "layer", "std"]]


@judge("A5", plans=("lsuv",))
def scaled_weights_train_anything(study: Study) -> Verdict:
    """A5: spreads in every layer, and updates at the best rate."""
    std = scaled_spreads(study)["std"]
    updates = scaled_races(study).pivot(index="activation", columns="law", values="updates")
    better, own = updates[[NORMALIZED, HE]].min(axis=1), updates[SCALED]
    fast = (own <= 1.2 * better) & np.isfinite(own)
    words = ", ".join(
        f"{activation} {_count(own[activation])} against {_count(better[activation])}"
        for activation in plans.CALIBRATED
    )
    return Verdict.of(
        [
            Part(bool(std.between(0.9, 1.1).all()), f"std of s by layer: {span(std)}"),
            Part(
                bool(fast.sum() >= ENOUGH),
                f"updates to {plans.GOAL:g} %: {words}",
            ),
        ]
    )


def _races() -> tuple[Reach, ...]:
    return plans.calibrated("book")


def _law(run: Reach) -> str:
    return SCALED if isinstance(run, Calibrated) else run.initialization


def _count(updates: float) -> str:
    return f"{updates:,.0f}" if updates < math.inf else "never"


@judge("A10", plans=("signals",))
def selu_pulls_to_0_and_1(study: Study) -> Verdict:
    """A10: mean and variance of z in the last layer of every draw."""
    table = moments(study, plans.selu("book"))
    last = table[table["layer"] == table["depth"]]
    variance = last["std"] ** 2
    where = f"layer {last['layer'].max()}, inputs of variance {span(last['variance'])}"
    return Verdict.of(
        [
            Part(bool((last["mean"].abs() <= 0.1).all()), f"{where}: mean {span(last['mean'])}"),
            Part(bool(((variance - 1).abs() <= 0.1).all()), f"variance {span(variance)}"),
        ]
    )


def losses(study: Study) -> pd.DataFrame:
    """Median training loss over seeds: activation, learning_rate, passes, nll."""
    frames = [
        study.record(run).frames["loss"].assign(activation=run.activation)
        for run in plans.with_adam("book")
    ]
    by = ["activation", "learning_rate", "passes"]
    return pd.concat(frames).groupby(by)["nll"].median().reset_index()


@judge("A16", plans=("gelu",))
def gelu_ends_lowest(study: Study) -> Verdict:
    """A16: the median training loss after the last pass, of each activation at its best rate."""
    table = losses(study)
    last = table[table["passes"] == table["passes"].max()]
    best = last.groupby("activation")["nll"].min()
    relu, elu, gelu = (best[activation] for activation in plans.COMPARED)
    words = f"median training loss: GELU {gelu:.3g}, ReLU {relu:.3g}, ELU {elu:.3g}"
    return Verdict.of([Part(bool(gelu < min(relu, elu)), words)])
