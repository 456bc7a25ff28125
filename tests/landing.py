"""The picture on the landing page and in the README: the output of a notebook's figure."""

from __future__ import annotations

import base64
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "book/_static/landing.png"


def picture() -> bytes:
    """PNG of the figure `fig-ridges`, as its notebook holds it."""
    path = ROOT / "notebooks/05_measure_gradients_at_initialization.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.metadata.get("mystnb", {}).get("figure", {}).get("name") == "fig-ridges":
            images = [output.get("data", {}).get("image/png") for output in cell.outputs]
            return base64.b64decode(next(filter(None, images)))
    raise LookupError(f"{path.name} has no figure named fig-ridges")


if __name__ == "__main__":
    PICTURE.write_bytes(picture())
