"""The built book and a browser to look at it with, for the tests that do."""

from __future__ import annotations

import functools
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[1]
SITE = ROOT / "_build" / "html"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next(filter(None, map(shutil.which, [os.environ.get("BROWSER_PATH", ""), *NAMES])), None)
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)

WIDER_THAN_THE_PAGE = """() => {
  const wide = document.scrollingElement.scrollWidth > window.innerWidth;
  const inBox = (e) => {
    for (let p = e.parentElement; p; p = p.parentElement)
      if (/auto|scroll|hidden/.test(getComputedStyle(p).overflowX) && !p.matches('html, body'))
        return true;
    return false;
  };
  const out = [...document.querySelectorAll('main article *')].filter((e) =>
    e.getBoundingClientRect().right > window.innerWidth + 1 && !inBox(e));
  return [...(wide ? ['the page'] : []), ...out.map((e) => e.outerHTML.slice(0, 120))];
}"""


PASS = """(milliseconds) => new Promise((done) => setTimeout(
  () => requestAnimationFrame(() => requestAnimationFrame(() => done(null))), milliseconds))"""


def let_pass(page: Page, milliseconds: int = 0) -> None:
    """Let time pass by the page's own clock, and what it has to draw be drawn.

    On a busy machine a page falls behind this process; its own timers keep their order.
    """
    page.evaluate(PASS, milliseconds)


def address_of(page: Page) -> str:
    """Return the page's address, once it has followed what was set."""
    let_pass(page, 600)
    return page.url


def now(page: Page) -> float:
    """Milliseconds by the page's own clock."""
    return float(page.evaluate("performance.now()"))


def skip_or_fail(reason: str) -> None:
    """Skip on a reader's machine; under CI nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def built(page: str) -> Path:
    """Return the folder of the built book, if the page is in it."""
    if not (SITE / page).exists():
        skip_or_fail("The book is not built: run `make book` first.")
    return SITE


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium."""
    if BROWSER is None:
        skip_or_fail(
            "No Chromium found: install your system's (apt-get install chromium, "
            "brew install --cask chromium) or name one in BROWSER_PATH."
        )
    with sync_playwright() as playwright:
        # launch() makes a new user-data folder each time, and removes it
        browser = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS.split())
        yield browser
        browser.close()


class QuietHandler(SimpleHTTPRequestHandler):
    """A file server that prints nothing."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path, kind: type[QuietHandler] = QuietHandler) -> Iterator[str]:
    """Serve a folder on a free port, and give its address."""
    handler = functools.partial(kind, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Watched:
    """A page together with all that went wrong on it: errors, and requests to elsewhere."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.page: Page = context.new_page()
        self.wrong: list[str] = []
        own = (home, "data:", "blob:")
        self.page.on("console", lambda m: m.type == "error" and self.wrong.append(m.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "request", lambda r: r.url.startswith(own) or self.wrong.append(f"asks {r.url}")
        )
        self.page.on(
            "response", lambda r: r.status < 400 or self.wrong.append(f"{r.status} {r.url}")
        )

    def open(self, url: str) -> Page:
        self.page.goto(url, wait_until="networkidle")
        return self.page
