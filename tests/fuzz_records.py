"""Damaged records: whoever reads them says which file it is, and no verdict rests on one."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from unittest import mock

from fuzz_family import assert_sentence, family
from matplotlib.figure import Figure
from small_runs import SMALL

from glorot_tutor import figures
from glorot_tutor.checks import RunError
from glorot_tutor.study import claims, paper, records, runs, tables
from glorot_tutor.study.claims.ledger import _judge
from glorot_tutor.study.claims.verdicts import NOT_MEASURED
from glorot_tutor.study.experiments import CostSurfaces, Training, record_name
from glorot_tutor.study.reading import Study
from glorot_tutor.study.reading.planned import _chosen
from glorot_tutor.study.records import Record, Store
from glorot_tutor.widgets.histories import history
from glorot_tutor.widgets.recorded import RecordedRuns

verifying = import_module("glorot_tutor.study.runs.verify")  # a function bears its name

WORDS = ["", "nan", "inf", "-inf", "1e400", "-1", "0.5", "1e30", "9" * 25, "text", '"', "\x00", "é"]
VALUES = [None, [], {}, "", "x", -1, 0.5, 10**30, True, 1e999, [[]], {"a": []}, [None]]
MARKS = ["<<<<<<< HEAD", "=======", ">>>>>>> theirs"]


def spoil(content, name, rng):
    """Damage the bytes of a file as an editor, a merge or a full disk would."""
    way = rng.randrange(10)
    if way < 3 or name.endswith(".xz"):
        return spoil_bytes(content, rng)
    text = content.decode()
    if way == 3:
        return _conflict(text.splitlines(), rng).encode()
    return (_spoil_json if name.endswith(".json") else _spoil_table)(text, rng).encode()


def spoil_bytes(content, rng):
    """Cut a region out, or put something else there."""
    start = rng.randrange(len(content) + 1)
    stop = min(len(content), start + rng.choice([1, 2, 10, 1000, len(content)]))
    put = rng.choice([b"", bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))])
    return content[:start] + put + content[stop:]


def _conflict(lines, rng):
    """What git leaves where two branches changed the same lines."""
    start = rng.randrange(len(lines))
    stop = min(len(lines), start + rng.randrange(1, 5))
    ours, theirs = lines[start:stop], [line.replace("1", "2") for line in lines[start:stop]]
    both = [MARKS[0], *ours, MARKS[1], *theirs, MARKS[2]]
    return "\n".join([*lines[:start], *both, *lines[stop:]]) + "\n"


def _spoil_table(text, rng):
    rows = [line.split(",") for line in text.splitlines()]
    row, column = rng.randrange(len(rows)), rng.randrange(len(rows[0]))
    match rng.randrange(8):
        case 0:
            rows = [r[:column] + r[column + 1 :] for r in rows]
        case 1:
            rows[row][column] = rng.choice(WORDS)
        case 2:
            rows.insert(row, rows[rng.randrange(len(rows))])
        case 3:
            del rows[row]
        case 4:
            rows.insert(row, [rng.choice(MARKS)])
        case 5:
            rng.shuffle(rows)
        case 6:
            word = rng.choice(WORDS)
            rows[1:] = [[*r[:column], word, *r[column + 1 :]] for r in rows[1:]]
        case 7:
            rows[row].append(rng.choice(WORDS))
    return "\n".join(map(",".join, rows)) + "\n"


def _spoil_json(text, rng):
    found = json.loads(text)
    at = found
    while True:
        name = rng.choice(list(at))
        if isinstance(at[name], dict) and at[name] and rng.random() < 0.8:
            at = at[name]
            continue
        break
    match rng.randrange(3):
        case 0:
            del at[name]
        case 1:
            at[name] = rng.choice(VALUES)
        case 2:
            at[f"{name}?"] = at.pop(name)
    return json.dumps(rng.choice(VALUES) if rng.random() < 0.05 else found)


@contextmanager
def spoiled(path, rng):
    """Damage a file inside the block."""
    content, then = path.read_bytes(), path.stat()
    try:
        path.write_bytes(spoil(content, path.name, rng))
        yield
    finally:
        path.write_bytes(content)
        # the same file as before to all that have read it
        os.utime(path, ns=(then.st_atime_ns, then.st_mtime_ns))


# ---- one record, through all that reads records


@cache
def _measured():
    """A store with a small training run, and another record that must stay readable."""
    folder, other = _temporary(), CostSurfaces(0, points=5)
    for experiment in (SMALL, other):
        Store(folder).save(experiment, records.measure(experiment))
    return folder, other


def _temporary():
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@family(share=26)
def record_files(rng):
    """One file of a record is damaged; everything that reads records reads it."""
    folder, other = _measured()
    names = [*(f"{name}.csv" for name in SMALL.layout), *["provenance.json"] * 3]
    path = Store(folder).path(SMALL) / rng.choice(names)
    with spoiled(path, rng):
        store = Store(folder)
        assert other in set(store)
        store[other]
        if rng.random() < 0.2:
            runs.lines(runs.listing(folder, folder / "work"))
        offered = RecordedRuns(folder)
        record = _readable(store, path)
        with suppress(RunError):  # a page shows the sentence, and the other runs
            if SMALL.stem in offered.runs:
                offered.history(SMALL.stem)
        with mock.patch.object(verifying, "carry_out", _as_recorded()):
            verdict = runs.verify(path.parent, 10).verdict
        if record is None:  # what the folder holds is whole, but not what its name says
            assert verdict == "different" or path.suffix == ".json"
            return False
        if rng.random() < 0.2:
            _show(record)
        return verdict != "different"


def _readable(store, path):
    try:
        return store[SMALL]
    except RunError as error:
        if str(path) not in str(error):
            raise AssertionError(f"it does not name {path}") from error
        return None


@cache
def _whole():
    return records.measure(SMALL).frames


def _as_recorded():
    """Verify without training: what is measured again is what was recorded."""

    def carry_out(task):
        last = getattr(task.experiment, "updates", 0)
        cut = {n: f[f["update"] <= last] if "update" in f else f for n, f in _whole().items()}
        return Record(cut, {})

    return carry_out


def _show(record):
    """Draw what is shown of a record; what it lacks is said."""
    history(SMALL, record)
    ax = Figure().subplots()
    figures.error_over_time(record.frames["curve"], ax, 50.0)
    table = record.frames["statistics"].query("quantity == 'activation'")
    table = table.pivot(index=["update", "layer"], columns="statistic", values="value")
    figures.activations_over_time(table.reset_index(), ax)


# ---- the records of the book, through the claims that rest on them


@cache
def _book():
    """A store with the book's records by links, so that a copy of one can be damaged."""
    folder = _temporary()
    for path in Store().folders():
        (folder / path.name).symlink_to(path)
    return folder


