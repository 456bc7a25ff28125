"""One style and two palettes for the whole book.

Layers go from dark to light in one sequence, models each have a colour of their own. Both can be
told apart by colour-blind readers and in grey print (lines differ in dash or marker too).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from IPython import get_ipython
from matplotlib.axes import Axes
from matplotlib_inline.backend_inline import set_matplotlib_formats

from glorot_tutor import activations, initializations

INK = "#1f2933"
ACTIVATIONS = {name: row.colour for name, row in activations.ACTIVATIONS.items()}
INITIALIZATIONS = {name: row.colour for name, row in initializations.INITIALIZATIONS.items()}
"""Colours by name, from the tables; lines of one colour differ in dash and marker."""

STANDARD, NORMALIZED = (INITIALIZATIONS[name] for name in initializations.PAPER)
DASHES = {"-": "", "--": (4, 2), ":": (1, 1), "-.": (4, 2, 1, 2)}
"""What seaborn calls matplotlib's dashes."""

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


def nothing(frame: pd.DataFrame, ax: Axes, column: str) -> bool:
    """Say so in the middle of an axis, and return True, if a frame has no number in a column."""
    empty = not np.isfinite(frame[column].to_numpy(float)).any()
    if empty:
        word = "no numbers" if len(frame) else "nothing recorded"
        ax.text(0.5, 0.5, word, ha="center", va="center", transform=ax.transAxes)
        ax.set(xticks=[], yticks=[])
    return empty


def layer_palette(layers: Sequence[int]) -> dict[int, Any]:
    """Colours by layer, first hidden layer darkest."""
    # the palest fifth of the map is left out: it vanishes on white
    colours = sns.color_palette("viridis", as_cmap=True)(np.linspace(0, 0.82, len(layers)))
    return dict(zip(layers, map(tuple, colours), strict=True))
