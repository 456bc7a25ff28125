"""Before anything is run: how the cores are shared out, and what a plan will take."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_runs import SMALL

from glorot_tutor.study import runs
from glorot_tutor.study.experiments import CostSurfaces, budgets
from glorot_tutor.study.experiments.plans import stages
from glorot_tutor.study.runs import layout, task

# --- how the cores are shared out ---------------------------------------------------------------


@pytest.mark.parametrize(("apart", "together", "best"), [(1.0, 0.4, (1, 2)), (1.0, 0.6, (2, 1))])
def test_the_cores_go_where_they_get_most_done(monkeypatch, apart, together, best):
    monkeypatch.setattr(layout, "cpu_count", lambda: 2)
    monkeypatch.setattr(
        layout, "_seconds", lambda engines, x, y: apart if len(engines) == 2 else together
    )
    other = replace(SMALL, seed=1)
    assert runs.share_out([CostSurfaces(0), SMALL, other]) == best
    assert runs.share_out([CostSurfaces(0)]) == (2, 1)
    assert runs.share_out([SMALL], task.Options(engine="autograd")) == (2, 1)


@pytest.mark.parametrize(("alone", "together", "threads"), [(1.0, 0.9, 2), (1.0, 1.1, 1)])
def test_a_run_alone_has_all_cores_where_they_help(monkeypatch, alone, together, threads):
    monkeypatch.setattr(layout, "cpu_count", lambda: 2)
    times = {1: alone, 2: together}
    monkeypatch.setattr(
        layout, "_seconds", lambda engines, x, y: times[engines[0].threads] * len(engines) ** 0
    )
    assert runs.share_out([SMALL]) == (1, threads)
    assert runs.shares(stages("fig10", "quick"), task.PLAIN, jobs=1)[0].threads == threads


@pytest.mark.parametrize(
    ("jobs", "threads", "expected"), [(3, 2, (2, 3)), (None, 2, (2, 2)), (4, None, (1, 4))]
)
def test_what_is_given_stands(monkeypatch, jobs, threads, expected):
    monkeypatch.setattr(layout, "cpu_count", lambda: 4)
    options, side_by_side = runs.shares(stages("fig10", "quick"), task.PLAIN, jobs, threads)
    assert (options.threads, side_by_side) == expected


# --- what a plan will take ---------------------------------------------------------------------


def test_the_estimate_counts_updates_left_and_cores(tmp_path):
    runs_ = [replace(SMALL, updates=100_000, seed=seed) for seed in range(4)]
    one = runs.estimate(runs_)
    assert one > 0
    assert runs.estimate(runs_, jobs=2) == pytest.approx(one / 2)
    assert runs.estimate(runs_, jobs=8) == pytest.approx(one / 4)
    kept = task.checkpoints(runs.workplace(runs_[0], tmp_path))
    kept.mkdir(parents=True)
    (kept / "checkpoint-000000100000.safetensors").touch()
    assert runs.estimate(runs_, work=tmp_path) < one
    assert runs.estimate([CostSurfaces(0)]) is None


def test_the_outlook_says_what_is_not_named_yet(tmp_path, monkeypatch):
    small = budgets.Budget(8, (budgets.Round(5, 10),), {0: 20, 1: 20})
    monkeypatch.setitem(budgets.BUDGETS, "quick", small)
    plan_ = stages("fig10", "quick")
    grid, full, total = runs.outlook(plan_, tmp_path, None)
    assert "grid of learning rates: 5 experiments, 50 updates, 5 to run, about" in grid
    assert "full budget: 2 experiments, 40 updates, 2 to run (all chosen once" in full
    assert "1 side by side" in total


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (80, "80 s"), (95, "1.6 min"), (5e3, "83 min"), (9e4, "25 h")],
)
def test_times_are_round(seconds, words):
    from glorot_tutor.study.runs.estimate import time_in_words

    assert time_in_words(seconds) == words
