"""Verdicts of the claims that a closer reading added, from records made up so that it is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_study import EPOCHS, curve, hold, seen, switch, verdict_of

from glorot_tutor.study.claims import elsewhere, errors, gradients, spectra, weights
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED


def frames(table):
    """A study in which every frame of every experiment is one table."""
    study = hold()
    object.__setattr__(study, "frame", lambda name, experiments: table)
    return study


@pytest.mark.parametrize(
    ("geometric", "verdict"), [(0.95, REPRODUCED), (0.85, NOT_REPRODUCED), (1.15, NOT_REPRODUCED)]
)
def test_three_means_agree_within_a_tenth(geometric, verdict):
    row = {"arithmetic": 1.0, "geometric": geometric, "root_mean_square": 1.02}
    model = {"activation": "tanh", "initialization": "standard"}
    assert verdict_of(spectra.three_means_agree, frames(pd.DataFrame([model | row] * 3))) == verdict


@pytest.mark.parametrize(("largest", "verdict"), [(5.1, REPRODUCED), (4.9, NOT_REPRODUCED)])
def test_curvature_is_uneven_relative_to_its_mean(largest, verdict):
    rows = [("sigmoid", 2 * largest, 0.2), ("tanh", 1.0, 0.1)]
    table = pd.DataFrame(rows, columns=["activation", "largest", "mean"]).assign(seed=0)
    assert verdict_of(spectra.curvature_is_uneven, frames(table)) == verdict


def grow(factors):
    return {layer: np.linspace(1, f, 21) for layer, f in enumerate(factors, start=1)}


@pytest.mark.parametrize(
    ("factors", "verdict"),
    [
        ((1.2, 1.3, 1.4, 1.5, 2.3), REPRODUCED),
        ((1.2, 1.3, 1.4, 1.5, 2.5), PARTLY),
        ((1.05, 1.3, 1.4, 1.5, 1.6), PARTLY),
        ((1.05, 1.3, 1.4, 1.5, 2.5), NOT_REPRODUCED),
    ],
)
def test_softsigns_weights_grow_together(factors, verdict):
    study = hold(statistics=[seen("softsign", "weight", "std", grow(factors))])
    assert verdict_of(weights.softsign_weights_grow_together, study) == verdict


def test_how_weights_end_is_not_told_by_a_run_that_is_shorter():
    part = [seen("softsign", "weight", "std", grow([1.5] * 5)).query("update < 200_000")]
    study = hold(statistics=part)
    assert verdict_of(weights.softsign_weights_grow_together, study) == NOT_MEASURED


def saturated(shapeset, other):
    share = {
        data: hold(
            statistics=[seen("tanh", "activation", "saturated", dict.fromkeys(range(1, 6), value))]
        )
        for data, value in {"shapeset": shapeset, "mnist": other, "cifar10": 0.1}.items()
    }
    study = hold()
    object.__setattr__(study, "on", share.get)
    return study


@pytest.mark.parametrize(("other", "verdict"), [(0.2, REPRODUCED), (0.4, NOT_REPRODUCED)])
def test_shapeset_saturates_most(other, verdict):
    assert verdict_of(weights.shapeset_saturates_most, saturated(0.3, other)) == verdict


def products(later):
    """Statistics that follow the product of variances at the start, and are off by a factor later.

    All weights have n Var[W] = 1/4, so that each layer halves what it passes on.
    """
    drift = [later ** switch(0, layer, 1) for layer in range(5)]
    up = {layer: 0.5**layer * drift[layer - 1] for layer in range(1, 6)}
    down = {layer: 0.5 ** (5 - layer) / drift[layer - 1] for layer in range(1, 6)}
    std = dict.fromkeys(range(1, 6), 0.5 / np.sqrt(1000))
    return [
        seen(model, quantity, "std", layers)
        for model in ("tanh", "tanh N")
        for quantity, layers in (("activation", up), ("backprop_gradient", down), ("weight", std))
    ]


@pytest.mark.parametrize(("later", "verdict"), [(1.3, REPRODUCED), (1.2, PARTLY)])
def test_variances_stop_to_multiply(later, verdict):
    study = hold(statistics=products(later))
    assert verdict_of(gradients.variances_stop_to_multiply, study) == verdict


@pytest.mark.parametrize(
    ("standard", "normalized", "verdict"),
    [(2, 1.4, REPRODUCED), (2, 0.4, PARTLY), (1.4, 1.2, PARTLY), (0.9, 1.3, NOT_REPRODUCED)],
)
def test_lower_layers_have_larger_gradients(standard, normalized, verdict):
    level = dict.fromkeys(range(2, 6), 1.0)
    study = hold(
        statistics=[
            seen("tanh", "weight_gradient", "std", {1: standard, **level}),
            seen("tanh N", "weight_gradient", "std", {1: normalized, **level}),
        ]
    )
    assert verdict_of(gradients.lower_layers_have_larger_gradients, study) == verdict


def test_an_error_stays_below_a_level_from_its_last_crossing_on():
    error = pd.Series([80, 49, 51, 49, 48], index=range(0, 50, 10))
    assert errors.stays_below(error) == 30
    assert errors.stays_below(error[:3]) == np.inf
    assert errors.stays_below(error[3:]) == 30


@pytest.mark.parametrize(
    ("epoch", "verdict"), [(9, REPRODUCED), (8, PARTLY), (30, REPRODUCED), (3, PARTLY)]
)
def test_standard_networks_are_slower(epoch, verdict):
    """The fast ones need four epochs, the sigmoid nine; a run that never gets there needs more."""
    slow = {"tanh": epoch, "sigmoid 4": 9}
    fast = dict.fromkeys(("softsign", "softsign N", "tanh N"), 4)
    runs = [curve(model, switch(80, 40, at)) for model, at in (slow | fast).items()]
    assert verdict_of(errors.standard_networks_are_slower, hold(curve=runs)) == verdict


LONG = np.arange(0, 251) * 20_000


@pytest.mark.parametrize(
    ("gap", "fall", "verdict"),
    [(4, 1.9, REPRODUCED), (2, 0.9, PARTLY), (4, 2.1, PARTLY), (2, 1.1, NOT_REPRODUCED)],
)
def test_standard_networks_end_higher(gap, fall, verdict):
    tanh = np.where(LONG > 4_000_000, 20.0 + gap, 20.0 + gap + fall)
    runs = [curve("tanh", tanh, updates=LONG), curve("tanh N", 20.0, updates=LONG)]
    study = hold(full=LONG[-1], curve=runs)
    assert verdict_of(errors.standard_networks_end_higher, study) == verdict
    short = hold(curve=[curve("tanh", 30.0), curve("tanh N", 20.0)])
    assert verdict_of(errors.standard_networks_end_higher, short) == NOT_MEASURED


def trapped(two, level):
    """Sigmoid networks on their plateau: layer 1 at `level`, layer 2 at `two`; tanh in order."""
    means = {1: level, 2: two, 3: 0.6, 4: 0.8, 5: switch(0.5, 0.01, 1)}
    passed = {layer: switch(0.5, 0.99, 2 * layer) for layer in range(1, 6)}
    one = hold(
        statistics=[
            seen("sigmoid", "activation", "mean", means),
            seen("tanh", "activation", "p98", passed),
        ],
        curve=[curve("sigmoid", 90.0)],
    )
    study = hold()
    object.__setattr__(study, "on", lambda data: one)
    return study


@pytest.mark.parametrize(
    ("two", "level", "verdict"),
    [(0.55, 0.5, REPRODUCED), (0.49, 0.5, PARTLY), (0.55, 0.47, PARTLY)],
)
def test_learning_looks_alike_elsewhere(two, level, verdict, monkeypatch):
    plateau = list(map(int, EPOCHS[1:]))
    monkeypatch.setattr(
        elsewhere, "find_escape", lambda *_: type("Escape", (), {"plateau": plateau})
    )
    assert verdict_of(elsewhere.learning_looks_alike, trapped(two, level)) == verdict


@pytest.mark.parametrize(("off", "verdict"), [((), REPRODUCED), (("I5",), PARTLY)])
def test_the_start_looks_alike_elsewhere(off, verdict, monkeypatch):
    word = {claim: NOT_REPRODUCED if claim in off else REPRODUCED for claim in ("I4", "I5", "I6")}
    rules = {
        claim: lambda study, said=said: type("Verdict", (), {"verdict": said, "measured": ""})
        for claim, said in word.items()
    }
    monkeypatch.setattr(elsewhere, "AT_START", rules)
    assert verdict_of(elsewhere.start_looks_alike, hold()) == verdict
