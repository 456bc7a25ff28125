"""The repository's address, kept in one place: `[project.urls]` of pyproject.toml.

`make address URL=https://github.com/OWNER/NAME` writes it there, and from there into README.md,
CITATION.cff and the notebooks' first cell, which installs the package on Colab. The book takes
it when it is built. As long as there is no address, nothing leads to a page that does not exist.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[2]
FORM = re.compile(r"https://github\.com/(?P<owner>[\w.-]+)/(?P<name>[\w.-]+?)/?")
FIRST = "notebooks/02_watch_the_network.ipynb"  # what the badge of Colab opens
CELL = "install-on-colab"
NEW_CELL = """\
# on Colab the package has to be installed first
from importlib.util import find_spec

if find_spec("glorot_tutor") is None:
    %pip install -q "glorot-tutor[lab] @ git+{url}"
"""
BADGES = """\
[![Open on Binder](https://mybinder.org/badge_logo.svg)](https://mybinder.org/v2/gh/{owner}/{name}/main?urlpath=lab/tree/notebooks)
[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)](https://colab.research.google.com/github/{owner}/{name}/blob/main/{first})
"""


def known(root: Path = ROOT) -> str | None:
    """Return the address, or None where none is set."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    address: str | None = project.get("urls", {}).get("Repository")
    return address


def pages(url: str) -> str:
    """Return where GitHub Pages shows the book."""
    owner, name = _parts(url)
    home = f"{owner.lower()}.github.io"
    return f"https://{home}/" if name.lower() == home else f"https://{home}/{name}/"


def _parts(url: str) -> tuple[str, str]:
    match = FORM.fullmatch(url)
    if not match or match["name"].endswith(".git"):
        sys.exit(f"An address is https://github.com/OWNER/NAME, and {url!r} is not.")
    return match["owner"], match["name"]


def _between(text: str, start: str, end: str, new: str) -> str:
    """Put a text between two marks."""
    head, _, rest = text.partition(start)
    return head + start + new + end + rest.partition(end)[2]


def readme(text: str, url: str | None) -> str:
    """Return README with badges and the command that clones, or without them."""
    badges, clone = "\n", ""
    if url:
        owner, name = _parts(url)
        badges = "\n" + BADGES.format(owner=owner, name=name, first=FIRST)
        clone = f"git clone {url} && cd {name}\n"
    text = _between(text, "<!-- badges -->", "<!-- end of badges -->", badges)
    return re.sub(r"(```shell\n)(?:git clone .*\n)?(make book)", rf"\1{clone}\2", text)


def citation(text: str, url: str | None) -> str:
    """Return CITATION.cff with the address, or without one."""
    line = f'repository-code: "{url}"\n' if url else ""
    text = re.sub(r"repository-code: .*\n", "", text)
    return text.replace("authors:\n", line + "authors:\n", 1)


def project(text: str, url: str | None) -> str:
    """Return pyproject.toml with the address, or without one."""
    text = re.sub(r"\[project\.urls\]\n(?:.+\n)*\n", "", text)
    block = f'[project.urls]\nRepository = "{url}"\n\n' if url else ""
    return text.replace("[project.scripts]\n", block + "[project.scripts]\n", 1)


def notebook(text: str, url: str | None) -> str:
    """Return a notebook whose first cell installs the package on Colab, or without that cell."""
    book = nbformat.reads(text, as_version=4)
    book.cells = [cell for cell in book.cells if cell["id"] != CELL]
    if url:
        source = NEW_CELL.format(url=url).rstrip()
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["remove-cell"]}, id=CELL)
        book.cells.insert(0, cell)
    return nbformat.writes(book) + "\n"


def files(root: Path = ROOT) -> dict[Path, Any]:
    """Return the files that hold the address, and what writes it into each."""
    notebooks = dict.fromkeys(sorted(root.glob("notebooks/*.ipynb")), notebook)
    named = {"README.md": readme, "CITATION.cff": citation, "pyproject.toml": project}
    return {root / name: write for name, write in named.items()} | notebooks


def write(url: str | None, root: Path = ROOT) -> None:
    """Write the address, or none, into every file that holds it."""
    texts = {path: write(path.read_text(), url) for path, write in files(root).items()}
    for path, text in texts.items():
        path.write_text(text)


def buttons(app: Any, config: Any) -> None:
    """Add to the theme's options what leads to the repository, if there is one."""
    url = known(Path(app.confdir))
    if not url:
        return
    config.html_theme_options |= {
        "repository_url": url,
        "repository_branch": "main",
        "path_to_docs": ".",
        "use_repository_button": True,
        "use_issues_button": True,
        "launch_buttons": {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "colab_url": "https://colab.research.google.com",
        },
    }
    config.html_baseurl = config.ogp_site_url = pages(url)


def setup(app: Any) -> dict[str, Any]:
    """Let the book take the address while it is built."""
    app.connect("config-inited", buttons)
    return {"parallel_read_safe": True}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", nargs="?", help="https://github.com/OWNER/NAME; without: none")
    given = parser.parse_args().url or None
    if given:
        _parts(given)
    write(given.rstrip("/") if given else None)
