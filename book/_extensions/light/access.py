"""What the theme and the notebooks' tables leave to be desired for readers of a page's structure:
people with a screen reader or a keyboard, and search engines.
"""

from __future__ import annotations

from light.page import Page

SHORTCUT = ".search-button__kbd-shortcut"


def mend(page: Page) -> None:
    """Set names, roles, headings and tables right."""
    mend_folds(page)
    mend_names(page)
    mend_landmarks(page)
    mend_bibliography(page)
    mend_headings(page)
    mend_tables(page)


def mend_folds(page: Page) -> None:
    """A fold is called what is written on it, and holds no paragraphs there."""
    for summary in page.soup.select("details > summary"):
        del summary["aria-label"]
        for paragraph in summary.find_all("p"):
            paragraph.name = "span"


def mend_names(page: Page) -> None:
    """A control's name is what is written on it, or holds it."""
    for keys in page.soup.select(SHORTCUT):
        keys["aria-hidden"] = "true"
    for button in page.soup.select(".search-button__button"):
        del button["aria-label"]
    for link in page.soup.select("a[aria-label]"):
        if link.text.strip() and link.text.strip() not in str(link["aria-label"]):
            del link["aria-label"]


def mend_landmarks(page: Page) -> None:
    """All of a page lies in a landmark."""
    sidebar = page.soup.find(id="pst-primary-sidebar")
    if sidebar:
        sidebar["role"] = "complementary"
        sidebar["aria-label"] = "The book"


def mend_bibliography(page: Page) -> None:
    """The roles of a bibliography's entries are deprecated; a list has items."""
    for entry in page.soup.select("[role=doc-biblioentry]"):
        entry["role"] = "listitem"
        for back in entry.select("[role=doc-backlink]"):
            del back["role"]


def mend_headings(page: Page) -> None:
    """A widget that follows a page's title has a heading between, for those who listen; the title
    that is printed bears the chapter's number too.
    """
    number = page.soup.select_one("article h1 > .section-number")
    for printed in page.soup.select("#jb-print-docs-body > h1") if number else ():
        printed.insert(0, str(number.text))
    for widget in page.soup.select(".lab, .glorot-full"):
        heading = widget.find_previous(["h1", "h2", "h3"])
        if heading and heading.name == "h1" and widget.find_parent("article"):
            title = page.tag("h2", class_="unseen")
            title.string = "The networks"
            widget.insert_before(title)


def mend_tables(page: Page) -> None:
    """A head says what it is the head of, and an empty one is none."""
    for table in page.soup.select("article table"):
        del table["border"]
        for cell in table.find_all(["th", "td"]):
            del cell["halign"]
            if cell.name == "th" and not cell.text.strip():
                cell.name = "td"
            elif cell.name == "th" and not cell.get("scope"):
                spans = int(str(cell.get("colspan", 1))) > 1
                column = "colgroup" if spans else "col"
                cell["scope"] = column if cell.find_parent("thead") else "row"
