"""The lab for everyone: by finger or keyboard, with less motion, read aloud, without a server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pages
import pytest
from lab_page import LAB, SMALL, LabPage
from pages import Watched, let_pass, now
from playwright.sync_api import Browser, expect


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(LAB)


UNNAMED = """() => [...document.querySelectorAll('.lab :is(button, input, select)')]
  .filter((e) => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')))
  .map((e) => e.outerHTML)"""
SMALL_TARGETS = """() => [...document.querySelectorAll('.lab :is(button, select, input, label)')]
  .filter((e) => e.offsetParent && !e.matches('.lab-label, .lab-switch input, [type=checkbox]'))
  .filter((e) => e.getBoundingClientRect().height < (e.matches('.lab-check label') ? 18 : 32))
  .map((e) => e.outerHTML.slice(0, 120))"""


def test_a_finger_and_a_keyboard_can_operate_it(open_lab: Any) -> None:
    lab = open_lab(SMALL, 375, has_touch=True)
    lab.page.locator("summary").focus()
    lab.page.keyboard.press("Enter")
    assert lab.page.evaluate(UNNAMED) == []
    assert lab.page.evaluate(SMALL_TARGETS) == []
    lab.page.get_by_role("button", name="Step", exact=True).tap()
    lab.settle()
    assert lab.update == 1
    lab.page.get_by_role("button", name="Start", exact=True).focus()
    lab.page.keyboard.press("Space")
    assert lab.running
    lab.page.keyboard.press("Space")
    assert not lab.running
    # from the first preset, Tab comes to every control there is to see
    lab.page.locator("[data-preset]").first.focus()
    count = lab.page.locator(".lab :is(button, select, input, summary):visible").count()
    names = set()
    for _ in range(count):
        names.add(lab.page.evaluate("document.activeElement.labels?.[0]?.textContent ?? ''"))
        lab.page.keyboard.press("Tab")
    wanted = {"Gain", "Depth, layers", "Width, units", "Learning rate", "Batch, images", "Speed"}
    assert names >= wanted | {"Seed", "tanh", "standard", "Look back"}


def test_who_wants_less_motion_is_asked_first(open_lab: Any) -> None:
    lab = open_lab(reduced_motion="reduce")
    lab.page.click("[data-preset=fig-10]")
    lab.settle()
    assert lab.titles[0].startswith("tanh, normalized")
    assert not lab.running
    let_pass(lab.page, 300)
    assert lab.update == 0
    advice = re.compile("Press Start")
    for words in (".lab-says", ".lab-spoken"):
        expect(lab.page.locator(words)).to_have_text(advice)
    lab.click("Step")
    for words in (".lab-says", ".lab-spoken"):
        expect(lab.page.locator(words)).not_to_have_text(advice)


def test_what_happens_is_said(open_lab: Any) -> None:
    lab = open_lab("a=tanh,normalized,3,2x20,0.1&batch=10&seed=0&speed=1")
    spoken = lab.page.get_by_role("status").filter(has_text="layer 1 begins to saturate")
    assert spoken.count() == 1
    assert "layer 1 begins to saturate" in lab.page.inner_text(".lab-says")
    lab.click("Step")
    lab.settle()
    spoken = lab.page.locator(".lab-spoken")
    expect(spoken).to_have_text(re.compile("^Update 1. Error "))
    lab.control("Gain").press("Home")  # nothing happens at that gain: what was said is no longer so
    expect(spoken).to_have_text(re.compile("^Update 0. Error "))


# what is shown, what the clock says at the same moment, and what a screen reader has been told
WORDS = """[".lab-says", ".lab-update", ".lab-spoken"]
  .map((name) => document.querySelector(name).innerText)"""


def test_words_run_with_the_clock_and_speech_takes_its_time(open_lab: Any) -> None:
    lab = open_lab("a=tanh,standard,1,3x40,0.001&batch=10&seed=0&speed=100")
    lab.click("Start")
    expect(lab.page.locator(".lab-update")).not_to_have_text("0")
    start, seen = now(lab.page), []
    for _ in range(5):
        let_pass(lab.page, 500)
        seen.append(lab.page.evaluate(WORDS))
    seconds = (now(lab.page) - start) / 1_000
    shown, clock, spoken = zip(*seen, strict=True)
    assert len(set(clock)) > 1, "it does not train"
    for words, update in zip(shown, clock, strict=True):
        assert words.startswith(f"Update {update}. Error ")
    assert len(set(spoken)) <= 2 + seconds / 5, "a screen reader could not follow"
    assert lab.page.locator(".lab-update").get_attribute("aria-live") == "off"


def test_without_javascript_a_picture_and_the_text_stay(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + LAB)
    picture = page.locator(".lab figure img")
    assert picture.is_visible()
    assert str(picture.get_attribute("alt")).startswith("The lab with")
    assert page.locator(".lab figcaption").is_visible()
    assert page.locator("button[data-lab]:visible").count() == 0
    context.close()


def check_that_it_trains(watched: Watched) -> None:
    """Take one update, with nothing going wrong."""
    lab = LabPage(watched)
    lab.click("Step")
    lab.settle()
    assert lab.update == 1
    assert watched.wrong == []


def test_it_works_from_a_folder(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    watched = Watched(context, "file://")
    watched.open((site / LAB).as_uri())
    check_that_it_trains(watched)
    context.close()
