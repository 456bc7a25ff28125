"""Verdicts on training, judged from records made up so that the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glorot_tutor import study
from glorot_tutor.checks import RunError
from glorot_tutor.claims import errors, gradients, questions, saturation, sigmoid
from glorot_tutor.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED

NOWHERE = Path("no store is read")
EPOCHS = np.arange(0, 21) * 20_000
PRIOR = 100 * 5 / 6


def seen(model, quantity, statistic, layers, seed=0, updates=EPOCHS):
    """Rows of `statistics`: each layer's values over time, or one value for all of it."""
    parts = [
        pd.DataFrame({"update": updates, "layer": layer, "value": values})
        for layer, values in layers.items()
    ]
    return pd.concat(parts).assign(model=model, seed=seed, quantity=quantity, statistic=statistic)


def curve(model, error, seed=0, updates=EPOCHS):
    """Rows of `curve` on the test set."""
    return pd.DataFrame({"update": updates, "split": "test", "error": error}).assign(
        model=model, seed=seed, learning_rate=0.1
    )


@pytest.fixture
def hold(monkeypatch):
    """Let the study hold some frames and nothing else."""

    def put(**frames):
        found = {name: pd.concat(parts) for name, parts in frames.items()}

        def gather(frame, models, store=None, scale="book", rank=0, data="shapeset"):
            rows = found.get(frame)
            if rows is None or not set(models) <= set(rows["model"]):
                return None
            return rows[rows["model"].isin(models)]

        monkeypatch.setattr(study, "gather", gather)

    # the runs made up here are short
    monkeypatch.setattr(study, "FULL", int(EPOCHS[-1]))

    return put


def switch(before, after, at):
    """One value up to an epoch, another from there on."""
    return np.where(np.arange(21) < at, before, after)


def trapped(top=0.02, out=0.3, error=70.0, at=12, seed=0, lower=(0.5, 0.6, 0.8), share=(0.1, 0.4)):
    """What a sigmoid network of depth 4 records if it leaves its plateau in epoch `at`."""
    means = {1: lower[0], 2: lower[1], 3: lower[2]}
    tops = switch(top, out, at)
    tops[0] = 0.5
    saturated = dict.fromkeys((2, 3, 4), 0.0) | {1: switch(*share, at)}
    return {
        "statistics": [
            seen("sigmoid 4", "activation", "mean", {**means, 4: tops}, seed),
            seen("sigmoid 4", "activation", "saturated", saturated, seed),
        ],
        "curve": [curve("sigmoid 4", switch(PRIOR, error, at), seed)],
    }


@pytest.mark.parametrize(
    ("judge", "change", "verdict"),
    [
        (sigmoid.top_layer_falls, {}, REPRODUCED),
        (sigmoid.top_layer_falls, {"top": 0.2}, NOT_REPRODUCED),
        (sigmoid.order_on_plateau, {}, REPRODUCED),
        (sigmoid.order_on_plateau, {"lower": (0.5, 0.8, 0.6)}, NOT_REPRODUCED),
        (sigmoid.order_on_plateau, {"lower": (0.47, 0.6, 0.8)}, NOT_REPRODUCED),
        (sigmoid.plateau_is_left, {}, REPRODUCED),
        (sigmoid.plateau_is_left, {"error": PRIOR - 4}, NOT_REPRODUCED),
        (sigmoid.plateau_is_left, {"out": 0.03}, NOT_REPRODUCED),
        (sigmoid.plateau_is_left, {"at": 5}, NOT_REPRODUCED),
        (sigmoid.plateau_is_left, {"at": 6}, REPRODUCED),
        (sigmoid.first_layer_saturates, {}, REPRODUCED),
        (sigmoid.first_layer_saturates, {"share": (0.1, 0.19)}, NOT_REPRODUCED),
        (sigmoid.first_layer_saturates, {"out": 0.03}, NOT_MEASURED),
        (sigmoid.first_layer_saturates, {"share": (0.0, 0.0)}, NOT_REPRODUCED),
    ],
)
def test_the_sigmoid_of_depth_4(hold, judge, change, verdict):
    hold(**trapped(**change))
    assert judge(NOWHERE).verdict == verdict
    hold()
    assert judge(NOWHERE).verdict == NOT_MEASURED


def both(one, other):
    """What two runs record together."""
    return {name: one[name] + other[name] for name in one}


