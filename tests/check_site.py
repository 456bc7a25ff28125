"""Print one table of what the built site weighs, shows and lacks; fail where a bar is missed.

`make check-site` runs it. Lighthouse depends on how busy the machine is, so its scores are medians
and the load is told.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass, field

import pages
import site_tools
from pages import SITE
from playwright.sync_api import Browser
from site_measures import LIMITS, GzipHandler, cost
from test_book import PAGES, broken_links

EXTRA = ["search.html", "404.html", "index.html"]
SCORED = ("book/index", "book/lab", "book/records", "notebooks/06", "notebooks/09")
BAR = 95  # each of Lighthouse's four scores
WIDTHS = (1280, 390, 320)


@dataclass
class Row:
    """One page: what each column shows, and what is wrong, in words."""

    path: str
    cells: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def put(self, column: str, value: str, failed: bool, why: str = "") -> None:
        self.cells[column] = f"{value} !" if failed else value
        if failed:
            self.wrong.append(f"{column}: {why or value}")


def weigh(row: Row, browser: Browser, home: str) -> None:
    """Visit a page on a phone over a slow line."""
    found = cost(browser, home, row.path, slow=True)
    bar = LIMITS["first page" if row.path == PAGES[0] else "weight"]
    row.put("KiB", f"{found.weight:.0f}", found.weight > bar)
    row.put("LCP s", f"{found.lcp:.2f}", found.lcp > LIMITS["lcp"])
    row.put("CLS", f"{found.cls:.3f}", found.cls > LIMITS["cls"])
    row.put("errors, other hosts", str(len(found.wrong)), bool(found.wrong), str(found.wrong[:2]))


def look_for_barriers(row: Row, browser: Browser, home: str) -> None:
    """Ask axe-core, in both modes and at three widths."""
    found: set[str] = set()
    for mode in ("light", "dark"):
        context = browser.new_context(color_scheme=mode)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(home + row.path, wait_until="networkidle")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            pages.let_pass(page, 200)
            found |= set(site_tools.axe(page))
        context.close()
    row.put("axe", str(len(found)), bool(found), str(sorted(found)[:2]))


def score(row: Row, home: str) -> None:
    """Let Lighthouse look at a page."""
    scores = site_tools.lighthouse(home + row.path)
    four = [scores[name] for name in site_tools.CATEGORIES]
    text = " ".join(f"{value:.0f}" for value in four)
    row.put("Lighthouse", text, min(four) < BAR, f"{text}, LCP {scores['lcp']:.1f} s")


def table(rows: list[Row]) -> str:
    """Lay out the rows: a line to a page, a column to a question."""
    columns = list(dict.fromkeys(name for row in rows for name in row.cells))
    lines = [["page", *columns]]
    lines += [[row.path, *(row.cells.get(name, "") for name in columns)] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def check(rows: list[Row], with_tools: bool) -> None:
    """Fill in all rows."""
    known: dict = {}
    errors = site_tools.vnu(SITE, [row.path for row in rows]) if with_tools else None
    with pages.chromium() as browser, pages.served(SITE, GzipHandler) as home:
        for row in rows:
            links = broken_links(SITE / row.path, known)
            row.put("broken links", str(len(links)), bool(links), str(links[:2]))
            if row.path != "index.html":  # it only leads on
                weigh(row, browser, home)
            if errors is not None:
                row.put("vnu", str(errors[row.path]), errors[row.path] > 0)
            if with_tools and row.path != "index.html":
                look_for_barriers(row, browser, home)
    with pages.served(SITE, GzipHandler) as home:
        for row in rows:
            if with_tools and row.path.startswith(SCORED):
                score(row, home)


def main() -> int:
    """Check the pages that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "paths", nargs="*", default=[*PAGES, *EXTRA], help="pages, as book/lab.html"
    )
    parser.add_argument("--no-tools", action="store_true", help="only what needs no npm")
    given = parser.parse_args()
    missing = "" if given.no_tools else site_tools.install()
    rows = [Row(path) for path in given.paths]
    check(rows, with_tools=not given.no_tools and not missing)
    print(table(rows))
    wrong = [f"{row.path}: {text}" for row in rows for text in row.wrong]
    print(*wrong, sep="\n")
    if missing:
        print(missing)
    print(f"Load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {len(wrong)} missed.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