@cache
def _read_by(claim):
    """Which records a claim rests on, in the order of their folders, and its verdict."""
    seen, given = set(), Store.shared
    _chosen.cache_clear()

    def shared(store, experiment):
        seen.add(record_name(experiment))
        return given(store, experiment)

    with mock.patch.object(Store, "shared", shared):
        found = claims.verdict(claim, _book())
    return sorted(name for name in seen if (_book() / name).exists()), found


@family(share=1.5)
def ledger(rng):
    """A record of the book is damaged: the claims that rest on it say so, and have no verdict."""
    folder = _book()
    names, before, claim = [], None, ""
    while not names:  # what is not measured yet rests on none
        claim = rng.choice([claim for claim in paper.claims() if claim in claims.JUDGES])
        names, before = _read_by(claim)
    link = folder / rng.choice(names)
    origin = link.resolve()
    link.unlink()
    shutil.copytree(origin, link)
    try:
        path = rng.choice([p for p in link.iterdir() if p.suffix in (".csv", ".json", ".xz")])
        with spoiled(path, rng):
            return _judged(claim, before, folder, link, rng)
    finally:
        shutil.rmtree(link)
        link.symlink_to(origin)


def _judged(claim, before, folder, link, rng):
    _chosen.cache_clear()  # of the search it reads the curves alone again: be a new process
    study = Study(folder)
    found = claims.verdict(claim, folder)
    assert_sentence(found.measured or "-")
    pending = _judge(claim).pending(study)
    if rng.random() < 0.1:
        tables.table1(study)
    try:
        record = Record.read(link)
        experiment = record.experiment
        whole = record_name(experiment) == link.name
    except RunError as error:
        whole = False
        named = str(error)
    if whole:
        if isinstance(experiment, Training) and before.verdict != NOT_MEASURED:
            history(experiment, record)
        return True
    assert found.verdict == NOT_MEASURED, f"{claim} is {found.verdict}; yet {link} is damaged"
    assert str(link) in found.measured + pending, (claim, found, pending, named)
    return False