@pytest.mark.parametrize(
    ("judge", "change"),
    [
        (sigmoid.top_layer_falls, {"top": 0.2}),
        (sigmoid.order_on_plateau, {"lower": (0.5, 0.8, 0.6)}),
        (sigmoid.plateau_is_left, {"error": PRIOR - 4}),
        (sigmoid.first_layer_saturates, {"share": (0.1, 0.19)}),
    ],
)
def test_seeds_that_disagree_are_partly(hold, judge, change):
    hold(**both(trapped(), trapped(seed=1, **change)))
    assert judge(NOWHERE).verdict == PARTLY


def test_a_short_run_on_its_plateau_tells_nothing_of_the_end(hold):
    short = {
        name: [rows[rows["update"] <= 200_000] for rows in parts]
        for name, parts in trapped(seed=1, at=30).items()
    }
    hold(**both(trapped(), short))
    assert sigmoid.plateau_is_left(NOWHERE).verdict == REPRODUCED


def test_one_low_test_is_no_escape():
    top = pd.Series(0.02, index=EPOCHS)
    error = pd.Series(PRIOR, index=EPOCHS)
    error.iloc[4] -= 7
    plateau, end = sigmoid.find_escape(top, error)
    assert (len(plateau), end) == (20, None)


def test_the_top_layer_must_fall_early(hold):
    late = trapped()
    tops = late["statistics"][0]
    tops.loc[(tops["layer"] == 4) & (tops["update"] <= 100_000), "value"] = 0.45
    hold(**late)
    assert sigmoid.top_layer_falls(NOWHERE).verdict == NOT_REPRODUCED


def test_the_escape_is_found_where_it_is():
    tops, error = trapped(at=12)["statistics"][0], trapped(at=12)["curve"][0]
    top = tops[tops["layer"] == 4].set_index("update")["value"]
    plateau, end = sigmoid.find_escape(top, error.set_index("update")["error"])
    assert (plateau[0], plateau[-1], end) == (20_000, 11 * 20_000, 12 * 20_000)


@pytest.mark.parametrize(("error", "verdict"), [(PRIOR - 1.9, REPRODUCED), (81, PARTLY)])
def test_the_sigmoid_of_depth_5_stays(hold, error, verdict):
    hold(curve=[curve("sigmoid", PRIOR), curve("sigmoid", error, seed=1)])
    assert sigmoid.deep_sigmoid_stays(NOWHERE).verdict == verdict


def rises(*epochs, low=0.2, high=0.99):
    """Layers that pass from low to high in these epochs; None never does."""
    return {
        layer: np.full(21, low) if at is None else switch(low, high, at)
        for layer, at in enumerate(epochs, start=1)
    }


@pytest.mark.parametrize(
    ("epochs", "verdict"),
    [
        ((2, 4, 6, 8, 10), REPRODUCED),
        ((2, 4, 6, 8, None), REPRODUCED),
        ((2, 4, 6, None, None), NOT_REPRODUCED),
        ((2, 4, 4, 8, 10), NOT_REPRODUCED),
        ((2, 4, None, 8, 10), NOT_REPRODUCED),
        ((10, 8, 6, 4, 2), NOT_REPRODUCED),
    ],
)
def test_tanh_saturates_from_below(hold, epochs, verdict):
    hold(statistics=[seen("tanh", "activation", "p98", rises(*epochs))])
    assert saturation.saturates_from_below(NOWHERE).verdict == verdict


@pytest.mark.parametrize(
    ("epochs", "high", "verdict"),
    [
        ((2, 2, 3, 3, 4), 0.8, REPRODUCED),
        ((4, 3, 3, 2, 2), 0.8, REPRODUCED),
        ((2, 4, 5, 6, 7), 0.8, PARTLY),
        ((7, 6, 5, 4, 2), 0.8, PARTLY),
        ((2, 2, 3, 3, 4), 0.99, PARTLY),
        ((2, 4, 5, 6, None), 0.99, NOT_REPRODUCED),
        ((None,) * 5, 0.8, PARTLY),
    ],
)
def test_softsign_moves_together(hold, epochs, high, verdict):
    tanh = seen("tanh", "activation", "p98", rises(2, 4, 6, 8, 10))
    hold(statistics=[tanh, seen("softsign", "activation", "p98", rises(*epochs, high=high))])
    assert saturation.softsign_moves_together(NOWHERE).verdict == verdict


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [((0.3, 0.1), REPRODUCED), ((0.2, 0.1), NOT_REPRODUCED), ((0.3, 0.4), NOT_REPRODUCED)],
)
def test_tanh_ends_saturated(hold, shares, verdict):
    ends = {1: shares[0], 2: 0.2, 3: 0.2, 4: 0.2, 5: shares[1]}
    hold(statistics=[seen("tanh", "activation", "saturated", ends)])
    assert saturation.tanh_ends_saturated(NOWHERE).verdict == verdict


