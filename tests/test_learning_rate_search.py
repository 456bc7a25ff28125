"""The learning-rate search: which runs it asks for, which rate wins, and what figures share."""

from __future__ import annotations

import pandas as pd
import pytest

from glorot_tutor.study.experiments import Training, budgets, search
from glorot_tutor.study.experiments.plans import FINITE, TRAINED, plan, stages


def recorded(errors, diverged=()):
    """A lookup that knows the validation error by learning rate."""

    def lookup(run):
        if run.learning_rate not in errors:
            return None
        error, end = errors[run.learning_rate], 7.0 if run.learning_rate in diverged else None
        nll = 9.0 if error > 88 else 2.2
        rows = [(0, "validation", 1.0, 2.0), (9, "validation", error, nll), (9, "test", 0.0, 2.0)]
        return {
            "curve": pd.DataFrame(rows, columns=["update", "split", "error", "nll"]),
            "outcome": pd.DataFrame({"diverged_at": [end]}),
        }

    return lookup


@pytest.mark.parametrize(
    ("errors", "diverged", "best"),
    [
        ((80, 60, 50, 70, 75), (), 2),
        ((80, 60, 50, 50, 75), (), 3),
        ((80, 60, 50, 70, 10), (4,), 2),
        ((82.9, 83.4, 83.3, 82.5, 83.1), (), 4),
        ((82.9, 83.4, 81, 82.5, 83.1), (), 2),
        ((82.9, 83.4, 83.3, 82.5, 83.1), (4,), 3),
        ((82.9, 83.4, 83.3, 82.5, 88.9), (), 3),
    ],
)
def test_the_lowest_validation_error_wins(errors, diverged, best):
    lookup = recorded(
        dict(zip(budgets.RATES, errors, strict=True)), [budgets.RATES[4]] * len(diverged)
    )
    (run,) = search.chosen("tanh N", "quick", lookup)
    assert run.learning_rate == budgets.RATES[best]
    assert (run.activation, run.initialization, run.updates) == ("tanh", "normalized", 20_000)


def test_the_second_stage_is_listed_when_the_first_is_recorded():
    some = recorded(dict.fromkeys(budgets.SIGMOID_RATES[:4], 50))
    every = recorded(dict.fromkeys(budgets.SIGMOID_RATES, 50))
    grid, longer, full = stages("fig2", "book", some)
    assert len(grid.experiments) == 5
    assert (longer.experiments, len(longer.awaited)) == ((), 2)
    assert (full.experiments, len(full.awaited)) == ((), 4)
    grid, longer, full = stages("fig2", "book", every)
    assert longer.awaited == full.awaited == ()
    best, second = budgets.SIGMOID_RATES[:-3:-1]
    assert lengths(full) == [
        *((best, 0, 1_000_000), (best, 1, 300_000), (best, 2, 300_000), (second, 0, 1_000_000)),
    ]


def test_the_best_two_of_the_grid_go_on_and_may_change_places():
    errors = dict(zip(budgets.RATES, (80, 50, 60, 70, 90), strict=True))
    first, second = budgets.RATES[1:3]

    def early(run):
        return recorded(errors)(run) if run.updates == 60_000 else None

    def late(run):
        turned = errors if run.updates == 60_000 else {first: 50, second: 40}
        return recorded(turned)(run)

    grid, longer, full = stages("fig10", "book", early)
    assert lengths(grid) == [(rate, 0, 60_000) for rate in budgets.RATES]
    assert lengths(longer) == [(first, 0, 300_000), (second, 0, 300_000)]
    assert (full.experiments, len(full.awaited)) == ((), 3)
    full = stages("fig10", "book", late)[-1]
    assert lengths(full) == [(second, 0, 1_000_000), (second, 1, 300_000), (second, 2, 300_000)]


def lengths(stage):
    return [(run.learning_rate, run.seed, run.updates) for run in stage.experiments]


@pytest.mark.parametrize("scale", budgets.BUDGETS)
def test_figures_share_the_runs_of_figure_11(scale):
    lookup = recorded(dict.fromkeys(budgets.RATES + budgets.SIGMOID_RATES, 50))
    everything = plan("fig11", scale, lookup)
    assert set(everything) <= set(plan("table1", scale, lookup))
    for model, (activation, initialization, depth, rates) in budgets.MODELS.items():
        tried = {
            run.learning_rate
            for run in everything
            if (run.activation, run.initialization, len(run.widths))
            == (activation, initialization, depth)
        }
        candidates = budgets.BUDGETS[scale].candidates.get(model, rates)
        assert tried == set(candidates), model
        assert set(candidates) <= set(rates)
        assert len(rates) >= 5
        assert max(rates) / min(rates) == pytest.approx(100)
    for name in set(TRAINED) - {"fig11"}:
        assert set(plan(name, scale, lookup)) <= set(everything)


@pytest.mark.parametrize("data", ["shapeset", *budgets.PASSES])
def test_a_long_run_is_tested_where_a_short_one_ends(data):
    lengths = budgets.budget("book", data).lengths
    for updates in lengths:
        run = Training("tanh", "standard", 0.02, updates, data=data)
        assert {end for end in lengths if end <= updates} <= set(run.schedule.tests)
        assert updates in run.schedule.landmarks


