"""Pictures of networks while they learn (figures 2-4 and 9-11, and some that the paper lacks).

Frames have a column update. The time axis counts epochs of 20,000 mini-batch updates, as the
paper's does, or single updates where a run is shorter than a few of those.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import PowerNorm

from glorot_tutor.checks import one_of
from glorot_tutor.figures.style import INK, MARKERS, MODELS, layer_palette, nothing

EPOCH = 20_000
_LONG = 5 * EPOCH
_DASHES = ((0, (3, 1)), "-.", "--", (0, (5, 1, 1, 1, 1, 1)), (0, (7, 1)), "-")


def _time(frame: pd.DataFrame, ax: Axes) -> float:
    """Name the time axis, and return the updates to its unit."""
    long = frame["update"].max() >= _LONG
    ax.set_xlabel("epochs of 20,000 updates" if long else "updates")
    return EPOCH if long else 1


def _some(part: pd.DataFrame, most: int = 26) -> pd.DataFrame:
    """Thin out the records of one layer, so that marks stand apart: they are evenly spaced."""
    wanted = np.linspace(0, part["update"].max(), most)
    updates = part["update"].to_numpy()
    nearest = np.unique(np.abs(updates[:, None] - wanted).argmin(0))
    return part.iloc[nearest]


def activations_over_time(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Mean activation of each layer with its standard deviation as a bar, as figure 2 does.

    Columns update, layer, mean, std.
    """
    if nothing(frame, ax, "mean"):
        return ax
    unit = _time(frame, ax)
    layers = sorted(frame["layer"].unique())
    for (layer, colour), marker in zip(layer_palette(layers).items(), cycle(MARKERS), strict=False):
        part = frame[frame["layer"] == layer].sort_values("update")
        ax.plot(part["update"] / unit, part["mean"], color=colour, lw=1.4)
        some = _some(part)
        # layers side by side, so that one bar does not hide another
        shift = (layer - np.mean(layers)) * some["update"].max() / unit / 400
        ax.errorbar(
            some["update"] / unit + shift, some["mean"], some["std"], fmt=marker, ms=3.5,
            color=colour, elinewidth=0.9, label=str(layer),
        )  # fmt: skip
    ax.set(ylabel="activation")
    ax.legend(title="layer", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def saturation(frame: pd.DataFrame, ax: Axes) -> Axes:
    """98th percentile (marks alone) and standard deviation (lines with marks) of each layer.

    Columns update, layer, p98, std; as figures 3 and 10 do.
    """
    if nothing(frame, ax, "p98"):
        return ax
    unit = _time(frame, ax)
    layers = sorted(frame["layer"].unique())
    for (layer, colour), marker in zip(layer_palette(layers).items(), cycle(MARKERS), strict=False):
        part = frame[frame["layer"] == layer].sort_values("update")
        some = _some(part)
        ax.plot(some["update"] / unit, some["p98"], marker, ms=4.5, color=colour)
        ax.plot(part["update"] / unit, part["std"], color=colour, lw=1.2)
        ax.plot(some["update"] / unit, some["std"], marker, ms=3, color=colour, mfc="white")
        ax.plot([], [], marker, ls="-", ms=4.5, lw=1.2, color=colour, label=str(layer))
    ax.set(ylabel="98th percentile, std", ylim=(0, 1.05))
    ax.legend(title="layer", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def gradient_intervals(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Interval of one standard deviation around the mean for each layer, as figure 9 draws it.

    Columns update, layer, mean, std.
    """
    if nothing(frame, ax, "mean"):
        return ax
    unit = _time(frame, ax)
    layers = sorted(frame["layer"].unique())
    width = frame["update"].max() / unit / 26
    for (layer, colour), marker in zip(layer_palette(layers).items(), cycle(MARKERS), strict=False):
        some = _some(frame[frame["layer"] == layer].sort_values("update"), 21)
        place = some["update"] / unit + (layer - np.mean(layers)) * width / len(layers)
        ax.errorbar(
            place, some["mean"], some["std"], fmt=marker, ms=2.5, color=colour, elinewidth=1.3,
            label=str(layer),
        )  # fmt: skip
    ax.set(ylabel="weight gradient")
    ax.legend(title="layer", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def lines_by_layer(frame: pd.DataFrame, ax: Axes, label: str, log: bool = True) -> Axes:
    """One line to a layer (columns update, layer, value)."""
    if nothing(frame, ax, "value"):
        return ax
    unit = _time(frame, ax)
    layers = sorted(frame["layer"].unique())
    for (layer, colour), marker in zip(layer_palette(layers).items(), cycle(MARKERS), strict=False):
        part = frame[frame["layer"] == layer].sort_values("update")
        ax.plot(part["update"] / unit, part["value"], color=colour, lw=1.3)
        some = _some(part, 12)
        ax.plot(some["update"] / unit, some["value"], marker, ms=4, color=colour)
        ax.plot([], [], marker, ls="-", ms=4, lw=1.3, color=colour, label=str(layer))
    ax.set(ylabel=label, yscale="log" if log else "linear")
    ax.legend(title="layer", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def history(frame: pd.DataFrame, ax: Axes) -> QuadMesh:
    """Map one layer's histogram over time: each column of the map is the histogram of a moment.

    Columns update, value (bin centre), density. Returns the map, for a colour bar.
    """
    if nothing(frame, ax, "density"):
        return ax.pcolormesh([[0.0]], norm=PowerNorm(0.4, vmin=0, vmax=1), visible=False)
    unit = _time(frame, ax)
    table = frame.pivot(index="value", columns="update", values="density")
    shades = ax.pcolormesh(
        table.columns.to_numpy() / unit, table.index.to_numpy(), table.to_numpy(),
        cmap="mako", norm=PowerNorm(0.4, vmin=0, vmax=frame["density"].max()),
        shading="nearest", rasterized=True,
    )  # fmt: skip
    ax.grid(visible=False)
    return shades


def error_curves(
    frame: pd.DataFrame,
    ax: Axes,
    prior: float,
    finals: Mapping[str, float] | None = None,
) -> Axes:
    """Test error of each model over time, as figure 11 does; seeds other than 0 are thin lines.

    Parameters
    ----------
    frame
        Columns model (keys of `MODELS`), seed, update, error (%).
    ax
        Where to draw.
    prior
        Error of the class prior, a dotted line.
    finals
        The paper's final errors by model, marked at the right edge.
    """
    for model in frame["model"].unique():
        one_of("model", model, MODELS)
    if nothing(frame, ax, "error"):
        return ax
    unit = _time(frame, ax)
    end = frame["update"].max() / unit or 1  # one update alone has no width
    for (model, colour), dash in zip(MODELS.items(), _DASHES, strict=True):
        runs = frame[frame["model"] == model]
        for seed, part in runs.groupby("seed"):
            part = part.sort_values("update")
            style: dict[str, Any] = {"lw": 1.8 if seed == 0 else 0.7}
            if seed == runs["seed"].min():
                style["label"] = model
            ax.plot(part["update"] / unit, part["error"], ls=dash, color=colour, **style)
        if finals and model in finals:
            ax.plot(end * 1.03, finals[model], "<", color=colour, mec=INK, mew=0.6, clip_on=False)
    ax.axhline(prior, color=INK, lw=0.8, ls=":")
    ax.set(ylabel="test error (%)", ylim=(0, None), xlim=(0, end * 1.03))
    ax.legend(loc="lower left", ncols=2)
    return ax


def error_over_time(frame: pd.DataFrame, ax: Axes, prior: float) -> Axes:
    """Test error of one run (columns update, error in %), and that of the class prior, dotted."""
    if nothing(frame, ax, "error"):
        return ax
    unit = _time(frame, ax)
    ax.plot(frame["update"] / unit, frame["error"], color=INK, lw=1.4)
    ax.axhline(prior, color=INK, lw=0.8, ls=":")
    # on the plateau the error flickers by a point, which is no news: not to fill the picture
    ax.set(ylabel="test error (%)", ylim=(min(prior - 15, frame["error"].min() - 3), 95))
    return ax


def paths(frame: pd.DataFrame, ax: Axes, x: str, y: str) -> Axes:
    """Draw each model's way through the plane of two columns; a dot is the start of the run.

    Columns model (keys of `MODELS`), update, and the two that are named.
    """
    if nothing(frame, ax, x):
        return ax
    for model, part in frame.groupby("model", sort=False):
        part, colour = part.sort_values("update"), MODELS[one_of("model", model, MODELS)]
        ax.plot(part[x], part[y], color=colour, lw=1.3, marker=".", ms=3, label=str(model))
        ax.plot(part[x].iloc[0], part[y].iloc[0], "o", color=colour, mec=INK, mew=0.8)
    ax.legend()
    return ax
