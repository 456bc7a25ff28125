"""The lab's presets and the buttons of its experiments: what they start and what it ends in."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import pages
import pytest
from lab_page import LAB, LabPage
from playwright.sync_api import expect

PRIOR = 250 / 3
PRESETS = ["fig-3-top", "fig-3-bottom", "fig-10", "fig-2", "fig-2-escape", "fig-11"]
PRESETS += ["zero", "exploding", "he", "batch-norm", "rezero"]  # what came after


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(LAB)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_shows_what_it_promises(open_lab: Any, name: str, tell: Any) -> None:
    lab = open_lab()
    assert lab.page.locator("[data-preset]").count() == len(PRESETS)
    start = time.perf_counter()
    lab.page.click(f"[data-preset={name}]")
    assert lab.running
    lab.wait_until_paused(180)
    tell(f"preset {name}: {lab.update:,} updates in {time.perf_counter() - start:.0f} s")
    assert lab.page.locator("[aria-pressed=true]").get_attribute("data-preset") == name
    EFFECTS[name](lab)


def one_after_the_other(lab: LabPage) -> None:
    events = lab.events()
    order = [events[f"layer {i}"] for i in range(1, 6)]
    assert order == sorted(set(order)), "layers saturate one after the other"
    assert events["learns"] > events["layer 1"]


def together(lab: LabPage) -> None:
    p98 = lab.table()["p98"]
    assert 0.45 < min(p98) < max(p98) < 0.95, "moved out, not saturated"
    assert max(p98[1:]) - min(p98[1:]) < 0.15, "as a bundle"
    assert lab.errors()[0] < PRIOR - 5


def at_once(lab: LabPage) -> None:
    assert lab.events()["learns"] < 1_500
    assert min(lab.table()["p98"]) > 0.9


def trapped(lab: LabPage) -> None:
    events, means = lab.events(), lab.table()["mean"]
    assert events["trapped"] < 2_000
    assert "learns" not in events
    assert means[3] < 0.05
    assert means[2] > means[1] > means[0] > 0.48
    assert lab.errors()[0] == pytest.approx(PRIOR, abs=2.5)


def escaped(lab: LabPage) -> None:
    events = lab.events()
    assert events["trapped"] < events["layer 1"] < events["learns"]
    assert lab.errors()[0] < PRIOR - 4
    past = lab.page.get_by_label("Look back")
    top = lab.table()["std"][2]
    past.evaluate("(e) => { e.value = e.max / 2; e.dispatchEvent(new Event('input')); }")
    lab.settle()
    assert top > 2 * lab.table()["std"][2], "the top layer came back"


def far_ahead(lab: LabPage) -> None:
    standard, normalized = (lab.events(place)["learns"] for place in range(2))
    assert normalized < standard / 5
    first, second = lab.errors()
    assert second < first - 3


def unmoved(lab: LabPage) -> None:
    assert set(lab.table()["std"]) == {0}
    assert lab.errors()[0] == pytest.approx(PRIOR, abs=2.5)


def grown(lab: LabPage) -> None:
    gradients = lab.table()["backprop"]
    assert gradients[0] > 5 * gradients[-1]


def second_only(lab: LabPage) -> None:
    first, second = (lab.events(place) for place in range(2))
    assert "learns" in second
    assert first.get("learns", math.inf) > 1.5 * second["learns"]


STAGES = [one_after_the_other, together, at_once, trapped, escaped, far_ahead]
STAGES += [unmoved, grown, second_only, second_only, second_only]
EFFECTS = dict(zip(PRESETS, STAGES, strict=True))


def test_the_buttons_of_the_experiments(open_lab: Any) -> None:
    lab = open_lab()
    buttons = lab.page.locator("button[data-lab]").all()
    assert len(buttons) >= 5
    shown = []
    for button in buttons:
        button.click()
        assert lab.running
        expect(lab.page.get_by_role("button", name="Pause", exact=True)).to_be_focused()
        shown.append(lab.settings)
        lab.click("Pause")
        lab.click("Back to the text")
        expect(button).to_be_in_viewport()
        expect(button).to_be_focused()
    assert len(set(shown)) == len(buttons)
    assert sum("b=" in text for text in shown) == 4
    links = lab.page.locator("a[href*='claims.html#claim-']").all()
    assert len(links) >= 5


def test_on_a_phone_an_experiment_leads_to_its_pictures(open_lab: Any) -> None:
    lab = open_lab("", 390, has_touch=True)
    row = lab.page.locator(".lab-presets")
    box = row.bounding_box()
    for text in ("With one layer less, wait", "Show tanh, standard"):
        lab.page.get_by_role("button", name=text, exact=True).tap()
        expect(lab.page.locator(".lab-histograms").first).to_be_in_viewport(ratio=0.9)
        assert lab.running
        lab.click("Pause")
        chosen = row.locator("[aria-pressed=true]").bounding_box()
        assert box["x"] <= chosen["x"]
        assert chosen["x"] + chosen["width"] <= box["x"] + box["width"]
