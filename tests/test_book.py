"""The built book in a real browser: every page, on a desk and on a phone, by day and by night."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pages
import pytest
import yaml
from bs4 import BeautifulSoup
from pages import ROOT, SITE, WIDER_THAN_THE_PAGE, Watched
from PIL import Image
from playwright.sync_api import Browser, Locator

from glorot_tutor.study import paper
from glorot_tutor.study.claims import report

WIDTHS = {"desktop": 1280, "phone": 390}
TOC: dict[str, Any] = yaml.safe_load((ROOT / "_toc.yml").read_text())
CHAPTERS = [chapter["file"] for part in TOC["parts"] for chapter in part["chapters"]]
PAGES = [f"{page}.html" for page in [TOC["root"], *CHAPTERS]]


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(PAGES[0])


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Any]:
    """Return a function that opens a page of the book at a width and in a mode."""
    contexts = []

    def visit(path: str, width: int, mode: str = "light") -> Watched:
        context = browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=mode,  # type: ignore[arg-type]
        )
        contexts.append(context)
        watched = Watched(context, address)
        watched.open(address + path)
        return watched

    yield visit
    for context in contexts:
        context.close()


# not loaded, without a text alternative, or squeezed; images load lazily, so each is asked for
POOR_IMAGES = """async () => {
  const poor = [];
  for (const img of document.images) {
    img.loading = 'eager';
    await img.decode().catch(() => null);
    const { width, height } = img.getBoundingClientRect();
    const style = getComputedStyle(img);
    const inner = (width - 2 * parseFloat(style.paddingLeft)) /
      (height - 2 * parseFloat(style.paddingTop));
    const bent = Math.abs(inner / (img.naturalWidth / img.naturalHeight) - 1);
    const shown = width && height;
    const cut = style.objectFit === 'cover'; // what is cut is not bent
    if (!img.naturalWidth || !img.alt.trim() || (shown && !cut && bent > 0.05))
      poor.push(img.outerHTML.slice(0, 200));
  }
  return poor;
}"""

# boxes that scroll sideways and cast no shadow where they are cut off; presets are cut visibly
SECRETLY_CUT = """() => [...document.querySelectorAll('main article *')].filter((e) => {
  const { overflowX, backgroundImage, backgroundAttachment } = getComputedStyle(e);
  const scrolls = /auto|scroll/.test(overflowX) && e.scrollWidth > e.clientWidth + 1;
  const signed = /gradient/.test(backgroundImage) && /local.*scroll/.test(backgroundAttachment);
  return scrolls && e.clientWidth > 1 && !signed && !e.matches('.lab-presets');
}).map((e) => e.outerHTML.slice(0, 120))"""

# code, typed or printed, that is wider than its box, folded code too
SCROLLING_CODE = """() => {
  document.querySelectorAll('details').forEach((fold) => { fold.open = true; });
  return [...document.querySelectorAll('main article pre')]
    .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.slice(0, 120));
}"""

# WCAG 2 contrast of each verdict's text with the badge behind it
LOWEST_CONTRAST = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratios = [...document.querySelectorAll('article [class*="verdict-"]')].map((e) => {
    const style = getComputedStyle(e);
    const [a, b] = [light(style.color), light(style.backgroundColor)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
  return ratios.length ? Math.min(...ratios) : null;
}"""


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("path", [*PAGES, "search.html"])
def test_page(visit: Any, path: str, width: int) -> None:
    watched = visit(path, width)
    page = watched.page
    assert watched.wrong == []
    headings = page.locator("h1:visible")  # the theme keeps another for print
    assert headings.count() == 1
    assert headings.inner_text().strip()
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert page.evaluate(SECRETLY_CUT) == []
    assert page.evaluate(POOR_IMAGES) == []
    assert page.locator(".math").count() == page.locator("math").count()
    assert page.evaluate(SCROLLING_CODE) == []
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert watched.wrong == []


@pytest.mark.parametrize("path", PAGES)
def test_dark_page(visit: Any, path: str) -> None:
    watched = visit(path, WIDTHS["phone"], "dark")
    assert watched.page.locator("html[data-theme=dark]").count() == 1
    colour = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert max(watched.page.evaluate(colour)) < 60
    assert watched.page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert watched.wrong == []


