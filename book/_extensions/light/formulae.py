"""Formulae: one that a phone scrolls takes the keys, and the mark after one stays on its line."""

from __future__ import annotations

import re

from bs4 import NavigableString

from light.page import Page

MARK = re.compile(r"[.,;:!?)\]’”]+|-\w+")


LONG = 24
"""Characters of a formula that fit on any phone."""


def mend(page: Page) -> None:
    """Set the formulae of a page right."""
    for block in page.soup.select("article div.math"):
        if len("".join(block.text.split())) > LONG:
            block.attrs |= {"tabindex": "0", "role": "group", "aria-label": "Formula"}
    keep_marks(page)


def keep_marks(page: Page) -> None:
    """Put each formula of a sentence together with what may not begin a line after it."""
    for formula in page.soup.select("article span.math"):
        after = formula.next_sibling
        found = MARK.match(after) if isinstance(after, NavigableString) else None
        if found:
            whole = formula.wrap(page.tag("span", class_="whole"))
            whole.append(found[0])
            after.replace_with(NavigableString(after[found.end() :]))  # type: ignore[union-attr,index]
