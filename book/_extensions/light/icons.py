"""The icons that pages show, drawn into the pages.

The theme brings 2,000 icons as a script of 1.5 MB, which looks for some twenty in each page and
puts a picture in the place of each. Here the same is done before the page is read.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from bs4 import Tag
from sphinx.util import logging

from light.page import Page

LOG = logging.getLogger(__name__)

SCRIPT = "_static/scripts/fontawesome.js"
DRAWN = re.compile(r'[{,]"?([a-z][a-z0-9-]*)"?:\[(\d+),(\d+),\[([^\]]*)\],"[0-9a-f]*","([^"]*)"\]')
SIZES = {"fa-lg", "fa-fw", "fa-solid", "fa-regular", "fa-brands"}

STYLE = """
.svg-inline--fa { box-sizing: content-box; display: inline-block; height: 1em; overflow: visible;
  vertical-align: -0.125em; }
.svg-inline--fa.fa-lg { font-size: 1.25em; line-height: 0.05em; vertical-align: -0.2em; }
"""


def mend(page: Page) -> None:
    """Draw all icons of a page."""
    for tag in page.soup.select("i[class*='fa-'], span[class*='fa-']"):
        names = [name for name in tag["class"] if name.startswith("fa-") and name not in SIZES]
        picture = drawn(page.site).get(names[0].removeprefix("fa-")) if names else None
        if picture is None:
            LOG.warning("%s shows an icon that the theme does not draw: %s", page.name, tag)
        else:
            tag.replace_with(icon(page, tag, *picture))


def icon(page: Page, tag: Tag, width: str, height: str, path: str) -> Tag:
    """Return the picture that takes the place of a tag."""
    svg = page.tag("svg", viewBox=f"0 0 {width} {height}", fill="currentColor")
    svg.attrs |= {**tag.attrs, "class": ["svg-inline--fa", *tag["class"]], "aria-hidden": "true"}
    del svg["title"]  # its button has a name
    svg.append(page.tag("path", d=path))
    return svg


@lru_cache(maxsize=1)
def drawn(site: Path) -> dict[str, tuple[str, str, str]]:
    """Width, height and path of every icon of the theme, by name."""
    found: dict[str, tuple[str, str, str]] = {}
    for name, width, height, others, path in DRAWN.findall((site / SCRIPT).read_text("utf8")):
        for each in (name, *re.findall(r'"([^"]+)"', others)):
            found.setdefault(each, (width, height, path))
    return found
