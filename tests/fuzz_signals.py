"""Signals at random moments: what is kept is whole, and the same command completes the work."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from fuzz_family import assert_sentence, family
from safetensors.torch import load_file
from terminal import HEED

from glorot_tutor import stopping
from glorot_tutor.study.records import Store
from glorot_tutor.training import kept

COMMAND = [sys.executable, "-m", "glorot_tutor"]
NETWORK = ["--activation", "tanh", "--init", "standard", "--depth", "1", "--width", "8"]
TRAIN = ["train", *NETWORK, "--lr", "0.1", "--threads", "1", "--updates", "3000", "--out", "run"]
RUN = ["run", "fig5", "--scale", "quick", "--threads", "1", "--store", "store", "--work", "work"]
KILL = getattr(signal, "SIGKILL", None)


@family(share=0.4)
def signals(rng):
    """Stop a command up to three times, by SIGKILL too; then it goes on to the same numbers."""
    words = RUN if rng.random() < 0.3 else [*TRAIN, "--resume"]
    compiling = rng.random() < 0.15
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        numbers = [number for number in (*stopping.SIGNALS, KILL) if number is not None]
        stopped = 0
        for _ in range(rng.randrange(1, 4)):
            number = rng.choice(numbers)
            stopped += _stopped(folder, words, number, rng.uniform(0, _of_a_run()[1]), compiling)
        done = subprocess.run([*COMMAND, *words], **_settings(folder, compiling))
        assert done.returncode == 0, done.stderr
        _assert_whole(folder)
        if words is not RUN:
            assert _weights(folder) == _of_a_run()[0], "other weights than without a stop"
        return stopped > 0


def _settings(folder, compiling):
    found = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    found["preexec_fn"] = HEED
    if compiling:  # with a cache of its own, which the signal may cut off
        found["env"] = os.environ | {"NUMBA_CACHE_DIR": str(folder / "cache")}
    return found


def _stopped(folder, words, number, wait, compiling):
    """Send a signal after a while; return whether it came before the end."""
    process = subprocess.Popen([*COMMAND, *words], **_settings(folder, compiling))
    try:
        process.wait(wait)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    said = process.communicate(timeout=300)[1]
    assert "Traceback" not in said or process.returncode == -number, said
    assert "unexpected: " not in said, said
    # before the command hears signals they end it as they end any program
    assert process.returncode in (0, 1, 128 + number, -number), (process.returncode, said)
    if process.returncode == 1:
        assert_sentence(said.strip().splitlines()[-1])
    _assert_whole(folder, killed=number == KILL)
    return process.returncode != 0


def _assert_whole(folder, killed=False):
    """Each record that bears its name is whole, and so is each checkpoint."""
    store = Store(folder / "store")
    assert not store.damaged()
    for place in folder.rglob("checkpoints"):
        for path in kept(place).values():
            assert load_file(path)
    if not killed:  # what a kill leaves half-written has no name that anyone looks for
        cache = folder / "cache"
        halves = [p for p in folder.rglob(".*") if p.name != ".lock" and cache not in p.parents]
        assert not halves, halves


def _weights(folder):
    newest = next(iter(kept(folder / "run" / "checkpoints").values()), None)
    if newest is None:
        return None
    return {name: tensor.numpy().tobytes() for name, tensor in load_file(newest).items()}


@cache
def _of_a_run():
    """Weights of a run that nothing stops, and the seconds it takes on this machine."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        start = time.monotonic()
        subprocess.run([*COMMAND, *TRAIN], check=True, **_settings(Path(name), False))
        return _weights(Path(name)), time.monotonic() - start
