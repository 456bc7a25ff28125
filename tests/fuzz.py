"""Bring what users may bring, at random: a sentence is an answer, any other exception a fault.

Run as ``python tests/fuzz.py --cases 10000``; a fault is named by its family and its number, and
``--family NAME --first NUMBER --cases 1`` runs that case again. A case depends on its number alone,
so that several processes may share them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

import fuzz_commands  # noqa: F401 - importing a module adds its families
import fuzz_data  # noqa: F401
import fuzz_networks  # noqa: F401
import fuzz_records  # noqa: F401
import fuzz_signals  # noqa: F401
from fuzz_family import FAMILIES, accepted
from tqdm import tqdm

COLUMNS = ("cases", "accepted", "refused", "faults", "seconds")
PIECES = 20
"""Into which each family is cut, so that no process is left with a long one in the end."""


def shares(cases):
    """Share some cases out over the families, one at least to each."""
    whole = sum(family.share for family in FAMILIES.values())
    return {name: max(1, round(cases * f.share / whole)) for name, f in FAMILIES.items()}


def run(name, cases, seed=0, first=0):
    """Run some cases of a family; count how each ended."""
    found = Counter()
    start = time.monotonic()
    for number in range(first, first + cases):
        try:
            end = "accepted" if accepted(name, random.Random(f"{seed} {number}")) else "refused"
        except Exception:
            end = "faults"
            print(f"{name}, case {number} of seed {seed}:", file=sys.stderr)
            traceback.print_exc()
        found[end] += 1
        found["cases"] += 1
    found["seconds"] = round(time.monotonic() - start)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="in all families together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--family", choices=list(FAMILIES), help="only this one")
    parser.add_argument("--jobs", type=int, default=1, help="processes that share the cases")
    asked = parser.parse_args()
    wanted = {asked.family: asked.cases} if asked.family else shares(asked.cases)
    print(f"{'family':10}" + "".join(f"{column:>10}" for column in COLUMNS), flush=True)
    total = Counter()
    for name, found in _by_family(wanted, asked):
        total += found
        print(_line(name, found), flush=True)
    print(_line("all", total))
    return 1 if total["faults"] else 0


def _by_family(wanted, asked):
    """Run all cases; give what was found in each family as soon as it is through."""
    if asked.jobs == 1:
        for name, cases in wanted.items():
            yield name, run(name, cases, asked.seed, asked.first)
        return
    found, left = defaultdict(Counter), dict(wanted)
    with ProcessPoolExecutor(asked.jobs, get_context("spawn")) as pool:
        shared = [
            (start / cases, name, start, min(-(-cases // PIECES), cases - start))
            for name, cases in wanted.items()
            for start in range(0, cases, -(-cases // PIECES))
        ]
        pieces = {  # of all families in turn: some wait, others compute
            pool.submit(run, name, count, asked.seed, asked.first + start): name
            for _, name, start, count in sorted(shared)
        }
        for piece in tqdm(as_completed(pieces), total=len(pieces), mininterval=10):
            name = pieces[piece]
            found[name] += piece.result()
            left[name] -= piece.result()["cases"]
            if not left[name]:
                yield name, found[name]


def _line(name, found):
    return f"{name:10}" + "".join(f"{found[column]:10,}" for column in COLUMNS)


if __name__ == "__main__":
    sys.exit(main())
