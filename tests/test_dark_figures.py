"""Figures of the dark mode: text becomes light, colours keep their hue, edges are smooth."""

from __future__ import annotations

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
from light import dark
from matplotlib import colormaps
from PIL import Image
from test_book_extensions import drawn


def colours(*all_of: tuple[int, int, int]) -> np.ndarray:
    return np.array(all_of, dtype=np.uint8)


def luminance(shown: np.ndarray) -> np.ndarray:
    """Relative luminance as WCAG defines it."""
    share = shown / 255
    light = np.where(share <= 0.03928, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return light @ np.array([0.2126, 0.7152, 0.0722])


def test_paper_becomes_the_ground_and_ink_becomes_light() -> None:
    white, black = dark.on_dark(colours((255, 255, 255), (0, 0, 0)))
    assert (tuple(white), tuple(black)) == (dark.GROUND, dark.INK)
    sheet = (Path(__file__).parents[1] / "book/_static/book.css").read_text(encoding="utf8")
    ground = "".join(f"{value:02x}" for value in dark.GROUND)
    assert f"--pst-color-background: #{ground};" in sheet


def test_every_strong_colour_can_be_told_from_the_ground() -> None:
    levels = [0, 51, 102, 153, 204, 255]
    strong = [c for c in product(levels, repeat=3) if min(c) == 0]
    shown = luminance(dark.on_dark(colours(*strong)))
    ground = luminance(np.array(dark.GROUND))
    assert ((shown + 0.05) / (ground + 0.05)).min() >= 3


def test_colours_keep_their_hue_and_differ() -> None:
    given = (255 * colormaps["viridis"](np.linspace(0, 0.9, 5))[:, :3]).round().astype(np.uint8)
    before, after = (dark.oklab(c.astype(np.float32) / 255) for c in (given, dark.on_dark(given)))
    hues = [np.arctan2(lab[:, 2], lab[:, 1]) for lab in (before, after)]
    assert np.cos(hues[0] - hues[1]).min() > np.cos(np.radians(15))
    apart = [np.linalg.norm(a - b) for a, b in combinations(after, 2)]
    assert min(apart) > 0.08  # twenty times what an eye can just tell


@pytest.mark.parametrize("colour", [(0, 0, 0), (0, 114, 178), (213, 94, 0), (0, 158, 115)])
def test_a_smooth_edge_stays_one(colour: tuple[int, int, int]) -> None:
    solid = dark.on_dark(colours(colour))[0].astype(float)
    for share in (0.25, 0.5, 0.75):
        edge = np.round(share * np.array(colour) + (1 - share) * 255).astype(np.uint8)
        expected = share * solid + (1 - share) * np.array(dark.GROUND)
        assert dark.on_dark(edge[None])[0] == pytest.approx(expected, abs=6)


def test_lightness_and_opponents_lead_back() -> None:
    given = np.random.default_rng(0).random((100, 3), dtype=np.float32)
    assert dark.from_oklab(dark.oklab(given)) == pytest.approx(given, abs=1e-3)
    # Ottosson's own example: white has lightness 1 and no colour
    assert dark.oklab(np.ones((1, 3), np.float32))[0] == pytest.approx([1, 0, 0], abs=1e-3)


def test_a_figure_has_a_copy_that_waits_for_its_mode(tmp_path: Path) -> None:
    made = drawn(tmp_path, [(10, 100), (290, 310)])
    dark.mend(made)
    day, night = made.soup.select("img")
    assert (day["class"], night["class"]) == (["by-day"], ["by-night"])
    assert (night["loading"], night["alt"], night["width"]) == ("lazy", day["alt"], day["width"])
    with Image.open(made.file(str(night["src"]))) as copy:
        assert copy.getpixel((0, 0)) == dark.GROUND
        assert copy.getpixel((300, 50)) == dark.INK


def test_a_map_stays_as_it_is(tmp_path: Path) -> None:
    made = drawn(tmp_path, [(10, 590)])
    Image.linear_gradient("L").resize((600, 100)).save(made.file("../a.png"))
    dark.mend(made)
    assert len(made.soup.select("img")) == 1
