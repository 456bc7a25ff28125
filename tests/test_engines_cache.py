"""Compilation switched off, and an engine with threads after a fork."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("numba")

TRAIN = """
import os, torch
from glorot_tutor.engines import make_engine
from glorot_tutor.nets import DeepNet
net = DeepNet(6, [8], 4, "tanh", "normalized", torch.Generator().manual_seed(0))
x, y = torch.ones(20, 6), torch.zeros(20, dtype=torch.int64)
engine = make_engine("fused", net, 0.1, threads=2)
engine.run(x, y)
print(type(engine).__name__)
"""


def train(code=TRAIN, **settings):
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr.splitlines()


def test_without_compilation_torch_takes_over_and_says_so():
    found, lines = train(NUMBA_DISABLE_JIT="1")
    assert found == ["FusedEngine"]
    assert len(lines) == 1
    assert "NUMBA_DISABLE_JIT is set" in lines[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_has_threads_of_its_own():
    child = """
if (pid := os.fork()) == 0:
    os._exit(len(engine.run(x, y)))
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
    assert train(TRAIN + child)[0] == ["CompiledEngine", "2"]
