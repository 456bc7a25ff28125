"""Figures in a notebook, whatever backend the kernel inherits."""

from __future__ import annotations

import os
import sys

import nbformat
import pytest
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

CELLS = (
    "from glorot_tutor.figures import use_style\nuse_style()",
    "import matplotlib.pyplot as plt\nplt.plot([0, 1])",
)


@pytest.mark.parametrize("backend", ["Agg", None])
def test_a_notebook_shows_its_pictures(
    backend: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend:
        monkeypatch.setenv("MPLBACKEND", backend)
    else:
        monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.v4.new_notebook(cells=list(map(nbformat.v4.new_code_cell, CELLS)))
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    NotebookClient(notebook, km=manager, timeout=120).execute(env=dict(os.environ))
    shown = [output.get("data", {}) for output in notebook.cells[1].outputs]
    assert any("image/png" in data for data in shown)
