"""One flag for all signals that ask to stop: who hears them, what is kept, how a process ends."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from terminal import HEED

from glorot_tutor import stopping
from glorot_tutor.study import runs

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

COMMAND = [sys.executable, "-m", "glorot_tutor"]
NETWORK = ["--activation", "tanh", "--init", "standard", "--depth", "1", "--width", "8"]
TRAIN = ["train", *NETWORK, "--lr", "0.1", "--threads", "1", "--out", "run", "--resume"]
RUN = ["run", "fig5", "--scale", "quick", "--threads", "1", "--store", "store", "--work", "work"]
CASES = int(os.environ.get("FUZZ_SIGNALS", "4"))


@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_the_first_signal_sets_the_flag_and_the_second_ends(number):
    told = []
    outside = signal.signal(number, signal.SIG_DFL)  # nohup has it ignored
    before = signal.getsignal(number)
    with stopping.listening(then=lambda: told.append(stopping.asked())):
        signal.raise_signal(number)
        assert stopping.asked() == signal.Signals(number).name
        with pytest.raises(stopping.StoppedError, match=f"stopped by {stopping.asked()}; all is"):
            stopping.stop_if_asked("all is kept")
        with stopping.listening(), pytest.raises(stopping.Ended) as ended:
            signal.raise_signal(number)
        assert ended.value.code == 128 + number
    assert told == [signal.Signals(number).name]
    assert stopping.asked() == ""
    assert signal.getsignal(number) is before
    signal.signal(number, outside)


def test_what_was_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopping.listening(patience=0):
            signal.raise_signal(signal.SIGHUP)
            assert stopping.asked() == ""
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def begin(folder: Path, *words: str, before: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    """Start a command, and wait until it hears signals."""
    process = subprocess.Popen(
        [*before, *COMMAND, *words],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=HEED,
    )  # fmt: skip
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        pytest.skip("needs /proc")
    while process.poll() is None and not heard(status.read_text()) >> (signal.SIGTERM - 1) & 1:
        time.sleep(0.01)
    return process


def heard(status: str) -> int:
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return int(caught.split()[1], 16)


def reached(folder: Path) -> int:
    return runs.reached(folder / "run")


@pytest.mark.parametrize("before", [(), ("nohup",)], ids=["alone", "nohup"])
def test_a_closed_terminal_stops_a_run_which_keeps_itself_unless_it_has_nohup(tmp_path, before):
    process = begin(tmp_path, *TRAIN, "--updates", "1000000000", before=before)
    while not (tmp_path / "run" / ".lock").exists():
        time.sleep(0.05)
    process.send_signal(signal.SIGHUP)
    if before:
        time.sleep(1)
        assert process.poll() is None
        process.terminate()
    words = process.communicate(timeout=60)[1].splitlines()[-1]
    assert process.returncode == 1
    assert words.startswith(f"glorot-tutor: stopped by {'SIGTERM' if before else 'SIGHUP'}; run/")
    assert f"after update {reached(tmp_path):,}" in words


def whole(folder: Path) -> bool:
    """Whether nothing half-written stands in a folder."""
    names = [path.name for path in folder.rglob("*") if path.name[0] == "."]
    return set(names) <= {".lock"}


def sentence(text: str) -> bool:
    """Whether all that was said besides progress is one sentence of the command."""
    lines = text.splitlines()
    said = [line for line in lines if not line.startswith(("update ", "resumed ", "run holds no"))]
    return len(said) == 1 and said[0].startswith("glorot-tutor: ") and "unexpected" not in text


@pytest.mark.parametrize("words", [TRAIN, RUN], ids=["train", "run"])
def test_at_whatever_moment_a_signal_comes_the_same_command_completes(tmp_path, words):
    chance = random.Random(len(words))
    updates = 0
    for _ in range(CASES // 2):
        number, wait = chance.choice(stopping.SIGNALS), chance.uniform(0, 3) ** 2
        updates = reached(tmp_path) + 3000
        length = ["--updates", str(updates)] if words is TRAIN else []
        process = begin(tmp_path, *words, *length)
        time.sleep(wait / 2)
        process.send_signal(number)
        said = process.communicate(timeout=60)[1]
        case = f"{signal.Signals(number).name} after {wait / 2:.2f} s: {said}"
        assert process.returncode in (0, 1, 128 + number), case
        assert whole(tmp_path), case
        assert process.returncode == 0 or sentence(said), case
    done = subprocess.run([*COMMAND, *words, *length], cwd=tmp_path, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    assert reached(tmp_path) == updates or words is RUN


def test_when_a_command_is_killed_its_processes_keep_what_they_have_and_end(tmp_path):
    long = ["run", "fig10", "--scale", "quick", "--jobs", "2"]
    process = begin(tmp_path, *long, "--store", "store", "--work", "work")
    while not list((tmp_path / "work").glob("*/.lock")):
        time.sleep(0.05)
    process.kill()
    process.communicate(timeout=60)  # ends when no process holds the other end of the pipe
    assert list((tmp_path / "work").rglob("checkpoints/*"))


def test_ctrl_c_while_a_command_ends_is_not_told_at_length():
    late = "import sys, time; sys.argv = ['glorot-tutor', '--version'];"
    late += "import threading; wait = lambda: (print(flush=True), time.sleep(20));"
    late += "threading._register_atexit(wait);"
    late += "from glorot_tutor.cli import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", late], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=HEED,
    )  # fmt: skip
    assert process.stdout.readline().startswith("glorot-tutor")
    assert process.stdout.readline() == "\n"  # from now on it ends
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == -signal.SIGINT
