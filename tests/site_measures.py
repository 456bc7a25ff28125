"""What a page of the built book costs its reader: bytes, time, and things that move."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pages import QuietHandler, Watched, let_pass
from playwright.sync_api import Browser, Request

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PHONE |= {"device_scale_factor": 2}

SLOW_LINE = {"offline": False, "latency": 150, "downloadThroughput": 204_800}
SLOW_LINE |= {"uploadThroughput": 96_000}
"""Lighthouse's slow 4G: 150 ms there and back, 1.6 Mbit/s down."""

LIMITS = {"weight": 700, "first page": 400, "lcp": 2.5, "cls": 0.05}
"""KiB compressed, all pictures of a page included; seconds; score."""

WATCH = """
window.moved = 0; window.painted = 0;
const watch = (type, see) => new PerformanceObserver((list) => list.getEntries().forEach(see))
  .observe({ type, buffered: true });
watch('layout-shift', (e) => { if (!e.hadRecentInput) window.moved += e.value; });
watch('largest-contentful-paint', (e) => { window.painted = e.startTime; });
"""

SEE_ALL = """() => Promise.all([...document.images].filter((image) => image.checkVisibility())
  .map((image) => {
  image.loading = 'eager';
  return image.decode().catch(() => null);
}))"""


class GzipHandler(QuietHandler):
    """A file server that compresses text, as every host of static pages does."""

    protocol_version = "HTTP/1.1"
    TEXT = frozenset({".html", ".css", ".js", ".svg", ".txt", ".xml", ".json"})

    def do_GET(self) -> None:  # noqa: N802 (the base class calls it so)
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(404)
            return
        body = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        if path.suffix in self.TEXT:
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Cost:
    """What one visit measured."""

    weight: float  # KiB compressed, with all pictures
    lcp: float  # seconds until the largest thing in sight was painted, over a slow line
    cls: float  # how much of what was in sight moved by itself
    wrong: list[str]  # errors in the console, requests to other hosts, files not found


@contextmanager
def visited(browser: Browser, home: str, slow: bool = False) -> Iterator[Watched]:
    """Give an empty page of a phone, on a slow line if asked to."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    watched = Watched(context, home)
    watched.page.add_init_script(WATCH)
    session = context.new_cdp_session(watched.page)
    if slow:
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", SLOW_LINE)
    try:
        yield watched
    finally:
        context.close()


def cost(browser: Browser, home: str, path: str, slow: bool = False) -> Cost:
    """Visit a page of the site at the address `home`, look at all of it, and add up."""
    with visited(browser, home, slow) as watched:
        page = watched.page
        requests: list[Request] = []
        page.on("requestfinished", lambda request: requests.append(request))
        watched.open(home + path)
        let_pass(page, 300)
        moved, painted = page.evaluate("[window.moved, window.painted]")
        page.evaluate(SEE_ALL)
        page.wait_for_load_state("networkidle")
        size = sum(r.sizes()["responseBodySize"] for r in requests if r.url.startswith("http"))
        return Cost(size / 1024, painted / 1000, moved, watched.wrong)
