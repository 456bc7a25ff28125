"""Command lines at random: status 0, 1 or 2, one sentence, no traceback."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from unittest import mock

from fuzz_family import assert_sentence, family
from small_runs import SMALL

from glorot_tutor import bench
from glorot_tutor.checks import RunError
from glorot_tutor.cli import commands, main
from glorot_tutor.datasets import fetching
from glorot_tutor.study import records, runs
from glorot_tutor.study.experiments import record_name
from glorot_tutor.study.records import Store

NUMBERS = ["0", "1", "2", "3", "-1", "1.5", "1e9", "nan", "inf", "", "x", "9" * 30, "0x10", "1_0"]
WORDS = ["", "x", "é", "\x1b", "--", "-", "a" * 300, "tanh", "None", "%s", "'", "\n", "*"]
PATHS = [
    "new", "new/deeper", "file", "folder", "/dev/null", "/dev/full", ".", "", "~", "ro", "a" * 300,
    "file/x", "link", "pipe", "store", "x.npz", "x.csv", "é\n.csv", "/proc/x",
]  # fmt: skip
KNOWN = {
    "activation": ["tanh", "softsign", "sigmoid", "relu", "identity"],
    "initialization": ["standard", "normalized", "he", "orthogonal"],
    "data": ["shapeset", "mnist", "digits", "tiny-imagenet-9"],
    "engine": ["fused", "autograd"],
    "device": ["cpu", "cuda", "mps"],
    "cost": ["nll", "quadratic"],
    "rule": ["sgd", "hessian", "variance"],
    "form": ["text", "csv", "json"],
    "scale": ["quick", "book", "paper"],
    "name": ["fig5", "fig2", "table1", "mnist", "digits", "x"],
}
SMALL_NUMBERS = {
    "depth": ["1", "2"], "width": ["1", "4"], "updates": ["0", "3", "200"], "n": ["1", "5"],
    "learning_rate": ["0.1", "1"], "gain": ["1", "0.5"], "seed": ["0", "7"], "threads": ["1"],
    "jobs": ["1"],
}  # fmt: skip


@cache
def _record():
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    Store(folder).save(SMALL, records.measure(SMALL))
    return folder


@family(share=9)
def command_lines(rng):
    """A command with some of its options, in a folder where odd things lie."""
    with _odd_folder() as folder:
        words = _words(rng, commands, [])
        status, out, said = _call(words)
        assert status in (0, 1, 2), (words, status)
        assert "Traceback" not in out + said, words
        assert "unexpected: " not in said, (words, said)
        if status:
            last = said.strip().splitlines()[-1]
            assert last.startswith("glorot-tutor: "), (words, said)
            assert_sentence(last)
        halves = [p.name for p in folder.rglob(".*") if p.name != ".lock"]
        assert not halves, (words, halves)
        return status == 0


@contextlib.contextmanager
def _odd_folder():
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        (folder / "file").write_text("text\n")
        (folder / "folder").mkdir()
        (folder / "link").symlink_to("nowhere/at/all")
        os.mkfifo(folder / "pipe")
        (folder / "ro").mkdir(mode=0o500)
        shutil.copytree(_record(), folder / "store")
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def _words(rng, command, path):
    """Choose a command and its arguments."""
    if hasattr(command, "commands"):
        if rng.random() < 0.03:
            return [*path, rng.choice([*WORDS, "--help", "--version", "--debug"])]
        name = rng.choice(sorted(command.commands))
        return _words(rng, command.commands[name], [*path, name])
    words = list(path)
    for parameter in command.params:
        if parameter.name == "help":
            continue
        given = parameter.required or parameter.name in _ALWAYS or rng.random() < 0.3
        if not given or rng.random() < 0.02:
            continue
        value = _value(rng, parameter)
        if parameter.param_type_name == "argument":
            words.append(value)
        elif getattr(parameter, "is_flag", False):
            words.append(parameter.opts[0])
        else:
            words += [parameter.opts[-1], value]
    if rng.random() < 0.03:
        words.append(rng.choice([*WORDS, "--help", "--nothing", "-q"]))
    return words


_ALWAYS = ("depth", "width", "quick", "data_dir", "threads", "store")
"""Without them a command may take minutes, or look at the reader's own files."""


def _value(rng, parameter):
    name = parameter.name
    if name in ("out", "store", "work", "data_dir"):
        return rng.choice(PATHS)
    if name == "record":
        return f"store/{record_name(SMALL)}" if rng.random() < 0.5 else rng.choice(PATHS)
    if name == "scheduler":
        return rng.choice(["", "localhost", "http://x", "tcp://", "x:99999", "é"])
    if rng.random() < 0.1:
        return rng.choice(WORDS)
    if name in SMALL_NUMBERS:
        likely = rng.random() < 0.85
        return rng.choice(SMALL_NUMBERS[name] if likely else NUMBERS)
    return rng.choice(KNOWN.get(name, WORDS))


def _no_net(publication, *_):
    raise RunError(f"{publication.name} could not be downloaded.")


def _call(words):
    """Run a command in this process; give its status and what it printed."""
    out, said = io.StringIO(), io.StringIO()
    status = 0
    with (
        contextlib.redirect_stdout(out), contextlib.redirect_stderr(said),
        mock.patch.object(bench, "report", return_value={}),
        mock.patch.object(bench, "lines", return_value=[]),
        mock.patch.object(runs, "run_stages", return_value=[]),
        mock.patch.object(fetching, "fetch", _no_net),
    ):  # fmt: skip
        try:
            main(words)
        except SystemExit as end:
            status = end.code
    return status, out.getvalue(), said.getvalue()
