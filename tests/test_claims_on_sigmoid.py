"""Verdicts on the sigmoid, judged from records made up so that the answer is known."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from made_up_study import END, EPOCHS, curve, hold, seen, switch, verdict_of

from glorot_tutor.study import records
from glorot_tutor.study.claims import JUDGES, sigmoid
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments import WITNESS
from glorot_tutor.study.records import Store

PRIOR = 100 * 5 / 6


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
def test_the_sigmoid_of_depth_4(judge, change, verdict):
    assert verdict_of(judge, hold(**trapped(**change))) == verdict
    assert verdict_of(judge, hold()) == NOT_MEASURED


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
def test_seeds_that_disagree_are_partly(judge, change):
    study = hold(**both(trapped(), trapped(seed=1, **change)))
    assert verdict_of(judge, study) == PARTLY


def test_a_short_run_on_its_plateau_tells_nothing_of_the_end():
    short = {
        name: [rows[rows["update"] <= 200_000] for rows in parts]
        for name, parts in trapped(seed=1, at=30).items()
    }
    study = hold(**both(trapped(), short))
    assert verdict_of(sigmoid.plateau_is_left, study) == REPRODUCED


def test_one_low_test_is_no_escape():
    top = pd.Series(0.02, index=EPOCHS)
    error = pd.Series(PRIOR, index=EPOCHS)
    error.iloc[4] -= 7
    plateau, end = sigmoid.find_escape(top, error)
    assert (len(plateau), end) == (20, None)


def test_the_top_layer_must_fall_early():
    late = trapped()
    tops = late["statistics"][0]
    tops.loc[(tops["layer"] == 4) & (tops["update"] <= 100_000), "value"] = 0.45
    study = hold(**late)
    assert verdict_of(sigmoid.top_layer_falls, study) == NOT_REPRODUCED


def test_the_escape_is_found_where_it_is():
    tops, error = trapped(at=12)["statistics"][0], trapped(at=12)["curve"][0]
    top = tops[tops["layer"] == 4].set_index("update")["value"]
    plateau, end = sigmoid.find_escape(top, error.set_index("update")["error"])
    assert (plateau[0], plateau[-1], end) == (20_000, 11 * 20_000, 12 * 20_000)


@pytest.mark.parametrize(("error", "verdict"), [(PRIOR - 1.9, REPRODUCED), (81, PARTLY)])
def test_the_sigmoid_of_depth_5_stays(error, verdict):
    study = hold(curve=[curve("sigmoid", PRIOR), curve("sigmoid", error, seed=1)])
    assert verdict_of(sigmoid.deep_sigmoid_stays, study) == verdict


def test_a_plateau_is_followed_to_the_end_before_it_counts_as_one_that_stays():
    for full, verdict in ((END, NOT_REPRODUCED), (END + 1, NOT_MEASURED)):
        assert verdict_of(sigmoid.plateau_is_left, hold(full, **trapped(at=30))) == verdict


def test_seeds_that_are_too_short_are_named():
    short = {
        name: [rows[rows["update"] <= 200_000] for rows in parts]
        for name, parts in trapped(seed=1, at=30).items()
    }
    study = hold(**both(trapped(), short))
    judged = sigmoid.plateau_is_left(study)
    assert [(run.seed, run.updates) for run in judged.short] == [(1, 200_000)]
    words = JUDGES["S3"].rests_on(judged)
    assert words.startswith("seed 0 to 400,000 (8 %) of 5,000,000 updates; too short to tell: ")
    assert words.endswith(": seed 1 to 200,000 (4 %) of 5,000,000 updates")


@pytest.mark.parametrize(("out", "words"), [(0.05, "0.05, still nearly off"), (0.3, "0.3")])
def test_where_the_top_layer_ends_is_told(out, words):
    found = sigmoid.plateau_is_left(hold(**trapped(out=out)))
    assert found.measured.endswith(f"layer 4's mean ends at {words}")


def test_the_witness_on_mnist_is_held_against_the_prior_of_mnist(tmp_path, monkeypatch):
    assert {found.verdict for found in sigmoid.on_mnist(tmp_path).values()} == {NOT_MEASURED}
    record = Store(records.BOOK).get(WITNESS)
    test = record.frames["curve"].query("split == 'test'").set_index("update")["error"]
    # the error of MNIST's most frequent digit among its 10,000 test images
    low = test[test < 88.65 - 5].index
    lasting = [update for update in low if (test.loc[update:] < 88.65 - 5).all()]
    words = re.search(r"left by update ([\d,]+);", sigmoid.on_mnist()["S3"].measured)
    left = int(words[1].replace(",", ""))
    assert left in lasting
    assert left - lasting[0] <= 5_000  # the top layer may be one look behind the error
    monkeypatch.setattr(sigmoid, "prior_error", lambda data: 100.0)
    assert sigmoid.on_mnist()["S3"].verdict == NOT_REPRODUCED
