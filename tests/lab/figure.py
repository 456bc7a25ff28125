"""The lab's picture for readers without JavaScript: its first preset's end, in the built book."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "book/_static/lab.png"
# what would cover the pictures, and what is below them
HIDDEN = ".lab-bar { position: static !important } .lab-happened, .lab-numbers { display: none }"
PAGE = ROOT / "_build/html/book/lab.html"


def main(browser: str) -> None:
    """Let the preset run until it pauses, and keep what it shows."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1500, "height": 1000}, device_scale_factor=1.5)
        page.goto(PAGE.as_uri())
        page.click("[data-preset=fig-3-top]")
        page.wait_for_function(
            "document.querySelector('.lab-start').textContent == 'Start'", timeout=120_000
        )
        page.wait_for_timeout(500)  # the last picture is drawn
        page.add_style_tag(content=HIDDEN)
        page.locator(".lab-pictures").screenshot(path=PICTURE)


if __name__ == "__main__":
    main(sys.argv[1])
