"""What the paper says in passing of other tasks, costs, shapes and depths: plans and verdicts."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from made_up_study import curve, hold, verdict_of

from glorot_tutor.datasets import source
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.study.claims import variations as claims
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments.plans import stages
from glorot_tutor.study.experiments.variations import DEPTHS, VARIED
from glorot_tutor.study.records import NotRecorded


def test_images_of_one_object_are_those_that_have_no_second():
    one = source("shapeset-3x1")
    images, labels = one.stream(5).read(100, 400)
    whole, classes = Shapeset(5).read(100, 400)
    alone = classes < 3
    assert 150 < alone.sum() < 250
    assert torch.equal(images[alone], whole[alone])
    assert torch.equal(labels[alone], classes[alone])
    assert (images[~alone] != whole[~alone]).flatten(1).any(1).all()
    assert one.classes == ("triangle", "parallelogram", "ellipse")
    assert labels.unique().tolist() == [0, 1, 2]


def test_growing_and_shrinking_layers_have_as_many_weights():
    def weights(widths):
        return sum(a * b for a, b in zip((1024, *widths), (*widths, 9), strict=True))

    shapes = {v.run.widths for v in VARIED["shapes"]("book").values()}
    for widths in shapes:
        assert weights(widths) == pytest.approx(weights((1000,) * 5), rel=0.01)
    assert {widths == tuple(sorted(widths)) for widths in shapes} == {True, False}


@pytest.mark.parametrize("plan", VARIED)
def test_the_rate_of_the_least_validation_error_is_run_in_full(plan):
    for variation in VARIED[plan]("book").values():
        assert len(variation.rates) >= 3
        best = variation.rates[1]

        def lookup(run, best=best):
            error = 20 if run.learning_rate == best else 40
            rows = pd.DataFrame([(0, "validation", 1.0, error)])
            rows.columns = ["update", "split", "nll", "error"]
            return {"curve": rows, "outcome": pd.DataFrame({"diverged_at": [None]})}

        assert variation.settled(lambda run: None) is None
        (full,) = variation.settled(lookup)
        assert (full.learning_rate, full.updates) == (best, variation.run.updates)
        assert full.updates == (100_000 if plan in ("object", "linear", "depths") else 300_000)


def test_what_cannot_be_named_yet_is_counted():
    grid, *rest = stages("shapes", "book")
    assert (len(grid.experiments), len(grid.awaited)) == (3, 0)
    assert [len(stage.awaited) for stage in rest] == [0, 0, 0, 1, 1, 1, 1]


def study_of(monkeypatch, final, normalized=50, standard=60):
    """A study whose variations end at some errors, by name; tanh N and tanh at others."""

    def final_error(study, variation, looks=5):
        name = names[variation.run]
        if name not in final:
            raise NotRecorded(name)
        return final[name]

    names = {v.run: name for plan in VARIED.values() for name, v in plan("book").items()}
    monkeypatch.setattr(claims, "final_error", final_error)
    study = hold(curve=[curve("tanh N", normalized)])
    plain = pd.DataFrame({"tanh": [float(standard)], "tanh N": [float(normalized)]})
    object.__setattr__(study, "errors_after", lambda *_: plain)
    return study


@pytest.mark.parametrize(
    ("rule", "name", "error", "verdict"),
    [
        (claims.one_object_is_too_easy, "one object", 4.9, REPRODUCED),
        (claims.one_object_is_too_easy, "one object", 5.1, NOT_REPRODUCED),
        (claims.linear_units_compute_nothing_interesting, "linear units", 60.1, REPRODUCED),
        (claims.linear_units_compute_nothing_interesting, "linear units", 59.9, NOT_REPRODUCED),
        (claims.linear_units_compute_nothing_interesting, "linear units", 60, REPRODUCED),
        (claims.the_quadratic_cost_learns_worse, "quadratic cost", 53.1, REPRODUCED),
        (claims.the_quadratic_cost_learns_worse, "quadratic cost", 53, NOT_REPRODUCED),
        (claims.one_object_is_too_easy, "another", 4, NOT_MEASURED),
    ],
)
def test_one_number_decides(monkeypatch, rule, name, error, verdict):
    assert verdict_of(rule, study_of(monkeypatch, {name: error}, 50)) == verdict


@pytest.mark.parametrize(
    ("growing", "shrinking", "verdict"),
    [(54, 54, REPRODUCED), (54, 52, PARTLY), (52, 53, NOT_REPRODUCED)],
)
def test_the_gain_must_hold_for_both_shapes(monkeypatch, growing, shrinking, verdict):
    final = {"tanh, growing": growing, "tanh, shrinking": shrinking}
    final |= {"tanh N, growing": 50, "tanh N, shrinking": 50}
    assert verdict_of(claims.the_gain_holds_for_other_shapes, study_of(monkeypatch, final)) == (
        verdict
    )


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ((60, 55, 50, 40), REPRODUCED),
        ((60, 55, 57, 40), PARTLY),
        ((60, 61, 62, 63), NOT_REPRODUCED),
    ],
)
@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (claims.the_hessian_helps_less, "Hessian's diagonal"),
        (claims.the_variance_helps_less, "gradient variance"),
    ],
)
def test_each_step_helps_more_than_the_one_before(monkeypatch, rule, source, errors, verdict):
    tanh, with_rule, normalized, both = errors
    final = {f"tanh, {source}": with_rule, f"tanh N, {source}": both}
    assert verdict_of(rule, study_of(monkeypatch, final, normalized, tanh)) == verdict


def test_a_rule_goes_into_the_title_and_plain_descent_does_not():
    titles = {v.run.title for v in VARIED["diagonal"]("book").values()}
    assert all("-hessian-rate" in title for title in titles)
    assert "sgd" not in VARIED["linear"]("book")["linear units"].run.title


def test_each_model_has_a_best_depth(monkeypatch):
    names = VARIED["depths"]("book")
    best = {name: 60 - int(name[-1]) for name in names}
    rule = claims.the_best_depth
    assert verdict_of(rule, study_of(monkeypatch, best)) == PARTLY  # the sigmoid's would be 5
    best["sigmoid, depth 4"] = 20
    assert verdict_of(rule, study_of(monkeypatch, best)) == REPRODUCED
    shallow = {name: 60 + int(name[-1]) for name in names}
    assert verdict_of(rule, study_of(monkeypatch, shallow)) == NOT_REPRODUCED
    del best["tanh, depth 3"]
    assert verdict_of(rule, study_of(monkeypatch, best)) == NOT_MEASURED
    assert len(names) == 5 * len(DEPTHS)


def test_the_final_error_is_the_mean_of_the_last_tests_of_all_seeds():
    rows = pd.DataFrame({"update": range(10), "split": "test", "error": range(10)})
    other = rows.assign(split="validation", error=99.0)
    record = SimpleNamespace(frames={"curve": pd.concat([rows, other])})
    run = VARIED["object"]("book")["one object"].run
    variation = SimpleNamespace(settled=lambda lookup: (run, run), run=run)
    study = hold(curve=[curve("tanh", 50)])
    object.__setattr__(study, "record", lambda run: record)
    assert claims.final_error(study, variation) == 7.0
    assert claims.final_error(study, variation, looks=1) == 9.0