@pytest.mark.parametrize(
    ("judge", "epochs", "verdict"),
    [
        (saturation.saturates_from_below, (2, None, None, None, None), NOT_MEASURED),
        (saturation.saturates_from_below, (2, 4, None, None, None), NOT_MEASURED),
        (saturation.saturates_from_below, (2, 4, 6, 8, None), REPRODUCED),
        (saturation.saturates_from_below, (4, 2, None, None, None), NOT_REPRODUCED),
        (saturation.saturates_from_below, (None, None, 4, None, None), NOT_REPRODUCED),
        (saturation.tanh_ends_saturated, (2, 4, None, None, None), NOT_MEASURED),
        (saturation.softsign_moves_together, (2, 18, None, None, None), REPRODUCED),
        (saturation.softsign_moves_together, (18, 19, None, None, None), NOT_MEASURED),
        (saturation.softsign_moves_together, (2, 2, 2, 3, 3), NOT_REPRODUCED),
    ],
)
def test_a_short_run_tells_what_has_happened_but_not_what_has_not(
    hold, monkeypatch, judge, epochs, verdict
):
    hold(
        statistics=[
            seen("tanh", "activation", "p98", rises(*epochs)),
            seen("tanh", "activation", "saturated", dict.fromkeys(range(1, 6), 0.0)),
            seen("softsign", "activation", "p98", rises(2, 2, 3, 3, 4, high=0.8)),
        ]
    )
    monkeypatch.setattr(study, "FULL", int(EPOCHS[-1]) + 1)
    assert judge(NOWHERE).verdict == verdict


def test_a_plateau_is_followed_to_the_end_before_it_counts_as_one_that_stays(hold, monkeypatch):
    hold(**trapped(at=30))
    assert sigmoid.plateau_is_left(NOWHERE).verdict == NOT_REPRODUCED
    monkeypatch.setattr(study, "FULL", int(EPOCHS[-1]) + 1)
    assert sigmoid.plateau_is_left(NOWHERE).verdict == NOT_MEASURED


@pytest.mark.parametrize(
    ("epochs", "verdict"),
    [((2, 2, 3, 3, None), NOT_REPRODUCED), ((2, 2, 3, 3, 4), NOT_MEASURED)],
)
def test_a_layer_of_softsign_that_is_late_is_late_for_certain(hold, monkeypatch, epochs, verdict):
    tanh = (16, 16, 17, 17, 18) if verdict == NOT_REPRODUCED else (16, 17, None, None, None)
    hold(
        statistics=[
            seen("tanh", "activation", "p98", rises(*tanh)),
            seen("softsign", "activation", "p98", rises(*epochs, high=0.8)),
        ]
    )
    monkeypatch.setattr(study, "FULL", int(EPOCHS[-1]) + 1)
    assert saturation.softsign_moves_together(NOWHERE).verdict == verdict


def test_the_end_is_not_judged_before_it_is_there(hold, monkeypatch):
    hold(curve=[curve(model, error) for model, error in GOOD.items()])
    assert errors.sigmoid_is_worse(NOWHERE).verdict == REPRODUCED
    assert sigmoid.deep_sigmoid_stays(NOWHERE).verdict == REPRODUCED
    monkeypatch.setattr(study, "FULL", int(EPOCHS[-1]) + 1)
    assert errors.sigmoid_is_worse(NOWHERE).verdict == NOT_MEASURED
    assert sigmoid.deep_sigmoid_stays(NOWHERE).verdict == NOT_MEASURED
    hold(curve=[curve("sigmoid", 70)])
    assert sigmoid.deep_sigmoid_stays(NOWHERE).verdict == NOT_REPRODUCED


def test_seeds_that_are_too_short_are_named(hold):
    short = {
        name: [rows[rows["update"] <= 200_000] for rows in parts]
        for name, parts in trapped(seed=1, at=30).items()
    }
    hold(**both(trapped(), short))
    assert "too short to tell: seed 1" in sigmoid.plateau_is_left(NOWHERE).measured


def test_a_reversal_may_still_come(hold):
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: 0.5}
    hold(
        statistics=[
            seen("tanh", "backprop_gradient", "std", layers, updates=EPOCHS[:-1]).query(
                "update < 400_000"
            )
        ]
    )
    assert gradients.shrinking_reverses(NOWHERE).verdict == NOT_MEASURED


