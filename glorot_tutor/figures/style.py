"""One style and two palettes for the whole book.

Layers go from dark to light in one sequence, models each have a colour of their own. Both can be
told apart by colour-blind readers and in grey print (lines differ in dash or marker too).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import seaborn as sns
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

INK = "#1f2933"
STANDARD, NORMALIZED = "#d55e00", "#0072b2"
INITIALIZATIONS = {"standard": STANDARD, "normalized": NORMALIZED}
MODELS = {
    "sigmoid": "#8a8a8a",
    "sigmoid 4": "#4b5563",
    "tanh": STANDARD,
    "softsign": "#e69f00",
    "softsign N": "#56b4e9",
    "tanh N": NORMALIZED,
}
"""Colour of each model: N is the normalized initialization, 4 the depth where it is not 5."""

COSTS = {"cross-entropy": INK, "quadratic": "#c1272d"}
MARKERS = ("o", "s", "^", "D", "v")


def use_style() -> None:
    """Set the book's one figure style: white ground (a card in dark mode), quiet grid, 2x PNG."""
    if (shell := get_ipython()) is not None:
        # a notebook that inherits MPLBACKEND=Agg would run to its end without a picture
        if hasattr(shell, "kernel") and mpl.get_backend().lower() == "agg":
            shell.run_line_magic("matplotlib", "inline")
        set_matplotlib_formats("retina")
    sns.set_theme(style="whitegrid", context="notebook", font_scale=0.95)
    mpl.rcParams.update(
        {
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "axes.edgecolor": "#9aa5b1",
            "axes.labelcolor": INK,
            "axes.titlesize": "medium",
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "grid.color": "#e4e7eb",
            "text.color": INK,
            "legend.frameon": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
        }
    )


def layer_palette(layers: Sequence[int]) -> dict[int, Any]:
    """Colours by layer, first hidden layer darkest."""
    # the palest fifth of the map is left out: it vanishes on white
    colours = sns.color_palette("viridis", as_cmap=True)(np.linspace(0, 0.82, len(layers)))
    return dict(zip(layers, map(tuple, colours), strict=True))
