"""Figures of several columns, which a phone shows one below the other.

A figure is drawn once, for a desk. Between its columns nothing is drawn from top to bottom, and
there it may be cut: each part is the same file, of which a frame shows so much (figures.css). The
parts are named as captions name them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from bs4 import Tag
from PIL import Image

from light.page import Page

WHOLE = "whole"
"""Class of a picture that is not cut; an author sets it in the metadata of a cell."""

NAMES = {2: ("left", "right"), 3: ("left", "middle", "right")}

GAP = 10  # pixels of the file; figures are drawn at two to each of the page's
OFF = 0.05  # of the width, by which a gap may miss the place where equal columns would end


def mend(page: Page) -> None:
    """Put the parts of each figure that has columns beside it."""
    for picture in page.soup.select(f"figure > a > img[width]:not(.{WHOLE})"):
        if page.file(str(picture["src"])).suffix not in {".png", ".webp"}:
            continue
        with Image.open(page.file(str(picture["src"]))) as image:
            edges = [0, *cuts(blank(image), image.width), image.width]
        if len(edges) > 2:
            parts = page.tag("span", class_="parts")
            for place, name in enumerate(NAMES[len(edges) - 1]):
                parts.append(part(page, picture, edges, place))
                parts.contents[-1].insert(0, name)
            picture.insert_after(parts)


def part(page: Page, picture: Tag, edges: list[int], place: int) -> Tag:
    """Return the picture in a frame that shows what lies between two edges."""
    left, right = edges[place : place + 2]
    width, height = right - left, int(str(picture["height"]))
    share = width / max(b - a for a, b in pairwise(edges))
    frame = page.tag("span", style=f"width: min({share:.0%}, {width // 2}px)")
    alt = str(picture["alt"]) if place == 0 else "The same figure, next part."
    shown = page.tag("img", src=str(picture["src"]), alt=alt, loading="lazy")
    shown.attrs |= {"width": str(width), "height": str(height)}
    begin = left / (edges[-1] - width)
    shown["style"] = f"aspect-ratio: {width} / {height}; object-position: {begin:.2%} 0"
    frame.append(shown)
    return frame


def blank(image: Image.Image) -> list[tuple[int, int]]:
    """First column and end of each gap in which an image shows nothing but its ground."""
    pixels = np.asarray(image.convert("RGBA")).astype(int)
    drawn = (np.abs(pixels - pixels[0, 0]).max(axis=2) > 8).any(axis=0)
    starts = np.flatnonzero(np.diff(drawn.astype(int)) == -1) + 1
    ends = np.flatnonzero(np.diff(drawn.astype(int)) == 1) + 1
    inner = ends[ends > starts[0]] if len(starts) else ends[:0]
    return [(int(a), int(b)) for a, b in zip(starts, inner, strict=False)]


def cuts(gaps: list[tuple[int, int]], width: int) -> list[int]:
    """Where to cut between three columns, or else between two: in gaps near equal shares."""
    middles = [(a + b) // 2 for a, b in gaps if b - a >= GAP]
    for columns in (3, 2) if middles else ():
        ends = [width * k / columns for k in range(1, columns)]
        found = [min(middles, key=lambda middle, end=end: abs(middle - end)) for end in ends]
        if all(abs(a - b) < OFF * width for a, b in zip(found, ends, strict=True)):
            return found
    return []
