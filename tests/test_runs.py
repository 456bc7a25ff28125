"""Many runs: nothing is lost, nothing is done twice, and how they are run changes no number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from glorot_tutor import records, runs
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.experiments import AtStart, CostSurfaces, Training, budgets, search
from glorot_tutor.experiments.plans import FINITE, PLANS, TRAINED, plan, stages
from glorot_tutor.runs import layout, task
from glorot_tutor.training import Schedule

SMALL = Training("tanh", "normalized", 0.05, 300, (16, 12))
POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals")


@dataclass(frozen=True)
class Mortal(Training):
    """A run whose process is killed the first time, where `marker` does not exist yet."""

    marker: str = ""

    def run(self, means):
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(means)


def numbers(store, experiment):
    """All that a record measured, byte for byte, without the times."""
    found = store / records.key(experiment)
    return {p.name: p.read_bytes() for p in found.glob("*.csv") if p.stem != "outcome"}


def straight(folder, experiment):
    """Numbers of a run that nothing happened to."""
    assert runs.run([experiment], folder) == []
    return numbers(folder, experiment)


def test_side_by_side_they_give_what_they_give_alone(tmp_path):
    work = [replace(SMALL, seed=seed) for seed in range(3)]
    bad = replace(SMALL, activation="relu")
    lines = []
    failures = runs.run([work[0], bad, *work[1:]], tmp_path / "two", lines.append, jobs=2)
    assert runs.run([bad, *work], tmp_path / "one") == failures
    assert [line.split()[0] for line in lines] == ["1/4", "2/4", "3/4", "4/4"]
    assert len(failures) == 1
    assert "activation 'relu' is not known" in failures[0]
    for experiment in work:
        assert numbers(tmp_path / "two", experiment) == numbers(tmp_path / "one", experiment)
    assert len(records.folders(tmp_path / "two")) == 3


@POSIX
def test_a_killed_process_loses_no_run(tmp_path):
    mortal = Mortal(*("tanh", "normalized", 0.05, 100, (8,)), marker=str(tmp_path / "marker"))
    other = replace(SMALL, updates=100)
    lines = []
    assert runs.run([mortal, other], tmp_path / "store", lines.append, jobs=2) == []
    assert "a process was killed" in " ".join(lines)
    assert runs.missing([mortal, other], tmp_path / "store") == []


GRID = """
import sys
from pathlib import Path
from glorot_tutor import runs
from glorot_tutor.checks import RunError
from glorot_tutor.experiments import Training
work = [Training("tanh", "normalized", 0.05, 10**7, (16, 12), seed) for seed in range(3)]
try:
    runs.run(work, Path("store"), jobs=int(sys.argv[1]), work=Path("work"))
except RunError as error:
    sys.exit(str(error))
