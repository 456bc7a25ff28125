"""Fixtures of several test modules: the browser, the served book, made-up data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from lab_page import LabPage
    from playwright.sync_api import Browser

# ---- times


@pytest.fixture
def tell(record_property: Any) -> Callable[[str], None]:
    """Return a function that has a line printed when all tests are done (see conftest.py above).

    How fast something is, is told and not judged: other tests run beside this one.
    """
    return partial(record_property, "measured")


# ---- pages


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    import pages  # not before a test needs it

    with pages.chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where the book is served; a module says by its fixture `site` which page it needs."""
    import pages

    with pages.served(site) as address:
        yield address


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str) -> Iterator[LabPage]:
    """One lab on a desk that most tests of a module share: another address begins anew."""
    from lab_page import LAB, LabPage
    from pages import Watched

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    watched = Watched(context, address)
    watched.open(f"{address}{LAB}")
    yield LabPage(watched)
    context.close()


@pytest.fixture
def open_lab(browser: Browser, address: str, desk: LabPage) -> Iterator[Any]:
    """Return a function that opens the lab with some settings; nothing may go wrong meanwhile."""
    from lab_page import LAB, LabPage
    from pages import Watched

    opened: list[LabPage] = []

    def open_lab(settings: str = "", width: int = 1280, **how: Any) -> LabPage:
        text = f"{address}{LAB}" + (f"#{settings}" if settings else "")
        if width == 1280 and not how:
            desk.click("Defaults")
            assert desk.settings.endswith("5x40,0.2&batch=10&seed=0&speed=max")
            desk.page.goto(text if settings else desk.page.url)
            desk.settle()
            return desk
        context = browser.new_context(viewport={"width": width, "height": 900}, **how)
        watched = Watched(context, address)
        watched.open(text)
        opened.append(LabPage(watched))
        return opened[-1]

    yield open_lab
    wrong = [lab.watched.wrong for lab in [desk, *opened]]
    for lab in opened:
        lab.page.context.close()
    assert not any(wrong), wrong


# ---- data sets


@pytest.fixture
def no_cache(tmp_path, monkeypatch):
    """No test looks into the reader's cache, or writes there."""
    from glorot_tutor.datasets import places, registry

    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")
    registry._finite.cache_clear()


@pytest.fixture(params=["tiny_mnist", "tiny_cifar"])
def tiny(request, tmp_path, monkeypatch):
    """A publication under its usual name, its files, and the folder that holds them packed."""
    import tiny_data

    from glorot_tutor.datasets.published import PUBLISHED

    publication, files, packed_files = getattr(tiny_data, request.param)()
    monkeypatch.setitem(PUBLISHED, publication.name, publication)
    return publication, files, tiny_data.write(tmp_path / "data", packed_files)
