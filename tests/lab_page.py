"""The training lab on its page, as a reader sees and operates it."""

from __future__ import annotations

import re

from pages import Watched, address_of, let_pass
from playwright.sync_api import Locator, Page

LAB = "book/lab.html"
SMALL = "a=tanh,standard,1,3x40,0.1&batch=10&seed=0&speed=max"


class LabPage:
    """The lab on its page, as a reader sees and operates it."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.page: Page = watched.page
        self.page.wait_for_selector(".lab-table td:not(:empty)")

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def control(self, name: str, place: int = 0) -> Locator:
        return self.page.locator(".lab-settings").get_by_label(name, exact=True).nth(place)

    def choose(self, word: str, place: int = 0) -> None:
        """Turn one of the switches."""
        self.page.locator(".lab-switch label", has_text=word).nth(place).click()
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        let_pass(self.page, 150)

    def table(self, place: int = 0) -> dict[str, list[float]]:
        """Columns of a network's table, layer 1 first."""
        found: dict[str, list[float]] = {}
        rows = self.page.locator(".lab-table").nth(place).locator("tbody tr").all()
        for row in reversed(rows):
            for cell in row.locator("td").all():
                text = cell.inner_text().replace("\u2212", "-")
                found.setdefault(str(cell.get_attribute("data-key")), []).append(float(text))
        return found

    def events(self, place: int = 0) -> dict[str, int]:
        items = self.page.locator(".lab-events").nth(place).locator("li").all()
        return {
            str(i.get_attribute("data-event")): int(str(i.get_attribute("data-update")))
            for i in items
        }

    @property
    def update(self) -> int:
        return int(self.page.inner_text(".lab-update").replace(",", ""))

    def errors(self) -> list[float]:
        return [float(v) for v in re.findall(r"([\d.]+)\s%", self.page.inner_text(".lab-errors"))]

    @property
    def titles(self) -> list[str]:
        return [
            re.sub(r"^[AB]\s*", "", t) for t in self.page.locator(".lab-title").all_inner_texts()
        ]

    @property
    def settings(self) -> str:
        return address_of(self.page).partition("#")[2]

    @property
    def running(self) -> bool:
        return self.page.locator(".lab-start").inner_text() == "Pause"

    def wait_until_paused(self, seconds: float) -> None:
        self.page.wait_for_function(
            "document.querySelector('.lab-start').textContent === 'Start'", timeout=seconds * 1000
        )
        self.settle()
