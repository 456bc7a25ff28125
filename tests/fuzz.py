"""Damage what a user may bring, at random: a sentence is an answer, any other exception a fault.

A family is a function of a random generator that makes one case and says whether it was
accepted; it raises `RunError` or `UsageError` where the case is refused. Another family is one
more function with `@family`.

Run as ``python tests/fuzz.py --cases 10000``.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path

from small_runs import SMALL

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study import records, runs
from glorot_tutor.study.experiments import CostSurfaces
from glorot_tutor.study.records import Record, Store

verifying = import_module("glorot_tutor.study.runs.verify")  # a function bears its name

FAMILIES = {}


def family(function):
    """Add a family of cases."""
    FAMILIES[function.__name__] = function
    return function


@cache
def _measured():
    """A store with a small training run, and another record that must stay readable."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    other = CostSurfaces(0, points=5)
    for experiment in (SMALL, other):
        Store(folder).save(experiment, records.measure(experiment))
    return folder, other


WORDS = ["", "nan", "inf", "-inf", "1e400", "-1", "0.5", "1e30", "9" * 25, "text", '"', "\x00", "é"]
VALUES = [None, [], {}, "", "x", -1, 0.5, 10**30, True, 1e999, [[]], {"a": []}, [None]]


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
            rows.insert(row, [rng.choice(["<<<<<<< HEAD", "=======", ">>>>>>> theirs"])])
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
        if isinstance(at[name], dict) and rng.random() < 0.8:
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


def _spoil_bytes(content, rng):
    start = rng.randrange(len(content))
    stop = min(len(content), start + rng.choice([1, 2, 10, 1000, len(content)]))
    put = rng.choice([b"", bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))])
    return content[:start] + put + content[stop:]


@family
def record_files(rng):
    """One file of a record is damaged; everything that reads records reads it."""
    folder, other = _measured()
    spoiled = Store(folder).path(SMALL) / rng.choice([*(f"{n}.csv" for n in SMALL.layout),
                                                      *["provenance.json"] * 3])  # fmt: skip
    content = spoiled.read_bytes()
    try:
        spoil = _spoil_json if spoiled.suffix == ".json" else _spoil_table
        if rng.random() < 0.3:
            spoiled.write_bytes(_spoil_bytes(content, rng))
        else:
            spoiled.write_text(spoil(content.decode(), rng))
        return _read_all(folder, other, spoiled)
    finally:
        spoiled.write_bytes(content)


def _read_all(folder, other, spoiled):
    store = Store(folder)
    assert other in set(store)
    store[other]
    runs.lines(runs.listing(folder, folder / "work"))
    try:
        store[SMALL]
    except RunError as error:
        said = str(error)
        if str(spoiled) not in said or "\n" in said:
            raise AssertionError(said) from error
    return runs.verify(spoiled.parent, 10).verdict != "different"


def _as_recorded(folder):
    """Verify without training: what is measured again is what was recorded."""
    whole = dict(Record.read(folder).frames)

    def carry_out(task):
        last = getattr(task.experiment, "updates", 0)
        cut = {n: f[f["update"] <= last] if "update" in f else f for n, f in whole.items()}
        return Record(cut, {})

    return carry_out


def run(cases, seed=0, names=tuple(FAMILIES)):
    """Run some cases; return how many were accepted and refused, by family."""
    folder, _ = _measured()
    before, verifying.carry_out = verifying.carry_out, _as_recorded(Store(folder).path(SMALL))
    found = Counter()
    try:
        for number in range(cases):
            for name in names:
                try:
                    accepted = FAMILIES[name](random.Random(f"{seed} {number}"))
                except (RunError, UsageError):
                    accepted = False
                except Exception as error:
                    raise AssertionError(f"{name}, case {number} of seed {seed}") from error
                found[name, "accepted" if accepted else "refused"] += 1
    finally:
        verifying.carry_out = before
        shutil.rmtree(folder)
        _measured.cache_clear()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    found = run(asked.cases, asked.seed)
    for name in FAMILIES:
        accepted, refused = (found[name, word] for word in ("accepted", "refused"))
        print(f"{name}: {accepted + refused:,} cases, {accepted:,} accepted, {refused:,} refused")
    return 0


if __name__ == "__main__":
    sys.exit(main())
