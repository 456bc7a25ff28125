"""What a short overview of the paper says, statement by statement, and what the ledger answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from glorot_tutor.checks import one_of
from glorot_tutor.study import paper, records
from glorot_tutor.study.claims.ledger import ledger
from glorot_tutor.study.claims.report import answered, full_verdict


class Answer(NamedTuple):
    """A statement and the claims that bear on it, as rows of the ledger; none where none does."""

    statement: str
    claims: tuple[Any, ...]


@dataclass(frozen=True)
class Answers:
    """Statements with their verdicts; prints as text, shows as HTML with links to the claims.

    Attributes
    ----------
    rows
        What is shown.
    page
        Address of the page of claims, seen from the page that shows this.
    """

    rows: tuple[Answer, ...]
    page: str

    def __repr__(self) -> str:
        return "\n".join(f"{row.statement}\n   {_words(row)}" for row in self.rows)

    def _repr_html_(self) -> str:
        return f'<dl class="answers">{"".join(self._entries())}</dl>'

    def _entries(self) -> Iterator[str]:
        for row in self.rows:
            links = ", ".join(answered(claim, self.page) for claim in row.claims)
            yield f"<dt>{escape(row.statement)}</dt><dd>{links}</dd>"


def _words(row: Answer) -> str:
    return ", ".join(f"{claim.id} {full_verdict(claim)}" for claim in row.claims)


def statements() -> pd.DataFrame:
    """All statements: columns part, statement, claims (ids separated by spaces, or empty)."""
    return pd.read_csv(paper.DATA / "statements.csv", dtype=str, keep_default_na=False)


def answer(
    part: str = "", store: Path = records.BOOK, page: str = "../book/claims.html"
) -> Answers:
    """Answer the statements of one part (see the column of `statements`), or all of them.

    Raises
    ------
    UsageError
        If there is no such part.
    """
    table = statements()
    if part:
        table = table[table["part"] == one_of("part", part, list(dict.fromkeys(table["part"])))]
    judged = {str(row.id): row for row in ledger(store).itertuples()}
    rows = [
        Answer(str(row.statement), tuple(judged[claim] for claim in str(row.claims).split()))
        for row in table.itertuples()
    ]
    return Answers(tuple(rows), page)
