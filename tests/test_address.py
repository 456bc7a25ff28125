"""One place for the repository's address; without one, nothing leads to where nothing is."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from pages import ROOT

sys.path.insert(0, str(ROOT / "book" / "_extensions"))
import address

URL = "https://github.com/Someone/a-book"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All files that hold the address."""
    for path in address.files():
        place = tmp_path / path.relative_to(ROOT)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(path, place)
    return tmp_path


def texts(root: Path) -> dict[Path, str]:
    return {path: path.read_text() for path in address.files(root)}


def test_the_files_are_as_the_address_makes_them() -> None:
    url = address.known()
    for path, write in address.files().items():
        assert write(path.read_text(), url) == path.read_text(), f"run `make address`: {path.name}"


def test_an_address_is_written_everywhere_and_can_be_taken_back(copy: Path) -> None:
    address.write(None, copy)
    before = texts(copy)
    address.write(URL, copy)
    assert address.known(copy) == URL
    for path, text in texts(copy).items():
        assert URL in text, path.name
    readme = (copy / "README.md").read_text()
    assert f"git clone {URL} && cd a-book\nmake book" in readme
    assert "mybinder.org/v2/gh/Someone/a-book/main" in readme
    address.write(URL, copy)  # twice is as good as once
    address.write(None, copy)
    assert texts(copy) == before


def test_every_notebook_begins_by_installing_what_is_missing(copy: Path) -> None:
    address.write(URL, copy)
    for path in copy.glob("notebooks/*.ipynb"):
        first = nbformat.read(path, as_version=4).cells[0]
        assert 'find_spec("glorot_tutor") is None' in first.source
        assert first.metadata.tags == ["remove-cell"]


def options_of(root: Path) -> SimpleNamespace:
    config = SimpleNamespace(html_theme_options={}, html_baseurl="", ogp_site_url="")
    address.buttons(SimpleNamespace(confdir=root), config)
    return config


def test_buttons_are_there_where_they_lead_somewhere(copy: Path) -> None:
    address.write(None, copy)
    assert options_of(copy).html_theme_options == {}
    address.write(URL, copy)
    config = options_of(copy)
    assert config.html_theme_options["repository_url"] == URL
    assert config.html_baseurl == "https://someone.github.io/a-book/"


@pytest.mark.parametrize(
    "wrong",
    ["", "http://github.com/a/b", "https://github.com/a", "https://github.com/a/b.git", "a/b"],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit, match="OWNER/NAME"):
        address.pages(wrong)