def test_weight_gradients_are_compared_over_the_updates_that_both_have(hold):
    level = dict.fromkeys(range(1, 5), 1.0)
    long = seen("tanh N", "weight_gradient", "std", {**level, 5: switch(1.0, 100.0, 6)})
    short = seen("tanh", "weight_gradient", "std", {**level, 5: 3.0})
    hold(statistics=[long, short[short["update"] <= 100_000]])
    assert gradients.weight_gradients_diverge(NOWHERE).verdict == REPRODUCED


def test_softsign_may_not_depend_on_it_the_other_way_round_either(hold):
    found = GOOD | {"tanh": 16, "softsign": 1, "softsign N": 16}
    hold(curve=[curve(model, error) for model, error in found.items()])
    assert errors.softsign_is_robust(NOWHERE).verdict == NOT_REPRODUCED


def test_the_order_of_one_seed_is_not_measured(hold):
    hold(curve=[curve(model, error) for model, error in GOOD.items()])
    assert errors.order_of_the_table(NOWHERE).verdict == NOT_MEASURED


def hills(*places):
    """A recorded histogram, density highest at these magnitudes."""
    centres = np.round(np.linspace(-0.975, 0.975, 40), 3)
    density = sum(np.exp(-(((np.abs(centres) - place) / 0.1) ** 2)) for place in places)
    return {f"{centre:.3f}": value for centre, value in zip(centres, density, strict=True)}


@pytest.mark.parametrize(
    ("kneed", "share", "verdict"),
    [(2, 0.01, REPRODUCED), (1, 0.01, NOT_REPRODUCED), (2, 0.06, NOT_REPRODUCED)],
)
def test_softsign_ends_on_its_knees(hold, kneed, share, verdict):
    rows = [
        {"update": 400_000, "layer": layer, **(hills(0.0, 0.7) if layer <= kneed else hills(0.0))}
        for layer in range(1, 6)
    ]
    early = [{"update": 0, "layer": layer, **hills(0.0, 0.7)} for layer in range(1, 6)]
    shape = pd.DataFrame([*early, *rows]).assign(model="softsign", seed=0, learning_rate=0.1)
    shares = dict.fromkeys(range(1, 6), share)
    hold(
        statistics=[seen("softsign", "activation", "saturated", shares)],
        histograms=[shape],
    )
    found = saturation.softsign_ends_on_its_knees(NOWHERE)
    assert found.verdict == verdict
    assert saturation.modes_of(pd.Series(hills(0.0, 0.675))) == [0.675]


def test_noise_has_no_modes():
    draw = np.random.default_rng(0)
    for _ in range(20):
        found = np.histogram(draw.uniform(-1, 1, 300_000), 40, (-1, 1), density=True)[0]
        row = pd.Series(dict(zip(hills(0), found, strict=True)))
        assert saturation.modes_of(row) == []


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        (switch(0.1, 1.1, 20), REPRODUCED),
        (0.9, NOT_REPRODUCED),
        (switch(1.1, 0.9, 1), NOT_REPRODUCED),
    ],
)
def test_shrinking_reverses(hold, first, verdict):
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: first}
    hold(statistics=[seen("tanh", "backprop_gradient", "std", layers)])
    assert gradients.shrinking_reverses(NOWHERE).verdict == verdict


def test_a_reversal_after_twenty_epochs_is_too_late(hold):
    updates = np.arange(0, 26) * 20_000
    first = np.where(updates > 400_000, 1.1, 0.1)
    layers = dict.fromkeys(range(2, 6), 1.0) | {1: first}
    hold(statistics=[seen("tanh", "backprop_gradient", "std", layers, updates=updates)])
    assert gradients.shrinking_reverses(NOWHERE).verdict == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(3.1, REPRODUCED), (2.9, NOT_REPRODUCED), (switch(100, 2.9, 3), NOT_REPRODUCED)],
)
def test_weight_gradients_diverge(hold, ratio, verdict):
    level = dict.fromkeys(range(1, 5), 1.0)
    hold(
        statistics=[
            seen("tanh", "weight_gradient", "std", {**level, 5: ratio}),
            seen("tanh N", "weight_gradient", "std", {**level, 5: 2.0}),
        ]
    )
    assert gradients.weight_gradients_diverge(NOWHERE).verdict == verdict


