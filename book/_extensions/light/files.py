"""Files beside the pages: what a server shows for an address that is not there, what a search
engine asks for, and the page that opens where the site is opened as a folder.
"""

from __future__ import annotations

from pathlib import Path

from sphinx.util import logging

LOG = logging.getLogger(__name__)

HOME = "book/index.html"

SEARCH = "_static/searchtools.js"
THEIRS, OURS = '[role="main"]', "article.bd-article"
"""Where the search takes the text from that it shows of a page: the theme's main part begins with
the words of its buttons."""

FORWARD = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Why deep networks were hard to train</title>
<meta http-equiv="refresh" content="0; url={HOME}">
<link rel="canonical" href="{HOME}">
</head>
<body><main><h1>Why deep networks were hard to train</h1>
<p><a href="{HOME}">To the book</a></p></main></body>
</html>
"""

NOT_FOUND = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Not found — Why deep networks were hard to train</title>
<style>body { font: 1.1rem/1.6 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem;
padding: 0 1.2rem; } a { color: inherit; } :root { color-scheme: light dark; }</style>
</head>
<body><main><h1>There is no such page</h1>
<p>It may have moved. <a href="{home}">The book's first page</a> and its search lead
to all that there is.</p></main></body>
</html>
"""


def mend_search(site: Path) -> None:
    """Let the search show what an article says."""
    script = site / SEARCH
    text = script.read_text(encoding="utf8")
    if text.count(THEIRS) != 2:
        LOG.warning("%s looks elsewhere for the text of a page than at %s", SEARCH, THEIRS)
    script.write_text(text.replace(THEIRS, OURS), encoding="utf8")


def write(site: Path, home: str) -> None:
    """Write the files; `home` is the address of the site, or empty where none is known."""
    mend_search(site)
    (site / "index.html").write_text(FORWARD, encoding="utf8")
    # a server shows it at any depth, so a link without an address would lead astray there
    (site / "404.html").write_text(
        NOT_FOUND.replace("{home}", f"{home}{HOME}" if home else HOME), encoding="utf8"
    )
    (site / ".nojekyll").touch()  # else GitHub leaves out all folders that begin with _
    lines = ["User-agent: *", "Allow: /"]
    if home:
        pages = [*site.glob("book/*.html"), *site.glob("notebooks/*.html")]
        places = sorted(f"{home}{page.relative_to(site).as_posix()}" for page in pages)
        entries = "".join(f"<url><loc>{place}</loc></url>\n" for place in places)
        (site / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n',
            encoding="utf8",
        )
        lines.append(f"Sitemap: {home}sitemap.xml")
    (site / "robots.txt").write_text("\n".join(lines) + "\n", encoding="utf8")
