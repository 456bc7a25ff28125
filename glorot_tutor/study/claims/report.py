"""The ledger as a reader sees it: cards on a page, indented lines on a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from glorot_tutor.checks import one_of
from glorot_tutor.study import paper, records
from glorot_tutor.study.claims.ledger import ledger
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, VERDICTS, grouped

UNPRINTED = ["part", "evidence", "badge", "parts"]
"""Columns of the ledger that are not among those that the command line prints."""


@dataclass(frozen=True)
class Report:
    """Claims with their verdicts; prints as text, shows as HTML in a notebook or on a page.

    Attributes
    ----------
    rows
        Rows of the ledger (see `ledger`).
    notebooks
        Where the notebooks lie, seen from the page that shows the report; empty: no links.
    folded
        Whether the cards are closed at first, for a page that has a table of all claims.
    """

    rows: pd.DataFrame
    notebooks: str = ""
    folded: bool = False

    @property
    def table(self) -> pd.DataFrame:
        """The columns of the ledger that the command line prints."""
        return self.rows.drop(columns=UNPRINTED)

    def __repr__(self) -> str:
        return "\n".join(_text(row) for row in self.rows.itertuples())

    def _repr_html_(self) -> str:
        cards = "".join(_card(row, self._link(row), self.folded) for row in self.rows.itertuples())
        return f'<div class="claims">{cards}</div>'

    def overview(self) -> Overview:
        """Return a table of all claims on the page where their cards are: each one's sentence."""
        return Overview(self.rows)

    def counts(self, page: str = "../book/claims.html") -> Counts:
        """Which claims have which verdict: how many, as text; as HTML with links to their cards.

        `page` is the address of the page of claims, seen from the page that shows this.
        """
        return Counts(self.rows[["id", "verdict", "so_far"]], page)

    def _link(self, row: Any) -> str:
        if not self.notebooks or row.verdict == NOT_MEASURED or not row.evidence:
            return ""
        return f"{self.notebooks}/{row.evidence.replace('#', '.html#')}"


@dataclass(frozen=True)
class Counts:
    """Claims by verdict, and how many of them rest on a part of the planned runs.

    Attributes
    ----------
    table
        Columns id, verdict, so_far.
    page
        Address of the page of claims; empty on that page itself.
    """

    table: pd.DataFrame
    page: str

    def _words(self, verdict: str) -> str:
        rows = self.table[self.table["verdict"] == verdict]
        some = int((rows["so_far"] != "").sum())
        part = f"{some} of them" if some < len(rows) else "all"
        return f"{len(rows)}, {part} so far" if some else f"{len(rows)}"

    def __repr__(self) -> str:
        return "\n".join(f"{name:<15} {self._words(name)}" for name in VERDICTS)

    def _repr_html_(self) -> str:
        rows = (f"<dt>{badge(name)}</dt><dd>{self._row(name)}</dd>" for name in VERDICTS)
        return f'<dl class="counts">{"".join(rows)}</dl>'

    def _row(self, verdict: str) -> str:
        ids = self.table["id"][self.table["verdict"] == verdict]
        links = " ".join(_linked(id_, self.page) for id_ in ids)
        return f"{self._words(verdict)}<br>{links}" if links else self._words(verdict)


@dataclass(frozen=True)
class Overview:
    """Each claim's sentence and its verdict, with links to the cards; as text, a line to each.

    Attributes
    ----------
    rows
        Rows of the ledger (see `ledger`).
    """

    rows: pd.DataFrame

    def __repr__(self) -> str:
        return "\n".join(
            f"{row.id:<4} {full_verdict(row)}: {row.claim}" for row in self.rows.itertuples()
        )

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><th>{_linked(row.id, '')}</th><td>{_html(row.claim)}</td>"
            f"<td>{badge(row.verdict)} {row.so_far}</td></tr>"
            for row in self.rows.itertuples()
        )
        return f'<table class="overview">{lines}</table>'


def report(
    only: str = "", notebooks: str = "", store: Path = records.BOOK, part: str = paper.PARTS[0]
) -> Report:
    """Report the claims whose id is among `only` (words), or all of one part.

    Parameters
    ----------
    only
        Ids separated by spaces, `"I4 I5"`, of any part; empty for all of `part`.
    notebooks
        Path from the page to the notebooks, for links to the evidence.
    store
        The records to judge from.
    part
        One of `paper.PARTS`.
    """
    wanted = [one_of("claim", word, paper.claims()) for word in only.split()]
    rows = ledger(store)
    if not wanted:
        of_part = rows["part"] == one_of("part", part, paper.PARTS)
        return Report(rows[of_part].reset_index(drop=True), notebooks, folded=True)
    return Report(rows[rows["id"].isin(wanted)], notebooks)


