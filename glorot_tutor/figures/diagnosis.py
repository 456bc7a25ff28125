"""Figures 6-8 side by side, for any network."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from glorot_tutor.figures.start import ridges

PANELS = {
    "activation": "activation",
    "backprop_gradient": "back-propagated gradient",
    "weight_gradient": "weight gradient",
}


def layer_histograms(frame: pd.DataFrame) -> Figure:
    """Histograms of the three quantities by layer, each on its own range (figures 6, 7 and 8).

    Columns quantity, layer, value (bin centre), density.
    """
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    axes = figure.subplots(1, len(PANELS))
    for ax, (quantity, label) in zip(axes, PANELS.items(), strict=True):
        ridges(frame[frame["quantity"] == quantity], ax, label)
        ax.locator_params(axis="x", nbins=3)  # gradients have long numbers
    return figure