@pytest.mark.parametrize(
    ("p98", "std", "verdict"),
    [(0.8, 0.8, REPRODUCED), (0.8, 0.5, PARTLY), (0.5, 0.5, NOT_REPRODUCED)],
)
def test_softsign_is_like_tanh_n(hold, p98, std, verdict):
    # on the line tanh 0.4, softsign at the given place, tanh N 1.0
    places = {"tanh": (0.4, 0.4), "softsign": (p98, std), "tanh N": (1.0, 1.0)}
    hold(
        statistics=[
            seen(model, "activation", name, dict.fromkeys(range(1, 6), value))
            for model, values in places.items()
            for name, value in zip(("p98", "std"), values, strict=True)
        ]
    )
    assert gradients.softsign_is_like_tanh_n(NOWHERE).verdict == verdict
    one, other = (pd.DataFrame({1: [9, v], 2: [9, v]}, index=[0, 20_000]) for v in (1.0, 3.0))
    assert gradients.distance(one, other) == 2


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
def test_the_order_of_the_errors(hold, judge, change, verdict):
    found = GOOD | change
    short = EPOCHS[:11]
    hold(
        curve=[
            *(curve(model, switch(80, error, 15)) for model, error in found.items()),
            *(curve(m, np.where(short < 2e5, 80, e), 1, short) for m, e in found.items()),
        ]
    )
    assert judge(NOWHERE).verdict == verdict


def test_one_seed_that_disagrees_is_enough_to_fail_the_order(hold):
    closer = GOOD | {"tanh": 18, "sigmoid": 74}
    hold(curve=[curve(m, e, seed) for seed, g in enumerate((GOOD, closer)) for m, e in g.items()])
    assert errors.order_of_the_table(NOWHERE).verdict == NOT_REPRODUCED


def test_models_are_compared_after_as_many_updates(hold):
    hold(curve=[curve("a", EPOCHS / 1e4), curve("b", EPOCHS[:6] / 2e4, updates=EPOCHS[:6])])
    found, length = errors.ends(NOWHERE, ["a", "b"])
    assert length == {0: 100_000}
    assert found[0].to_dict() == {"a": 10, "b": 5}


# --- the two questions with experiments of their own --------------------------------------------


@pytest.mark.parametrize(
    ("loss", "shift", "verdict"),
    [(1.0, 0.0, REPRODUCED), (1.02, 0.0, PARTLY), (1.02, 0.3, NOT_REPRODUCED)],
)
def test_the_biases_are_learned_first(monkeypatch, loss, shift, verdict):
    prior = questions.PRIOR
    entropy = -(prior * np.log(prior)).sum()
    updates = np.arange(0, 20_001, 5_000)
    nll = np.where(updates, loss * entropy, 9.0)
    late = pd.DataFrame({"update": updates, "nll": nll})
    bias = np.log(prior) + 7
    bias[0] += shift
    places = [(u, c, b if u else 9.0) for u in updates for c, b in enumerate(bias)]
    settled = pd.DataFrame(places, columns=["update", "class", "bias"])
    frames = {"curve": late, "biases": settled}

    def gather(store, runs, name):
        assert {run.biases for run in runs} == {"zero"}
        keys = [{"learning_rate": run.learning_rate, "seed": run.seed} for run in runs]
        return pd.concat([frames[name].assign(**key) for key in keys[: len(keys) - lost]])

    lost = 0
    monkeypatch.setattr(questions.records, "gather", gather)
    assert questions.biases_first(NOWHERE).verdict == verdict
    lost = 1
    with pytest.raises(RunError, match="incomplete"):
        questions.biases_first(NOWHERE)


@pytest.mark.parametrize(
    ("updates", "verdict"),
    [
        ((9e4, 5e4, 2e4, 3e4), REPRODUCED),
        ((9e4, 5e4, 6e4, 3e4), NOT_REPRODUCED),
        ((np.inf, 5e4, 2e4, 3e4), REPRODUCED),
        ((5e4, 9e4, 2e4, 3e4), PARTLY),
    ],
)
def test_a_jacobian_near_one_learns_soon(monkeypatch, updates, verdict):
    found = pd.DataFrame(
        {"gain": [0.5, 0.7, 1.0, 2.0], "singular_value": [0.4, 0.6, 0.8, 0.7], "updates": updates}
    ).assign(seed=0)
    monkeypatch.setattr(questions, "races", lambda store: found)
    assert questions.jacobian_near_one(NOWHERE).verdict == verdict


def test_the_goal_is_reached_between_two_tests():
    error = pd.Series([80, 72, 68, 75], index=[0, 1000, 2000, 3000])
    assert questions.updates_to(error, 70) == 1500
    assert questions.updates_to(error, 60) == np.inf
    assert questions.updates_to(error, 80) == 0
