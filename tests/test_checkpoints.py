"""A run that is stopped in any way and resumed ends as one that never was, bit for bit."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sys
import time
from multiprocessing import forkserver
from pathlib import Path

import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from training_process import Stripes, build, run, run_in_process

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.engines import make_engine
from glorot_tutor.training import Checkpoints, Progress, Schedule, kept, train

KILLS = 20


def assert_same(found, expected):
    """Compare weights and records bit for bit."""
    for ours, theirs in zip(found[0].parameters(), expected[0].parameters(), strict=True):
        assert torch.equal(ours, theirs)
    for frame in ("curve", "statistics"):
        ours, theirs = getattr(found[1], frame), getattr(expected[1], frame)
        pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    assert found[1].updates == expected[1].updates


def newest(folder):
    return max((int(path.stem.split("-")[1]) for path in folder.glob("checkpoint-*")), default=-1)


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the processes: sums may be split otherwise
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def processes():
    if "forkserver" not in multiprocessing.get_all_start_methods():
        pytest.skip("needs a system with fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["training_process"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *sys.path]))
        patch.setenv("WARM_UP", "1")
        forkserver.ensure_running()
    return context


@pytest.fixture
def start(processes, tmp_path):
    begun = []

    def begin(updates):
        """Start a process on the run in `tmp_path` and wait until it gets on."""
        before = newest(tmp_path)
        process = processes.Process(target=run_in_process, args=(tmp_path, updates))
        process.start()
        begun.append(process)
        while newest(tmp_path) <= before and process.is_alive():
            time.sleep(0.002)
        return process

    yield begin
    for process in begun:
        process.kill()  # one that a test has failed to stop would train for ever


@pytest.mark.usefixtures("one_thread")
def test_killed_20_times_and_resumed_the_result_is_the_same(start, tmp_path):
    chance = random.Random(20)
    for _ in range(KILLS):
        process = start(10**9)
        time.sleep(chance.uniform(0, 0.08))
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL
    updates = newest(tmp_path) + 350
    found = run(tmp_path, updates)
    assert_same(found, run(None, updates))
    assert len(found[1].curve) > 1


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_asked_to_stop_a_run_keeps_itself_first(start, tmp_path, number):
    process = start(10**9)
    os.kill(process.pid, number)
    process.join(60)
    assert process.exitcode == 1
    reached = newest(tmp_path)
    assert_same(run(tmp_path, reached + 150), run(None, reached + 150))


def test_a_run_can_be_resumed_after_its_end_and_extended(tmp_path):
    first = run(tmp_path, 900)
    assert_same(run(tmp_path, 900), first)
    assert_same(run(tmp_path, 1500), run(None, 1500))


def test_a_diverged_run_stays_so(tmp_path):
    def go():
        engine = make_engine("fused", build(activation="identity"), 30.0)
        kept = Checkpoints(tmp_path)
        return train(engine, Stripes(), 5000, schedule=Schedule(), checkpoints=kept, resume=True)

    first = go()
    again = go()
    assert first.diverged_at == again.diverged_at == again.updates


def test_two_checkpoints_stay_and_strays_go(tmp_path):
    stray = tmp_path / ".a1b2c3_4.safetensors"  # as it is named until it is whole
    stray.write_bytes(b"12")
    run(tmp_path, 1200)
    assert [path.name for path in Checkpoints(tmp_path).files()] == [
        "checkpoint-000000001200.safetensors",
        "checkpoint-000000001100.safetensors",
    ]
    assert not stray.exists()


def test_files_of_other_names_are_left_alone_and_stop_nothing(tmp_path):
    number = "checkpoint-000000099900"
    names = [f"{number} (1)", f"{number}-backup", "checkpoint-best", "checkpoint-12", ".mine"]
    others = [tmp_path / f"{name}.safetensors" for name in names]
    for other in others:
        other.write_bytes(b"12")
    run(tmp_path, 900)
    assert_same(run(tmp_path, 1500), run(None, 1500))
    assert list(kept(tmp_path)) == [1500, 1400]
    assert all(other.read_bytes() == b"12" for other in others)


def test_time_is_counted_over_all_sittings(tmp_path):
    first = run(tmp_path, 300)[1]
    second = run(tmp_path, 600)[1]
    assert second.wall > first.wall > 0
    assert second.cpu > first.cpu > 0


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run(folder, 300)
    return [path.read_bytes() for path in Checkpoints(folder).files()]


def refuse(tmp_path, finished, content):
    """Put `content` in the place of the newest checkpoint; give what resuming says."""
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / "checkpoint-000000000300.safetensors").write_bytes(content)
    (tmp_path / "checkpoint-000000000200.safetensors").write_bytes(finished[1])
    net = build()
    kept = Checkpoints(tmp_path, identity_of(net))
    update, state, refused = kept.load(net)
    assert (update, state["update"], len(refused)) == (200, 200, 1)
    return refused[0]


def identity_of(net):
    return {
        "seed": 0, "engine": type(make_engine("fused", build(), 0.05)).__name__,
        "sizes": net.sizes, "activation": "tanh", "dtype": "torch.float32",
        "learning rate": 0.05, "cost": "nll", "batch size": 10,
    }  # fmt: skip


@settings(max_examples=40)
@given(data=st.data())
def test_a_truncated_checkpoint_is_refused_and_the_one_before_used(
    data, finished, tmp_path_factory
):
    length = data.draw(st.integers(0, len(finished[0]) - 1))
    folder = tmp_path_factory.mktemp("truncated")
    assert "damaged" in refuse(folder, finished, finished[0][:length])


@settings(max_examples=40)
@given(data=st.data())
def test_one_wrong_byte_is_enough_to_be_refused(data, finished, tmp_path_factory):
    place = data.draw(st.integers(0, len(finished[0]) - 1))
    content = bytearray(finished[0])
    content[place] ^= data.draw(st.integers(1, 255))
    assert refuse(tmp_path_factory.mktemp("flipped"), finished, bytes(content))


def test_a_foreign_file_is_refused_with_a_sentence(tmp_path, finished):
    torch.save({"weight": torch.zeros(3)}, tmp_path / "pickled")
    pickled = (tmp_path / "pickled").read_bytes()
    save_file({"weight": torch.zeros(3)}, tmp_path / "other")
    other = (tmp_path / "other").read_bytes()
    assert "damaged or no checkpoint" in refuse(tmp_path, finished, pickled)
    assert "is not a glorot-tutor checkpoint" in refuse(tmp_path, finished, other)


def test_another_runs_checkpoint_is_refused_and_named(tmp_path):
    run(tmp_path, 200)
    net = build(seed=1)
    engine = make_engine("fused", net, 0.06)
    kept = Checkpoints(tmp_path, {"seed": 0})
    with pytest.raises(RunError, match=r"learning rate 0\.05 there, 0\.06 here"):
        train(engine, Stripes(), 300, checkpoints=kept, resume=True)
    pairs = zip(net.parameters(), build(seed=1).parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def test_resuming_says_what_was_refused_and_goes_on(tmp_path):
    class Lines(Progress):
        said = ()

        def say(self, sentence):
            self.said = (*self.said, sentence)

    run(tmp_path, 900)
    last = Checkpoints(tmp_path).files()[0]
    last.write_bytes(last.read_bytes()[:-1])
    lines = Lines()
    assert_same(run(tmp_path, 1000, progress=lines), run(None, 1000))
    assert "is damaged" in lines.said[0]
    assert lines.said[1] == "resumed after update 800."
    assert last.with_suffix(".refused").exists()


def test_a_folder_in_use_is_not_trained_over(tmp_path):
    run(tmp_path, 200)
    with pytest.raises(UsageError, match="resume them or name an empty folder"):
        run(tmp_path, 200, resume=False)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot make the folder"):
        Checkpoints(tmp_path / "file" / "run")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_weights_come_back_bit_for_bit_and_in_place(tmp_path, dtype):
    net, other = build(0, dtype), build(1, dtype)
    make_engine("fused", net, 0.1)  # rows are padded now
    make_engine("fused", other, 0.1)
    places = [parameter.data_ptr() for parameter in other.parameters()]
    kept = Checkpoints(tmp_path)
    kept.save(net, 7, {"value": 0.1, "none": None})
    assert kept.load(other) == (7, {"value": 0.1, "none": None}, [])
    for ours, theirs in zip(net.parameters(), other.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert [parameter.data_ptr() for parameter in other.parameters()] == places