"""


def stop(process, places):
    """Ask a process to stop once it trains in all places; give its status and last words."""
    while not all((place / ".lock").exists() for place in places):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.terminate()
    words = process.communicate(timeout=60)[1]
    return process.returncode, words


@POSIX
@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupted_grid_goes_on(tmp_path, jobs):
    process = subprocess.Popen(
        [sys.executable, "-c", GRID, str(jobs)], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    )
    endless = [replace(SMALL, updates=10**7, seed=seed) for seed in range(jobs)]
    work = tmp_path / "work"
    places = [runs.workplace(run, work) for run in endless]
    status, words = stop(process, places)
    assert status == 1
    assert "stopped by SIGTERM; what was reached is kept" in words
    assert not (tmp_path / "store").exists()
    assert len(list(work.iterdir())) == jobs, "the next run was begun"
    for run, place in zip(endless, places, strict=True):
        assert list(task.checkpoints(place).iterdir())
        longer = replace(run, updates=runs.reached(place) + 120)
        assert runs.run([longer], tmp_path / "store", work=work) == []
        assert numbers(tmp_path / "store", longer) == straight(tmp_path / "straight", longer)


@POSIX
def test_a_signal_before_the_first_update_is_not_lost(tmp_path):
    command = [
        *(sys.executable, "-c", "from glorot_tutor.cli import main; main()", "train"),
        *[
            "--activation",
            "tanh",
            "--init",
            "standard",
            "--depth",
            "1",
            "--width",
            "8",
            "--lr",
            "0.1",
        ],
        *["--updates", "10000000", "--out", "run"],
    ]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    process.terminate = lambda: process.send_signal(signal.SIGINT)
    status, words = stop(process, [tmp_path / "run"])
    assert status == 1
    assert "stopped by SIGINT" in words
    assert "with --resume" in words
    assert list(task.checkpoints(tmp_path / "run").iterdir())


def test_a_longer_run_goes_on_and_a_shorter_one_is_cut_out_of_it(tmp_path, monkeypatch):
    # all is recorded after every 100 updates, as it is after every 200,000 of a long run
    often = property(lambda run: Schedule.everything_at(*range(0, run.updates, 100), run.updates))
    monkeypatch.setattr(Training, "schedule", often)
    work, store = tmp_path / "work", tmp_path / "store"
    lengths = [replace(SMALL, updates=n) for n in (250, 700, 300, 450)]
    for run in lengths:  # 300 is recorded by the run of 700, 450 is not
        assert runs.run([run], store, work=work) == []
        assert numbers(store, run) == straight(tmp_path / "straight", run)
    seconds = [records.load(store, run).provenance["seconds"]["wall"] for run in lengths]
    assert seconds[2] is None
    assert min(seconds[0], seconds[1], seconds[3]) > 0
    place = runs.workplace(SMALL, work)
    assert (runs.reached(place), runs.reached(place / lengths[3].title)) == (700, 450)


def test_runs_that_differ_in_anything_but_length_do_not_share_a_place(tmp_path):
    places = {
        runs.workplace(run, tmp_path, means)
        for run in (SMALL, replace(SMALL, cost="quadratic"), replace(SMALL, gain=2.0))
        for means in (task.PLAIN, replace(task.PLAIN, engine="autograd"))
    }
    assert len(places) == 6
    assert runs.workplace(replace(SMALL, updates=9), tmp_path) in places


def test_a_place_in_use_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(task, "PATIENCE", 0.1)
    place = runs.workplace(SMALL, tmp_path)
    place.mkdir()
    with FileLock(place / ".lock"):
        failures = runs.run([SMALL], tmp_path / "store", work=tmp_path)
    assert "another process trains in" in failures[0]
    assert runs.missing([SMALL], tmp_path / "store") == [SMALL]


def test_divergence_is_recorded(tmp_path):
    wild = Training("identity", "normalized", 50.0, 500, (16, 12))
    lines = []
    assert runs.run([wild], tmp_path, lines.append, work=tmp_path / "work") == []
    end = records.load(tmp_path, wild).provenance["outcome"]
    assert end["diverged_at"] == end["updates"] < 500
    assert f"diverged after update {end['updates']:,}" in lines[0]


# --- the learning-rate search -----------------------------------------------------------------


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
        assert tried == set(rates), model
        assert len(rates) >= 5
        assert max(rates) / min(rates) == pytest.approx(100)
    for name in set(TRAINED) - {"fig11"}:
        assert set(plan(name, scale, lookup)) <= set(everything)


@pytest.mark.parametrize("scale", budgets.BUDGETS)
def test_the_other_columns_are_searched_like_the_first(scale):
    lookup = recorded(dict.fromkeys(budgets.RATES + budgets.SIGMOID_RATES, 50))
    found = [run for run in plan("table1", scale, lookup) if run.data != "shapeset"]
    assert {run.data for run in found} == set(FINITE)
    for data in FINITE:
        given = budgets.budget(scale, data)
        assert all(updates % budgets.FINITE[data].updates == 0 for updates in given.full.values())
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


def test_at_the_papers_scale_the_grids_winner_is_not_run_again():
    lookup = recorded(dict.fromkeys(budgets.RATES, 50))
    grid, full = stages("fig10", "paper", lookup)
    assert full.experiments[0] in grid.experiments
    assert len(plan("fig10", "paper", lookup)) == 5 + 2
    assert len(stages("fig10", "paper")[1].awaited) == 2
    assert {run.widths for run in plan("fig10", "paper", lookup)} == {(1000,) * 5}


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
    assert runs.share_out([SMALL], task.Means(engine="autograd")) == (2, 1)


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
    means, side_by_side = runs.shares(stages("fig10", "quick"), task.PLAIN, jobs, threads)
    assert (means.threads, side_by_side) == expected


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
    from glorot_tutor.runs.estimate import time_in_words

    assert time_in_words(seconds) == words


# --- the list of records, and whether they are true ---------------------------------------------


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    start = AtStart("tanh", "standard", depth=2, width=8, jacobian_examples=1)
    assert runs.run([SMALL, start, CostSurfaces(0)], folder, work=folder / "work") == []
    return folder


def test_the_list_names_the_commands(store):
    listed = runs.listing(store, store / "work").set_index("record")
    assert set(listed.index) == {folder.name for folder in records.folders(store)}
    small = listed.loc[records.key(SMALL)]
    assert (small["updates"], small["scale"], small["again"]) == (300, "", "")
    assert "--widths" not in small["onward"]
    surfaces = listed.loc[records.key(CostSurfaces(0))]
    assert surfaces["scale"] == "fig5 quick"
    assert surfaces["again"].startswith("glorot-tutor run fig5 --scale quick --store")


def test_the_command_that_goes_on_does_go_on(tmp_path, capsys):
    from glorot_tutor import cli

    equal = replace(SMALL, widths=(12, 12), cost="quadratic")
    runs.run([equal], tmp_path / "store", work=tmp_path / "work")
    (command,) = runs.listing(tmp_path / "store", tmp_path / "work")["onward"]
    assert "--updates 5000000 " in command
    cli.main(command.replace("5000000", "400").split()[1:])
    assert "resumed after update 300" in capsys.readouterr().err
    longer = replace(equal, updates=400)
    again = records.read(runs.workplace(equal, tmp_path / "work"))
    assert records.experiment_of(again.provenance) == longer
    straight(tmp_path / "straight", longer)
    expected = records.load(tmp_path / "straight", longer)
    for name in ("curve", "statistics", "histograms"):
        pd.testing.assert_frame_equal(again.frames[name], expected.frames[name], check_exact=True)


def test_good_records_are_verified(store):
    for folder in records.folders(store):
        assert runs.verify(folder).verdict == "identical"
    found = runs.verify(store / records.key(SMALL), updates=99)
    assert (found.verdict, found.updates) == ("identical", 30)


def tampered(store, folder, name, change):
    """Copy the record of `SMALL`, change a number in one of its frames, and verify it."""
    record = records.load(store, SMALL)
    frame = record.frames[name]
    frame.iloc[-1, -1] = change(frame.iloc[-1, -1])
    return runs.verify(records.save(folder, SMALL, record))


@pytest.mark.parametrize("name", ["curve", "statistics", "histograms"])
def test_a_changed_number_is_found(store, tmp_path, name):
    found = tampered(store, tmp_path, name, lambda value: value * 1.5 + 0.5)
    assert found.verdict == "different"
    assert found.where.startswith(f"{name}.csv, update 300")
    assert found.difference > runs.verify.__globals__["TOLERANCE"]


def test_another_processors_rounding_is_allowed(store, tmp_path):
    found = tampered(store, tmp_path, "curve", lambda value: value * (1 + 1e-4))
    assert found.verdict == "within tolerance"
    assert found.difference == pytest.approx(1e-4, rel=0.1)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda f: f.update(answers=f["answers"].assign(classes="A" * 10_000)), "answers.csv, upd"),
        (lambda f: f.update(answers=f["answers"].iloc[:0]), "answers.csv, which has too"),
        (lambda f: f.pop("answers"), "answers.csv, which has too"),
        (lambda f: f.update(curve=pd.concat([f["curve"], f["curve"].tail(1)])), "curve.csv"),
        (lambda f: f["outcome"].__setitem__("diverged_at", 7), "outcome.csv, which does not"),
    ],
)
def test_what_contradicts_itself_is_not_verified(store, tmp_path, spoil, where):
    record = records.load(store, SMALL)
    spoil(record.frames)
    found = runs.verify(records.save(tmp_path, SMALL, record), updates=30)
    assert found.verdict == "different"
    assert where in found.where


def test_lost_rows_and_frames_and_settings_are_found(store, tmp_path):
    record = records.load(store, SMALL)
    whole = dict(record.frames)
    record.frames["curve"] = whole["curve"].drop(index=0)
    assert runs.verify(records.save(tmp_path, SMALL, record)).verdict == "different"
    record.frames.update(whole)
    del record.frames["histograms"]
    assert "no histograms" in runs.verify(records.save(tmp_path, SMALL, record)).where
    record.frames.update(whole)
    record.provenance["experiment"]["seed"] = 1
    assert "another experiment" in runs.verify(records.save(tmp_path, SMALL, record)).where
    record.provenance["experiment"]["kind"] = "cooking"
    with pytest.raises(RunError, match="no experiment that this version knows"):
        runs.verify(records.save(tmp_path, SMALL, record))


def test_what_cannot_be_verified_is_said(tmp_path):
    with pytest.raises(RunError, match="holds no record"):
        runs.verify(tmp_path)
    with pytest.raises(UsageError, match="updates is -1"):
        runs.verify(tmp_path, -1)


def test_a_damaged_record_is_named_before_anything_is_run(tmp_path):
    runs.run([SMALL], tmp_path)
    (tmp_path / records.key(SMALL) / "curve.csv").write_bytes(b"")
    with pytest.raises(RunError, match="is damaged.*remove it, run again"):
        records.lookup(tmp_path)(SMALL)
    assert set(PLANS) >= {"fig2", "fig3", "fig4", "fig9", "fig10", "fig11", "table1"}
