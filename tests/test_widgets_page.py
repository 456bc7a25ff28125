"""The widgets on the built pages, without a kernel: every control is operated, numbers are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
import pytest
from pages import WIDER_THAN_THE_PAGE, Watched
from playwright.sync_api import Browser
from widget_views import WidgetView

CHAPTERS = {
    "Initialization explorer": "notebooks/05_measure_gradients_at_initialization.html",
    "Cost surface": "notebooks/03_compare_cost_surfaces.html",
}
SMALL_TARGETS = """() => [...document.querySelectorAll(
  '.glorot :is(button, select, input[type=range], input[type=number], .lab-switch label)')]
  .filter((e) => e.getBoundingClientRect().height < 40).map((e) => e.outerHTML.slice(0, 80))"""
TOP = "document.querySelector('.glorot')?.getBoundingClientRect().top"
UNNAMED = """() => [...document.querySelectorAll('.glorot :is(input, select)')]
  .filter((e) => !(e.labels?.length || e.getAttribute('aria-label'))).map((e) => e.outerHTML)"""


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(CHAPTERS["Cost surface"])


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Any]:
    """Return a function that opens a widget's page; nothing may go wrong meanwhile."""
    opened: list[Watched] = []

    def show(name: str, hash_: str = "", width: int = 1280, **how: Any) -> WidgetView:
        context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        opened.append(Watched(context, address))
        page = opened[-1].open(f"{address}{CHAPTERS[name]}{hash_}")
        return WidgetView(page, name)

    yield show
    for watched in opened:
        watched.page.context.close()
    assert [watched.wrong for watched in opened] == [[] for _ in opened]


# ---- the explorer


def test_activation_initialization_and_gain(show: Any) -> None:
    view = show("Initialization explorer")
    standard, pictures = view.table(), [view.picture(k) for k in range(4)]
    # the top layer stands above
    assert standard["activation"][0] < 0.2 * standard["activation"][-1]
    assert "tanh, standard, 5 × 200" in view.says
    view.choose("normalized")
    normalized = view.table()
    assert normalized["activation"][0] > 0.5 * normalized["activation"][-1]
    assert normalized["singular-mean"][0] > 1.3 * standard["singular-mean"][0]
    assert all(view.picture(k) != pictures[k] for k in range(4))
    view.choose("identity")
    straight = view.table()
    for kind in ("activation", "backprop", "weight"):
        predicted = straight[f"{kind}-predicted"]
        assert straight[kind] == pytest.approx(predicted, rel=0.3)
        assert straight[kind] != pytest.approx(predicted, rel=1e-6)
    view.choose("sigmoid")
    assert view.table()["backprop"][-1] < 1e-2 * straight["backprop"][-1]
    view.choose("softsign")
    before = view.table()
    view.press("Gain", "ArrowRight", "ArrowRight")
    after = view.table()
    assert view.value("Gain") == "1.2"
    assert after["singular-rms"][0] > 1.05 * before["singular-rms"][0]
    assert after["mean-gradient"] != before["mean-gradient"]
    assert "softsign, normalized, gain 1.2" in view.says


def test_the_key_explains_arrows_where_there_are_some(show: Any) -> None:
    view = show("Initialization explorer", "#explorer.width=100&explorer.activation=softsign")
    arrows = view.node.get_by_text("predicted beyond the edge")
    assert max(view.table()["activation-predicted"]) < 1
    assert not arrows.is_visible()
    view.press("Gain", "End")
    assert max(view.table()["activation-predicted"]) > 1, "the histograms end at 1"
    assert arrows.is_visible()


def test_the_largest_singular_value_is_in_the_picture(show: Any) -> None:
    view = show("Initialization explorer", "#explorer.gain=4")
    table = view.table()
    pairs = zip(table["singular-mean"], table["singular-rms"], strict=True)
    assert all(mean <= rms for mean, rms in pairs), "they are of the same numbers"
    right = "c => c.getContext('2d').getImageData(c.width - 9, 0, 9, c.height).data.some((v) => v)"
    assert not view.node.locator("canvas").nth(3).evaluate(right)


