"""A widget as a reader sees and operates it, on a page of the book or in JupyterLab."""

from __future__ import annotations

from typing import Any

from pages import address_of, let_pass
from playwright.sync_api import Locator, Page


def number(text: str) -> float:
    """Value of a number as the front end writes it; nan for a dash."""
    text = text.replace("\u2212", "-").replace(",", "").replace("%", "").strip()
    return float("nan") if text == "–" else float(text)


class WidgetView:
    """One widget."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        page.evaluate("dispatchEvent(new Event('beforeprint'))")  # else it waits to be scrolled to
        self.node: Locator = page.locator(f".glorot[aria-label='{name}']").first
        self.node.locator("tbody td").first.wait_for(timeout=60_000)
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for has been computed and drawn."""
        let_pass(self.page, 200)
        handle = self.node.element_handle()
        self.page.wait_for_function("e => !e.hasAttribute('data-busy')", arg=handle, timeout=60_000)
        let_pass(self.page, 100)

    def control(self, name: str) -> Locator:
        return self.node.get_by_label(name, exact=True)

    def choose(self, word: str) -> None:
        """Turn one of the switches."""
        self.node.locator(".lab-switch label", has_text=word).first.click()
        self.settle()

    def press(self, name: str, *keys: str) -> None:
        """Move a slider with the keyboard."""
        for key in keys:
            self.control(name).press(key)
        self.settle()

    def value(self, name: str) -> str:
        return self.control(name).input_value()

    def table(self) -> dict[str, list[float]]:
        """Columns of the table of numbers, in the order of its rows."""
        found: dict[str, list[float]] = {}
        for cell in self.node.locator("tbody td").all():
            key = str(cell.get_attribute("data-key"))
            found.setdefault(key, []).append(number(cell.inner_text()))
        return found

    def picture(self, place: int = 0) -> Any:
        """All that a canvas shows, as text that can be compared."""
        return self.node.locator("canvas").nth(place).evaluate("c => c.toDataURL()")

    def alternative(self, place: int = 0) -> str:
        return str(self.node.locator("canvas").nth(place).get_attribute("aria-label"))

    @property
    def address(self) -> str:
        """The page's address, once it has followed."""
        return address_of(self.page)

    @property
    def says(self) -> str:
        return self.node.locator(".lab-says").inner_text()

    @property
    def problem(self) -> str:
        return self.node.locator(".glorot-problem").inner_text()
