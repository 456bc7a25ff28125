"""Figures 6-8 side by side, for any network."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from glorot_tutor.figures.style import INK, layer_palette, nothing

PANELS = {
    "activation": "activation",
    "backprop_gradient": "back-propagated gradient",
    "weight_gradient": "weight gradient",
}

NAMED = 20
"""Most layers that get a number on the axis and their values beside; of more, some."""


def layer_histograms(frame: pd.DataFrame, statistics: pd.DataFrame) -> Figure:
    """Histograms of the three quantities by layer, stacked (figures 6, 7 and 8).

    Each is as tall as any other, and a layer that has vanished is a needle; its standard deviation
    stands beside it, and the share of values that are exactly 0, which no histogram shows.

    Parameters
    ----------
    frame
        Columns quantity, layer, value (bin centre), density.
    statistics
        Columns layer, quantity, statistic (std, zero), value.
    """
    count = max(frame["layer"].nunique(), 5)
    figure = Figure(figsize=(11, 0.9 + 0.5 * min(count, NAMED)), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    for ax, (quantity, label) in zip(axes, PANELS.items(), strict=True):
        part = frame[frame["quantity"] == quantity]
        if nothing(part, ax, "density"):
            ax.set_xlabel(label)
            continue
        _stack(part, ax)
        numbers = statistics[statistics["quantity"] == quantity]
        _write(numbers.pivot(index="layer", columns="statistic", values="value"), ax)
        ax.set(xlabel=label)
        ax.locator_params(axis="x", nbins=3)  # gradients have long numbers
    axes[0].set_ylabel("layer")
    return figure


def _stack(frame: pd.DataFrame, ax: Axes) -> None:
    layers = sorted(frame["layer"].unique())
    for layer, colour in reversed(layer_palette(layers).items()):
        part = frame[frame["layer"] == layer]
        height = layer + 0.8 * part["density"] / (part["density"].max() or 1)
        # the line keeps a layer in sight whose histogram is narrower than a pixel
        ax.fill_between(part["value"], layer, height, color=colour, lw=1.2)
    seen = frame.loc[frame["density"] > 0, "value"]
    if len(seen):
        ax.set_xlim(_limits(seen.min(), seen.max()))
    ax.set_yticks(layers[:: 1 + len(layers) // NAMED])
    ax.set_ylim(layers[0] - 0.15, layers[-1] + 1)
    ax.grid(visible=False)


def _limits(low: float, high: float) -> tuple[float, float]:
    """Leave room on the right for what is written there."""
    width = (high - low) or 1.0
    return low - 0.03 * width, high + 0.3 * width


def _write(numbers: pd.DataFrame, ax: Axes) -> None:
    for layer, row in numbers.loc[ax.get_yticks()].iterrows():
        text = f"std {row['std']:.2g}"
        if row["zero"] > 0.005:
            text += f"\n{100 * row['zero']:.0f} % are 0"
        ax.annotate(
            text, (1, float(layer) + 0.4), xycoords=("axes fraction", "data"),
            ha="right", va="center", fontsize=10.5, color=INK,
        )  # fmt: skip
