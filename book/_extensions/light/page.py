"""A built page that is read, changed and written again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag


@dataclass
class Page:
    """A page of the site in `site`, as a tree of tags."""

    path: Path
    site: Path
    soup: BeautifulSoup = field(init=False)

    def __post_init__(self) -> None:
        self.soup = BeautifulSoup(self.path.read_text(encoding="utf8"), "html.parser")

    @property
    def name(self) -> str:
        """Address of the page within the site."""
        return self.path.relative_to(self.site).as_posix()

    def file(self, link: str) -> Path:
        """Return the file that a link of the page leads to."""
        return (self.path.parent / unquote(urlsplit(link).path)).resolve()

    def link(self, file: Path) -> str:
        """Return the link that leads from the page to a file."""
        return Path(os.path.relpath(file, self.path.parent)).as_posix()

    def tag(self, name: str, **attributes: str) -> Tag:
        """Make a tag; `class_` stands for the attribute `class`."""
        return self.soup.new_tag(
            name, attrs={key.rstrip("_"): value for key, value in attributes.items()}
        )

    def drop(self, selector: str) -> None:
        """Take out all that a selector finds."""
        for tag in self.soup.select(selector):
            tag.decompose()

    def write(self) -> None:
        """Put the page where it was read."""
        self.path.write_text(str(self.soup), encoding="utf8")
