"""The widgets and the lab where something goes wrong or changes under their hands.

Each test makes a page of its own from the bundles, which needs no built book.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any

import pages
import pytest
from pages import address_of, let_pass
from playwright.sync_api import Browser, Locator, Page, expect

from glorot_tutor.widgets import CostSurface, Explorer, Watcher
from glorot_tutor.widgets.histories import SHOWN

FRONT = pages.ROOT / "glorot_tutor" / "widgets"
FAILED = "What computes in this page has failed"
COUNT, DEPTH = 5, 2
LENGTHS = {"tanh": 10, "tanh N": 60_000}  # updates of each recorded model
SMALL_LAB = "a=tanh,standard,1,2x20,0.1&batch=1&seed=0&speed=max"


def placeholder(widget: str, settings: dict[str, Any] | str) -> str:
    text = settings if isinstance(settings, str) else json.dumps(settings)
    data = f'data-widget={widget} data-settings="{html.escape(text)}"'
    return f"<div class=glorot-widget {data}></div>"


EXPLORER = placeholder("explorer", Explorer.defaults | {"depth": 3, "width": 20})
SURFACE = CostSurface().placeholder()
WATCHER = placeholder("watcher", Watcher.defaults | {"depth": 2, "width": 20, "batch": 1})
BROWSER = placeholder("browser", {"a": "tanh", "b": "", "layer": 0, "time": 10**9})
LAB = "<div class=lab></div><script src=dist/lab.js></script>"


def history(model: str, rate: float = 0.1, diverged: int | None = None) -> dict[str, Any]:
    """A run in the form of glorot_tutor/widgets/histories.py."""
    looks = [0, 10]
    numbers = {name: [0.5, 0.6] for name in SHOWN}
    shapes = base64.b64encode(bytes(COUNT * len(looks))).decode()
    return entry(model, rate) | {
        "diverged": diverged,
        "prior": 83.3333,
        "looks": looks,
        "errors": {"test": {"updates": [0], "error": [88.8], "nll": [2.2]}},
        "layers": [numbers | {"histograms": shapes}] * DEPTH,
        "bins": {"low": -1, "high": 1, "count": COUNT, "most": 2.5},
    }


def entry(model: str, rate: float = 0.1) -> dict[str, Any]:
    return {
        **{"name": f"{model} {rate}", "model": model, "chosen": rate == 0.1, "rate": rate},
        **{"activation": "tanh", "initialization": "standard", "gain": 1, "depth": DEPTH},
        **{"width": 20, "seed": 0, "batch": 10, "data": "shapeset", "updates": LENGTHS[model]},
    }


RATES = (0.1, 0.2)
RUNS = {run["name"]: run for run in (history(m, r) for m in LENGTHS for r in RATES)}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with pages.served(FRONT) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page to be filled by `show`; scripts of recorded runs are there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    context.route("**/histories/*.js", lambda route: route.fulfill(body=script(route.request.url)))
    yield page
    context.close()


def script(url: str) -> str:
    name = url.rsplit("/", 1)[1].removesuffix(".js").replace("%20", " ")
    data = [entry(m, r) for m in LENGTHS for r in RATES] if name == "index" else RUNS[name]
    return f"glorotHistory({json.dumps('' if name == 'index' else name)}, {json.dumps(data)});"


@pytest.fixture
def show(page: Page, address: str) -> Any:
    """Return a function that opens a page with some placeholders."""

    def show(*bodies: str, hash_: str = "") -> Page:
        host = "<script src=dist/widgets.js></script>"
        styles = "<link rel=stylesheet href=dist/widgets.css><link rel=icon href=data:,>"
        # something to scroll to, as in the text of a chapter
        text = f"<!doctype html>{styles}{''.join(bodies)}<h2 id=how-to-read-it>How</h2>{host}"
        page.route("**/bare.html", lambda route: route.fulfill(content_type="text/html", body=text))
        page.goto(f"{address}bare.html{hash_}")
        return page

    return show


def widget(page: Page, name: str) -> Locator:
    return page.locator(f".glorot[aria-label='{name}']")


def go(page: Page, fragment: str) -> None:
    """Change the address of the open page, as a link in its text does."""
    page.evaluate("text => { location.hash = text; }", fragment)


def keep_time(page: Page) -> None:
    """Wait until the address has followed."""
    address_of(page)


# ---- a new address on an open page


def test_a_new_address_is_followed(show: Any) -> None:
    page = show(EXPLORER)
    rows = widget(page, "Initialization explorer").locator("tbody tr")
    expect(rows).to_have_count(3)
    go(page, "explorer.depth=7")
    expect(rows).to_have_count(7)
    go(page, "how-to-read-it")
    keep_time(page)
    expect(rows).to_have_count(7)
    assert page.url.endswith("#how-to-read-it"), "the reader is there"
    go(page, "explorer.gain=2")
    expect(rows).to_have_count(3)
    expect(page.get_by_label("Gain", exact=True)).to_have_value("2")


def test_the_address_tells_of_all_widgets_again_after_a_link_in_the_text(show: Any) -> None:
    page = show(EXPLORER, SURFACE)
    gain, limit = (page.get_by_label(n, exact=True) for n in ("Gain", "Weights within ±"))
    gain.press("ArrowRight")
    keep_time(page)
    assert page.url.endswith("#explorer.gain=1.1")
    go(page, "how-to-read-it")
    keep_time(page)
    limit.press("ArrowRight")
    keep_time(page)
    assert page.url.endswith("#explorer.gain=1.1&surface.limit=6")
    go(page, "how-to-read-it")
    gain.press("ArrowRight")
    limit.press("ArrowRight")  # before the address has followed
    keep_time(page)
    assert page.url.endswith("#explorer.gain=1.2&surface.limit=7")


def test_a_link_that_comes_as_the_address_is_due_is_kept(page: Page, show: Any) -> None:
    """The turn of the writing may come before that of the event that tells of the link."""
    page.add_init_script(
        "addEventListener('hashchange', (e) => window.late && e.stopImmediatePropagation())"
    )
    show(EXPLORER)
    expect(widget(page, "Initialization explorer").locator("tbody tr")).to_have_count(3)
    found = page.evaluate("""async () => {
        const heard = new Promise((done) => addEventListener("hashchange", done, { once: true }));
        location.hash = "explorer.depth=7";
        await heard;
        window.late = true;
        location.hash = "how-to-read-it";
        await new Promise((done) => setTimeout(done, 600));
        return location.hash;
    }""")
    assert found == "#how-to-read-it"


def test_the_lab_follows_what_sets_something(show: Any) -> None:
    page = show(LAB, hash_="#nonsense=1")
    keep_time(page)
    first = "#a=tanh,standard,1,5x40,0.2&batch=10&seed=0&speed=max"
    assert page.url.endswith(first), "the address names what is not shown"
    go(page, "how-to-read-it")
    keep_time(page)
    assert page.url.endswith("#how-to-read-it")
    expect(page.locator(".lab-title")).to_have_text("tanh, standard, 5 × 40, rate 0.2")
    go(page, "a=softsign,standard,1,2x20,0.1")
    expect(page.locator(".lab-title")).to_have_text("softsign, standard, 2 × 20, rate 0.1")


COUNT_WRITES = """() => {
  window.writes = 0;
  const write = history.replaceState;
  history.replaceState = function (...given) { writes++; return write.apply(this, given); };
}"""


def test_a_held_key_writes_the_address_once(show: Any) -> None:
    page = show(LAB, hash_=f"#{SMALL_LAB}")
    gain = page.locator(".lab-network:visible").get_by_label("Gain", exact=True)
    keep_time(page)
    page.evaluate(COUNT_WRITES)
    gain.evaluate(
        """(e) => { for (let k = 0; k < 20; k++) {
          e.value = 1 + k / 10;
          for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {bubbles: true}));
        } }"""
    )
    keep_time(page)
    assert page.evaluate("writes") == 1
    assert "#a=tanh,standard,2.9,2x20,0.1" in page.url


# ---- failures


def check_problem(node: Locator, text: str) -> None:
    problem = node.locator(".glorot-problem")
    expect(problem).to_contain_text(text, timeout=20_000)
    expect(problem).to_be_visible()
    expect(node).not_to_have_attribute("aria-busy", "true")
    assert "Working" not in node.inner_text()
    assert node.locator("button", has_text="Pause").count() == 0


def test_a_missing_index_is_said(show: Any, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/histories/index.js", lambda route: route.abort())
    show(BROWSER)
    check_problem(widget(page, "Record browser"), "The file of the index could not be loaded.")
    assert errors == []


THROWS = "data:text/javascript,onmessage = () => { throw new Error('out of memory'); };"


@pytest.mark.parametrize("script", [THROWS, "nowhere.js"], ids=["throws", "is not there"])
def test_a_worker_that_fails_is_said(show: Any, page: Page, script: str) -> None:
    page.add_init_script(f"""window.Whole = window.Worker;
        window.Worker = class extends Whole {{ constructor() {{ super({json.dumps(script)}); }} }};
    """)
    show(EXPLORER, WATCHER, LAB)
    check_problem(widget(page, "Initialization explorer"), FAILED)
    check_problem(widget(page, "Saturation watcher"), FAILED)
    check_problem(page.locator(".lab"), FAILED)
    for place in (widget(page, "Saturation watcher"), page.locator(".lab")):
        place.get_by_role("button", name="Start", exact=True).click()
        let_pass(page, 300)
        check_problem(place, FAILED)
    page.evaluate("() => { window.Worker = window.Whole; }")
    page.get_by_label("Gain", exact=True).first.press("ArrowRight")
    explorer = widget(page, "Initialization explorer")
    expect(explorer.locator("tbody tr")).to_have_count(3)
    expect(explorer.locator(".glorot-problem")).to_be_hidden()
    page.locator(".lab").get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator(".lab .lab-table td").first).not_to_be_empty()
    expect(page.locator(".lab .glorot-problem")).to_be_hidden()


def test_where_workers_are_forbidden_it_is_said(show: Any, page: Page) -> None:
    page.add_init_script("window.Worker = class { constructor() { throw new Error('no'); } };")
    show(EXPLORER, WATCHER, BROWSER, LAB)
    check_problem(widget(page, "Initialization explorer"), FAILED)
    check_problem(widget(page, "Saturation watcher"), FAILED)
    check_problem(page.locator(".lab"), FAILED)
    expect(widget(page, "Record browser").locator(".lab-panel")).to_have_count(1)


def test_a_widget_that_cannot_be_shown_leaves_the_others_alone(show: Any) -> None:
    page = show(placeholder("explorer", "{broken"), SURFACE)
    broken = page.locator(".glorot-widget").first
    expect(broken).to_contain_text("This cannot be shown here:")
    expect(widget(page, "Cost surface").locator("tbody tr").first).to_be_visible()


# ---- the explorer


def test_the_key_names_the_theory_that_predicts(show: Any) -> None:
    page = show(EXPLORER)
    key = widget(page, "Initialization explorer").locator(".glorot-predicted")
    expect(key).to_have_text("predicted by eqs. 5–7")
    go(page, "explorer.activation=relu")
    expect(key).to_have_text("predicted for wide networks")


# ---- the record browser


def test_lengths_are_those_of_the_model_that_is_shown(show: Any) -> None:
    page = show(BROWSER)
    options = page.get_by_label("Rate A", exact=True).locator("option")
    expect(options).to_have_text(["0.1 (10)", "0.2 (10)"])
    page.get_by_label("Model A", exact=True).select_option("tanh N")
    expect(options).to_have_text(["0.1 (60k)", "0.2 (60k)"])


def test_a_run_that_diverged_has_no_end(show: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RUNS, "tanh 0.1", history("tanh", diverged=12))
    node = widget(show(BROWSER), "Record browser")
    says = node.locator(".lab-says")
    expect(says).to_have_text("tanh, standard, 2 × 20, rate 0.1, diverged after update 12.")
    expect(node.locator(".lab-about")).to_have_text("tanh, seed 0, diverged after update 12")
    node.get_by_label("Model A", exact=True).select_option("tanh N")
    expect(says).to_contain_text("60,000 updates, test error 88.8 % at the end.")


def test_what_is_no_number_is_not_shown_as_one(show: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = history("tanh", diverged=12)
    run["layers"] = [layer | {"saturated": [None, None]} for layer in run["layers"]]
    monkeypatch.setitem(RUNS, "tanh 0.1", run)
    node = widget(show(BROWSER), "Record browser")
    expect(node.locator("td[data-key=saturated]")).to_have_text(["–"] * DEPTH)
    label = "saturated are – % in layer 1, – % in layer 2"
    expect(node.locator("canvas.lab-histograms")).to_have_attribute("aria-label", re.compile(label))


@pytest.mark.parametrize("given", ["a=nonsense", "layer=99&browser.a=tanh+0.2"])
def test_a_change_touches_no_other_setting(show: Any, given: str) -> None:
    page = show(BROWSER, hash_=f"#browser.{given}")
    expect(widget(page, "Record browser")).to_have_attribute("aria-busy", "false")
    page.get_by_label("Model A", exact=True).select_option("tanh N")
    expect(page.locator(".lab-about")).to_contain_text("tanh N")
    keep_time(page)
    rest = "&browser.layer=99" if "layer" in given else ""
    fragment = page.url.partition("#")[2]
    assert sorted(fragment.split("&")) == sorted(f"browser.a=tanh+N{rest}".split("&"))


def rest_on_the_error(page: Page, place: Locator) -> None:
    """Leave the pointer at the beginning of the curve of the error."""
    chart = place.locator(".lab-error .u-over")
    chart.scroll_into_view_if_needed()
    chart.hover(position={"x": 2, "y": 20})


def test_the_slider_moves_while_the_pointer_rests_on_a_curve(show: Any) -> None:
    page = show(BROWSER)
    node = widget(page, "Record browser")
    update = node.locator(".glorot-clock .lab-update")
    expect(update).to_have_text("10")
    # focus first: it may scroll, which would take the curve from under the pointer
    page.get_by_label("Update", exact=True).focus()
    rest_on_the_error(page, node)
    expect(update).to_have_text("0")
    page.keyboard.press("ArrowRight")
    expect(update).to_have_text("10")


# ---- training


def test_looking_back_while_the_pointer_rests_on_a_curve(show: Any) -> None:
    page = show(WATCHER)
    node = widget(page, "Saturation watcher")
    for count in range(1, 4):
        node.get_by_role("button", name="Step", exact=True).click()
        expect(node.locator(".lab-update")).to_have_text(str(count))
    caption = node.locator(".lab-table caption")
    node.get_by_label("Look back", exact=True).focus()
    rest_on_the_error(page, node)
    expect(caption).to_have_text("At update 0; of gradients the std")
    page.keyboard.press("ArrowRight")
    expect(caption).to_have_text("At update 1; of gradients the std")


# renders and removes a watcher some times, and counts who listens to the window after each
REMOVE_WATCHERS = """async (settings) => {
  const { default: { render } } = await import('./dist/watcher.js');
  const { PageModel } = await import('./front/page/model.js');
  const { Training } = await import('./front/lab/training.js');
  const counts = [], add = window.addEventListener, remove = window.removeEventListener;
  let count = 0;
  window.addEventListener = function (kind, ...more) {
    if (kind === 'dppxchange') count++;
    return add.call(this, kind, ...more);
  };
  window.removeEventListener = function (kind, ...more) {
    if (kind === 'dppxchange') count--;
    return remove.call(this, kind, ...more);
  };
  const model = new PageModel({ settings, given: {}, result: {}, problem: '', choices: {} });
  const training = new Training((seen) => model.put({ result: { ...seen, settings } }));
  training.receive({ type: 'set', run: 1, settings: { ...settings, networks: [settings] } });
  const el = document.body.appendChild(document.createElement('div'));
  for (let k = 0; k < 3; k++) {
    const gone = render({ model, el });
    while (!el.querySelector('.u-over')) await new Promise((r) => setTimeout(r, 50));
    await new Promise((r) => setTimeout(r, 200));
    counts.push(count);
    gone();
    counts.push(count);
  }
  return counts;
}"""


def test_a_watcher_that_is_removed_leaves_no_listeners(show: Any) -> None:
    settings = Watcher.defaults | {"depth": 2, "width": 20, "batch": 1}
    counts = show().evaluate(REMOVE_WATCHERS, settings)
    assert min(counts[::2]) > 0, "no chart was drawn"
    assert counts[1::2] == [0, 0, 0]
