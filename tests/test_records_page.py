"""The record browser on its page: runs, layers and times are chosen, and what is shown is read."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pages
import pytest
from pages import WIDER_THAN_THE_PAGE, Watched, let_pass
from playwright.sync_api import Browser
from widget_views import WidgetView

from glorot_tutor.widgets.recorded import RecordedRuns

PAGE = "book/records.html"
RUNS = RecordedRuns()
NAMES = {"p98": "p98", "std": "std", "backprop": "backprop", "weight": "weight"}


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(PAGE)


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Any]:
    """Return a function that opens the page; nothing may go wrong meanwhile."""
    opened: list[Watched] = []

    def show(
        hash_: str = "", width: int = 1280, home: str = address, script: str = "", **how: Any
    ) -> WidgetView:
        context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        context.add_init_script(script)
        opened.append(Watched(context, home))
        return WidgetView(opened[-1].open(f"{home}{PAGE}{hash_}"), "Record browser")

    yield show
    wrong = [watched.wrong for watched in opened]
    for watched in opened:
        watched.page.context.close()
    assert wrong == [[] for _ in opened]


def columns(view: WidgetView, place: int = 0) -> dict[str, list[float]]:
    """Columns of a run's table, layer 1 first."""
    found: dict[str, list[float]] = {}
    table = view.node.locator(".lab-table").nth(place)
    for cell in reversed(table.locator("tbody td").all()):
        text = cell.inner_text().replace("\u2212", "-")
        found.setdefault(str(cell.get_attribute("data-key")), []).append(float(text))
    return found


def histograms(view: WidgetView, place: int = 0) -> str:
    """All that a run's histograms show, as text that can be compared."""
    canvas = view.node.locator("canvas.lab-histograms").nth(place)
    return str(canvas.evaluate("c => c.toDataURL()"))


def time_of(view: WidgetView) -> int:
    return int(view.node.locator(".lab-update").inner_text().replace(",", ""))


def check_numbers(view: WidgetView, name: str, time: int, place: int = 0) -> None:
    """Compare the table with the run's last look up to a time."""
    run = RUNS.history(name)
    at = max(i for i, update in enumerate(run["looks"]) if update <= time)
    table = columns(view, place)
    for key, other in NAMES.items():
        wanted = [layer[other][at] for layer in run["layers"]]
        assert table[key] == pytest.approx(wanted, rel=0.06), (key, at)  # two digits where small
    shares = [100 * layer["saturated"][at] for layer in run["layers"]]
    assert table["saturated"] == pytest.approx(shares, abs=0.051)


def last_error(name: str, time: float = math.inf) -> str:
    told = RUNS.history(name)["errors"]["test"]
    error = [e for u, e in zip(told["updates"], told["error"], strict=True) if u <= time][-1]
    return f"{error:.1f} %"


def short(updates: int) -> str:
    return "1M" if updates == 1_000_000 else f"{updates // 1_000}k"


def test_it_begins_with_two_runs_at_their_ends(show: Any) -> None:
    view = show()
    end = max(RUNS.history(name)["updates"] for name in ("tanh", "softsign"))
    assert time_of(view) == end
    check_numbers(view, "tanh", end)
    check_numbers(view, "softsign", end, place=1)
    errors = view.node.locator(".glorot-clock .lab-errors").inner_text()
    assert last_error("tanh") in errors
    assert last_error("softsign") in errors
    assert f"test error {last_error('tanh')} at the end" in view.says


def test_the_slider_goes_through_the_moments(show: Any) -> None:
    view = show()
    pictures = [histograms(view, 0), histograms(view, 1)]
    view.press("Update", "Home")
    assert time_of(view) == 0
    check_numbers(view, "tanh", 0)
    check_numbers(view, "softsign", 0, place=1)
    assert histograms(view, 0) != pictures[0]
    assert histograms(view, 1) != pictures[1]
    label = view.node.locator("canvas.lab-histograms").first.get_attribute("aria-label")
    assert "at update 0;" in str(label)
    view.press("Update", *["ArrowRight"] * 8)
    time = time_of(view)
    looks = RUNS.history("tanh")["looks"]
    assert time == looks[8]
    check_numbers(view, "tanh", time)
    assert last_error("tanh", time) in view.node.locator(".glorot-clock").inner_text()
    assert f"browser.time={time}" in view.address
    view.press("Update", "ArrowLeft")
    assert time_of(view) == looks[7]