def test_depth_width_and_seed(show: Any) -> None:
    view = show("Initialization explorer", "#explorer.width=100")
    assert view.value("Width, units") == "100"
    first = view.table()
    view.press("Depth, layers", "ArrowRight")
    assert len(view.table()["activation"]) == 6
    assert "layer 6" in view.alternative()
    view.press("Depth, layers", "End")
    assert len(view.table()["activation"]) == 10
    view.press("Depth, layers", "Home")
    assert len(view.table()["activation"]) == 1
    view.press("Depth, layers", *["ArrowRight"] * 4)
    assert view.table() == first, "a seed gives the same weights"
    view.press("Width, units", *["ArrowRight"] * 11)
    wide = view.table()
    assert view.value("Width, units") == "210"
    assert "–" in view.node.locator("td[data-key=singular-mean]").first.inner_text()
    assert wide["singular-rms"] == pytest.approx(first["singular-rms"], rel=0.2)
    view.press("Width, units", "Home")
    assert len(view.table()["activation"]) == 5
    view.press("Width, units", *["ArrowRight"] * 9)
    view.node.get_by_role("button", name="Next seed").click()
    view.settle()
    other = view.table()
    assert view.value("Seed") == "1"
    assert other["activation"] != first["activation"]
    assert other["activation"] == pytest.approx(first["activation"], rel=0.3)
    view.control("Seed").fill("-4")
    view.control("Seed").press("Enter")
    view.settle()
    assert view.value("Seed") == "0"
    assert view.table() == first


def test_the_widest_network_answers(show: Any, tell: Any) -> None:
    view = show("Initialization explorer")
    narrow = view.table()
    start = view.page.evaluate("performance.now()")
    view.control("Width, units").press("End")
    handle = view.node.element_handle()
    view.page.wait_for_function(
        "e => !e.hasAttribute('data-busy') && e.innerText.includes('1,000')", arg=handle
    )
    taken = view.page.evaluate("performance.now()") - start
    tell(f"explorer in the page, 5 x 1,000: {taken:.0f} ms from key to picture")
    wide = view.table()
    assert wide["activation"] != narrow["activation"]
    assert wide["activation"] == pytest.approx(narrow["activation"], rel=0.2)


# ---- the cost surface


def test_cost_range_seed_and_field(show: Any) -> None:
    view = show("Cost surface")
    both = view.table()
    chapter = view.page.get_by_text("quadratic         0.165").first
    assert both["flat_area"] == [2.05, 16.5]
    assert chapter.count() == 1, "the chapter's own numbers are those of the page"
    picture = view.picture()
    view.choose("quadratic")
    assert view.table()["flat_area"] == [16.5]
    assert "cross-entropy" not in view.alternative()
    assert view.picture() != picture
    view.choose("both")
    assert view.picture() == picture
    view.press("Weights within ±", "ArrowLeft")
    narrow = view.table()
    assert narrow["highest"][0] < both["highest"][0]
    assert "±4" in view.says
    view.press("Weights within ±", "ArrowRight")
    view.control("Data seed").select_option("3")
    view.settle()
    assert "draw 3" in view.says
    assert view.table() != both
    view.control("Data seed").select_option("0")
    view.settle()
    assert view.table() == both
    view.control("Gradient field").check()
    view.settle()
    assert view.picture() != picture
    assert "arrows" in view.alternative()
    view.control("Gradient field").uncheck()
    view.settle()
    assert view.picture() == picture


