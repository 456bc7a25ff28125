"""How the lab looks: its pictures, on a desk and on a phone, by day and by night."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pages
import pytest
from lab_page import LAB, SMALL
from pages import WIDER_THAN_THE_PAGE


@pytest.fixture(scope="module")
def site() -> Path:
    return pages.built(LAB)


HISTOGRAM_COLOURS = """() => {
  const canvas = document.querySelector('.lab-histograms');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = {};
  for (let k = 0; k < data.length; k += 4)
    if (data[k + 3] > 200) {
      const name = [...data.slice(k, k + 3)].join();
      seen[name] = (seen[name] ?? 0) + 1;
    }
  return Object.keys(seen).filter((name) => seen[name] > 300).sort();
}"""


def test_pictures_change_as_the_network_does_and_with_the_mode(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    colours = lab.page.evaluate(HISTOGRAM_COLOURS)
    assert len(colours) >= 3, "one for each layer"
    pictures = {
        ".lab-histograms": lab.page.locator(".lab-histograms"),
        ".lab-chart": lab.page.locator(".lab-chart").nth(1),
    }
    before = {name: picture.screenshot() for name, picture in pictures.items()}
    lab.click("Start")
    lab.page.wait_for_function("document.querySelector('.lab-update').textContent.length > 2")
    lab.click("Pause")
    lab.settle()
    for name, picture in pictures.items():
        assert picture.screenshot() != before[name], f"{name} stands still"
    lab.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    lab.settle()
    assert not set(lab.page.evaluate(HISTOGRAM_COLOURS)) & set(colours)


SIZES = "[...document.querySelectorAll('.lab-histograms')].map((c) => [c.width, c.clientWidth])"


def test_pictures_follow_the_room_that_they_have(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    ((before, shown),) = lab.page.evaluate(SIZES)
    assert before == shown
    side = "document.querySelector('.bd-sidebar-primary').style.display"
    lab.page.evaluate(f"{side} = 'none'")
    lab.settle()
    ((after, shown),) = lab.page.evaluate(SIZES)
    assert before < after == shown, "the picture is stretched"
    lab.page.evaluate(f"{side} = ''")
    lab.settle()


# whether something is drawn in the outermost column of pixels on the left
CUT_OFF = """() => {
  const canvas = document.querySelector('.lab-histograms');
  return canvas.getContext('2d').getImageData(0, 0, 1, canvas.height).data.some((v) => v);
}"""


def test_the_name_of_a_tenth_layer_is_not_cut_off(open_lab: Any) -> None:
    lab = open_lab(SMALL.replace("3x40", "10x40"))
    assert not lab.page.evaluate(CUT_OFF)


def test_nothing_lies_over_the_bar_on_a_phone(open_lab: Any) -> None:
    lab = open_lab(SMALL, 390)
    for _ in range(2):  # the theme offers the way back when the reader turns round
        lab.page.mouse.wheel(0, 2_000)
        lab.page.wait_for_timeout(300)
    lab.page.mouse.wheel(0, -500)
    lab.page.wait_for_timeout(300)
    assert not lab.page.locator("#pst-back-to-top").is_visible()


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 1280])
def test_every_width_and_mode(open_lab: Any, width: int, mode: str) -> None:
    lab = open_lab(SMALL + "&b=sigmoid,standard,1,10x40,0.1", width, color_scheme=mode)
    lab.click("Step")
    lab.settle()
    assert lab.page.evaluate(WIDER_THAN_THE_PAGE) == []
    assert lab.page.locator(f"html[data-theme={mode}]").count() == 1
    assert lab.page.evaluate(LOWEST_CONTRAST) >= 4.5


LOWEST_CONTRAST = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.match(/[\\d.]+/g).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const { backgroundColor } = getComputedStyle(e);
      if (!/rgba.*, 0\\)|transparent/.test(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  const texts = [...document.querySelectorAll('.lab-body *, button[data-lab]')].filter((e) =>
    own(e) && e.offsetParent && e.tagName !== 'OPTION');
  return Math.min(...texts.map((e) => {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}"""


# that the page has come to where the histograms stand well above the bar of buttons
IN_SIGHT = """() => {
  const [histograms, bar] = [".lab-histograms", ".lab-bar"].map((name) =>
    document.querySelector(name).getBoundingClientRect().top);
  return 0 < histograms && histograms < bar - 200;
}"""


def test_on_a_phone_what_moves_stands_beside_start(open_lab: Any) -> None:
    lab = open_lab(SMALL, 390, has_touch=True, reduced_motion="reduce")
    gain = lab.control("Gain")
    assert not gain.is_visible()
    assert "tanh, standard, 3 × 40, rate 0.1" in lab.page.inner_text(".lab summary")
    lab.page.get_by_role("button", name="Start", exact=True).tap()
    lab.page.wait_for_function(IN_SIGHT)
    lab.page.locator(".lab summary").tap()
    assert gain.is_visible()
    gain.focus()
    gain.press("ArrowRight")
    lab.settle()
    assert gain.is_visible(), "the reader has opened it"
    assert "gain 1.1" in lab.page.inner_text(".lab summary")


def test_two_networks_stand_side_by_side_on_a_phone(open_lab: Any) -> None:
    lab = open_lab(f"{SMALL}&b=softsign,standard,1,3x40,0.1", 390)
    for picture in (".lab-histograms", ".lab-panel .lab-chart"):
        places = lab.page.locator(picture)
        half = places.count() // 2
        first, second = (places.nth(i).bounding_box() for i in (0, half))
        assert first["y"] == pytest.approx(second["y"], abs=2)
        assert first["x"] + first["width"] < second["x"]
        assert first["width"] > 120
    assert lab.page.evaluate(WIDER_THAN_THE_PAGE) == []


def test_on_a_desk_the_settings_are_always_there(open_lab: Any) -> None:
    lab = open_lab(SMALL)
    assert lab.control("Gain").is_visible()
    assert not lab.page.locator(".lab summary").is_visible()