FACTS = {
    "paper_value": "Paper's value",
    "measurement": "Measured how",
    "criterion": "Criterion",
    "fixed": "Criterion fixed",
    "not_asked": "Not asked for",
    "measured": "Measured",
    "rests_on": "Rests on",
    "reason": "Likely reason",
    "settled_by": "Settled by",
    "pending": "Still to come",
    "history": "Judging changed",
}
"""Columns of the ledger that a report shows, if they are not empty, and what they are called."""


def _facts(row: Any) -> list[tuple[str, str]]:
    texts = {name: str(getattr(row, column)) for column, name in FACTS.items()}
    # that it came first is the rule, which the page of claims states
    texts["Criterion fixed"] = "after records had been seen" if row.fixed == "after" else ""
    return [(name, text) for name, text in texts.items() if text]


def _text(row: Any) -> str:
    head = f"{row.id}: {full_verdict(row)} ({_said_in(row)})"
    speaker = "The paper says" if row.part == "paper" else "The source says"
    facts = [(speaker, row.claim), *_facts(row)]
    return "\n".join([head, *(f"   {name.lower():<15} {text}" for name, text in facts)])


def _said_in(row: Any) -> str:
    """Say where a claim stands: in the paper, or in which other one."""
    return f"section {row.section}, {row.shown_in}" if row.section else str(row.source)


def full_verdict(row: Any) -> str:
    """Return the verdict of a row of the ledger, and whether it may still change."""
    return f"{row.verdict} {row.so_far}".strip()


def badge(verdict: str) -> str:
    """Return a verdict as a coloured label, in HTML."""
    return f'<span class="verdict verdict-{verdict.replace(" ", "-")}">{verdict}</span>'


def answered(row: Any, page: str) -> str:
    """Return, of a row of the ledger, the id, which leads to the claim's card on a page, and the
    verdict, on one line of HTML.
    """
    shown = f"{_linked(row.id, page)} {badge(row.verdict)} {row.so_far}".strip()
    return f'<span class="answer">{shown}</span>'


def _linked(claim: str, page: str) -> str:
    return f'<a href="{page}#claim-{claim.lower()}">{claim}</a>'


SIGNS = {"<=": "≤", ">=": "≥", "+-": "±", " %": "\u00a0%"}
"""What claims are typed with, and what a page shows instead."""


def _html(text: str) -> str:
    for typed, sign in SIGNS.items():
        text = text.replace(typed, sign)
    return re.sub(r"\^(?:\{(.*?)\}|(\w))", r"<sup>\1\2</sup>", escape(text))


def _card(row: Any, link: str, folded: bool) -> str:
    """Return a claim that unfolds: its verdict and what it rests on, then all the rest."""
    facts = "".join(
        f"<dt>{name}</dt><dd>{_measured(row) if name == FACTS['measured'] else _html(text)}</dd>"
        for name, text in _facts(row)
    )
    where = escape(_said_in(row))
    evidence = f' · <a href="{link}">see the evidence</a>' if link else ""
    rests = f'<span class="claim-rests">{_html(row.badge)}</span>' if row.badge else ""
    return (
        f'<details class="claim" id="claim-{row.id.lower()}"{"" if folded else " open"}>'
        f'<summary class="claim-head"><strong>{row.id}</strong> '
        f"{badge(row.verdict)} {row.so_far} {rests}</summary>"
        f'<p class="claim-text">{_html(row.claim)} '
        f'<span class="claim-where">({where}{evidence})</span></p><dl>{facts}</dl></details>'
    )


def first_measured(row: Any) -> str:
    """Return, of a row of the ledger, what was measured on the first run, in HTML; or nothing."""
    for label, texts in grouped(row.parts):
        words = "; ".join(texts)
        return _html(f"{label}: {words}" if label else words)
    return ""


def _of(label: str) -> str:
    """Return how a row begins; what rests on no single run takes the whole of it."""
    return f"<th>{escape(label)}</th><td>" if label else '<td colspan="2">'


def _measured(row: Any) -> str:
    """Return what was measured; as a table with a row to each run where runs were judged."""
    groups = list(grouped(row.parts))
    if not any(label for label, _ in groups):
        return _html(str(row.measured))
    lines = (
        f"<tr>{_of(label)}{'<br>'.join(map(_html, texts))}</td></tr>" for label, texts in groups
    )
    return f'<table class="by-run">{"".join(lines)}</table>'