def shadows(box: Locator, left: float) -> list[float]:
    """How much the left and the right edge of a box differ from what is beside, scrolled so far."""
    box.evaluate("(e, share) => { e.scrollLeft = share * e.scrollWidth; }", left)
    grey = np.asarray(Image.open(io.BytesIO(box.screenshot())).convert("L"), float)
    rows = np.median(grey, axis=0)  # few rows hold letters or lines
    return [abs(rows[3] - rows[32]), abs(rows[-4] - rows[-33])]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(
    ("path", "box"),
    [
        ("notebooks/03_compare_cost_surfaces.html", "div.math"),
        ("book/lab.html", ".lab-numbers"),
    ],
)
def test_what_is_cut_off_casts_a_shadow(visit: Any, path: str, box: str, mode: str) -> None:
    page = visit(path, WIDTHS["phone"], mode).page
    boxes = [each for each in page.locator(box).all() if each.is_visible()]
    cut = next(b for b in boxes if b.evaluate("e => e.scrollWidth > e.clientWidth + 80"))
    start, middle, end = (shadows(cut, share) for share in (0, 0.1, 1))
    assert start[0] < 4 < 15 < start[1]
    assert min(middle) > 15
    assert end[1] < 4 < 15 < end[0]


LETTERS = {"of a column": 0.75, "of the whole": 0.45}  # of its size in the notebook, at least


def test_a_phone_shows_all_of_a_figure(visit: Any) -> None:
    page = visit("notebooks/07_saturate_tanh_and_softsign.html", WIDTHS["phone"]).page
    for picture in page.locator("figure > a > img:not(.by-night)").all():
        link = picture.locator("..")
        assert link.get_attribute("href") == picture.get_attribute("src")
        assert link.evaluate("e => e.scrollWidth <= e.clientWidth")
        parts = link.locator(".parts img:not(.by-night)").all()
        assert picture.is_visible() == (not parts)
        frames = [each.bounding_box() for each in parts or [picture]]
        assert all(f["x"] >= 0 and f["x"] + f["width"] <= WIDTHS["phone"] for f in frames if f)
        real = [int(each.get_attribute("width") or 0) / 2 for each in parts or [picture]]
        shown = [f["width"] / size for f, size in zip(frames, real, strict=True) if f]
        assert min(shown) > LETTERS["of a column" if parts else "of the whole"]
        assert max(shown) - min(shown) < 0.02


def test_a_desk_shows_a_figure_at_its_size_and_keeps_lines_of_text_short(visit: Any) -> None:
    page = visit("notebooks/07_saturate_tanh_and_softsign.html", WIDTHS["desktop"]).page
    sizes = "all => all.map(e => [e.getBoundingClientRect().width, parseFloat(e.style.width)])"
    figures = page.locator("figure > a > img:not(.by-night)").evaluate_all(sizes)
    assert figures
    assert all(shown == size for shown, size in figures)
    assert page.locator(".parts:visible").count() == 0
    lines = page.locator("article section > p").evaluate_all("all => all.map(e => e.clientWidth)")
    code = page.locator(".cell_input:visible").evaluate_all("all => all.map(e => e.clientWidth)")
    assert max(lines) < 720 < 900 < min(code)


GROUND_OF_FIGURES = """async () => {
  const seen = [];
  for (const img of document.querySelectorAll('figure > a > :is(.by-day, .by-night)')) {
    if (!img.checkVisibility()) continue;
    img.loading = 'eager';
    await img.decode();
    const pen = new OffscreenCanvas(1, 1).getContext('2d');
    pen.drawImage(img, 0, 0, 1, 1, 0, 0, 1, 1);
    seen.push([...pen.getImageData(0, 0, 1, 1).data].slice(0, 3));
  }
  return seen;
}"""


@pytest.mark.parametrize(("mode", "ground"), [("light", "white"), ("dark", "the page")])
def test_a_figure_has_the_ground_of_its_mode_and_paper_is_white(
    visit: Any, mode: str, ground: str
) -> None:
    page = visit("notebooks/07_saturate_tanh_and_softsign.html", WIDTHS["desktop"], mode).page
    count = page.locator("article figure > a > img.by-day").count()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor").strip("rgb()")
    expected = [255, 255, 255] if ground == "white" else [int(v) for v in dark.split(",")]
    assert page.evaluate(GROUND_OF_FIGURES) == count * [expected]
    assert count
    page.emulate_media(media="print")
    assert page.evaluate(GROUND_OF_FIGURES) == count * [[255, 255, 255]]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.skipif("book/claims.html" not in PAGES, reason="the book has no page of claims")
