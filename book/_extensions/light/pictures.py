"""Pictures as small as they get without the loss of a colour, each with its size."""

from __future__ import annotations

from pathlib import Path

from bs4 import Tag
from PIL import Image

from light.page import Page

EAGER = 1
"""So many pictures of a page may be in sight when it opens; the others are loaded on the way."""


def mend(page: Page) -> None:
    """Shrink the pictures of a page, and say how large each is."""
    pictures = page.soup.select("article img")
    for place, picture in enumerate(pictures):
        lighten(page, picture)
        if place >= EAGER or picture.find_parent(class_="lab"):
            picture["loading"] = "lazy"
        elif page.soup.h1 and picture.find_previous("h2") is None:
            picture["fetchpriority"] = "high"
    for picture in page.soup.find_all("img"):
        if page.file(str(picture["src"])).suffix in {".png", ".webp"}:
            tell_size(page, picture)


def lighten(page: Page, picture: Tag) -> None:
    """Show a picture's smaller copy, and let a link around it lead to that."""
    file = page.file(str(picture["src"]))
    small = smaller(file)
    if small != file:
        link = picture.find_parent("a")
        if link and page.file(str(link["href"])) == file:
            link["href"] = page.link(small)
        picture["src"] = page.link(small)


def smaller(file: Path) -> Path:
    """Write a PNG as WebP without loss, and return the file that is smaller."""
    if file.suffix != ".png":
        return file
    small = file.with_suffix(".webp")
    if not small.exists():
        with Image.open(file) as picture:
            picture.save(small, lossless=True, quality=75, method=5)
    return min(file, small, key=lambda each: each.stat().st_size)


def tell_size(page: Page, picture: Tag) -> None:
    """Reserve the room of a picture before it is loaded."""
    with Image.open(page.file(str(picture["src"]))) as image:
        picture["width"], picture["height"] = map(str, image.size)
