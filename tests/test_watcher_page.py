"""The saturation watcher on its chapter's page, where the browser trains: numbers are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
import pytest
from pages import WIDER_THAN_THE_PAGE, Watched, let_pass, now
from playwright.sync_api import Browser
from widget_views import WidgetView

PAGE = "notebooks/07_saturate_tanh_and_softsign.html"
SMALL = "#watcher.depth=3&watcher.width=40&watcher.rate=0.2"


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(PAGE)


class WatcherView(WidgetView):
    """The watcher, as a reader sees and operates it."""

    def __init__(self, page: Any) -> None:
        super().__init__(page, "Saturation watcher")

    def click(self, name: str) -> None:
        self.node.get_by_role("button", name=name, exact=True).click()

    @property
    def update(self) -> int:
        return int(self.node.locator(".lab-update").inner_text().replace(",", ""))

    def wait_for_update(self, least: int) -> None:
        self.page.wait_for_function(
            "([e, least]) => Number(e.querySelector('.lab-update').textContent.replace(',', '')) >="
            " least",
            arg=[self.node.element_handle(), least],
            timeout=60_000,
        )


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Any]:
    """Return a function that opens the page; nothing may go wrong meanwhile."""
    opened: list[Watched] = []

    def show(hash_: str = SMALL, width: int = 1280, **how: Any) -> WatcherView:
        context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        opened.append(Watched(context, address))
        return WatcherView(opened[-1].open(f"{address}{PAGE}{hash_}"))

    yield show
    wrong = [watched.wrong for watched in opened]
    for watched in opened:
        watched.page.context.close()
    assert wrong == [[] for _ in opened]


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_lies_under_the_bar_before_the_page_scrolls(show: Any, width: int) -> None:
    node = show(width=width).node
    tops = "e => Math.round(scrollY + e.getBoundingClientRect().top)"
    bar = node.locator(".lab-bar")
    end = bar.evaluate(tops) + bar.bounding_box()["height"]
    assert node.locator(".lab-settings").evaluate(tops) >= end


def test_start_pause_step_and_reset(show: Any) -> None:
    view = show()
    let_pass(view.page, 500)
    assert view.update == 0, "it trains without being asked to"
    first = view.table()
    assert len(first["p98"]) == 3
    view.click("Step")
    view.wait_for_update(1)
    view.settle()
    second = view.table()
    assert view.update == 1
    assert second != first
    view.click("Start")
    view.wait_for_update(200)
    view.click("Pause")
    view.settle()
    update, later = view.update, view.table()
    let_pass(view.page, 400)
    assert view.update == update, "it goes on after a pause"
    assert later["p98"][-1] > first["p98"][-1], "layer 1 moves outward"
    view.click("Reset")
    view.settle()
    assert view.update == 0
    assert view.table() == first, "the same seed gives the same weights"
    view.click("Step")
    view.settle()
    assert view.table() == second


def test_settings_begin_anew_and_are_in_the_address(show: Any) -> None:
    view = show()
    first = view.table()
    view.choose("normalized")
    assert view.table()["p98"][0] > 1.3 * first["p98"][0]
    view.choose("sigmoid")
    assert view.table()["mean"][0] == pytest.approx(0.5, abs=0.1)
    view.press("Depth, layers", "ArrowRight")
    assert len(view.table()["std"]) == 4
    view.press("Gain", "ArrowRight")
    view.press("Width, units", "ArrowRight")
    view.control("Learning rate").select_option("0.5")
    view.control("Batch, images").select_option("5")
    view.node.get_by_role("button", name="Next seed").click()
    view.settle()
    assert "sigmoid, normalized, gain 1.1, 4 × 60, rate 0.5" in (
        view.node.locator(".lab-title").inner_text()
    )
    address = view.address
    for part in ("initialization=normalized", "depth=4", "gain=1.1", "seed=1", "batch=5"):
        assert f"watcher.{part}" in address
    again = show("#" + address.partition("#")[2])
    assert again.table() == view.table()


def test_a_change_while_it_trains_begins_anew_and_goes_on(show: Any) -> None:
    view = show()
    view.click("Start")
    view.wait_for_update(100)
    view.choose("softsign")
    view.wait_for_update(100)
    assert "softsign" in view.node.locator(".lab-title").inner_text()
    assert view.node.get_by_role("button", name="Pause").is_visible()


def test_speed_changes_while_it_trains(show: Any) -> None:
    view = show(SMALL + "&watcher.speed=1")
    start = now(view.page)
    view.click("Start")
    view.wait_for_update(2)
    assert now(view.page) - start > 1_900, "no more than one update a second"
    view.control("Speed").select_option("1000")
    view.wait_for_update(100)


def test_looking_back(show: Any) -> None:
    view = show()
    first = view.table()
    view.click("Start")
    view.wait_for_update(300)
    view.click("Pause")
    view.settle()
    last = view.table()
    view.press("Look back", "Home")
    assert view.table() == first
    view.press("Look back", "End")
    assert view.table() == last


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_on_a_phone_its_settings_fold_away(show: Any, mode: str) -> None:
    view = show(width=390, color_scheme=mode, has_touch=True)
    assert not view.control("Gain").is_visible()
    assert view.page.evaluate(WIDER_THAN_THE_PAGE) == []
    view.node.locator("summary").tap()
    assert view.control("Gain").is_visible()
    for control in view.node.locator("button:visible, select:visible, summary").all():
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40
    assert view.page.evaluate(WIDER_THAN_THE_PAGE) == []


def test_two_widgets_of_a_page_do_not_get_in_each_others_way(show: Any) -> None:
    view = show()
    view.click("Start")
    other = WidgetView(view.page, "Record browser")
    other.press("Update", "Home")
    view.wait_for_update(100)
    address = view.address
    assert "browser.time=0" in address
    assert "watcher.depth=3" in address


def test_an_embedded_record_browser(show: Any) -> None:
    view = WidgetView(show().page, "Record browser")
    assert "A: tanh" in view.says
    assert "B: softsign" in view.says
