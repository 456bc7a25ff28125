"""The widgets in JupyterLab, where a kernel computes: they are operated as on a page."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import numpy as np
import pytest
import tiny_data
from pages import ROOT, Watched
from playwright.sync_api import Browser, Page
from widget_views import WidgetView

DIGITS, FILES, _ = tiny_data.tiny_mnist()
CELLS = [
    # the kernel takes a few small images for the whole of MNIST, so that it finds it verified
    "import tiny_data\n"
    "from glorot_tutor.datasets.published import PUBLISHED\n"
    "from glorot_tutor.widgets import CostSurface, Explorer\n"
    "PUBLISHED['mnist'] = tiny_data.tiny_mnist()[0]",
    "explorer = Explorer(width=40, depth=3)\nexplorer",
    "surface = CostSurface()\nsurface",
    "print('ready', 6 * 7)",
]
OTHERS = [
    "from glorot_tutor.widgets import Browser, Watcher",
    "watcher = Watcher(width=20, depth=2)\nwatcher",
    "browser = Browser(a='tanh', b='softsign')\nbrowser",
    "print('ready', 6 * 7)",
]
FAR = [*CELLS[:2], *["print(80 * 'line\\n')"] * 3, "print('ready', 6 * 7)"]
PATIENCE = 90  # seconds until a server or a kernel is there


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            assert process.poll() is None, "JupyterLab has stopped"
            assert time.monotonic() < end, "JupyterLab does not answer"
            time.sleep(0.3)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with notebooks, a small data set and settings of JupyterLab's."""
    home = tmp_path_factory.mktemp("jupyter")
    tiny_data.write(home / "data" / "mnist", FILES)
    for name, cells in (("widgets", CELLS), ("others", OTHERS), ("far", FAR)):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, home / f"{name}.ipynb")
    # tests can read what lies outside the window; the last one is about what is taken away there
    set_windowing(home, "none")
    return home


