"""What the lab takes while it trains: frames are drawn, and memory stays flat."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pages
import pytest
from lab_page import LAB
from playwright.sync_api import Page


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(LAB)


COUNT_FRAMES = """() => {
  window.counted = 0;
  const next = () => { window.counted++; requestAnimationFrame(next); };
  next();
}"""


def memory_of(page: Page) -> Callable[[], dict[str, float]]:
    """Return what tells the bytes and the nodes of a page that are in use.

    The page goes on between a collection and the count, and some of what it has just dropped is
    counted too: the least of three counts is what is held.
    """
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")

    def count() -> dict[str, float]:
        tools.send("HeapProfiler.collectGarbage")
        return {m["name"]: m["value"] for m in tools.send("Performance.getMetrics")["metrics"]}

    def used() -> dict[str, float]:
        counts = [count() for _ in range(3)]
        return {name: min(c[name] for c in counts) for name in ("JSHeapUsedSize", "Nodes")}

    return used


def test_frames_and_memory_while_it_trains(open_lab: Any, tell: Any) -> None:
    lab = open_lab("a=tanh,standard,1,5x100,0.1&batch=10&seed=0&speed=max")
    used = memory_of(lab.page)
    lab.page.evaluate(COUNT_FRAMES)
    lab.click("Start")
    lab.page.wait_for_timeout(2_000)
    before = used()
    start, frames, update = time.perf_counter(), lab.page.evaluate("counted"), lab.update
    lab.page.wait_for_timeout(3_000)
    seconds = time.perf_counter() - start
    rate = (lab.page.evaluate("counted") - frames) / seconds
    speed = (lab.update - update) / seconds
    after = used()
    tell(f"the lab, training 5 x 100: {rate:.0f} frames, {speed:,.0f} updates a second")
    assert lab.update > update, "it does not train"
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 2e6
    assert after["Nodes"] < before["Nodes"] + 200


def test_memory_stays_flat_while_it_trains_on(open_lab: Any, tell: Any) -> None:
    """Seconds here; minutes where they are asked for: LAB_MINUTES=10 pytest -k stays_flat."""
    lab = open_lab("a=tanh,standard,1,5x100,0.1&batch=10&seed=0&speed=max", width=1200)
    used = memory_of(lab.page)
    lab.click("Start")
    found: list[tuple[int, float, float]] = []
    for _ in range(11):
        now = used()
        found.append((lab.update, now["JSHeapUsedSize"] / 2**20, now["Nodes"]))
        lab.page.wait_for_timeout(6_000 * float(os.environ.get("LAB_MINUTES", "0.1")))
    for update, heap, nodes in found:
        tell(f"the lab's memory: {update:9,} updates {heap:6.2f} MB {nodes:6.0f} nodes")
    updates, heaps, counts = zip(*found, strict=True)
    assert updates[-1] > updates[0]
    # the history may fill; it has 600 snapshots then, of some 6 KB each
    assert max(heaps) < heaps[0] + 6
    assert max(counts[1:]) < counts[0] + 300
