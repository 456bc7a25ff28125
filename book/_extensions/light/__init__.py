"""Pages that open at once: what the theme brings along and a page does not use is taken out.

When all pages are written, each is read once more. Its head, its pictures, its code and its
markup are set right (head, pictures, panels, dark, code, formulae, icons, access), and the style
sheets of a page become one, without those of the theme's rules that no page can use (sheets).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from light import access, code, dark, files, formulae, head, icons, panels, pictures, sheets
from light.page import Page


def finish(app: Sphinx, error: Exception | None) -> None:
    """Set every page right, then write what they share."""
    if error is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    files.write(site, app.config.html_baseurl)
    pages = [Page(path, site) for path in sorted(site.rglob("*.html")) if is_page(path, site)]
    for page in pages:
        access.mend(page)
        icons.mend(page)
        head.mend(page, app.config.html_baseurl)
        pictures.mend(page)
        panels.mend(page)
        dark.mend(page)
        code.mend(page)
        formulae.mend(page)
    folders = (Path(app.confdir) / folder for folder in app.config.html_static_path)
    own = {sheet.name for folder in folders for sheet in folder.glob("*.css")}
    sheets.write(pages, site, own, icons.STYLE)
    for page in pages:
        page.write()


def is_page(path: Path, site: Path) -> bool:
    """Whether a file is a page of the book, and not a part of the theme."""
    return path.relative_to(site).parts[0] not in {"_static", "_sources"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Take part in the build, after all others: the root's index.html is written late."""
    app.connect("build-finished", finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
