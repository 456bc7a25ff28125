"""How pre-training is chosen, and how claims on it are judged, from records made up so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up_study import END, curve, hold, seen, verdict_of

from glorot_tutor.study.claims import pretraining
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.experiments import Pretrained, asides
from glorot_tutor.study.experiments.budgets import MODELS
from glorot_tutor.study.experiments.plans import stages
from glorot_tutor.study.experiments.usefulness import INPUTS, best
from glorot_tutor.study.records import NotRecorded


def lookup_of(error_of):
    """A lookup that makes a validation error up for an experiment; None for not recorded."""

    def lookup(run):
        error = error_of(run)
        if error is None:
            return None
        row = {"update": 9, "split": "validation", "error": error, "nll": 2.2}
        outcome = pd.DataFrame({"diverged_at": [None]})
        return {"curve": pd.DataFrame([row]), "outcome": outcome}

    return lookup


def test_noise_and_rate_are_those_of_the_least_validation_error():
    first = asides.denoised("tanh", "book", lookup_of(lambda run: None))
    assert [part.known for part in first] == [True, False, False, False]
    trials = first[0].runs
    assert len(set(trials)) == 9
    assert {run.updates for run in trials} == {20_000}
    assert {run.pretraining.updates for run in trials} == {3_000}
    chosen = trials[5]
    tried = lookup_of(lambda run: 60 + 5 * (run != chosen) if run in trials else None)
    _, (_, (pretrained,), known), grid, full = asides.denoised("tanh", "book", tried)
    assert known
    assert grid.known
    assert not full.known
    how = replace(chosen.pretraining, updates=100_000)
    assert pretrained == Pretrained("tanh", "standard", how)
    assert {run.pretraining for run in grid.runs} == {how}
    assert asides.fine_tuned("tanh", tried) is None


@pytest.mark.parametrize("plateau", [False, True])
def test_the_rate_after_it_is_chosen_too(plateau):
    trials = asides.denoised("sigmoid 4", "book", lookup_of(lambda run: None))[0].runs
    errors = dict.fromkeys((0.02, 0.063, 0.2, 0.63), 82.9) | ({} if plateau else {0.063: 70})

    def error_of(run, longest=10**9):
        return 50 if run in trials else errors[run.learning_rate] if run.updates < longest else None

    run = asides.fine_tuned("sigmoid 4", lookup_of(error_of))
    # of runs on the plateau the highest rate, as everywhere
    assert (run.learning_rate, run.updates) == (0.63 if plateau else 0.063, 300_000)
    assert len(run.widths) == 4
    shorter = asides.fine_tuned("sigmoid 4", lookup_of(lambda run: error_of(run, 300_000)))
    assert shorter == replace(run, updates=100_000)


def test_a_plan_names_what_it_knows_and_counts_the_rest():
    found = stages("pretraining", "book")
    assert [len(stage.experiments) for stage in found] == [9, 0, 0, 0, 9] + [0] * 9
    assert sum(len(stage.awaited) for stage in found) == 4 * (1 + 4 + 1)
    random, after = stages("usefulness", "book")
    assert (len(random.experiments), len(after.experiments), len(after.awaited)) == (2, 0, 2)
    known = stages("usefulness", "book", lookup_of(lambda run: 50))[1]
    assert [run.pretraining.updates for run in known.experiments] == [100_000] * 2
    assert known.awaited == ()


def test_every_layer_counts_at_its_best_rate_and_inputs():
    rows = [
        (layer, inputs, rate, split, 1.0, error)
        for layer, errors in {0: (70, 60, 80), 4: (50, 55, 52)}.items()
        for inputs, rate, error in zip((*INPUTS, INPUTS[1]), (0.1, 0.1, 0.2), errors, strict=True)
        for split, error in (("validation", error), ("test", error + 1 + 5 * (error == 55)))
    ]
    columns = ["layer", "inputs", "learning_rate", "split", "nll", "error"]
    assert best(pd.DataFrame(rows, columns=columns)).to_dict() == {0: 61, 4: 51}


def after_pre_training(monkeypatch, frames):
    """Let a pre-trained model have some frames, by name; others are not recorded."""

    def pre_trained(study, name, frame):
        if name not in frames:
            raise NotRecorded(name)
        return frames[name][frame]

    monkeypatch.setattr(pretraining, "pre_trained", pre_trained)


def sigmoid(name, depth, error, top):
    layers = dict.fromkeys(range(1, depth), 0.5) | {depth: top}
    return {
        "curve": curve(name, error),
        "statistics": seen(name, "activation", "mean", layers),
    }


LATE = np.where(np.arange(21) < 6, 83.0, 40.0)


@pytest.mark.parametrize(
    ("errors", "tops", "verdict"),
    [
        ((78, 78), (0.2, 0.2), REPRODUCED),
        ((78, 79), (0.2, 0.2), PARTLY),
        ((78, 78), (0.2, np.where(np.arange(21) == 17, 0.09, 0.5)), PARTLY),
        ((LATE, LATE), (0.09, 0.05), NOT_REPRODUCED),
    ],
)
def test_pre_training_avoids_the_trap_early_and_for_good(monkeypatch, errors, tops, verdict):
    names = {"sigmoid 4": 4, "sigmoid": 5}
    frames = {
        name: sigmoid(name, depth, error, top)
        for (name, depth), error, top in zip(names.items(), errors, tops, strict=True)
    }
    after_pre_training(monkeypatch, frames)
    assert verdict_of(pretraining.pre_training_avoids_the_trap, hold()) == verdict
    del frames["sigmoid"]
    assert verdict_of(pretraining.pre_training_avoids_the_trap, hold()) == NOT_MEASURED


@pytest.mark.parametrize(
    ("pre_trained", "tanh", "normalized", "verdict"),
    [
        (30, 50, 39, REPRODUCED),
        (30, 50, 41, PARTLY),
        (36, 50, 39, PARTLY),
        (60, 50, 39, NOT_REPRODUCED),
    ],
)
def test_pre_training_does_best(monkeypatch, pre_trained, tanh, normalized, verdict):
    errors = dict.fromkeys(MODELS, 80) | {"softsign": 35, "tanh": tanh, "tanh N": normalized}
    after_pre_training(monkeypatch, {"tanh": {"curve": curve("tanh", pre_trained)}})
    curves = [curve(name, error) for name, error in errors.items()]
    assert verdict_of(pretraining.pre_training_does_best, hold(curve=curves)) == verdict
    longer = hold(full=END + 1, curve=curves)
    assert verdict_of(pretraining.pre_training_does_best, longer) == NOT_MEASURED


def test_what_is_compared_is_the_error_after_as_many_updates(monkeypatch):
    """The pre-trained run is longer, and only its last part is lower."""
    updates = np.arange(0, 31) * 20_000
    late = curve("tanh", np.where(updates > END, 10, 60), updates=updates)
    after_pre_training(monkeypatch, {"tanh": {"curve": late}})
    curves = [curve(name, 50) for name in MODELS]
    assert verdict_of(pretraining.pre_training_does_best, hold(curve=curves)) == NOT_REPRODUCED


@pytest.mark.parametrize(
    ("pixels", "layer", "after", "verdict"),
    [
        (70, 69.5, 60, REPRODUCED),
        (70, 80, 60, REPRODUCED),
        (70, 68.5, 60, PARTLY),
        (70, 69.5, 67, PARTLY),
        (70, 60, 58, NOT_REPRODUCED),
    ],
)
def test_random_layers_are_useless(monkeypatch, pixels, layer, after, verdict):
    def errors(of_layers):
        rows = [(k, split, e) for k, e in of_layers.items() for split in ("test", "validation")]
        frame = pd.DataFrame(rows, columns=["layer", "split", "error"])
        return {"errors": frame.assign(inputs=INPUTS[0], learning_rate=0.1, nll=1.0)}

    class Found:
        def __init__(self, frames):
            self.frames = frames

    random, denoised = asides.linear("sigmoid 4", lookup_of(lambda run: 50))
    held = {random: errors({0: pixels, 4: layer}), denoised: errors({0: pixels, 4: after})}
    study = hold()
    object.__setattr__(study, "record", lambda run: Found(held[run]))
    monkeypatch.setattr(pretraining, "linear", lambda *_: (random, denoised))
    assert verdict_of(pretraining.random_layers_are_useless, study) == verdict
    monkeypatch.setattr(pretraining, "linear", lambda *_: (random, None))
    assert verdict_of(pretraining.random_layers_are_useless, study) == NOT_MEASURED
