"""Which code judges which claim, and the whole ledger as one frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from glorot_tutor import paper, records
from glorot_tutor.checks import one_of
from glorot_tutor.claims import costs, initialization
from glorot_tutor.claims.verdicts import UNMEASURED, Verdict

JUDGES: dict[str, Callable[[Path], Verdict]] = {
    "G1": costs.plateaus,
    "I1": initialization.forward_variance,
    "I2": initialization.backward_variance,
    "I3": initialization.weight_variance,
    "I4": initialization.activation_spread,
    "I5": initialization.backprop_spread,
    "I6": initialization.weight_spread,
    "I7": initialization.jacobian,
}
"""A judge reads a store of records and returns a verdict; claims without one are not measured."""


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
        verdict; all text.
    """
    rows = []
    for claim in paper.claims().values():
        found = verdict(claim.id, store)
        row = {**vars(claim), "paper_value": claim.paper_value}
        rows.append({**row, "measured": found.measured, "verdict": found.verdict})
    return pd.DataFrame(rows)
