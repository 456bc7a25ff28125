"""Judges of normalization, skips and scales, on made-up records."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_claims_on_depths import Held

from glorot_tutor.study.claims import JUDGES
from glorot_tutor.study.claims.followups import best_rates, final_losses, linear_races
from glorot_tutor.study.experiments import followups
from glorot_tutor.study.experiments.asides import in_order
from glorot_tutor.study.experiments.search import Prior
from glorot_tutor.study.records import NotRecorded


def judged(claim, held):
    return JUDGES[claim].verdict(Held(held=held))


def word(claim, held):
    return judged(claim, held).verdict


# ---- A8


def exploding(lower, upper):
    """Make up gradients that grow by one factor in the lower half, by another in the upper."""
    held = {}
    for run in followups.explosions("book"):
        half = run.depth // 2
        ratios = [upper] * (run.depth - half) + [lower] * (half - 1)
        values = np.cumprod([1.0, *ratios])[::-1]
        frame = pd.DataFrame({"layer": range(1, run.depth + 1), "mean_square": values})
        held[run] = {"gradients": frame}
    return held


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (8 / 7, 8 / 7, "reproduced"),
        (8 / 7, 1.09, "reproduced"),
        (1.3, 8 / 7, "not reproduced"),
        (8 / 7, 1.22, "reproduced"),
        (1.0, 1.0, "not reproduced"),
    ],
)
def test_a8_is_about_the_mean_of_all_layers(lower, upper, expected):
    assert word("A8", exploding(lower, upper)) == expected


# ---- A4


def curve(reached, rates, last, every, goal):
    """Make up losses that are at twice the goal, and at it from an update on at some rates."""
    rows = [
        (update, rate, goal if update >= reached.get(rate, math.inf) else 2 * goal)
        for update in range(every, last + 1, every)
        for rate in rates
        if update <= reached.get(rate, math.inf)
    ]
    return {"curve": pd.DataFrame(rows, columns=["update", "learning_rate", "loss"])}


def races(orthogonal=(100, 200), normalized=(100, 400)):
    held = {}
    for run in followups.linear_races("book"):
        ends = orthogonal if run.initialization == "orthogonal" else normalized
        end = ends[run.depth == 100]
        reached = {run.learning_rates[2]: end} if end < math.inf else {}
        held[run] = curve(reached, run.learning_rates, run.updates, run.every, run.goal)
    return held


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "reproduced"),
        ({"normalized": (100, math.inf)}, "reproduced"),
        ({"orthogonal": (100, 250)}, "partly"),
        ({"normalized": (100, 350)}, "partly"),
        ({"normalized": (math.inf, math.inf)}, "partly"),
        ({"orthogonal": (100, math.inf), "normalized": (100, 200)}, "not reproduced"),
    ],
)
def test_a4_follows_its_criterion(given, expected):
    assert word("A4", races(**given)) == expected


def test_a4_names_the_rate_that_was_the_soonest():
    table = linear_races(Held(held=races()))
    assert set(table["learning_rate"]) == {followups.SIX_RATES[2]}
    assert table.set_index(["law", "depth"])["updates"]["orthogonal", 100] == 200


# ---- A6


def drifting(with_it=0.5, without=1.0, late=1.0, early=5.0):
    """Make up medians that jump between two values by a distance, and errors that fall to `late`.

    The plain network's errors are 2 % throughout; the normalized one's `early`, then `late`.
    """
    held = {}
    for run in followups.drifts("book"):
        distance = with_it if run.batch_norm else without
        rows = [
            (update, unit, side * distance - 1, side * distance, side * distance + 1)
            for update, side in ((1_000, -1), (2_000, 1))
            for unit in range(1, 11)
        ]
        best = run.learning_rate == followups.DRIFT_RATES[1]
        errors = [early if run.batch_norm else 2.0, late if run.batch_norm else 2.0]
        errors = errors if best else [90.0, 90.0]
        held[run] = {
            "inputs": pd.DataFrame(rows, columns=["update", "unit", "p15", "p50", "p85"]),
            "curve": pd.DataFrame({"update": [5_000, 10_000], "error": errors}),
        }
    return held


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"early": 1.5}, "reproduced"),
        ({}, "partly"),  # later at the first tenth
        ({"early": 1.5, "with_it": 0.6}, "partly"),
        ({"with_it": 0.6, "late": 2.0}, "not reproduced"),
    ],
)
def test_a6_follows_its_criterion(given, expected):
    found = judged("A6", drifting(**given))
    assert found.verdict == expected
    # a jump of +-1 is of standard deviation 1, and the spread is 2
    assert "0.5 without" in found.measured


# ---- A13


def swept(best):
    """Make up losses whose least one lies at a rate, by network and width; one rate diverges."""
    held = {}
    for run in followups.widths("book"):
        rows = [
            (run.updates, rate, 1 + abs(math.log2(rate / best(run.network, run.width))))
            for rate in run.learning_rates[:-1]
        ]
        rows.append((run.every, run.learning_rates[-1], 0.1))
        frame = pd.DataFrame(rows, columns=["update", "learning_rate", "loss"])
        held[run] = {"curve": frame.sort_values(["update", "learning_rate"])}
    return held


@pytest.mark.parametrize(
    ("best", "expected"),
    [
        (lambda network, width: 0.25 if network == "mup" else 16 / width, "reproduced"),
        (lambda network, width: 0.25 if width < 1024 or network == "mup" else 0.0625, "reproduced"),
        (lambda network, width: 0.25 if width < 1024 else 0.125, "partly"),
        (lambda network, width: 16 / width, "partly"),
        (lambda network, width: 16 / width if network == "mup" else 0.25, "not reproduced"),
    ],
)
def test_a13_counts_steps(best, expected):
    held = swept(best)
    assert word("A13", held) == expected
    run = followups.widths("book")[0]
    study = Held(held=held)
    assert final_losses(study, run)[run.learning_rates[-1]] == math.inf
    table = best_rates(study).set_index(["network", "width"])["learning_rate"]
    assert table["mup", 256] == best("mup", 256)


# ---- A9


def skipping(rezero=0.7, value=1.0, norm=1.0):
    """Make up last losses; the residual network diverges at every rate."""
    held = {}
    ends = {"plain": 2.0, "layer norm": norm, "rezero": rezero}
    for run in followups.skips("book"):
        rows = [
            (run.updates, rate, ends[run.network])
            for rate in run.learning_rates
            if run.network in ends
        ]
        held[run] = {"curve": pd.DataFrame(rows, columns=["update", "learning_rate", "loss"])}
    for run in followups.stretches("book"):
        values = [value**0.5] * 2 if run.network == "rezero" else [3.0, 0.0]
        held[run] = {"spectrum": pd.DataFrame({"rank": [1, 2], "singular_value": values})}
    return held


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "reproduced"),
        ({"rezero": 0.81}, "partly"),
        ({"norm": 0.5}, "partly"),
        ({"value": 1.001}, "partly"),
        ({"value": 0.9, "rezero": 1.5}, "not reproduced"),
    ],
)
def test_a9_follows_its_criterion(given, expected):
    found = judged("A9", skipping(**given))
    assert found.verdict == expected
    assert "residual diverged" in found.measured


# ---- A7


@pytest.mark.parametrize(("below", "expected"), [(5.1, "reproduced"), (4.9, "not reproduced")])
def test_a7_is_five_points_below_the_prior(below, expected):
    held, prior = {}, Prior.of("shapeset").error
    for run in followups.cures("book"):
        best = run.learning_rate == followups.CURE_RATES[1]
        errors = [prior, prior - (below if best else 0)]
        frame = pd.DataFrame({"update": [0, 20_000], "split": "test", "error": errors})
        held[run] = {"curve": frame}
    assert word("A7", held) == expected


# ---- A14 and A15


def trained(run, validation, test):
    ends = {"update": run.updates, "nll": 1.0}
    rows = [{"split": "test", "error": test}, {"split": "validation", "error": validation}]
    outcome = pd.DataFrame({"updates": [run.updates], "diverged_at": [None]})
    return {"curve": pd.DataFrame([ends | row for row in rows]), "outcome": outcome}


def still(trials, gap, plain=8.0, full=True):
    """Make up that tanh ends so many points above tanh N, which is at 20 %."""
    held = {}
    for some, distance in ((trials, gap), (followups.descents("book"), plain)):
        for name, trial in some.items():
            end = 20 + (distance if name == "tanh" else 0)
            for place, run in enumerate(trial.grid):
                held[run] = trained(run, end + abs(place - 2), end + abs(place - 2))
            if full and trial.grid[0].updates < trial.run.updates:
                # of the two that go on the one behind comes first, by its validation error
                first, second = in_order(trial.grid, held.get)[: followups.BEST]
                for run, error in ((first, end + 1), (second, end)):
                    longer = replace(run, updates=trial.run.updates)
                    held[longer] = trained(longer, error, error)
    return held


CASES = {"A14": followups.adams, "A15": followups.normalized}


@pytest.mark.parametrize("claim", CASES)
@pytest.mark.parametrize(
    ("gap", "expected"),
    [(1.9, "reproduced"), (-1.9, "reproduced"), (2.1, "not reproduced"), (-3, "not reproduced")],
)
def test_a14_and_a15_are_about_a_quarter_of_the_gap(claim, gap, expected):
    found = judged(claim, still(CASES[claim]("book"), gap))
    assert found.verdict == expected
    assert "plain descent: tanh 28.00 %, tanh N 20.00 %, gap 8.00" in found.measured
    assert f"tanh {20 + gap:.2f} %, tanh N 20.00 %" in found.measured


@pytest.mark.parametrize("claim", CASES)
def test_a_trial_waits_for_its_runs_in_full(claim):
    trials = CASES[claim]("book")
    assert word(claim, still(trials, 1.0, full=False)) == "not measured"
    with pytest.raises(NotRecorded):
        JUDGES[claim].rule(Held(held={}))


@pytest.mark.parametrize("claim", ["A4", "A6", "A7", "A8", "A9", "A13", *CASES])
def test_nothing_recorded_is_no_verdict(claim):
    assert word(claim, {}) == "not measured"