@pytest.mark.parametrize("scale", budgets.BUDGETS)
def test_the_other_columns_are_searched_like_the_first(scale):
    inside = dict.fromkeys(budgets.RATES + budgets.SIGMOID_RATES, 50) | {budgets.RATES[2]: 40}
    found = [run for run in plan("table1", scale, recorded(inside)) if run.data != "shapeset"]
    assert {run.data for run in found} == set(FINITE)
    for data in FINITE:
        given = budgets.budget(scale, data)
        assert all(updates % budgets.PASSES[data].updates == 0 for updates in given.full.values())
        of_data = [run for run in found if run.data == data]
        for model in budgets.TABLE:
            activation, initialization, depth, rates = budgets.MODELS[model]
            mine = [
                run
                for run in of_data
                if (run.activation, run.initialization) == (activation, initialization)
            ]
            assert {run.learning_rate for run in mine} == set(rates)
            assert {run.widths for run in mine} == {(given.width,) * depth}
            assert {run.seed for run in mine} == set(given.full)


def errors_by_length(errors):
    """A lookup that knows the validation error by updates and learning rate."""

    def lookup(run):
        return recorded(errors.get(run.updates, {}))(run)

    return lookup


def test_at_the_papers_scale_what_is_far_behind_does_not_go_on():
    low, middle, high = budgets.CANDIDATES["tanh"]
    short = {1_000_000: {low: 42.9, middle: 40, high: 43.1}}
    grid, longer, full = search.steps("tanh", "paper", errors_by_length(short))
    assert lengths_of(grid) == [(rate, 0, 1_000_000) for rate in (low, middle, high)]
    assert lengths_of(longer) == [(low, 0, 5_000_000), (middle, 0, 5_000_000)]
    assert not full.known
    assert len(full.runs) == 3


def test_at_the_papers_scale_the_end_decides_and_seeds_follow():
    low, middle, high = budgets.CANDIDATES["tanh"]
    every = {1_000_000: {low: 42, middle: 40, high: 60}, 5_000_000: {low: 30, middle: 31}}
    runs = search.chosen("tanh", "paper", errors_by_length(every))
    assert [(run.learning_rate, run.seed, run.updates) for run in runs] == [
        (low, 0, 5_000_000),
        (low, 1, 5_000_000),
        (low, 2, 1_000_000),
    ]
    assert {run.widths for run in runs} == {(1000,) * 5}


def test_at_the_papers_scale_both_rates_of_the_sigmoid_that_escapes_are_followed():
    low, high = budgets.CANDIDATES["sigmoid 4"]
    every = {1_000_000: {low: 40, high: 60}, 5_000_000: {low: 30}}
    runs = search.chosen("sigmoid 4", "paper", errors_by_length(every))
    assert [(run.learning_rate, run.seed) for run in runs] == [
        (low, 0),
        (low, 1),
        (low, 2),
        (high, 0),
    ]
    assert {run.updates for run in runs if run.seed == 0} == {5_000_000}


def test_at_the_papers_scale_a_rate_that_diverged_does_not_go_on():
    low, high = budgets.CANDIDATES["softsign"]

    def lookup(run):
        return recorded({low: 40, high: 40}, [high])(run) if run.updates == 1_000_000 else None

    assert lengths_of(search.steps("softsign", "paper", lookup)[1]) == [(low, 0, 5_000_000)]


def lengths_of(step):
    return [(run.learning_rate, run.seed, run.updates) for run in step.runs]


@pytest.mark.parametrize(
    ("errors", "grid"),
    [
        ({0.063: 40}, []),
        ({0.63: 40}, [2.0]),
        ({0.63: 40, 2.0: 41}, [2.0]),
        # equal on the plateau: the higher rate comes first, until one is worse than the plateau
        (dict.fromkeys(budgets.SIGMOID_RATES, 89.5) | {2.0: 89.5, 6.3: 91}, [2.0, 6.3]),
        ({0.63: 40, 2.0: 39, 6.3: 38}, [2.0, 6.3, 20.0]),
        ({0.0063: 40, 0.002: 50}, [0.002]),
    ],
)
def test_a_grid_is_extended_until_the_best_rate_is_inside(errors, grid):
    lookup = recorded(dict.fromkeys(budgets.SIGMOID_RATES, 60) | errors)
    first, second, full = search.steps("sigmoid", "book", lookup, "mnist")
    expected = {*budgets.SIGMOID_RATES, *grid}
    assert {run.learning_rate for run in first.runs} == expected
    assert {run.updates for run in first.runs} == {10_000}
    told = expected <= {*budgets.SIGMOID_RATES, *errors}
    assert second.known == full.known == told
    if told:
        assert min(expected) < full.runs[0].learning_rate < max(expected)
    # on Shapeset the budgets name the rates
    assert len(search.steps("sigmoid", "book", lookup)[0].runs) == 5


def test_a_rate_that_diverged_ends_the_grid():
    errors = dict.fromkeys(budgets.SIGMOID_RATES, 60) | {0.63: 40, 2.0: 10}
    steps = search.steps("sigmoid", "book", recorded(errors, [2.0]), "mnist")
    assert steps[-1].runs[0].learning_rate == 0.63
