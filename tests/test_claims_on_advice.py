"""How claims of others are judged, from records made up so."""

from __future__ import annotations

import pandas as pd
import pytest
from made_up_study import hold, verdict_of

from glorot_tutor.study.claims import advice
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments.asides import fourfold
from glorot_tutor.study.records import NotRecorded


class Found:
    def __init__(self, test, validation):
        rows = [(0, "test", 88.0), (100_000, "test", test), (100_000, "validation", validation)]
        rows += [(120_000, "test", 10.0)]  # too late to count
        curve = pd.DataFrame(rows, columns=["update", "split", "error"])
        self.frames = {"curve": curve, "outcome": pd.DataFrame({"diverged_at": [None]})}


@pytest.mark.parametrize(
    ("four", "five", "verdict"),
    [(78, 78, REPRODUCED), (78, 79, PARTLY), (79, 79, NOT_REPRODUCED)],
)
def test_larger_weights_free_the_sigmoid_at_both_depths(four, five, verdict):
    def record(run):
        test = four if len(run.widths) == 4 else five
        # the other rates would say otherwise, and are worse on the validation set
        best = run.learning_rate == 0.2
        return Found(test if best else 157 - test, 50 if best else 60)

    study = hold()
    object.__setattr__(study, "record", record)
    assert verdict_of(advice.larger_weights_free_the_sigmoid, study) == verdict


def test_half_of_the_runs_are_no_verdict():
    def record(run):
        if run == fourfold("book")[-1]:
            raise NotRecorded(run.title)
        return Found(50, 50)

    study = hold()
    object.__setattr__(study, "record", record)
    assert verdict_of(advice.larger_weights_free_the_sigmoid, study) == NOT_MEASURED


def test_the_runs_are_three_rates_at_four_times_the_normalized_bound_at_both_depths():
    runs = fourfold("book")
    assert len(runs) == 6
    assert {(run.initialization, run.gain, run.updates) for run in runs} == {
        ("normalized", 4.0, 100_000)
    }
    assert {run.widths for run in runs} == {(1000,) * 4, (1000,) * 5}
