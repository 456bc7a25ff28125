"""Verdicts on the other data sets, judged from records made up so that the answer is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest
from made_up_study import verdict_of
from scipy import stats

from glorot_tutor.study.claims import columns
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments import SupportVectors
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded, Record

GOOD = {"softsign": 2.0, "softsign N": 2.0, "tanh": 2.2, "tanh N": 1.9, "sigmoid": 3.0}


@dataclass(frozen=True)
class Ended(Study):
    """A study of final errors, by data set, seed and model, and nothing else.

    On the data set `short` runs have got half as far; `gone` are the seeds that diverged, by model
    and data set.
    """

    final: Mapping[str, dict[int, dict[str, float]]] = field(default_factory=dict)
    short: str = ""
    gone: Mapping[tuple[str, str], set[int]] = field(default_factory=dict)

    @property
    def end(self):
        return self.full // (1 + (self.data == self.short))

    def gather(self, frame, models, rank=0):
        rows = [
            (model, seed, self.end, "test", error)
            for seed, by_model in self.final.get(self.data, {}).items()
            for model, error in by_model.items()
        ]
        table = pd.DataFrame(rows, columns=["model", "seed", "update", "split", "error"])
        if not set(models) <= set(table["model"]):
            raise NotRecorded(self.data)
        return table

    def diverged(self, model):
        return self.gone.get((model, self.data), set())


def everywhere(seeds=3, **change):
    return {data: dict.fromkeys(range(seeds), GOOD | change) for data in columns.FINITE}


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        (everywhere(), REPRODUCED),
        (everywhere(sigmoid=2.1), PARTLY),
        (everywhere(sigmoid=2.1) | {"mnist": everywhere()["mnist"]}, PARTLY),
        (everywhere(**{"tanh N": 2.6}), PARTLY),
        (everywhere(**{"tanh N": 2.2}), REPRODUCED),
        (everywhere(sigmoid=2.1, **{"softsign N": 2.9}), NOT_REPRODUCED),
        ({}, NOT_MEASURED),
    ],
)
def test_small_differences(errors, verdict):
    assert verdict_of(columns.differences_are_small, Ended(final=errors)) == verdict


@pytest.mark.parametrize(
    ("worse", "verdict"), [((0.60, 0.61, 0.62), PARTLY), ((0.0, 0.0, 2.0), REPRODUCED)]
)
def test_a_variant_is_worse_by_the_differences_over_seeds(worse, verdict):
    """Three that agree to a tenth are enough at p = 0.005; one that stands out is not."""
    errors = everywhere()
    of_seed = {seed: GOOD | {"tanh N": GOOD["tanh"] + gap} for seed, gap in enumerate(worse)}
    judged = columns.differences_are_small(Ended(final=errors | {"cifar10": of_seed}))
    assert judged.verdict == verdict
    p = stats.ttest_1samp(worse, 0).pvalue
    assert (p < 0.005) == (verdict == PARTLY) == ("tanh N by 0.61" in judged.measured)


def test_one_seed_tells_nothing_of_twins(monkeypatch):
    # two networks that differ in one direction on 5 images: p = 2^-4
    right = {"tanh N": [False] * 5 + [True], "tanh": [True] * 6}
    alike = [True] * 6
    monkeypatch.setattr(
        Ended, "right", lambda _, model, seed: np.array(right.get(model, alike)), raising=False
    )
    study = Ended(final=everywhere(seeds=1, **{"tanh N": 9.0}))
    judged = columns.differences_are_small(study)
    assert judged.measured.count("one seed: too few to tell") == 3
    assert judged.measured.count("tanh p = 0.062, softsign p = 1") == 3
    assert judged.verdict == NOT_REPRODUCED  # the sigmoid is not last


@pytest.mark.parametrize("data", columns.FINITE)
def test_nothing_is_said_before_all_sets_are_recorded_to_the_end(data):
    errors = everywhere()
    study = Ended(final={name: of_set for name, of_set in errors.items() if name != data})
    assert verdict_of(columns.differences_are_small, study) == NOT_MEASURED
    study = Ended(final=errors, short=data)
    assert verdict_of(columns.differences_are_small, study) == NOT_MEASURED


def test_a_variant_that_diverged_alone_is_worse():
    study = Ended(final=everywhere(), gone={("tanh N", "cifar10"): {1}})
    judged = columns.differences_are_small(study)
    assert judged.verdict == PARTLY
    assert judged.measured.count("tanh N seed 1, which diverged") == 1
    study = replace(study, gone={(name, "cifar10"): {1} for name in ("tanh", "tanh N")})
    assert verdict_of(columns.differences_are_small, study) == REPRODUCED


@dataclass(frozen=True)
class Pair(Study):
    """A study of one network and the support vector machine, each where it is there."""

    curve: pd.DataFrame | None = None
    machine: pd.DataFrame | None = None

    def gather(self, frame, models, rank=0):
        assert (self.data, frame, models) == (SupportVectors.data, "curve", ["tanh N"])
        if self.curve is None:
            raise NotRecorded("the network")
        return self.curve

    def record(self, experiment):
        if self.machine is None:
            raise NotRecorded("the machine")
        return Record({"errors": self.machine}, {})


@pytest.mark.parametrize(
    ("network", "svm", "verdict"),
    [
        ([60.0, 50.0, 52.0], 59.0, REPRODUCED),
        ([60.0, 57.0, 52.0], 59.0, PARTLY),
        ([60.0, 50.0, 52.0], 70.0, PARTLY),
        ([60.0, 69.0, 52.0], 70.0, NOT_REPRODUCED),
    ],
)
def test_the_network_of_the_best_validation_error_counts(network, svm, verdict):
    study = pair(network, svm)
    judged = columns.network_beats_svm(study)
    assert judged.verdict == verdict
    assert "after 200,000 updates" in judged.measured


def pair(network, svm):
    updates = [100_000, 200_000, 300_000]
    rows = [
        *((update, "test", error) for update, error in zip(updates, network, strict=True)),
        *((update, "validation", error) for update, error in zip(updates, (9, 7, 8), strict=True)),
        (150_000, "test", 1.0),
    ]
    curve = pd.DataFrame(rows, columns=["update", "split", "error"]).assign(model="tanh N", seed=0)
    return Pair(
        curve=curve,
        machine=pd.DataFrame({"split": ["validation", "test"], "error": [0.0, svm]}),
    )


@pytest.mark.parametrize("missing", ["curve", "machine"])
def test_neither_the_network_nor_the_machine_is_judged_alone(missing):
    study = replace(pair([60.0, 50.0, 52.0], 59.0), **{missing: None})
    assert verdict_of(columns.network_beats_svm, study) == NOT_MEASURED


def test_the_judge_reads_the_columns_of_the_table():
    assert len(TABLE) == len(GOOD) == len(set(TABLE) & set(GOOD))
