"""The browser and the served book, for all tests that look at pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
