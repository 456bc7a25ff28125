"""Code that is whole at every width: a line that does not fit goes on below, under its own indent.

What a cell prints in columns would be spoilt by that; it is set smaller instead. Style sheets do
both (code.css) and read from here what they cannot know: which lines are long, how far each is
indented, how many characters wide a printed table is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import NavigableString, PageElement, Tag

from light.page import Page

LONG = 36
"""Characters of a line that fit on any phone."""

BEFORE, AFTER = re.compile(r"\.\w*"), re.compile(r".*[(\[{,=]")
"""Words of code at which a line may be broken besides its blanks."""

COLUMNS = re.compile(r"\S {2,}\S")


def mend(page: Page) -> None:
    """Mark the long lines of a page's code, and tell how wide its printed tables are."""
    for box in page.soup.select("article pre"):
        if box.find_parent(class_="cell_output"):
            tell_columns(box)
        mark_long_lines(page, box)


def tell_columns(box: Tag) -> None:
    """Say how many characters the widest row of a printed table has."""
    rows = [line for line in box.text.split("\n") if COLUMNS.search(line)]
    if len(rows) > 1:
        box["class"] = [*box.get("class", ()), "columns"]
        box["style"] = f"--columns: {max(map(len, rows))}"


def mark_long_lines(page: Page, box: Tag) -> None:
    """Put each long line of a box into a tag of its own that knows the indent."""
    for line in list(lines(box)):
        text = "".join(part.text for part in line)
        if len(text) <= LONG:
            continue
        indent = len(text) - len(text.lstrip(" "))
        own = page.tag("span", class_="long", style=f"--indent: {indent}")
        line[0].insert_before(own)
        for part in line:
            own.extend(breakable(page, part))


def breakable(page: Page, part: PageElement) -> list[PageElement]:
    """Return a word of code with a place where its line may be broken."""
    if isinstance(part, Tag) and BEFORE.fullmatch(part.text):
        return [page.tag("wbr"), part]
    if isinstance(part, Tag) and AFTER.fullmatch(part.text):
        return [part, page.tag("wbr")]
    return [part]


def lines(box: Tag) -> Iterator[list[PageElement]]:
    """Yield the parts of each line of a box, its line break last."""
    line: list[PageElement] = []
    for child in list(box.children):
        parts = broken(child) if isinstance(child, NavigableString) else [child]
        for part in parts:
            line.append(part)
            if part.text.endswith("\n"):
                yield line
                line = []
    if line:
        yield line


def broken(text: NavigableString) -> list[PageElement]:
    """Put a text in the place of which stands one text to a line."""
    parts: list[PageElement] = [NavigableString(part) for part in text.splitlines(keepends=True)]
    text.replace_with(*parts)
    return parts