def test_runs_are_chosen_by_model_rate_and_seed(show: Any) -> None:
    view = show("#browser.b=")
    assert view.node.locator(".lab-panel").count() == 1
    for model, name in RUNS.chosen.items():
        view.control("Model A").select_option(model)
        view.settle()
        check_numbers(view, name, RUNS.runs[name].updates)
    runs = [run for run in RUNS.runs.values() if run.stem.startswith("tanh-standard-5x1000")]
    view.control("Model A").select_option("tanh")
    offered = view.control("Rate A").locator("option").all_inner_texts()
    assert len(offered) == len({run.learning_rate for run in runs})
    for rate in sorted({run.learning_rate for run in runs}):
        view.control("Rate A").select_option(f"{rate:g}")
        view.settle()
        own = [run for run in runs if run.learning_rate == rate]
        assert view.control("Seed A").locator("option").all_inner_texts() == [
            f"{run.seed} ({short(run.updates)})" for run in own
        ]
        for run in own:
            view.control("Seed A").select_option(str(run.seed))
            view.settle()
            check_numbers(view, run.stem, run.updates)
            assert f"seed {run.seed}, recorded for {run.updates:,} updates" in (
                view.node.locator(".lab-about").inner_text()
            )


# of the choices of each menu the widest, and the room for it, in pixels
WIDEST = """() => [...document.querySelectorAll('.glorot-run select')].map((select) => {
  const style = getComputedStyle(select), pen = document.createElement('canvas').getContext('2d');
  pen.font = style.font;
  const { clientWidth, options } = select;
  return [
    Math.max(...[...options].map((option) => pen.measureText(option.text).width)),
    clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight),
  ];
})"""
ARROW = 18


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_no_choice_is_cut_off(show: Any, width: int) -> None:
    view = show(width=width)
    for model in RUNS.chosen:
        view.control("Model A").select_option(model)
        for widest, room in view.page.evaluate(WIDEST):
            assert widest + ARROW < room, model


def test_a_second_run_comes_and_goes(show: Any) -> None:
    view = show("#browser.b=")
    view.control("Model B").select_option("tanh N")
    view.settle()
    assert view.node.locator(".lab-panel").count() == 2
    end = time_of(view)
    assert end == max(RUNS.runs[RUNS.find(name)].updates for name in ("tanh", "tanh N"))
    check_numbers(view, "tanh", end)
    check_numbers(view, "tanh N", end, place=1)
    view.control("Model B").select_option("none")
    view.settle()
    assert view.node.locator(".lab-panel").count() == 1
    assert "tanh N" not in view.node.locator(".glorot-clock").inner_text()


def test_one_layer_alone(show: Any) -> None:
    view = show("#browser.b=")
    picture = histograms(view)
    view.control("Layers").select_option("2")
    view.settle()
    assert histograms(view) != picture
    assert "browser.layer=2" in view.address
    view.control("Layers").select_option("0")
    view.settle()
    assert histograms(view) == picture


def test_the_address_brings_everything_back(show: Any) -> None:
    run = RUNS.chosen["softsign N"]
    view = show(f"#browser.a={run}&browser.b=sigmoid+4&browser.time=10000&browser.layer=1")
    assert time_of(view) == 10_000
    assert view.control("Model A").input_value() == "softsign N"
    assert view.control("Model B").input_value() == "sigmoid 4"
    assert view.control("Layers").input_value() == "1"
    check_numbers(view, run, 10_000)


def test_an_unknown_run_is_said(show: Any) -> None:
    watched = show()
    watched.page.goto(watched.page.url.partition("#")[0] + "#browser.a=relu")
    watched.page.reload()
    problem = watched.page.locator(".glorot-problem")
    problem.filter(has_text="No run “relu” is recorded").wait_for()
    watched.page.get_by_label("Model A", exact=True).select_option("tanh")
    watched.settle()
    assert not problem.is_visible()
    check_numbers(WidgetView(watched.page, "Record browser"), "tanh", 10**9)


PLAYS = "document.querySelector('.lab-update').textContent !== '0'"


def test_it_plays_on_request_only(show: Any) -> None:
    view = show("#browser.time=0")
    let_pass(view.page, 600)
    assert time_of(view) == 0
    view.node.get_by_role("button", name="Play").click()
    view.page.wait_for_function(PLAYS)
    view.node.get_by_role("button", name="Pause").click()
    view.settle()
    time = time_of(view)
    assert 0 < time < 300_000
    let_pass(view.page, 600)
    assert time_of(view) == time


def test_a_link_is_followed_while_it_plays(show: Any) -> None:
    view = show("#browser.time=0")
    view.node.get_by_role("button", name="Play").click()
    view.page.wait_for_function(PLAYS)
    view.page.evaluate("location.hash = 'how-to-read-it'")
    time = time_of(view)
    assert view.address.endswith("#how-to-read-it")
    assert time_of(view) > time, "it plays on"


def test_nothing_plays_by_itself_and_a_reader_may_play(show: Any) -> None:
    view = show("#browser.time=0", reduced_motion="reduce")
    let_pass(view.page, 600)
    assert time_of(view) == 0
    view.node.get_by_role("button", name="Play").click()
    view.page.wait_for_function(PLAYS)


