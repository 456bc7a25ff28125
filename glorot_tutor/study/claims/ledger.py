"""Every claim with its verdict, as one frame."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pandas as pd

from glorot_tutor.checks import one_of
from glorot_tutor.study import paper, records
from glorot_tutor.study.claims.judges import JUDGES, Judge
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, Verdict
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import Store

REASONS = paper.DATA / "reasons.csv"
HISTORY = paper.DATA / "history.csv"


def verdict(claim: str, store: Path = records.BOOK) -> Verdict:
    """Judge one claim, named by its id, from the records of a store."""
    return _judge(one_of("claim", claim, paper.claims())).verdict(Study(store))


def _judge(claim: str) -> Judge:
    return JUDGES.get(claim) or Judge(lambda study: Verdict(NOT_MEASURED, ""))


def ledger(store: Path = records.BOOK, table: Path = paper.CLAIMS) -> pd.DataFrame:
    """Every claim of both parts (see `paper.PARTS`), in the order of the file.

    Parameters
    ----------
    store
        The records to judge from.
    table
        The file of claims.

    Returns
    -------
    DataFrame
        The columns of `paper.Claim`; measured, verdict; so_far: `so far` if longer runs could still
        change the verdict, because its seeds have not had the whole budget, or if it rests on a
        part of the planned runs; rests_on: the seeds that were judged and how much of the budget
        they have had, and those that are too short; pending: planned runs that are not recorded
        yet; reason and settled_by: why a claim does not hold, most likely, and what would settle
        it; history: what was changed in how it is judged, once there was something to judge;
        badge: rests_on in a few words. All text, but for parts: what the verdict follows from
        (see `Part`).
    """
    files = tuple(path.stat().st_mtime_ns for path in (table, REASONS, HISTORY))
    return _judged(store, table, (Store(store).stamps(), files, tuple(JUDGES))).copy()


@lru_cache(maxsize=4)
def _judged(store: Path, table: Path, stamps: object) -> pd.DataFrame:
    """Judge once for all that is shown of the ledger, and again when a file has changed."""
    study = Study(store)
    reasons = pd.read_csv(REASONS, dtype=str).set_index("id")[["reason", "settled_by"]]
    past = _history()
    rows = []
    for claim in paper.claims(table).values():
        judge = _judge(claim.id)
        judged = judge.verdict(study)
        pending = judge.pending(study)
        pending = pending if pending != judged.measured else ""  # a damaged record is named once
        some = judged.verdict != NOT_MEASURED and (pending or not judged.settled)
        so_far = "so far" if some else ""
        fails = judged.verdict in (PARTLY, NOT_REPRODUCED) and claim.id in reasons.index
        why = reasons.loc[claim.id] if fails else dict.fromkeys(reasons, "")
        rows.append(
            {
                **vars(claim),
                "verdict": judged.verdict,
                "measured": judged.measured,
                "so_far": so_far,
                "rests_on": judge.rests_on(judged),
                "pending": pending,
                **why,
                "history": past.get(claim.id, ""),
                "badge": judge.badge(judged),
                "parts": judged.parts,
            }
        )
    return pd.DataFrame(rows)


def _history() -> dict[str, str]:
    """What was changed in how each claim is judged, in the order of time, by claim."""
    table = pd.read_csv(HISTORY, dtype=str)
    words = table.apply(
        "{0.date}: {0.change} Recorded then: {0.recorded}. Verdict moved: {0.moved}.".format, axis=1
    )
    return words.groupby(table["id"]).agg(" ".join).to_dict()
