"""Verdicts on final errors, judged from records made up so that the answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from made_up_study import END, EPOCHS, curve, hold, switch, verdict_of

from glorot_tutor.study.claims import errors, sigmoid
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED

GOOD = {"sigmoid": 83, "sigmoid 4": 40, "tanh": 27, "softsign": 16, "softsign N": 16, "tanh N": 15}


@pytest.mark.parametrize(
    ("judge", "change", "verdict"),
    [
        (errors.order_of_the_table, {}, REPRODUCED),
        (errors.order_of_the_table, {"tanh": 18}, PARTLY),
        (errors.order_of_the_table, {"tanh": 18, "sigmoid": 70}, NOT_REPRODUCED),
        (errors.sigmoid_is_worse, {}, REPRODUCED),
        (errors.sigmoid_is_worse, {"softsign": 36}, NOT_REPRODUCED),
        (errors.softsign_is_robust, {}, REPRODUCED),
        (errors.softsign_is_robust, {"softsign": 23}, NOT_REPRODUCED),
        (errors.softsign_is_robust, {"tanh": 14, "softsign": 1}, NOT_REPRODUCED),
    ],
)
def test_the_order_of_the_errors(judge, change, verdict):
    found = GOOD | change
    short = EPOCHS[:11]
    study = hold(
        curve=[
            *(curve(model, switch(80, error, 15)) for model, error in found.items()),
            *(curve(m, np.where(short < 1e5, 80, e), 1, short) for m, e in found.items()),
        ]
    )
    assert verdict_of(judge, study) == verdict


def test_one_seed_that_disagrees_is_enough_to_fail_the_order():
    closer = GOOD | {"tanh": 18, "sigmoid": 74}
    study = hold(
        curve=[curve(m, e, seed) for seed, g in enumerate((GOOD, closer)) for m, e in g.items()]
    )
    assert verdict_of(errors.order_of_the_table, study) == NOT_REPRODUCED


def test_models_are_compared_after_as_many_updates():
    study = hold(curve=[curve("a", EPOCHS / 1e4), curve("b", EPOCHS[:6] / 2e4, updates=EPOCHS[:6])])
    found = study.ends(["a", "b"])
    assert found.updates == {0: 100_000}
    assert found.errors.loc[0].to_dict() == {"a": 6, "b": 3}  # means of 2 to 10, and of 1 to 5


def test_the_end_is_not_judged_before_it_is_there():
    curves = [curve(model, error) for model, error in GOOD.items()]
    for full, verdict in ((END, REPRODUCED), (END + 1, NOT_MEASURED)):
        study = hold(full, curve=curves)
        assert verdict_of(errors.sigmoid_is_worse, study) == verdict
        assert verdict_of(sigmoid.deep_sigmoid_stays, study) == verdict
    study = hold(END + 1, curve=[curve("sigmoid", 70)])
    assert verdict_of(sigmoid.deep_sigmoid_stays, study) == NOT_REPRODUCED


def after(epochs, error, updates=EPOCHS):
    """An error on the plateau for so many epochs, then falling by a point an epoch to `error`."""
    return np.where(updates < epochs * 20_000, 83.0, error + 20.0 - updates / 20_000 + epochs)


@pytest.mark.parametrize(("sigmoid", "verdict"), [(6, REPRODUCED), (4, NOT_REPRODUCED)])
def test_the_sigmoid_is_compared_as_long_after_its_escape(sigmoid, verdict):
    """It is behind by its eleven epochs on the plateau, which are not counted."""
    parts = [curve("tanh N", after(1, 30)), curve("softsign", after(1, 30))]
    study = hold(curve=[*parts, curve("sigmoid 4", after(12, 30 + sigmoid))])
    judged = errors.sigmoid_is_worse(study)
    assert judged.verdict == verdict
    assert "160,000 updates after each has left its plateau, not flat yet" in judged.measured
    assert f"{sigmoid} points" in judged.measured
    assert not judged.settled


def test_flat_curves_are_compared_at_their_ends():
    updates = np.arange(0, 251) * 20_000
    level = {"sigmoid 4": 30, "tanh N": 20, "softsign": 20}
    rows = [
        curve(m, np.where(updates < (12 + 100 * (e > 20)) * 20_000, 83.0, e), updates=updates)
        for m, e in level.items()
    ]
    judged = errors.sigmoid_is_worse(hold(int(updates[-1]), curve=rows))
    told = "all flat at 5,000,000 updates: the sigmoid 10 points above the other two"
    assert judged.measured == f"seed 0: {told}"
    assert judged.settled


def test_no_escape_no_comparison():
    rows = [curve("tanh N", 30), curve("softsign", 30), curve("sigmoid 4", 83)]
    assert verdict_of(errors.sigmoid_is_worse, hold(curve=rows)) == NOT_MEASURED


def test_one_look_is_not_the_end():
    """The last test jumps by 50 points; the mean of five moves by 10."""
    jump = np.where(EPOCHS == END, 33.0, 83.0)
    judged = sigmoid.deep_sigmoid_stays(hold(curve=[curve("sigmoid", jump)]))
    assert judged.measured == "seed 0: 73 % after 400,000 updates"
    assert judged.verdict == NOT_REPRODUCED


def test_softsign_may_not_depend_on_it_the_other_way_round_either():
    found = GOOD | {"tanh": 16, "softsign": 1, "softsign N": 16}
    study = hold(curve=[curve(model, error) for model, error in found.items()])
    assert verdict_of(errors.softsign_is_robust, study) == NOT_REPRODUCED


def test_the_order_of_one_seed_is_not_measured():
    study = hold(curve=[curve(model, error) for model, error in GOOD.items()])
    assert verdict_of(errors.order_of_the_table, study) == NOT_MEASURED
