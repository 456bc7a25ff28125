"""Claims of section 4.2: variances, gradients and Jacobians before the first update."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glorot_tutor import records
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, span
from glorot_tutor.experiments import plan
from glorot_tutor.nets import INITIALIZATIONS

SQUARE = range(2, 6)
"""Layers whose weights are square; layer 1 has another fan-in and the images below it."""


def _gather(store: Path, frame: str, activation: str) -> pd.DataFrame | None:
    found = records.gather(store, plan("fig6"), frame)
    return None if found is None else found[found["activation"] == activation]


def _variances(store: Path, quantity: str, activation: str = "identity") -> pd.DataFrame | None:
    """Measured and predicted variance by (initialization, layer), averaged over the draws.

    Equations 5-7 are about the expectation over draws of the weights; a single network of 1,000
    units scatters around it by several percent.
    """
    found = _gather(store, "comparison", activation)
    if found is None:
        return None
    found = found[found["quantity"] == quantity]
    found = found.assign(measured=found["measured"] ** 2, predicted=found["predicted"] ** 2)
    return found.groupby(["initialization", "layer"])[["measured", "predicted"]].mean()


def _deviation(variances: pd.DataFrame) -> pd.Series:
    return 100 * (variances["measured"] / variances["predicted"] - 1)


def forward_variance(store: Path) -> Verdict:
    """I1: eq. 5 in linear networks; the deviation of tanh networks is shown beside it."""
    linear, tanh = (_variances(store, "activation", a) for a in ("identity", "tanh"))
    if linear is None or tanh is None:
        return UNMEASURED
    off = _deviation(linear)
    return Verdict.of(
        [
            Part(
                bool((off.abs() < 5).all()),
                f"linear: off by {span(off, 2)} %; tanh: off by {span(_deviation(tanh), 2)} %",
            )
        ]
    )


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
            Part(bool((off.abs() < 10).all()), f"linear: off by {span(off, 2)} %"),
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
    for initialization in INITIALIZATIONS:
        measured = linear.loc[initialization, "measured"].loc[list(SQUARE)]
        ratio = measured.max() / measured.min()
        parts.append(Part(ratio < 1.2, f"{initialization}: max/min {ratio:.3g}"))
    return Verdict.of(parts)


def _by_layer(store: Path, quantity: str, statistic: str) -> dict[str, pd.DataFrame] | None:
    """One statistic of the tanh networks: for each initialization, seeds down, layers across."""
    found = _gather(store, "statistics", "tanh")
    if found is None:
        return None
    found = found[(found["quantity"] == quantity) & (found["statistic"] == statistic)]
    return {
        initialization: part.pivot(index="seed", columns="layer", values="value")
        for initialization, part in found.groupby("initialization")
    }


def activation_spread(store: Path) -> Verdict:
    """I4: figure 6, spread of layer 5 against layer 1."""
    found = _by_layer(store, "activation", "std")
    if found is None:
        return UNMEASURED
    standard, normalized = (found[i][5] / found[i][1] for i in INITIALIZATIONS)
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
    standard, normalized = (found[i][1] / found[i][5] for i in INITIALIZATIONS)
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
    for initialization in INITIALIZATIONS:
        square = found[initialization][list(SQUARE)]
        ratio = square.max(axis=1) / square.min(axis=1)
        parts.append(Part(bool((ratio < 2).all()), f"{initialization}: max/min {span(ratio)}"))
    return Verdict.of(parts)


def jacobian(store: Path) -> Verdict:
    """I7: mean singular value of the square layers' Jacobians."""
    found = _by_layer(store, "jacobian_singular_value", "mean")
    if found is None:
        return UNMEASURED
    parts = []
    for initialization, expected in (("normalized", 0.8), ("standard", 0.5)):
        mean = found[initialization][list(SQUARE)].mean(axis=1)
        holds = bool(((mean - expected).abs() <= 0.05).all())
        parts.append(Part(holds, f"{initialization}: {span(mean)}"))
    return Verdict.of(parts)
