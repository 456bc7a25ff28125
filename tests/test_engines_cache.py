"""Compiled code on disk, compilation switched off, and an engine with threads after a fork."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

numba = pytest.importorskip("numba")
from glorot_tutor.engines import base, machine  # noqa: E402 - only where there is Numba

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


@pytest.fixture
def folder(tmp_path, monkeypatch, caplog):
    """A folder for compiled code; nothing has been said yet."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    base.tell_once.cache_clear()
    caplog.clear()
    yield tmp_path
    base.tell_once.cache_clear()


def kept(dtype=np.float32):
    """Run one small kernel as a new process would; return whether its code was kept before."""

    def double(z):
        z *= 2

    kernel = machine.compiled(double)
    z = np.ones(3, dtype)
    kernel(z)
    assert z.tolist() == [2, 2, 2]
    return bool(kernel.stats.cache_hits)


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
def test_what_is_cut_off_is_said_once_and_compiled_anew(folder, caplog, suffix, length):
    assert [kept(), kept()] == [False, True]
    (cut,) = folder.glob(f"*/*{suffix}")
    for _ in range(2):
        cut.write_bytes(cut.read_bytes()[:length])
        assert [kept(), kept()] == [False, True]
        (cut,) = folder.glob(f"*/*{suffix}")
    (said,) = caplog.messages
    assert "is made anew" in said


def test_two_processes_never_use_one_file_for_the_code_of_two_dtypes(folder):
    kept()
    (index,) = folder.glob("*/*.nbi")
    index.unlink()  # as a process sees it that began at the same time
    kept(np.float64)
    assert len(list(folder.glob("*/*.nbc"))) == 2
    assert [kept(np.float64), kept()] == [True, False]


def test_without_a_folder_to_write_to_kernels_are_compiled_each_time(folder, caplog, monkeypatch):
    monkeypatch.setattr(numba.config, "CACHE_DIR", f"{os.devnull}/none")
    monkeypatch.setattr(numba.config, "CACHE_LOCATOR_CLASSES", "UserProvidedCacheLocator")
    assert [kept(), kept()] == [False, False]
    (said,) = caplog.messages
    assert "set NUMBA_CACHE_DIR" in said


def test_a_full_disk_leaves_the_kernel_running(folder, caplog, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile._save_data", full)
    assert [kept(), kept()] == [False, False]
    (said,) = caplog.messages
    assert "No space left" in said


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


COUNTED = """
import sys
sys.path.insert(0, {tests!r})
from test_engines_cache import counted
print(counted())
"""


def counted():
    """Compile one small kernel as an engine does; return whether its code was kept before."""

    def triple(z):
        z *= 3

    kernel = machine.compiled(triple)
    z = np.ones(3, np.float32)
    machine.ready(kernel, z)
    kernel(z)
    assert z.tolist() == [3, 3, 3]
    return bool(kernel.stats.cache_hits)


def test_of_two_processes_that_compile_at_once_one_waits_for_the_other(folder):
    """Whichever comes second takes what the first has made."""
    code = COUNTED.format(tests=os.path.dirname(__file__))
    start = {"env": os.environ | {"NUMBA_CACHE_DIR": str(folder)}, "stdout": subprocess.PIPE}
    both = [subprocess.Popen([sys.executable, "-c", code], text=True, **start) for _ in range(2)]
    assert sorted(p.communicate(timeout=300)[0].strip() for p in both) == ["False", "True"]


def test_a_lock_of_a_killed_process_holds_nobody_up(folder):
    counted()
    (cached,) = {path.parent for path in folder.glob("*/*.nbi")}
    hold = f"""
import os, signal
from filelock import FileLock
FileLock({str(cached / ".lock")!r}).acquire()
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", hold]).returncode < 0
    assert (cached / ".lock").exists()
    for path in cached.glob("*.nb?"):
        path.unlink()
    assert [counted(), counted()] == [False, True]