def test_pointing_at_a_curve_shows_that_time(show: Any) -> None:
    view = show()
    chart = view.node.locator(".lab-error .u-over")
    box = chart.bounding_box()
    assert box
    end = time_of(view)
    chart.hover(position={"x": box["width"] / 2, "y": 20})
    view.settle()
    assert 0.4 * end < time_of(view) < 0.6 * end
    view.page.mouse.move(5, 5)
    view.settle()
    assert time_of(view) == end


# of every chart, whether something is drawn in the outermost columns of pixels on the right
CUT_OFF = """() => [...document.querySelectorAll('.lab-chart canvas')].map((canvas) => {
  const { width, height } = canvas;
  return canvas.getContext('2d').getImageData(width - 2, 0, 2, height).data.some((v) => v);
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_last_update_below_a_chart_is_not_cut_off(show: Any, width: int) -> None:
    view = show(width=width)
    cut = view.page.evaluate(CUT_OFF)
    assert len(cut) == 7
    assert not any(cut)


# where each chart marks the time that is looked at, in pixels from its left edge
MARKS = """() => [...document.querySelectorAll('.lab-chart .u-cursor-x')]
  .map((e) => new DOMMatrix(getComputedStyle(e).transform).m41)"""


def test_the_mark_stands_where_one_looks_when_the_charts_are_made_anew(show: Any) -> None:
    view = show("#browser.time=300000")
    before = view.page.evaluate(MARKS)
    assert len(before) == 7
    assert all(0 < place < 1_000 for place in before)
    view.control("Layers").select_option("2")
    view.settle()
    assert view.page.evaluate(MARKS) == pytest.approx(before, abs=3)


WRITTEN = """
  window.written = new Map();
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    written.set(this.canvas, [...(written.get(this.canvas) ?? []), text]);
    return fillText.call(this, text, ...rest);
  };"""
OF_CHARTS = "[...written].filter(([c]) => c.closest('.lab-chart')).map(([, texts]) => texts)"


@pytest.mark.parametrize(("width", "text"), [(360, r"\d+k|1M"), (1280, r"[\d,]+,000")])
def test_times_stand_below_every_chart(show: Any, width: int, text: str) -> None:
    view = show(width=width, script=WRITTEN)
    charts = view.page.evaluate(OF_CHARTS)
    assert len(charts) == 7
    # on a phone two stand side by side, but for that of the error
    small = [texts for texts in charts if width > 1000 or "error, %" not in texts]
    assert len(small) >= 6
    for texts in small:
        assert not any(re.fullmatch(r"[\d.]+(m|bn)", each) for each in texts), texts
        assert any(re.fullmatch(text, each) for each in texts), texts


def test_gradients_of_two_runs_have_one_scale(show: Any) -> None:
    view = show("#browser.a=tanh&browser.b=sigmoid", script=WRITTEN)
    marks = [{t for t in texts if t.startswith("10")} for texts in view.page.evaluate(OF_CHARTS)]
    backprop_a, weight_a, backprop_b, weight_b = filter(None, marks)
    assert backprop_a == backprop_b
    assert weight_a == weight_b
    assert len(backprop_a) > 2


@pytest.mark.parametrize("width", [390, 1280])
def test_what_happened_is_listed_in_full(show: Any, width: int) -> None:
    view = show(width=width)
    for place in range(2):
        happened = view.node.locator(".lab-happened").nth(place)
        assert happened.locator("li").count() > 0
        assert happened.evaluate("e => e.scrollHeight <= e.clientHeight")
        events = happened.locator(".lab-events")
        assert events.evaluate("e => e.scrollHeight <= e.clientHeight")
        badge, heading = happened.locator(".lab-badge"), happened.locator("h4")
        box, room = badge.bounding_box(), heading.bounding_box()
        assert room["height"] < 2 * box["height"], "the heading and its badge stand in one line"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_on_a_phone(show: Any, mode: str) -> None:
    view = show(width=390, color_scheme=mode, has_touch=True)
    assert view.page.evaluate(WIDER_THAN_THE_PAGE) == []
    small = view.node.locator("button:visible, select:visible, input[type=range]").all()
    assert small
    for control in small:
        box = control.bounding_box()
        assert box
        assert box["height"] >= 40
    boxes = [view.node.locator("canvas.lab-histograms").nth(i).bounding_box() for i in range(2)]
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=2), "side by side"


def test_from_a_folder(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    watched = Watched(context, site.as_uri())
    view = WidgetView(watched.open(f"{site.as_uri()}/{PAGE}"), "Record browser")
    check_numbers(view, "tanh", 10**9)
    assert watched.wrong == []
    context.close()


def test_without_javascript_the_text_names_the_figures(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + PAGE)
    assert page.locator(".glorot-widget a").count() == 4
    context.close()
