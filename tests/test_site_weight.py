"""Every page of the built book opens at once: it is light, and nothing on it moves by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from site_measures import LIMITS, WATCH, GzipHandler, cost
from test_book import PAGES

HEAVY = ["book/index.html", "book/lab.html", "book/records.html"]
HEAVY += [
    "notebooks/06_escape_the_sigmoid_plateau.html",
    "notebooks/10_go_beyond_one_data_set.html",
]
"""Pages that hold most; `make check-site` visits all."""


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(PAGES[0])


@pytest.fixture(scope="module")
def home(site: Path) -> Iterator[str]:
    with pages.served(site, GzipHandler) as address:
        yield address


@pytest.mark.parametrize("path", HEAVY)
def test_a_page_is_light_and_keeps_still(browser: Browser, home: str, path: str) -> None:
    found = cost(browser, home, path)
    assert found.wrong == []
    assert 20 < found.weight < LIMITS["first page" if path == PAGES[0] else "weight"]
    assert found.cls < LIMITS["cls"]


@pytest.mark.parametrize("width", [412, 768])
def test_runs_that_arrive_move_nothing(browser: Browser, home: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 823})
    page.add_init_script(WATCH)
    page.goto(f"{home}book/records.html", wait_until="networkidle")
    page.locator(".u-over").first.wait_for()
    pages.let_pass(page, 300)
    assert page.evaluate("window.moved") < LIMITS["cls"]
    page.close()


def soup_of(site: Path, path: str) -> BeautifulSoup:
    return BeautifulSoup((site / path).read_text(encoding="utf8"), "html.parser")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_waits_for_a_script(site: Path, path: str) -> None:
    soup = soup_of(site, path)
    scripts = soup.select("script[src]")
    assert scripts
    assert [s["src"] for s in scripts if not s.has_attr("defer")] == []
    assert len(soup.select("meta[name=viewport]")) == 1
    assert len(soup.select("link[rel=stylesheet]")) == 1


@pytest.mark.parametrize("path", PAGES)
def test_every_icon_is_drawn_and_every_picture_has_its_room(site: Path, path: str) -> None:
    soup = soup_of(site, path)
    assert len(soup.select(".article-header-buttons svg path[d]")) >= 3
    assert soup.select("i[class*='fa-'], span[class*='fa-']") == []
    pictures = soup.select("article img:not([src$='.svg'])")
    assert [p["src"] for p in pictures if not (p.get("width") and p.get("height"))] == []


def test_a_picture_shows_what_its_png_shows(site: Path) -> None:
    from PIL import Image, ImageChops

    soup = soup_of(site, "notebooks/05_measure_gradients_at_initialization.html")
    sources = [str(image["src"]) for image in soup.select("article img:not(.by-night)")]
    small = [site / "notebooks" / source for source in sources if source.endswith(".webp")]
    assert small
    for file in small[:3]:
        pictures = [Image.open(f).convert("RGBA") for f in (file, file.with_suffix(".png"))]
        assert ImageChops.difference(*pictures).getbbox(alpha_only=False) is None


UNSEEN = {0x2061, 0x2062, 0xFE00}
"""Function application, times, and a choice between forms of a letter: nothing is drawn."""


def characters(sheet: str) -> set[int]:
    """Return the characters that the math font is declared for."""
    ranges = re.search(r"unicode-range:([^;]*);", sheet)
    assert ranges
    found = set()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", ranges[1]):
        found |= set(range(int(first, 16), int(last or first, 16) + 1))
    return found


def test_the_math_font_has_every_character_of_every_formula(site: Path) -> None:
    known = characters((pages.ROOT / "book/_static/math.css").read_text()) | UNSEEN
    texts = {path: "".join(m.text for m in soup_of(site, path).select("math")) for path in PAGES}
    assert len("".join(texts.values())) > 500
    for path, text in texts.items():
        assert {c for c in text if not c.isspace() and ord(c) not in known} == set(), path


def test_an_equation_of_the_paper_is_linked_from_other_chapters(site: Path) -> None:
    derived = soup_of(site, "notebooks/04_derive_the_variances.html")
    numbers = [str(tag["id"]) for tag in derived.select("math [id^=eq-]")]
    assert {"eq-5", "eq-6", "eq-7", "eq-12", "eq-14", "eq-16"} <= set(numbers)
    assert len(numbers) == len(set(numbers))
    text = soup_of(site, "notebooks/05_measure_gradients_at_initialization.html")
    links = [str(a["href"]) for a in text.select("article a.equation")]
    assert any(link.startswith("04_derive_the_variances.html#eq-") for link in links)
