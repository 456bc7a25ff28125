"""Which code judges which claim, and the whole ledger as one frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd

from glorot_tutor.checks import one_of
from glorot_tutor.study import paper, reading, records
from glorot_tutor.study.claims import (
    columns,
    costs,
    errors,
    gradients,
    initialization,
    questions,
    saturation,
    sigmoid,
)
from glorot_tutor.study.claims.verdicts import NOT_REPRODUCED, PARTLY, UNMEASURED, Verdict
from glorot_tutor.study.experiments import SupportVectors
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.experiments.plans import FINITE

JUDGES: dict[str, Callable[[Path], Verdict]] = {
    **{claim: sigmoid.of_the_study(judge) for claim, judge in sigmoid.CRITERIA.items()},
    "S5": sigmoid.deep_sigmoid_stays,
    "S6": questions.biases_first,
    "S7": errors.sigmoid_is_worse,
    "T1": saturation.saturates_from_below,
    "T2": saturation.softsign_moves_together,
    "T3": saturation.tanh_ends_saturated,
    "T4": saturation.softsign_ends_on_its_knees,
    "G1": costs.plateaus,
    "I1": initialization.forward_variance,
    "I2": initialization.backward_variance,
    "I3": initialization.weight_variance,
    "I4": initialization.activation_spread,
    "I5": initialization.backprop_spread,
    "I6": initialization.weight_spread,
    "I7": initialization.jacobian,
    "L1": gradients.shrinking_reverses,
    "L2": gradients.weight_gradients_diverge,
    "L3": gradients.softsign_is_like_tanh_n,
    "E1": errors.order_of_the_table,
    "E2": errors.softsign_is_robust,
    "E3": columns.differences_are_small,
    "E4": columns.network_beats_svm,
    "E9": questions.jacobian_near_one,
}
"""A judge reads a store of records and returns a verdict; claims without one are not measured."""

STUDIED: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("S1", "S2", "S3", "S4"), ("sigmoid 4",)),
    "S5": ("sigmoid",),
    "S7": ("sigmoid 4", "tanh N", "softsign"),
    **dict.fromkeys(("T1", "T3", "L1"), ("tanh",)),
    "T2": ("tanh", "softsign"),
    "T4": ("softsign",),
    "L2": ("tanh", "tanh N"),
    "L3": ("tanh", "softsign", "tanh N"),
    "E1": TABLE,
    "E2": ("tanh", "tanh N", "softsign", "softsign N"),
    "E3": TABLE,
    "E4": ("tanh N",),
}
"""Models of the study that a judge reads: a verdict may change while their runs are not all in."""

ELSEWHERE: dict[str, tuple[str, ...]] = {"E3": FINITE, "E4": (SupportVectors.data,)}
"""Data sets of the claims that are not about Shapeset-3x2 without end."""


def verdict(claim: str, store: Path = records.BOOK) -> Verdict:
    """Judge one claim, named by its id, from the records of a store."""
    one_of("claim", claim, paper.claims())
    judge = JUDGES.get(claim)
    return judge(store) if judge else UNMEASURED


def ledger(store: Path = records.BOOK) -> pd.DataFrame:
    """Every claim, in the order of the paper.

    Returns
    -------
    DataFrame
        Columns id, section, shown_in, claim, measurement, criterion, paper_value, measured,
        verdict; so_far: `so far` if the verdict rests on a part of the planned runs; pending: those
        that are not recorded yet; reason and settled_by: why a claim does not hold, most likely,
        and what would settle it. All text.
    """
    return _judged(store, (records.contents(store), _REASONS.stat().st_mtime_ns)).copy()


@lru_cache(maxsize=4)
def _judged(store: Path, stamps: object) -> pd.DataFrame:
    """Judge once for all that is shown of the ledger, and again when a file has changed."""
    why = _reasons()
    rows = []
    for claim in paper.claims().values():
        found = verdict(claim.id, store)
        row = {**vars(claim), "paper_value": claim.paper_value}
        pending = _pending(claim.id, store)
        fails = found.verdict in (PARTLY, NOT_REPRODUCED)
        reason = why.get(claim.id, _NO_REASON) if fails else _NO_REASON
        so_far = "so far" if pending and found != UNMEASURED else ""
        rows.append({**row, **vars(found), "so_far": so_far, "pending": pending, **reason})
    return pd.DataFrame(rows)


def _pending(claim: str, store: Path) -> str:
    models = STUDIED.get(claim, ())
    if claim not in ELSEWHERE:
        return reading.pending(models, store)
    rest = {data: reading.pending(models, store, data=data) for data in ELSEWHERE[claim]}
    lacks = [f"on {data}: {words}" for data, words in rest.items() if words]
    if claim == "E4" and records.load(store, SupportVectors()) is None:
        lacks.append("the support vector machine")
    return "; ".join(lacks)


_NO_REASON = {"reason": "", "settled_by": ""}
_REASONS = paper.DATA / "reasons.csv"


def _reasons() -> dict[str, dict[str, str]]:
    table = pd.read_csv(_REASONS, dtype=str).set_index("id")
    table = table[list(_NO_REASON)]
    return {str(claim): row.to_dict() for claim, row in table.iterrows()}