def set_windowing(home: Path, mode: str) -> None:
    """Say what becomes of cells outside the window, "" for JupyterLab's own way.

    Pages that are opened later obey.
    """
    settings = home / "settings" / "@jupyterlab" / "notebook-extension"
    settings.mkdir(parents=True, exist_ok=True)
    chosen = {"windowingMode": mode} if mode else {}
    (settings / "tracker.jupyterlab-settings").write_text(json.dumps(chosen))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    """JupyterLab with nothing of this machine's settings."""
    port = free_port()
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.root_dir": home,
        "IdentityProvider.token": "",
        "LabApp.news_url": "",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    own = {f"JUPYTER_{name}_DIR": str(home / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "JUPYTER_PREFER_ENV_PATH": "1"}
    own |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    own |= {"GLOROT_TUTOR_DATA": str(home / "data"), "XDG_CACHE_HOME": str(home / "cache")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", *words]
    with open(home / "log", "wb") as log:
        process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
        try:
            wait_for(f"http://127.0.0.1:{port}/api", process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait(20)


def run_all(page: Page) -> None:
    page.locator(".jp-Notebook .jp-CodeCell").nth(3).wait_for(timeout=PATIENCE * 1000)
    page.get_by_text("| Idle").wait_for(timeout=PATIENCE * 1000)  # before, nothing would be run
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.get_by_text("ready 42").wait_for(timeout=PATIENCE * 1000)


@pytest.fixture(scope="module")
def notebook(server: str, browser: Browser) -> Iterator[Watched]:
    """The notebook in JupyterLab, run from top to bottom."""
    with opened("widgets", server, browser) as notebook:
        yield notebook


@pytest.fixture(scope="module")
def others(server: str, browser: Browser) -> Iterator[Watched]:
    """The notebook with the watcher and the record browser."""
    with opened("others", server, browser) as notebook:
        yield notebook


@contextmanager
def opened(name: str, server: str, browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    watched = Watched(context, server)
    page = watched.page
    page.goto(f"{server}lab/workspaces/{name}/tree/{name}.ipynb")
    run_all(page)
    yield watched
    # what JupyterLab's own console says is not ours, but nothing may be asked of other hosts
    elsewhere = [w for w in watched.wrong if w.startswith("asks")]
    context.close()
    assert elsewhere == []


def evaluate(page: Page, code: str) -> str:
    """Run one line of Python in the notebook's kernel, in its last cell, and return its output."""
    cell = page.locator(".jp-Notebook .jp-CodeCell").last
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{code}; print('said', repr(_said))")
    page.keyboard.press("Control+Enter")
    output = cell.locator(".jp-OutputArea-output", has_text="said")
    output.wait_for(timeout=PATIENCE * 1000)
    page.wait_for_timeout(500)
    return output.inner_text().removeprefix("said ").strip()


def test_the_explorer_answers_from_the_kernel(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Initialization explorer")
    first, picture = view.table(), view.picture()
    assert len(first["activation"]) == 3
    assert "tanh, standard, 3 × 40" in view.says
    view.choose("normalized")
    normalized = view.table()
    assert normalized["activation"][0] > 1.5 * first["activation"][0]
    assert view.picture() != picture
    # JupyterLab would take the arrows to move between cells
    view.press("Depth, layers", "ArrowRight")
    assert len(view.table()["activation"]) == 4
    view.press("Gain", "ArrowRight", "ArrowRight", "ArrowRight")
    assert view.table()["singular-mean"][0] > 1.1 * normalized["singular-mean"][0]
    view.press("Width, units", "ArrowRight")
    assert "4 × 50" in view.says
    before = view.table()
    view.node.get_by_role("button", name="Next seed").click()
    view.settle()
    assert view.table() != before
    assert view.problem == ""


def test_a_finite_data_set_is_chosen(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Initialization explorer")
    data = view.control("Data")
    assert data.locator("option").all_inner_texts() == ["Shapeset-3x2", "mnist"]
    view.choose("standard")
    shapeset, picture = view.table(), view.picture()
    data.select_option("mnist")
    view.settle()
    assert view.problem == ""
    assert view.picture() != picture
    # the variance of the first layer's weights is gain² / 3 n, whatever the number n of its inputs
    pixels = np.frombuffer(FILES["t10k-images-idx3-ubyte"][16:], np.uint8) / 127.5 - 1
    expected = float(view.value("Gain")) * math.sqrt((pixels**2).mean() / 3)
    assert view.table()["activation-predicted"][-1] == pytest.approx(expected, rel=0.005)
    assert evaluate(notebook.page, "_said = explorer.settings['data']") == "'mnist'"
    data.select_option("shapeset")
    view.settle()
    assert view.table() == shapeset


def test_it_says_that_it_is_working(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Initialization explorer")
    view.control("Width, units").press("End")
    view.node.locator(".lab-says", has_text="Working").wait_for()
    view.settle()
    assert "1,000" in view.says
    view.press("Width, units", "Home")
    assert "× 10." in view.says


def test_colours_follow_the_theme(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Initialization explorer")
    light = view.picture()
    notebook.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    view.settle()
    assert view.picture() != light
    notebook.page.evaluate("document.body.dataset.jpThemeLight = 'true'")
    view.settle()
    assert view.picture() == light


def test_python_sets_what_the_controls_show(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Initialization explorer")
    line = "explorer.settings = {'depth': 2, 'gain': 2}; _said = explorer.settings['depth']"
    assert evaluate(notebook.page, line) == "2"
    view.settle()
    assert (view.value("Depth, layers"), view.value("Gain")) == ("2", "2")
    assert len(view.table()["activation"]) == 2
    bad = "explorer.settings = {'depth': 77}; _said = explorer.settings['depth']"
    assert evaluate(notebook.page, bad) == "2"
    assert "depth is 77: give a whole number from 1 to 10" in view.problem
    view.press("Depth, layers", "ArrowRight")
    assert view.problem == ""
    assert len(view.table()["activation"]) == 3


def test_the_surface_answers_from_the_kernel(notebook: Watched) -> None:
    view = WidgetView(notebook.page, "Cost surface")
    first, picture = view.table(), view.picture()
    assert first["flat_area"] == [2.05, 16.5]
    view.press("Weights within ±", "ArrowLeft", "ArrowLeft")
    assert view.table()["highest"][0] < first["highest"][0]
    view.control("Data seed").select_option("4")
    view.settle()
    assert "draw 4" in view.says
    view.choose("quadratic")
    assert len(view.table()["flat_area"]) == 1
    turned = view.picture()
    assert turned != picture
    view.press("Turn, degrees", "ArrowRight")
    assert view.picture() != turned
    view.control("Gradient field").check()
    view.settle()
    assert "arrows" in view.alternative()
    line = "_said = sorted(surface.settings.items())"
    said = evaluate(notebook.page, line)
    assert "('azimuth', -57)" in said
    assert "('gradient', True)" in said
    assert "('limit', 3)" in said


def test_the_watcher_trains_beside_the_kernel(others: Watched) -> None:
    page = others.page
    view = WidgetView(page, "Saturation watcher")
    first = view.table()
    update = view.node.locator(".lab-update")
    assert (update.inner_text(), len(first["p98"])) == ("0", 2)
    view.node.get_by_role("button", name="Step", exact=True).click()
    update.filter(has_text="1").wait_for(timeout=PATIENCE * 1000)  # the engine may be compiled
    view.settle()
    assert view.table() != first
    view.node.get_by_role("button", name="Start", exact=True).click()
    view.node.get_by_role("button", name="Pause", exact=True).wait_for()
    # the kernel answers meanwhile, and its update moves on
    line = "import time; a = watcher.result['update']; time.sleep(1); _said = watcher.running"
    assert evaluate(page, line) == "True"
    assert evaluate(page, "_said = watcher.result['update'] > a") == "True"
    view.node.get_by_role("button", name="Pause", exact=True).click()
    view.node.get_by_role("button", name="Start", exact=True).wait_for()
    view.settle()
    assert evaluate(page, "_said = watcher.result['update']") == update.inner_text().replace(
        ",", ""
    )
    view.node.get_by_role("button", name="Reset", exact=True).click()
    view.settle()
    assert view.table() == first
    view.press("Depth, layers", "ArrowRight")
    assert len(view.table()["p98"]) == 3
    assert "depth is 0" in evaluate(
        page, "watcher.settings = {'depth': 0}; _said = watcher.problem"
    )
    assert "depth is 0" in view.problem


def test_running_its_cell_again_stops_the_watcher(others: Watched) -> None:
    page = others.page
    view = WidgetView(page, "Saturation watcher")
    view.node.get_by_role("button", name="Start", exact=True).click()
    view.node.get_by_role("button", name="Pause", exact=True).wait_for()
    assert evaluate(page, "old = watcher; _said = old.running") == "True"
    page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_timeout(1500)
    assert evaluate(page, "_said = (old.running, old is watcher, watcher.running)") == (
        "(False, False, False)"
    )
    assert WidgetView(page, "Saturation watcher").node.locator(".lab-update").inner_text() == "0"


def test_the_record_browser_answers_from_the_kernel(others: Watched) -> None:
    view = WidgetView(others.page, "Record browser")
    last = view.table()
    view.press("Update", "Home")
    first = view.table()
    assert first != last
    assert view.node.locator(".lab-update").inner_text() == "0"
    view.control("Model B").select_option("tanh N")
    view.settle()
    assert "B: tanh, normalized" in view.says
    assert view.table() != first
    line = "_said = (browser.settings['b'], browser.settings['time'])"
    assert evaluate(others.page, line) == "('tanh N', 0)"
    line = "browser.settings = {'a': 'relu'}; _said = browser.settings['a']"
    assert evaluate(others.page, line) == "'tanh'"
    assert "no run 'relu' is recorded" in view.problem


def scroll(page: Page, pixels: int) -> None:
    page.locator(".jp-Notebook .jp-WindowedPanel-outer").hover()
    page.mouse.wheel(0, pixels)
    page.wait_for_timeout(1000)


RENDERED = "e => e.isConnected && e.checkVisibility({ contentVisibilityAuto: true })"


@pytest.mark.parametrize("mode", ["", "full"])
def test_a_widget_that_is_scrolled_away_comes_back(
    home: Path, server: str, browser: Browser, mode: str
) -> None:
    """JupyterLab does not render cells that are out of sight, or takes them out of the page."""
    set_windowing(home, mode)
    with opened("far", server, browser) as notebook:
        page = notebook.page
        scroll(page, -100_000)
        view = WidgetView(page, "Initialization explorer")
        picture, node = view.picture(), view.node.element_handle()
        scroll(page, 100_000)
        assert not node.evaluate(RENDERED)
        line = "explorer.settings = {'depth': 2}; _said = explorer.settings['depth']"
        assert evaluate(page, line) == "2"
        scroll(page, -100_000)
        assert page.locator(".glorot").count() == 1
        view = WidgetView(page, "Initialization explorer")
        assert view.node.evaluate(RENDERED)
        assert (view.value("Depth, layers"), len(view.table()["activation"])) == ("2", 2)
        changed = view.picture()
        assert changed != picture
        view.press("Depth, layers", "ArrowRight")
        assert view.picture() == picture, "the same settings give the same picture"
        assert view.problem == ""
