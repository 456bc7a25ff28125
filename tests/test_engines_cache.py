"""Compiled code on disk, compilation switched off, and an engine with threads after a fork."""

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


KERNEL = """
import numpy as np
from glorot_tutor.engines.activate import RELU, activate
z = np.array([-1.0, 2.0], {dtype})
activate(z, RELU)
print(*z, sum(activate.stats.cache_hits.values()))
"""


def kernel(dtype="np.float32", **settings):
    """Run one small kernel; return whether its code was kept before, and what is said."""
    found, lines = train(KERNEL.format(dtype=dtype), **settings)
    assert found[:2] == ["0.0", "2.0"]
    return found[2] == "1", lines


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


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
@pytest.mark.parametrize("length", [0, 40])
def test_what_is_cut_off_is_said_once_and_compiled_anew(tmp_path, suffix, length):
    there = {"NUMBA_CACHE_DIR": str(tmp_path)}
    assert kernel(**there) == (False, [])
    assert kernel(**there) == (True, [])
    cut = list(tmp_path.glob(f"*/activate.*{suffix}"))
    assert len(cut) >= 2  # a kernel that it calls, too
    for path in cut:
        path.write_bytes(path.read_bytes()[:length])
    kept, lines = kernel(**there)
    assert not kept
    assert len(lines) == 1
    assert "is made anew" in lines[0]
    assert kernel(**there) == (True, [])


def test_two_processes_never_use_one_file_for_the_code_of_two_dtypes(tmp_path):
    there = {"NUMBA_CACHE_DIR": str(tmp_path)}
    kernel(**there)
    (index,) = tmp_path.glob("*/activate.activate-*.nbi")
    index.unlink()  # as a process sees it that began at the same time
    kernel("np.float64", **there)
    assert len(list(tmp_path.glob("*/activate.activate-*.nbc"))) == 2
    assert kernel("np.float64", **there) == (True, [])
    assert kernel(**there) == (False, [])


def test_without_a_folder_to_write_to_kernels_are_compiled_each_time():
    kept, lines = kernel(
        NUMBA_CACHE_DIR=f"{os.devnull}/none",
        NUMBA_CACHE_LOCATOR_CLASSES="UserProvidedCacheLocator",
    )
    assert not kept
    assert len(lines) == 1
    assert "set NUMBA_CACHE_DIR" in lines[0]


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
