"""The paper as data: its claims, those of papers that came after it, and its only table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parent / "data"

CLAIMS = DATA / "claims.csv"

PARTS = ("paper", "later")
"""Claims of the paper, and of those that came after it."""

ON_100K = {"tanh N": 50.47, "SVM": 59.47}
"""Test errors (%) after learning from 100,000 fixed images of Shapeset-3x2 (section 5)."""


@dataclass(frozen=True)
class Claim:
    """One sentence of a paper that can be checked: a row of `claims.csv`.

    Attributes
    ----------
    id
        Short name; the letter groups claims by topic.
    section, shown_in
        Where the paper says it, and which figure, table or equation shows it; empty for a claim of
        a later paper.
    claim
        What the paper says, in our words.
    measurement, criterion
        What is measured, and when the claim counts as reproduced.
    paper_value
        The number that the paper prints, empty where it prints none.
    part
        One of `PARTS`.
    source
        The paper that says it.
    fixed
        `before` if the criterion is older than the measurements that it judges, else `after`.
    not_asked
        What the claim says and its criterion does not ask for.
    evidence
        The notebook and the figure in it that show what was measured; empty where nothing is.
    """

    id: str
    section: str
    shown_in: str
    claim: str
    measurement: str
    criterion: str
    paper_value: str
    part: str
    source: str
    fixed: str
    not_asked: str
    evidence: str


@cache
def claims(table: Path = CLAIMS) -> dict[str, Claim]:
    """All claims by id, of both parts, each in its order."""
    rows = pd.read_csv(table, dtype=str, keep_default_na=False).to_dict(orient="records")
    return {str(row["id"]): Claim(**{str(k): str(v) for k, v in row.items()}) for row in rows}


def table1() -> pd.DataFrame:
    """Table 1: columns model, activation, initialization and the test error (%) by data set."""
    return pd.read_csv(DATA / "table1.csv")


def finals(data: str) -> dict[str, float]:
    """Final test errors (%) of Table 1 on one data set (a column of `table1`), by model.

    Models are called as in this book: `tanh N` where the paper prints Tanh N.
    """
    column = table1().set_index("model")[data]
    return {str(name)[0].lower() + str(name)[1:]: float(error) for name, error in column.items()}
