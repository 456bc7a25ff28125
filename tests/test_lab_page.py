"""The training lab in a real browser: every control is operated, and what it changes is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pages
import pytest
from lab_page import LAB, SMALL, LabPage
from pages import let_pass, now


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(LAB)


# ---- training


def test_start_pause_step_reset_and_first_preset(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    assert not lab.running, "it must not start by itself"
    assert lab.update == 0
    start = lab.table()
    lab.click("Step")
    lab.settle()
    assert lab.update == 1
    assert lab.table() != start
    lab.click("Start")
    lab.page.wait_for_function("document.querySelector('.lab-update').textContent.length > 2")
    assert lab.running
    lab.click("Pause")
    lab.settle()
    reached = lab.update
    assert reached > 99
    let_pass(lab.page, 300)
    assert lab.update == reached
    assert "Update" in lab.page.inner_text(".lab-says")
    lab.click("Reset")
    lab.settle()
    assert (lab.update, lab.table()) == (0, start), "the seed gives the same weights"
    lab.click("Defaults")
    lab.settle()
    assert lab.titles == ["tanh, standard, 5 × 40, rate 0.2"]


def test_rectifiers_with_hes_weights_are_chosen_from_the_menus_and_learn(open_lab: Any) -> None:
    lab = open_lab("a=tanh,standard,1,3x40,0.1&batch=10&seed=0&speed=max", 900)
    lab.control("More: Activation").select_option("relu")
    lab.control("More: Initialization").select_option("He, normal")
    lab.settle()
    assert lab.settings.startswith("a=relu,he_normal,1,3x40,0.1")
    assert lab.titles == ["relu, he normal, 3 × 40, rate 0.1"]
    lab.click("Start")
    lab.page.wait_for_function(
        "Number(document.querySelector('.lab-update').textContent.replace(',', '')) > 2000"
    )
    lab.click("Pause")
    lab.settle()
    assert lab.errors()[0] < 79
    lab.choose("softsign")
    assert lab.settings.startswith("a=softsign,he_normal"), "the switch takes over from the menu"
    assert lab.control("More: Activation").input_value() == ""


def test_the_same_way_twice(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    seen = []
    for _ in range(2):
        for _ in range(3):
            lab.click("Step")
        lab.settle()
        seen.append((lab.update, lab.table()))
        lab.click("Reset")
        lab.settle()
    assert seen[0] == seen[1]
    assert seen[0][0] == 3


@pytest.mark.parametrize(("choice", "updates"), [("1", 2), ("10", 12)])
def test_no_faster_than_asked(open_lab: Any, choice: str, updates: int) -> None:
    lab = open_lab(SMALL)
    lab.control("Speed").select_option(choice)
    assert lab.settings.endswith(f"speed={choice}")
    start = now(lab.page)
    lab.click("Start")
    lab.page.wait_for_function(
        "(n) => Number(document.querySelector('.lab-update').textContent) >= n", arg=updates
    )
    assert now(lab.page) - start > 950 * updates / float(choice)


def test_speed_changes_in_mid_run(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    lab.control("Speed").select_option("1")
    lab.click("Start")
    lab.control("Speed").select_option("Infinity")
    lab.page.wait_for_function("document.querySelector('.lab-update').textContent.length > 2")
    assert lab.running


# ---- controls


def test_activation_and_initialization(open_lab: Any) -> None:
    lab = open_lab("a=tanh,standard,1,5x40,0.1&batch=10&seed=0&speed=max")
    standard = lab.table()["std"]
    assert standard[4] < 0.2 * standard[0]
    lab.choose("normalized")
    normalized = lab.table()["std"]
    assert lab.titles[0].startswith("tanh, normalized")
    assert normalized[4] > 0.4 * normalized[0]
    lab.choose("softsign")
    assert "a=softsign,normalized" in lab.settings
    assert lab.table()["std"][0] < normalized[0]
    lab.choose("sigmoid")
    assert lab.table()["mean"] == pytest.approx([0.5] * 5, abs=0.15)
    lab.choose("standard")
    assert lab.settings.startswith("a=sigmoid,standard,1,5x40,0.1")


def test_gain_depth_and_width_with_the_keyboard(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    before = lab.table()["std"]
    lab.control("Gain").focus()
    for _ in range(5):
        lab.page.keyboard.press("ArrowRight")
    lab.settle()
    assert "standard,1.5,3x40" in lab.settings
    assert lab.table()["std"][0] > 1.1 * before[0]
    lab.control("Depth, layers").press("End")
    lab.settle()
    assert len(lab.table()["std"]) == 30
    lab.control("Depth, layers").press("Home")
    lab.settle()
    assert len(lab.table()["std"]) == 1
    lab.control("Width, units").press("End")
    lab.settle()
    assert lab.settings.startswith("a=tanh,standard,1.5,1x200,0.1")
    assert lab.page.locator(".lab-settings output:visible").all_inner_texts() == ["1.5", "1", "200"]


def test_learning_rate_batch_and_seed(open_lab: Any) -> None:
    lab = open_lab(SMALL)

    def after_one_update() -> dict[str, list[float]]:
        lab.settle()
        lab.click("Step")
        lab.settle()
        return lab.table()

    first = after_one_update()
    lab.control("Learning rate").select_option("1")
    assert "3x40,1&" in lab.settings
    assert after_one_update() != first
    lab.control("Learning rate").select_option("0.1")
    assert after_one_update() == first
    assert lab.page.locator(".lab-picture").count() == 10
    lab.control("Batch, images").select_option("2")
    assert after_one_update() != first
    assert lab.page.locator(".lab-picture").count() == 2
    lab.control("Batch, images").select_option("10")
    lab.control("Seed").fill("5")
    lab.control("Seed").press("Enter")
    assert "seed=5" in lab.settings
    other = after_one_update()
    assert other != first
    lab.click("Next seed")
    assert "seed=6" in lab.settings
    assert after_one_update() != other
    lab.control("Seed").fill("-3")
    lab.control("Seed").press("Enter")
    assert lab.control("Seed").input_value() == "0", "a value that is not allowed cannot stay"
    assert after_one_update() == first


def test_a_change_while_it_trains_begins_anew_and_goes_on(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    lab.click("Start")
    lab.page.wait_for_function("document.querySelector('.lab-update').textContent.length > 2")
    lab.choose("softsign")
    assert lab.running
    assert lab.titles[0].startswith("softsign")


def test_two_networks_on_the_same_images(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    lab.page.get_by_label("Compare with a second network").check()
    lab.settle()
    assert lab.titles == ["tanh, standard, 3 × 40, rate 0.1", "tanh, normalized, 3 × 40, rate 0.1"]
    assert lab.table(0)["std"][2] < lab.table(1)["std"][2]
    lab.choose("standard", 1)  # the same settings on both sides
    for _ in range(3):
        lab.click("Step")
    lab.settle()
    assert lab.update == 3
    assert lab.table(0) == lab.table(1)
    lab.control("Depth, layers", 1).press("ArrowLeft")
    lab.settle()
    assert "b=tanh,standard,1,2x40" in lab.settings
    assert [len(lab.table(i)["std"]) for i in (0, 1)] == [3, 2]
    lab.page.get_by_label("Compare with a second network").uncheck()
    lab.settle()
    assert lab.titles == ["tanh, standard, 3 × 40, rate 0.1"]


def test_an_address_holds_all_settings(open_lab: Any) -> None:
    text = (
        "a=softsign,normalized,1.5,4x60,0.02&b=sigmoid,standard,1,2x20,0.5&batch=20&seed=9&speed=10"
    )
    lab = open_lab(text)
    assert lab.titles == [
        "softsign, normalized, gain 1.5, 4 × 60, rate 0.02",
        "sigmoid, standard, 2 × 20, rate 0.5",
    ]
    read = [lab.control(n).input_value() for n in ("Batch, images", "Speed", "Seed")]
    assert read == ["20", "10", "9"]
    values = lab.table(0), lab.table(1)
    lab.control("Seed").fill("10")
    lab.control("Seed").press("Enter")
    assert lab.settings == text.replace("seed=9", "seed=10")
    lab.page.reload()
    again = LabPage(lab.watched)
    assert again.control("Seed").input_value() == "10"
    again.page.evaluate("(text) => { location.hash = text; }", text)
    again.settle()
    assert (again.table(0), again.table(1)) == values


def test_looking_back(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    start = lab.table()
    for _ in range(5):
        lab.click("Step")
    lab.settle()
    end = lab.table()
    past = lab.page.get_by_label("Look back")
    past.press("Home")
    lab.settle()
    assert lab.table() == start
    assert past.get_attribute("aria-valuetext") == "update 0"
    assert lab.update == 5, "the clock stays"
    past.press("End")
    lab.settle()
    assert lab.table() == end
    lab.page.locator(".lab-error").scroll_into_view_if_needed()
    box = lab.page.locator(".lab-error .u-over").bounding_box()
    assert box is not None
    lab.page.mouse.move(box["x"] + 1, box["y"] + box["height"] / 2)
    lab.settle()
    assert lab.table() == start, "pointing at the beginning of a curve shows it"
    lab.page.mouse.move(0, 0)
    lab.settle()
    assert lab.table() == end
