"""Runs on a real Dask cluster of two worker processes, one of them killed in mid-run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from small_runs import SMALL, numbers

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import record_name
from glorot_tutor.study.records import Store
from glorot_tutor.study.runs import cluster, task

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")

LENGTH = 3000

# a checkpoint every twentieth of a second, so that there is one to go on from, and a note of what
# a worker says
PRELOAD = """
from glorot_tutor.training import Checkpoints, Progress
Checkpoints.__init__.__defaults__ = (None, 0.05, 2)
Progress.say = lambda self, sentence: print(sentence, file=open({said!r}, "a"))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    return tmp_path_factory.mktemp("said") / "lines"


@pytest.fixture(scope="module")
def dask(tmp_path_factory, said):
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        processes=True,
        threads_per_worker=1,
        dashboard_address=None,
        preload=[PRELOAD.format(said=str(said))],
        local_directory=str(tmp_path_factory.mktemp("dask")),
    ) as found:
        yield found.scheduler_address


def kill_one(address, places, killed):
    """Kill the worker that is in the middle of a run, once there is a checkpoint of it."""
    client = cluster.connect(address)
    pids = client.run(os.getpid)
    while not killed:
        for worker, keys in client.processing().items():
            at = [runs.reached(places[key]) for key in keys if key in places]
            if at and max(at) > 0 and worker in pids:
                os.kill(pids[worker], signal.SIGKILL)
                killed.append(max(at))
                break
        time.sleep(0.02)
    client.close()


def test_a_worker_killed_in_mid_run_loses_and_doubles_nothing(dask, tmp_path):
    work, store = tmp_path / "shared", tmp_path / "store"
    experiments = [replace(SMALL, updates=LENGTH, seed=seed) for seed in range(3)]
    places = {record_name(run): runs.workplace(run, work) for run in experiments}
    killed, lines = [], []
    killer = threading.Thread(target=kill_one, args=(dask, places, killed), daemon=True)
    killer.start()
    assert runs.run(experiments, store, lines.append, scheduler=dask, work=work) == []
    assert killed
    assert [line.split()[0] for line in lines] == ["1/3", "2/3", "3/3"]
    assert {folder.name for folder in Store(store).folders()} == places.keys()
    runs.run(experiments, tmp_path / "local")
    for run in experiments:
        assert numbers(store, run) == numbers(tmp_path / "local", run)
    assert runs.run(experiments, store, lines.append, scheduler=dask, work=work) == []
    assert len(lines) == 3


def test_a_failing_run_on_the_cluster_is_a_sentence(dask, tmp_path):
    bad = replace(SMALL, activation="nosuch")
    failures = runs.run([bad, SMALL], tmp_path, scheduler=dask)
    assert len(failures) == 1
    assert "activation 'nosuch' is not known" in failures[0]
    assert runs.missing([SMALL], tmp_path) == []


def test_the_cluster_says_how_many_fit(dask):
    # one was killed above, and another takes its place in a while
    client = cluster.connect(dask)
    client.wait_for_workers(2, timeout=60)
    client.close()
    assert runs.shares([], task.PLAIN, scheduler=dask) == (task.PLAIN, 2)


def test_no_scheduler_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with pytest.raises(RunError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        runs.run([SMALL], tmp_path, scheduler="tcp://127.0.0.1:9")


@pytest.mark.parametrize(
    "address", ["", "localhost", "http://127.0.0.1:8786", "tcp://:8786", "x:y"]
)
def test_what_is_no_address_is_said_at_once(address):
    with pytest.raises(UsageError, match="is no address: give one like tcp://"):
        cluster.connect(address)


def test_what_accepts_and_never_answers_is_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"tcp://127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(RunError, match=f"no Dask scheduler answers at {address}"):
            cluster.connect(address)


def test_a_scheduler_that_is_killed_in_mid_run_is_a_sentence(tmp_path):
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0"]
    command += ["--no-dashboard", "--scheduler-file", "address.json"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(command, cwd=tmp_path, **quiet)
    kept = tmp_path / "address.json"
    while not kept.exists() or not kept.read_text().endswith("}"):
        assert scheduler.poll() is None
        time.sleep(0.1)
    threading.Timer(1.0, scheduler.kill).start()
    address = json.loads(kept.read_text())["address"]
    with pytest.raises(RunError, match="the Dask scheduler is gone"):
        runs.run([SMALL], tmp_path / "store", scheduler=address)
    scheduler.wait()
