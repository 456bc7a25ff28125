"""The committed notebooks were run from top to bottom, and a reader can see what they show.

What their outputs say is checked by `pytest --nbval`; this guards what nbval lets pass.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LONGEST_CELL = 15  # lines of code; more belongs to the package
IMAGES = ("image/png", "image/jpeg", "image/svg+xml")
ABSOLUTE = re.compile(r"(?:^|[\s'\"(=,])(?:/[\w.~+-]+){2,}|\b[A-Z]:\\")
ADDRESS = re.compile(r"\bat 0x[0-9a-f]{6,}")

Cell = Any  # nbformat's NotebookNode: attributes by key

pytestmark = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def code_cells(path: Path) -> list[Cell]:
    notebook = nbformat.read(path, as_version=4)
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def texts(cell: Cell) -> list[str]:
    """All that a cell's outputs say in words."""
    streams = [output.text for output in cell.outputs if output.output_type == "stream"]
    bundles = [output.get("data", {}) for output in cell.outputs]
    return streams + [
        str(data[kind]) for data in bundles for kind in ("text/plain", "text/html") if kind in data
    ]


def has_image(cell: Cell) -> bool:
    return any(kind in output.get("data", {}) for output in cell.outputs for kind in IMAGES)


def test_the_format_is_valid(path: Path) -> None:
    nbformat.validate(nbformat.read(path, as_version=4))


def test_the_kernel_is_this_environments(path: Path) -> None:
    kernel = nbformat.read(path, as_version=4).metadata.kernelspec
    assert (kernel.name, kernel.language) == ("python3", "python")


def test_the_name_says_number_verb_and_topic(path: Path) -> None:
    assert re.fullmatch(r"\d\d(_[a-z0-9]+){2,}", path.stem)


def test_every_cell_was_run_in_order(path: Path) -> None:
    counts = [cell.execution_count for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run `make notebooks`"


def test_no_cell_failed_or_complained(path: Path) -> None:
    for cell in code_cells(path):
        for output in cell.outputs:
            assert output.output_type != "error", f"{cell.source}\n-> {output.evalue}"
            assert output.get("name") != "stderr", f"{cell.source}\n-> {output.text}"


def test_outputs_are_there(path: Path) -> None:
    cells = code_cells(path)
    assert any(cell.outputs for cell in cells), "no cell has an output: run `make notebooks`"
    for cell in cells:
        if "print(" in cell.source.split("def ")[0] or "figure" in cell.metadata.get("mystnb", {}):
            assert cell.outputs, f"this cell's output is missing:\n{cell.source}"


def test_no_cell_opts_out_of_the_comparison(path: Path) -> None:
    for cell in code_cells(path):
        tags = " ".join(cell.metadata.get("tags", [])).lower()
        assert "nbval" not in tags, cell.source
        assert "NBVAL" not in cell.source, cell.source


def test_no_cell_hides_its_value_by_a_semicolon(path: Path) -> None:
    """Jupyter leaves the value out, nbval does not: name the value (`_ = ...`) instead."""
    for cell in code_cells(path):
        assert not cell.source.rstrip().endswith(";"), cell.source


def test_outputs_name_no_place_on_a_machine(path: Path) -> None:
    for cell in code_cells(path):
        for text in texts(cell):
            assert not ABSOLUTE.search(text), f"{cell.source}\n-> {text[:300]}"
            assert not ADDRESS.search(text), f"{cell.source}\n-> {text[:300]}"


def test_cells_are_short(path: Path) -> None:
    for cell in code_cells(path):
        lines = [line.strip() for line in cell.source.splitlines()]
        code = [line for line in lines if line and not line.startswith("#")]
        assert len(code) <= LONGEST_CELL, f"{len(code)} lines:\n{cell.source}"


def test_every_image_has_a_text_alternative(path: Path) -> None:
    for cell in code_cells(path):
        shown = not {"remove-output", "remove-cell"} & set(cell.metadata.get("tags", []))
        if has_image(cell) and shown:
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 10, f"no mystnb.image.alt in the metadata of:\n{cell.source}"


def test_every_figure_has_a_name_and_a_caption(path: Path) -> None:
    for cell in code_cells(path):
        figure = cell.metadata.get("mystnb", {}).get("figure")
        if figure is not None:
            assert figure.get("name"), cell.source
            assert figure.get("caption"), cell.source
            assert has_image(cell), f"this figure is not there: run `make notebooks`\n{cell.source}"


def names_of_figures(path: Path) -> list[str]:
    cells = (cell.metadata.get("mystnb", {}).get("figure", {}) for cell in code_cells(path))
    return [figure["name"] for figure in cells if "name" in figure]


def test_a_figure_has_a_name_of_its_own(path: Path) -> None:
    own = names_of_figures(path)
    others = {name for other in NOTEBOOKS if other != path for name in names_of_figures(other)}
    assert len(own) == len(set(own))
    assert not others & set(own)