def test_the_view_turns_by_keys_and_by_dragging(show: Any) -> None:
    view = show("Cost surface")
    first = view.picture()
    view.press("Turn, degrees", "ArrowRight", "ArrowRight")
    assert view.value("Turn, degrees") == "-56"
    turned = view.picture()
    assert turned != first
    view.press("Tilt, degrees", "End")
    assert view.value("Tilt, degrees") == "90"
    assert view.picture() != turned
    canvas = view.node.locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    view.page.mouse.move(box["x"] + 200, box["y"] + 200)
    view.page.mouse.down()
    view.page.mouse.move(box["x"] + 240, box["y"] + 140, steps=4)
    view.page.mouse.up()
    view.settle()
    assert (view.value("Turn, degrees"), view.value("Tilt, degrees")) == ("-76", "70")
    view.page.mouse.move(box["x"] + 100, box["y"] + 100)
    view.settle()
    assert view.value("Turn, degrees") == "-76", "it turns without a pressed button"


# ---- both


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_address_holds_the_settings(show: Any, name: str) -> None:
    key, label = {
        "Initialization explorer": ("explorer.depth", "Depth, layers"),
        "Cost surface": ("surface.limit", "Weights within ±"),
    }[name]
    view = show(name)
    default = view.table()
    assert "#" not in view.page.url
    view.press(label, "ArrowRight")
    view.settle()
    assert view.address.endswith(f"#{key}=6")
    changed = view.table()
    assert changed != default
    again = show(name, f"#{key}=6")
    assert again.table() == changed
    assert again.value(label) == "6"
    wrong = show(name, f"#{key}=x&{key.split('.')[0]}.nothing=3&other.x=1")
    assert wrong.table() == default


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", CHAPTERS)
def test_on_a_phone(show: Any, name: str, mode: str) -> None:
    view = show(name, width=390, color_scheme=mode, has_touch=True)
    page = view.page
    assert page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(UNNAMED) == []
    assert view.node.locator("canvas").evaluate_all("all => all.every((c) => c.ariaLabel)")


def test_colours_follow_the_mode(show: Any) -> None:
    view = show("Initialization explorer")
    light = view.picture()
    view.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    view.settle()
    assert view.picture() != light


@pytest.mark.parametrize("name", CHAPTERS)
def test_without_javascript_the_figure_and_a_sentence_stay(
    browser: Browser, address: str, name: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}{CHAPTERS[name]}")
    place = page.locator(".glorot-widget")
    assert "Where JavaScript is switched on" in place.inner_text()
    above = page.locator("img, .glorot-widget")
    kinds = above.evaluate_all("all => all.map((e) => e.tagName)")
    assert kinds[kinds.index("DIV") - 1] == "IMG"
    context.close()


def test_a_widget_is_made_when_its_reader_comes_near_or_prints(
    browser: Browser, address: str
) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    chapter = f"{address}{CHAPTERS['Initialization explorer']}"
    widget = page.locator(".glorot")
    page.goto(chapter, wait_until="networkidle")
    assert widget.count() == 0
    page.locator(".glorot-widget").scroll_into_view_if_needed()
    widget.wait_for()
    page.goto(f"{chapter}?again", wait_until="networkidle")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert widget.count() == 1
    page.goto(f"{chapter}?named#explorer.gain=2", wait_until="networkidle")
    page.wait_for_function(f"{TOP} >= 0 && {TOP} < innerHeight")
    page.close()


def test_it_works_from_a_folder(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    watched = Watched(context, "file://")
    for name, chapter in CHAPTERS.items():
        view = WidgetView(watched.open((site / chapter).as_uri()), name)
        before = view.table()
        label = {"Cost surface": "Weights within ±"}.get(name, "Gain")
        view.press(label, "ArrowRight")
        assert view.table() != before
    assert watched.wrong == []
    context.close()


def test_only_pages_with_a_widget_load_the_front_end(site: Path) -> None:
    for path in site.glob("*/*.html"):
        text = path.read_text(encoding="utf8")
        loads = "_static/widgets.js" in text
        assert loads == ('class="glorot-widget"' in text), path.name
        assert "widget-state+json" not in text, f"{path.name} carries a kernel's state along"
