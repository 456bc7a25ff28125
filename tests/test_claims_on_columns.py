"""Verdicts on the other data sets, judged from records made up so that the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from glorot_tutor.study import reading, records
from glorot_tutor.study.claims import columns
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments.budgets import TABLE, budget

NOWHERE = Path("no store is read")
GOOD = {"softsign": 2.0, "softsign N": 2.0, "tanh": 2.2, "tanh N": 1.9, "sigmoid": 3.0}


@pytest.fixture
def hold_ends(monkeypatch):
    """Let the study hold_ends final errors, by data set, seed and model, and nothing else."""

    def put(errors, short=""):
        def end(data):
            return (1 + (data != short)) * budget("book", data).full[0] // 2

        def gather(frame, models, store, *_, data, **__):
            rows = [
                (model, seed, end(data), "test", error)
                for seed, by_model in errors.get(data, {}).items()
                for model, error in by_model.items()
            ]
            table = pd.DataFrame(rows, columns=["model", "seed", "update", "split", "error"])
            return table if set(models) <= set(table["model"]) else None

        def right(model, seed, store, data, updates):
            assert updates == end(data)
            wrong = round(100 * errors[data][seed][model])
            return np.arange(10_000) >= wrong

        for module in (reading, reading.evidence):
            monkeypatch.setattr(module, "gather", gather)
        monkeypatch.setattr(reading, "right", right)
        monkeypatch.setattr(reading, "diverged", lambda *_: set())

    return put


def everywhere(seeds=3, **change):
    return {data: dict.fromkeys(range(seeds), GOOD | change) for data in columns.FINITE}


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        (everywhere(), REPRODUCED),
        (everywhere(sigmoid=2.1), PARTLY),
        (everywhere(sigmoid=2.1) | {"mnist": everywhere()["mnist"]}, PARTLY),
        (everywhere(**{"tanh N": 2.6}), PARTLY),
        # so near that the test on 10,000 images cannot tell them apart
        (everywhere(**{"tanh N": 2.25}), REPRODUCED),
        (everywhere(sigmoid=2.1, **{"softsign N": 2.9}), NOT_REPRODUCED),
        ({}, NOT_MEASURED),
    ],
)
def test_small_differences(hold_ends, errors, verdict):
    hold_ends(errors)
    assert columns.differences_are_small(NOWHERE).verdict == verdict


def test_one_seed_that_is_worse_for_sure_is_enough(hold_ends):
    errors = everywhere()
    errors["cifar10"] = {**errors["cifar10"], 2: GOOD | {"tanh N": 2.8}}
    hold_ends(errors)
    found = columns.differences_are_small(NOWHERE)
    assert found.verdict == PARTLY
    assert "tanh N seed 2 by 0.60" in found.measured


def test_answers_that_cannot_be_compared_are_no_evidence(hold_ends, monkeypatch):
    hold_ends(everywhere())
    monkeypatch.setattr(reading, "right", lambda *_, **__: None)
    assert columns.differences_are_small(NOWHERE).verdict == NOT_MEASURED


@pytest.mark.parametrize("data", columns.FINITE)
def test_nothing_is_said_before_all_sets_are_recorded_to_the_end(hold_ends, data):
    errors = everywhere()
    hold_ends({name: of_set for name, of_set in errors.items() if name != data})
    assert columns.differences_are_small(NOWHERE).verdict == NOT_MEASURED
    hold_ends(errors, short=data)
    assert columns.differences_are_small(NOWHERE).verdict == NOT_MEASURED


def test_a_variant_that_diverged_alone_is_worse(hold_ends, monkeypatch):
    hold_ends(everywhere())
    gone = {("tanh N", "cifar10"): {1}}
    monkeypatch.setattr(reading, "diverged", lambda model, _, data: gone.get((model, data), set()))
    found = columns.differences_are_small(NOWHERE)
    assert found.verdict == PARTLY
    assert found.measured.count("tanh N seed 1, which diverged") == 1
    gone["tanh", "cifar10"] = {1}
    assert columns.differences_are_small(NOWHERE).verdict == REPRODUCED


@pytest.mark.parametrize(
    ("network", "svm", "verdict"),
    [
        ([60.0, 50.0, 52.0], 59.0, REPRODUCED),
        ([60.0, 57.0, 52.0], 59.0, PARTLY),
        ([60.0, 50.0, 52.0], 70.0, PARTLY),
        ([60.0, 69.0, 52.0], 70.0, NOT_REPRODUCED),
    ],
)
def test_the_network_of_the_best_validation_error_counts(monkeypatch, network, svm, verdict):
    updates = [100_000, 200_000, 300_000]
    rows = [
        *((update, "test", error) for update, error in zip(updates, network, strict=True)),
        *((update, "validation", error) for update, error in zip(updates, (9, 7, 8), strict=True)),
        (150_000, "test", 1.0),
    ]
    curve = pd.DataFrame(rows, columns=["update", "split", "error"]).assign(model="tanh N", seed=0)
    errors = pd.DataFrame({"split": ["validation", "test"], "error": [0.0, svm]})
    monkeypatch.setattr(reading, "gather", lambda *_, data: curve)
    monkeypatch.setattr(records, "load", lambda *_: records.Record({"errors": errors}, {}))
    found = columns.network_beats_svm(NOWHERE)
    assert found.verdict == verdict
    assert "after 200,000 updates" in found.measured


def test_neither_the_network_nor_the_machine_is_judged_alone(monkeypatch):
    monkeypatch.setattr(reading, "gather", lambda *_, data: None)
    monkeypatch.setattr(records, "load", lambda *_: records.Record({}, {}))
    assert columns.network_beats_svm(NOWHERE).verdict == NOT_MEASURED
    monkeypatch.setattr(reading, "gather", lambda *_, data: pd.DataFrame())
    monkeypatch.setattr(records, "load", lambda *_: None)
    assert columns.network_beats_svm(NOWHERE).verdict == NOT_MEASURED


def test_the_judge_reads_the_columns_of_the_table():
    assert len(TABLE) == len(GOOD) == len(set(TABLE) & set(GOOD))
