"""Roles for the page that goes through the paper piece by piece.

{place}`words <06_escape_the_sigmoid_plateau#fig-2>` leads to a place in a notebook, {thumb} of the
same form shows a small copy of the figure there, {measured}`S1` says what the ledger measured for
a claim, on the first of its runs: the rest stands on the claim's card.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from claim_links import verdicts
from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from glorot_tutor.study.claims.report import first_measured

WIDTH = 480
"""Pixels of a small copy: it is shown at half of that."""


class Shown(SphinxRole):
    """A role that shows HTML."""

    def html(self) -> str:
        """Return what is shown; `ValueError` says what is wrong with the role's text."""
        raise NotImplementedError

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the HTML, or the error."""
        try:
            return [nodes.raw("", self.html(), format="html")], []
        except ValueError as error:
            return [], [self.inliner.reporter.error(str(error))]


class Measured(Shown):
    """What was measured for a claim that is named by its id."""

    def html(self) -> str:
        """Return the numbers of the first run."""
        if self.text not in verdicts():
            raise ValueError(f"There is no claim {self.text!r}.")
        words = first_measured(verdicts()[self.text]) or "waits for its runs"
        return f'<span class="measured">{words}</span>'


class Place(Shown):
    """A link to a place in a notebook."""

    inner = "{words}"

    def html(self) -> str:
        """Return the link."""
        given = re.fullmatch(r"(?P<words>.+) <(?P<notebook>\w+)#(?P<anchor>[\w-]+)>", self.text)
        if given is None:
            raise ValueError(f"{self.text!r} is no place: write it as words <notebook#anchor>.")
        page = self.env.app.builder.get_relative_uri(
            self.env.docname, f"notebooks/{given['notebook']}"
        )
        inner = self.inner.format(words=escape(given["words"]))
        return f'<a href="{page}#{given["anchor"]}">{inner}</a>'


class Thumbnail(Place):
    """The same with a small copy of the figure that is there."""

    inner = '<img class="thumb" src="" alt="{words}">'


def write_thumbnails(app: Sphinx, error: Exception | None) -> None:
    """Make the small copies, when the figures are there."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf8")
        if 'class="thumb"' not in text:
            continue
        soup = BeautifulSoup(text, "html.parser")
        for picture in soup.select("img.thumb"):
            address = str(picture.parent["href"]) if picture.parent else ""
            picture["src"] = f"../_images/{thumbnail(path.parent, address, site).name}"
        path.write_text(str(soup), encoding="utf8")


def thumbnail(folder: Path, address: str, site: Path) -> Path:
    """Write a small copy of the figure at an address, seen from a folder; return its file.

    Raises
    ------
    ValueError
        If there is no such figure.
    """
    page, anchor = address.split("#")
    soup = BeautifulSoup((folder / page).read_text(encoding="utf8"), "html.parser")
    figure = soup.select_one(f"figure#{anchor} img")
    if figure is None:
        raise ValueError(f"{address} is no figure.")
    small = site / "_images" / f"small-{Path(page).stem}-{anchor}.webp"
    with Image.open((folder / page).parent / str(figure["src"])) as whole:
        picture = whole.convert("RGB")
        picture.thumbnail((WIDTH, WIDTH))
        picture.save(small, quality=80, method=6)
    return small


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in the build, before pages are made light."""
    for name, role in {"measured": Measured, "place": Place, "thumb": Thumbnail}.items():
        app.add_role(name, role())
    app.connect("build-finished", write_thumbnails, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
