"""The role `claim` of pages: a claim's name leads to its card, and its verdict stands beside it.

{claim}`T1` shows what the command `glorot-tutor claims` finds while the book is built, so that a
page cannot say another verdict than the ledger.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from glorot_tutor.study.claims import ledger
from glorot_tutor.study.claims.report import answered

CARDS = "book/claims"


@lru_cache(maxsize=1)
def verdicts() -> dict[str, Any]:
    """Judge all claims, once in a build: rows of the ledger by id."""
    return {row.id: row for row in ledger().itertuples()}


class ClaimRole(SphinxRole):
    """Show a claim that is named by its id."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link and the badge."""
        if self.text not in verdicts():
            message = self.inliner.reporter.error(f"There is no claim {self.text!r}.")
            return [], [message]
        page = self.env.app.builder.get_relative_uri(self.env.docname, CARDS)
        shown = answered(verdicts()[self.text], page)
        return [nodes.raw("", shown, format="html")], []


def setup(app: Sphinx) -> dict[str, bool]:
    """Take part in the build."""
    app.add_role("claim", ClaimRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