def test_verdicts_can_be_read(visit: Any, mode: str) -> None:
    page = visit("book/claims.html", WIDTHS["desktop"], mode).page
    lowest = page.evaluate(LOWEST_CONTRAST)
    assert lowest is not None, "the page of claims shows no verdict"
    assert lowest >= 4.5


def test_search_finds_a_word(visit: Any) -> None:
    watched = visit("search.html?q=network", WIDTHS["desktop"])
    watched.page.wait_for_selector("#search-results li a")
    watched.page.wait_for_selector("#search-results li p.context")
    texts = watched.page.locator("#search-results li p.context").all_inner_texts()
    assert [text for text in texts if "Toggle" in text or ".ipynb" in text] == []
    assert watched.wrong == []


def test_the_folder_opens_without_a_server(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    watched = Watched(context, "file://")
    page = watched.open((site / "index.html").as_uri())
    page.wait_for_selector("h1:visible")
    assert page.url.endswith(PAGES[0])
    assert watched.wrong == []
    context.close()


# --- without a browser ------------------------------------------------------------------------


def anchors(path: Path, known: dict[Path, set[str]]) -> set[str]:
    if path not in known:
        soup = BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")
        known[path] = {str(tag["id"]) for tag in soup.find_all(id=True)} | {"", "top"}
    return known[path]


def broken_links(path: Path, known: dict[Path, set[str]]) -> list[str]:
    """Links of a page, pictures and scripts too, that lead to nothing inside the book."""
    soup = BeautifulSoup(path.read_text(encoding="utf8"), "html.parser")
    tags = [
        tag.get("href") or tag.get("src") for tag in soup.find_all(["a", "img", "link", "script"])
    ]
    broken = []
    for link in {str(tag) for tag in tags if tag}:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        found = target.is_file() and target.is_relative_to(SITE)
        if found and target.suffix == ".html":
            # settings of the lab name no place
            found = "=" in parts.fragment or unquote(parts.fragment) in anchors(target, known)
        if not found:
            broken.append(link)
    return broken


def test_every_link_inside_the_book_leads_somewhere(site: Path) -> None:
    known: dict[Path, set[str]] = {}
    broken = {page: broken_links(site / page, known) for page in PAGES}
    assert {page: links for page, links in broken.items() if links} == {}


@pytest.mark.parametrize("path", ["book/lab.html", "book/records.html"])
def test_a_claim_in_the_text_bears_the_verdict_of_its_card(site: Path, path: str) -> None:
    page, cards = (
        BeautifulSoup((site / name).read_text(encoding="utf8"), "html.parser")
        for name in (path, "book/claims.html")
    )
    links = page.select("a[href^='claims.html#claim-']")
    for link in links:
        head = cards.select_one(f"{str(link['href']).removeprefix('claims.html')} .claim-head")
        assert head is not None, link
        badge = link.find_next_sibling()
        assert badge is not None, link
        assert str(badge) == str(head.select_one(".verdict")), link
        told = str(badge.next_sibling).strip().startswith("so far")
        assert told == ("so far" in head.text), link
    for part in page.select("section:has(> h3)"):
        assert set(part.select("a")) & set(links), f"no claim: {part.h3}"
    assert links


def test_the_page_of_claims_says_what_the_ledger_says(site: Path) -> None:
    page = BeautifulSoup((site / "book/claims.html").read_text(encoding="utf8"), "html.parser")
    both = (report(part=part, notebooks="../notebooks")._repr_html_() for part in paper.PARTS)
    ledger = BeautifulSoup("".join(both), "html.parser")
    built, judged = ([card.text for card in soup.select(".claim")] for soup in (page, ledger))
    assert built == judged
    assert built


def test_the_contents_list_every_page_there_is() -> None:
    written = [*ROOT.glob("book/*.md"), *ROOT.glob("notebooks/*.ipynb")]
    names = {str(path.relative_to(ROOT).with_suffix("")) for path in written}
    assert names == {TOC["root"], *CHAPTERS}
