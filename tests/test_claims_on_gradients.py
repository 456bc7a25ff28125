"""Verdicts on gradients, judged from records made up so that the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_study import EPOCHS, hold, seen, switch, verdict_of

from glorot_tutor.study.claims import gradients
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (switch(0.1, 1.1, 20), REPRODUCED),
        (0.9, NOT_REPRODUCED),
        (switch(1.1, 0.9, 1), NOT_REPRODUCED),
    ],
)
def test_shrinking_reverses(first, verdict):
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: first}
    study = hold(statistics=[seen("tanh", "backprop_gradient", "std", layers)])
    assert verdict_of(gradients.shrinking_reverses, study) == verdict


def test_a_reversal_after_twenty_epochs_is_too_late():
    updates = np.arange(0, 26) * 20_000
    first = np.where(updates > 400_000, 1.1, 0.1)
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: first}
    study = hold(statistics=[seen("tanh", "backprop_gradient", "std", layers, updates=updates)])
    assert verdict_of(gradients.shrinking_reverses, study) == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(3.1, REPRODUCED), (2.9, NOT_REPRODUCED), (switch(100, 2.9, 3), NOT_REPRODUCED)],
)
def test_weight_gradients_diverge(ratio, verdict):
    level = dict.fromkeys(range(1, 5), 1.0)
    study = hold(
        statistics=[
            seen("tanh", "weight_gradient", "std", {**level, 5: ratio}),
            seen("tanh N", "weight_gradient", "std", {**level, 5: 2.0}),
        ]
    )
    assert verdict_of(gradients.weight_gradients_diverge, study) == verdict


def test_a_reversal_may_still_come():
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: 0.5}
    study = hold(
        statistics=[
            seen("tanh", "backprop_gradient", "std", layers, updates=EPOCHS[:-1]).query(
                "update < 400_000"
            )
        ]
    )
    assert verdict_of(gradients.shrinking_reverses, study) == NOT_MEASURED


def test_weight_gradients_are_compared_over_the_updates_that_both_have():
    level = dict.fromkeys(range(1, 5), 1.0)
    long = seen("tanh N", "weight_gradient", "std", {**level, 5: switch(1.0, 100.0, 6)})
    short = seen("tanh", "weight_gradient", "std", {**level, 5: 3.0})
    study = hold(statistics=[long, short[short["update"] <= 100_000]])
    assert verdict_of(gradients.weight_gradients_diverge, study) == REPRODUCED


@pytest.mark.parametrize(
    ("p98", "std", "verdict"),
    [(0.8, 0.8, REPRODUCED), (0.8, 0.5, PARTLY), (0.5, 0.5, NOT_REPRODUCED)],
)
def test_softsign_is_like_tanh_n(p98, std, verdict):
    # on the line tanh 0.4, softsign at the given place, tanh N 1.0
    places = {"tanh": (0.4, 0.4), "softsign": (p98, std), "tanh N": (1.0, 1.0)}
    study = hold(
        statistics=[
            seen(model, "activation", name, dict.fromkeys(range(1, 6), value))
            for model, values in places.items()
            for name, value in zip(("p98", "std"), values, strict=True)
        ]
    )
    assert verdict_of(gradients.softsign_is_like_tanh_n, study) == verdict
    one, other = (pd.DataFrame({1: [9, v], 2: [9, v]}, index=[0, 20_000]) for v in (1.0, 3.0))
    assert gradients.distance(one, other) == 2
