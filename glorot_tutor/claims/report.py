"""The ledger as a reader sees it: cards on a page, indented lines on a terminal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from glorot_tutor import paper, records
from glorot_tutor.checks import one_of
from glorot_tutor.claims.ledger import ledger
from glorot_tutor.claims.verdicts import VERDICTS

CHAPTERS = {
    "4.1": "03_compare_cost_surfaces",
    "4.2.1": "04_derive_the_variances",
    "4.2.2": "05_measure_gradients_at_initialization",
}
"""The notebook that shows a section's evidence."""

ANCHORS = {"I1": "fig-theory", "I2": "fig-theory", "I3": "fig-theory", "I7": "fig-jacobian"}
"""The figure of the chapter that shows a claim which the paper shows in no figure."""


@dataclass(frozen=True)
class Report:
    """Claims with their verdicts; prints as text, shows as HTML in a notebook or on a page.

    Attributes
    ----------
    table
        Rows of the ledger (see `ledger`).
    notebooks
        Where the notebooks lie, seen from the page that shows the report; empty: no links.
    """

    table: pd.DataFrame
    notebooks: str = ""

    def __repr__(self) -> str:
        return "\n".join(_text(row) for row in self.table.itertuples())

    def _repr_html_(self) -> str:
        cards = "".join(_card(row, self._link(row)) for row in self.table.itertuples())
        return f'<div class="claims">{cards}</div>'

    def counts(self) -> Counts:
        """How many claims have each verdict, as text and as a line of badges."""
        return Counts(self.table["verdict"].value_counts())

    def _link(self, row: Any) -> str:
        if not self.notebooks or row.verdict == "not measured" or row.section not in CHAPTERS:
            return ""
        figure = re.search(r"Fig (\d+)", row.shown_in)
        anchor = f"fig-{figure[1]}" if figure else ANCHORS.get(row.id, "claims")
        return f"{self.notebooks}/{CHAPTERS[row.section]}.html#{anchor}"


@dataclass(frozen=True)
class Counts:
    """Number of claims by verdict."""

    by_verdict: pd.Series

    def _pairs(self) -> list[tuple[str, int]]:
        return [(name, int(self.by_verdict.get(name, 0))) for name in VERDICTS]

    def __repr__(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self._pairs())

    def _repr_html_(self) -> str:
        return "".join(f"<p>{_badge(name)} {count}</p>" for name, count in self._pairs())


def report(only: str = "", notebooks: str = "", store: Path = records.BOOK) -> Report:
    """Report the claims whose id is among `only` (words), or all of them.

    Parameters
    ----------
    only
        Ids separated by spaces, `"I4 I5"`; empty for all.
    notebooks
        Path from the page to the notebooks, for links to the evidence.
    store
        The records to judge from.
    """
    wanted = [one_of("claim", word, paper.claims()) for word in only.split()]
    table = ledger(store)
    if wanted:
        table = table[table["id"].isin(wanted)]
    return Report(table, notebooks)


def _text(row: Any) -> str:
    lines = [
        f"{row.id}: {row.verdict} (section {row.section}, {row.shown_in})",
        f"   the paper says  {row.claim}",
        f"   measured how    {row.measurement}",
        f"   criterion       {row.criterion}",
    ]
    if row.paper_value:
        lines.insert(2, f"   paper's value   {row.paper_value}")
    if row.measured:
        lines.append(f"   measured        {row.measured}")
    return "\n".join(lines)


def _badge(verdict: str) -> str:
    return f'<span class="verdict verdict-{verdict.replace(" ", "-")}">{verdict}</span>'


def _card(row: Any, link: str) -> str:
    rows = [("Measured how", row.measurement), ("Criterion", row.criterion)]
    if row.paper_value:
        rows.insert(0, ("Paper's value", row.paper_value))
    if row.measured:
        rows.append(("Measured", row.measured))
    facts = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    where = f"section {escape(row.section)}, {escape(row.shown_in)}"
    evidence = f' · <a href="{link}">see the evidence</a>' if link else ""
    return (
        f'<section class="claim" id="claim-{row.id.lower()}">'
        f'<p class="claim-head"><strong>{row.id}</strong> '
        f"{_badge(row.verdict)} "
        f'<span class="claim-where">{where}{evidence}</span></p>'
        f'<p class="claim-text">{escape(row.claim)}</p><dl>{facts}</dl></section>'
    )
