"""Figures for the dark mode: a second copy of each, with the same marks on the page's dark ground.

Every pixel of a figure is taken for a colour laid over white, with the least opacity possible, and
the same opacity lays it over the dark ground. So edges stay smooth, and what was faint stays faint.
Black, the text and the axes, becomes nearly white; a colour keeps its hue, and is light enough to
be told from the ground. Pictures and maps, which cover their paper, stay as they are: there every
shade says something.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from bs4 import Tag
from numpy.typing import NDArray
from PIL import Image

from light.page import Page

Colours = NDArray[np.float32]

GROUND, INK = (0x12, 0x16, 0x1B), (0xE6, 0xEB, 0xF0)
"""The page's colours in its dark mode: --pst-color-background of book.css, and text."""

DARKEST = 0.58
"""Least lightness (OKLab, 0 .. 1) of a colour: more than 3 : 1 against the ground, as WCAG asks."""

GREY = 0.06
"""Chroma (OKLab) below which a colour is on its way to grey; at 0 it is ink."""

PAPER = 0.5
"""Least share of white in a figure that has a dark copy: what covers more than half is a map."""

TO_LMS = ((0.4122214708, 0.5363325363, 0.0514459929),
          (0.2119034982, 0.6806995451, 0.1073969566),
          (0.0883024619, 0.2817188376, 0.6299787005))  # fmt: skip
TO_LAB = ((0.2104542553, 0.7936177850, -0.0040720468),
          (1.9779984951, -2.4285922050, 0.4505937099),
          (0.0259040371, 0.7827717662, -0.8086757660))  # fmt: skip
"""B. Ottosson's OKLab: light to the eye's cones, their cube roots to lightness and opponents."""


def mend(page: Page) -> None:
    """Put a dark copy beside each figure of a page; figures.css shows the one of the mode."""
    for picture in page.soup.select("article figure img[width]"):
        file = page.file(str(picture["src"]))
        if file.suffix in {".png", ".webp"} and not picture.find_parent(class_="lab"):
            dark = darkened(file)
            if dark:
                put_beside(page, picture, dark)


def put_beside(page: Page, picture: Tag, dark: Path) -> None:
    """Put a picture's dark copy after it, which is loaded only where it is shown."""
    copy = page.tag("img", **{str(key): str(value) for key, value in picture.attrs.items()})
    copy["src"] = page.link(dark)
    copy["loading"] = "lazy"
    del copy["fetchpriority"]
    names = picture.get("class", ())
    picture["class"], copy["class"] = [*names, "by-day"], [*names, "by-night"]
    picture.insert_after(copy)


def darkened(file: Path) -> Path | None:
    """Write the dark copy of a figure beside it, and return its file; None of a picture."""
    dark = file.with_name(f"{file.stem}-dark.webp")
    if not dark.exists():
        with Image.open(file) as picture:
            pixels = np.asarray(picture.convert("RGBX")).view("<u4")[..., 0]
        found, places, counts = np.unique(pixels, return_inverse=True, return_counts=True)
        shades = found.view(np.uint8).reshape(-1, 4)[:, :3]  # of many pixels, few are different
        if counts[shades.min(axis=1) > 250].sum() < PAPER * pixels.size:
            return None
        colours = on_dark(shades)[places.reshape(pixels.shape)]
        Image.fromarray(colours).save(dark, "WEBP", lossless=True, quality=75, method=4)
    return dark


def on_dark(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return what stands on the dark ground for colours that stand on white, both (n, 3)."""
    shown = pixels.astype(np.float32) / 255
    opacity = 1 - shown.min(axis=1, keepdims=True)
    colour = 1 - (1 - shown) / np.maximum(opacity, 1e-6)
    ground = np.float32(GROUND) / 255
    laid = opacity * lifted(colour.clip(0, 1)) + (1 - opacity) * ground
    return (255 * laid).round().astype(np.uint8)


def lifted(colours: Colours) -> Colours:
    """Return colours (sRGB, 0 .. 1) that can be told from the dark ground: grey ones become ink."""
    lightness, *opponents = oklab(colours).T
    raised = DARKEST + (1 - DARKEST) * lightness
    ink = np.float32(INK) / 255
    share = np.clip(np.hypot(*opponents) / GREY, 0, 1)
    bright = from_oklab(np.stack([raised, *opponents], axis=1))
    return share[:, None] * bright + (1 - share[:, None]) * ink


def oklab(colours: Colours) -> Colours:
    """Lightness and two opponents of colours (sRGB, 0 .. 1), all (n, 3)."""
    light = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.cbrt(light @ np.float32(TO_LMS).T) @ np.float32(TO_LAB).T


def from_oklab(lab: Colours) -> Colours:
    """Colours (sRGB, 0 .. 1) of a lightness and two opponents; what no screen shows is cut off."""
    cones = (lab @ np.linalg.inv(np.float32(TO_LAB)).T) ** 3
    light = (cones @ np.linalg.inv(np.float32(TO_LMS)).T).clip(0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
