"""Verdicts on the two questions with experiments of their own, judged from numbers made up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest
from made_up_study import verdict_of

from glorot_tutor.checks import RunError
from glorot_tutor.study.claims import questions
from glorot_tutor.study.claims.verdicts import NOT_REPRODUCED, PARTLY, REPRODUCED
from glorot_tutor.study.reading import Study


@pytest.mark.parametrize(
    ("loss", "shift", "verdict"),
    [(1.0, 0.0, REPRODUCED), (1.02, 0.0, PARTLY), (1.02, 0.3, NOT_REPRODUCED)],
)
def test_the_biases_are_learned_first(loss, shift, verdict):
    prior = questions.PRIOR
    entropy = -(prior * np.log(prior)).sum()
    updates = np.arange(0, 20_001, 5_000)
    nll = np.where(updates, loss * entropy, 9.0)
    late = pd.DataFrame({"update": updates, "nll": nll})
    bias = np.log(prior) + 7
    bias[0] += shift
    places = [(u, c, b if u else 9.0) for u in updates for c, b in enumerate(bias)]
    settled = pd.DataFrame(places, columns=["update", "class", "bias"])
    # off before the first update, or at a look where the biases are where they will stay
    start = 0.02 if shift else 0.5
    top = pd.DataFrame({"update": updates, "quantity": "top_mean", "value": [start, *[0.02] * 4]})
    frames = {"curve": late, "biases": settled, "output": top}

    assert verdict_of(questions.biases_first, Outputs(frames=frames)) == verdict
    told = questions.biases_first(Outputs(frames=frames)).measured
    assert told.endswith("they are first" if shift == 0 else "they are not first")
    with pytest.raises(RunError, match="incomplete"):
        questions.biases_first(Outputs(frames=frames, lost=1))


@dataclass(frozen=True)
class Outputs(Study):
    """A study in which all output layers learn alike; some of the runs are lost."""

    frames: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    lost: int = 0

    def frame(self, name, experiments):
        assert {run.biases for run in experiments} == {"zero"}
        keys = [{"learning_rate": run.learning_rate, "seed": run.seed} for run in experiments]
        return pd.concat([self.frames[name].assign(**key) for key in keys[self.lost :]])


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
    monkeypatch.setattr(questions, "races", lambda study: found)
    assert verdict_of(questions.jacobian_near_one, Study()) == verdict


def test_the_goal_is_reached_between_two_tests():
    error = pd.Series([80, 72, 68, 75], index=[0, 1000, 2000, 3000])
    assert questions.updates_to(error, 70) == 1500
    assert questions.updates_to(error, 60) == np.inf
    assert questions.updates_to(error, 80) == 0
