"""Claims of section 4.2: variances, gradients and Jacobians before the first update."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glorot_tutor.initializations import PAPER
from glorot_tutor.study import records
from glorot_tutor.study.claims.evidence import LAYERS
from glorot_tutor.study.claims.verdicts import UNMEASURED, Part, Verdict, complete, span
from glorot_tutor.study.experiments import plan

SQUARE = range(2, 6)
"""Layers whose weights are square; layer 1 has another fan-in and the images below it."""


def _gather(store: Path, frame: str, activation: str) -> pd.DataFrame | None:
    found = records.gather(store, plan("fig6"), frame)
    return None if found is None else found[found["activation"] == activation]


def _draws(store: Path, quantity: str, activation: str = "identity") -> pd.DataFrame | None:
    """Measured and predicted variance by (initialization, layer, seed)."""
    found = _gather(store, "comparison", activation)
    if found is None:
        return None
    found = found[found["quantity"] == quantity]
    keys = ["initialization", "layer", "seed"]
    rows = len(PAPER) * len(LAYERS) * found["seed"].nunique()
    return complete(found.set_index(keys), rows, ["measured", "predicted"]) ** 2


def _variances(store: Path, quantity: str, activation: str = "identity") -> pd.DataFrame | None:
    """Measured and predicted variance by (initialization, layer), averaged over the draws.

    Equations 5-7 are about the expectation over draws of the weights; a single network of 1,000
    units scatters around it by several percent.
    """
    draws = _draws(store, quantity, activation)
    return None if draws is None else draws.groupby(["initialization", "layer"]).mean()


def _deviation(variances: pd.DataFrame) -> pd.Series:
    return 100 * (variances["measured"] / variances["predicted"] - 1)


def forward_variance(store: Path) -> Verdict:
    """I1: eq. 5 in linear networks; the deviation of tanh networks is shown beside it."""
    linear, tanh = (_variances(store, "activation", a) for a in ("identity", "tanh"))
    draws = _draws(store, "activation")
    if linear is None or tanh is None or draws is None:
        return UNMEASURED
    off, each = _deviation(linear), _deviation(draws)
    measured = (
        f"variance, linear, mean over draws: off by {span(off, 2)} %; single draws: "
        f"{span(each, 2)} %; "
        f"tanh, mean: {span(_deviation(tanh), 2)} %"
    )
    return Verdict.of([Part(bool((off.abs() < 5).all()), measured)])


def backward_variance(store: Path) -> Verdict:
    """I2: eq. 6 in linear networks, and the ratio from layer to layer."""
    linear = _variances(store, "backprop_gradient")
    if linear is None:
        return UNMEASURED
    off = _deviation(linear)
    standard = linear.loc["standard", "measured"]
    ratios = [standard[layer - 1] / standard[layer] for layer in SQUARE]
    return Verdict.of(
        [
            Part(
                bool((off.abs() < 10).all()), f"variance, mean over draws: off by {span(off, 2)} %"
            ),
            # the criterion names no tolerance for the ratio: its own 10 % is taken
            Part(
                all(abs(ratio * 3 - 1) < 0.1 for ratio in ratios),
                f"ratio by layer {span(ratios)} (standard)",
            ),
        ]
    )


def weight_variance(store: Path) -> Verdict:
    """I3: eq. 7 in linear networks, layers 2-5."""
    linear = _variances(store, "example_weight_gradient")
    if linear is None:
        return UNMEASURED
    parts = []
    for initialization in PAPER:
        measured = linear.loc[initialization, "measured"].loc[list(SQUARE)]
        ratio = measured.max() / measured.min()
        text = f"{initialization}: max/min {ratio:.3g} (layers 2-5, single examples)"
        parts.append(Part(ratio < 1.2, text))
    return Verdict.of(parts)


def _by_layer(store: Path, quantity: str, statistic: str) -> dict[str, pd.DataFrame] | None:
    """One statistic of the tanh networks: for each initialization, seeds down, layers across."""
    found = _gather(store, "statistics", "tanh")
    if found is None:
        return None
    seeds = found["seed"].nunique()
    found = found[(found["quantity"] == quantity) & (found["statistic"] == statistic)]
    wide = found.pivot(index=["initialization", "seed"], columns="layer", values="value")
    wide = complete(wide, seeds * len(PAPER), list(LAYERS))
    return {initialization: wide.loc[initialization] for initialization in PAPER}


def activation_spread(store: Path) -> Verdict:
    """I4: figure 6, spread of layer 5 against layer 1."""
    found = _by_layer(store, "activation", "std")
    if found is None:
        return UNMEASURED
    standard, normalized = (found[i][5] / found[i][1] for i in PAPER)
    return Verdict.of(
        [
            Part(bool((standard < 0.2).all()), f"standard: {span(standard)}"),
            Part(bool((normalized > 0.5).all()), f"normalized: {span(normalized)}"),
        ]
    )


def backprop_spread(store: Path) -> Verdict:
    """I5: figure 7, spread of layer 1 against layer 5."""
    found = _by_layer(store, "backprop_gradient", "std")
    if found is None:
        return UNMEASURED
    standard, normalized = (found[i][1] / found[i][5] for i in PAPER)
    return Verdict.of(
        [
            Part(bool((standard < 0.2).all()), f"standard: {span(standard)}"),
            Part(bool(normalized.between(0.5, 2).all()), f"normalized: {span(normalized)}"),
        ]
    )


def weight_spread(store: Path) -> Verdict:
    """I6: figure 8, weight gradients of layers 2-5."""
    found = _by_layer(store, "weight_gradient", "std")
    if found is None:
        return UNMEASURED
    parts = []
    for initialization in PAPER:
        square = found[initialization][list(SQUARE)]
        ratio = square.max(axis=1) / square.min(axis=1)
        text = f"{initialization}: max/min {span(ratio)} (layers 2-5, mean over images)"
        parts.append(Part(bool((ratio < 2).all()), text))
    return Verdict.of(parts)


def jacobian(store: Path) -> Verdict:
    """I7: mean singular value over the square layers' Jacobians, all layers together.

    The paper gives one number to an initialization, and the criterion likewise; layer by layer
    the normalized one is more uneven, which the measured text shows.
    """
    found = _by_layer(store, "jacobian_singular_value", "mean")
    if found is None:
        return UNMEASURED
    parts = []
    for initialization, expected in (("normalized", 0.8), ("standard", 0.5)):
        layers = found[initialization][list(SQUARE)]
        mean = layers.mean(axis=1)
        holds = bool(((mean - expected).abs() <= 0.05).all())
        each = span(layers.to_numpy().ravel())
        text = f"{initialization}: {span(mean)}, mean of layers 2-5 (single layers {each})"
        parts.append(Part(holds, text))
    return Verdict.of(parts)
