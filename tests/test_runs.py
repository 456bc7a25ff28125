"""Many runs: nothing is lost, nothing is done twice, and how they are run changes no number."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from filelock import FileLock
from small_runs import SMALL, numbers, straight
from terminal import HEED

from glorot_tutor.study import runs
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.records import Store
from glorot_tutor.study.runs import task
from glorot_tutor.training import Schedule

POSIX = pytest.mark.skipif(os.name != "posix", reason="needs signals")


@dataclass(frozen=True)
class Mortal(Training):
    """A run whose process is killed the first time, where `marker` does not exist yet."""

    marker: str = ""

    def run(self, options):
        if not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().run(options)


def test_side_by_side_they_give_what_they_give_alone(tmp_path):
    work = [replace(SMALL, seed=seed) for seed in range(3)]
    bad = replace(SMALL, activation="nosuch")
    lines = []
    failures = runs.run([work[0], bad, *work[1:]], tmp_path / "two", lines.append, jobs=2)
    assert runs.run([bad, *work], tmp_path / "one") == failures
    assert [line.split()[0] for line in lines] == ["1/4", "2/4", "3/4", "4/4"]
    assert len(failures) == 1
    assert "activation 'nosuch' is not known" in failures[0]
    for experiment in work:
        assert numbers(tmp_path / "two", experiment) == numbers(tmp_path / "one", experiment)
    assert len(Store(tmp_path / "two").folders()) == 3


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
from glorot_tutor.study import runs
from glorot_tutor.checks import RunError
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.records import Store
work = [Training("tanh", "normalized", 0.05, 10**7, (16, 12), seed) for seed in range(3)]
try:
    runs.run(work, Path("store"), jobs=int(sys.argv[1]), work=Path("work"))
except RunError as error:
    sys.exit(str(error))
"""


def stop(process, places, number=None):
    """Ask a process to stop once it trains in all places; give its status and last words.

    A number is that of a signal to its whole group, as Ctrl-C sends it.
    """
    while not all((place / ".lock").exists() for place in places):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.05)
    process.terminate() if number is None else os.killpg(process.pid, number)
    words = process.communicate(timeout=60)[1]
    return process.returncode, words


@POSIX
@pytest.mark.parametrize(("jobs", "number"), [(1, None), (2, None), (2, signal.SIGINT)])
def test_an_interrupted_grid_goes_on(tmp_path, jobs, number):
    process = subprocess.Popen(
        [sys.executable, "-c", GRID, str(jobs)],
        cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=HEED,
    )  # fmt: skip
    endless = [replace(SMALL, updates=10**7, seed=seed) for seed in range(jobs)]
    work = tmp_path / "work"
    places = [runs.workplace(run, work) for run in endless]
    status, words = stop(process, places, number)
    assert status == 1
    (said,) = [line for line in words.splitlines() if ": update " not in line[:60]]
    assert said.startswith(f"stopped by {'SIGINT' if number else 'SIGTERM'}; what was reached is")
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
    process = subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, preexec_fn=HEED
    )
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
    seconds = [Store(store)[run].provenance["seconds"]["wall"] for run in lengths]
    assert seconds[2] is None
    assert min(seconds[0], seconds[1], seconds[3]) > 0
    place = runs.workplace(SMALL, work)
    assert (runs.reached(place), runs.reached(place / lengths[3].title)) == (700, 450)


def test_runs_that_differ_in_anything_but_length_do_not_share_a_place(tmp_path):
    places = {
        runs.workplace(run, tmp_path, options)
        for run in (SMALL, replace(SMALL, cost="quadratic"), replace(SMALL, gain=2.0))
        for options in (task.PLAIN, replace(task.PLAIN, engine="autograd"))
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
    end = Store(tmp_path)[wild].provenance["outcome"]
    assert end["diverged_at"] == end["updates"] < 500
    assert f"diverged after update {end['updates']:,}" in lines[0]
