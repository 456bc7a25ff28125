"""Pictures of the data, of the costs, and of networks before their first update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from mpl_toolkits.mplot3d import Axes3D

from glorot_tutor import initializations
from glorot_tutor.cost_surfaces import Surface
from glorot_tutor.figures.style import (
    COSTS,
    DASHES,
    INITIALIZATIONS,
    INK,
    STANDARD,
    layer_palette,
    nothing,
)


def image_grid(
    images: np.ndarray[Any, Any], titles: Sequence[str], figure: Figure, columns: int = 6
) -> list[Axes]:
    """Show grey images, shape (n, height, width), in a grid of small axes."""
    rows = int(np.ceil(len(images) / columns))
    axes = []
    for number, (image, title) in enumerate(zip(images, titles, strict=True), start=1):
        ax = figure.add_subplot(rows, columns, number)
        ax.imshow(image, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set_title(title, fontsize="small", fontweight="normal", loc="center", pad=3)
        ax.set_axis_off()
        axes.append(ax)
    return axes


def class_frequencies(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Bars of the measured class shares (columns name, measured, expected), expected as marks."""
    sns.barplot(frame, y="name", x="measured", ax=ax, color="#9fb3c8", label="drawn", errorbar=None)
    ax.plot(frame["expected"], frame["name"], "|", color=INK, ms=16, mew=2, label="law")
    ax.set(xlabel="share of images", ylabel="")
    ax.legend(loc="lower right")
    return ax


def histograms(frame: pd.DataFrame, ax: Axes, label: str, top: float | None = None) -> Axes:
    """Histograms by layer (columns layer, value, density), as in figures 6-8.

    `top` cuts the density axis, so that one tall peak does not flatten the other layers.
    """
    if nothing(frame, ax, "density"):
        return ax
    layers = sorted(frame["layer"].unique())
    sns.lineplot(
        frame, x="value", y="density", hue="layer", palette=layer_palette(layers), ax=ax, lw=1.6
    )
    ax.set(xlabel=label, ylabel="density", ylim=(0, top))
    ax.legend(title="layer", loc="upper right")
    return ax


def ridges(frame: pd.DataFrame, ax: Axes, label: str) -> Axes:
    """Stack the histograms of the layers (columns layer, value, density), each as tall as any."""
    if nothing(frame, ax, "density"):
        return ax
    layers = sorted(frame["layer"].unique())
    for layer, colour in reversed(layer_palette(layers).items()):
        part = frame[frame["layer"] == layer]
        height = layer + 0.9 * part["density"] / (part["density"].max() or 1)
        ax.fill_between(part["value"], layer, height, color=colour, alpha=0.85, lw=0)
        ax.plot(part["value"], height, color="white", lw=1)
    ax.set(xlabel=label, ylabel="layer")
    ax.set_yticks(layers)
    ax.grid(visible=False)
    return ax


def marked_ridges(quantity: dict[str, Any], ax: Axes, label: str) -> Axes:
    """Stack the histograms of one quantity, and mark its standard deviations in each.

    `quantity` is what `widgets.Explorer` found: low, high, density, std (a bar from -std to std),
    predicted (dashed lines at either end).
    """
    edges = np.linspace(quantity["low"], quantity["high"], len(quantity["density"][0]) + 1)
    palette = layer_palette(range(1, len(quantity["density"]) + 1))
    parts = (quantity[key] for key in ("density", "std", "predicted"))
    for (layer, colour), density, std, predicted in zip(palette.items(), *parts, strict=True):
        heights = layer + 0.86 * np.array(density) / (max(density) or 1)
        ax.stairs(heights, edges, baseline=layer, fill=True, color=colour, alpha=0.8)
        ax.plot([-std, std], [layer, layer], color=INK, lw=2.5, solid_capstyle="butt")
        ends = [-predicted, predicted]
        ax.vlines(ends, layer, layer + 0.6, color=STANDARD, lw=1.5, linestyles="--")
    ax.set(xlabel=label, ylabel="layer", yticks=list(palette), xlim=edges[[0, -1]])
    ax.set_ylim(0.9, len(palette) + 1)  # the lowest bar in full
    ax.locator_params(axis="x", nbins=3)  # gradients have long numbers
    ax.grid(visible=False)
    return ax


def spread_by_layer(frame: pd.DataFrame, ax: Axes, label: str) -> Axes:
    """Measured standard deviations (markers) on the predicted ones (lines), by initialization.

    Columns layer, initialization, measured, predicted.
    """
    if nothing(frame, ax, "measured"):
        return ax
    for name, row in initializations.INITIALIZATIONS.items():
        part = frame[frame["initialization"] == name].sort_values("layer")
        if part.empty:
            continue
        ax.plot(part["layer"], part["predicted"], row.dash, color=row.colour, lw=1.4)
        ax.plot(part["layer"], part["measured"], row.marker, color=row.colour, label=name)
    ax.set(xlabel="layer", yscale="log", title=f"std of {label}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.set_xticks(sorted(frame["layer"].unique()))
    ax.legend()
    return ax


def singular_values(frame: pd.DataFrame, ax: Axes) -> Axes:
    """Sorted singular values of one layer's Jacobian (columns rank, value, initialization)."""
    if nothing(frame, ax, "value"):
        return ax
    rows = initializations.INITIALIZATIONS
    sns.lineplot(
        frame,
        x="rank",
        y="value",
        hue="initialization",
        style="initialization",
        dashes={name: DASHES[row.dash] for name, row in rows.items()},
        palette=INITIALIZATIONS,
        ax=ax,
    )
    means = frame.groupby("initialization")["value"].mean()
    for initialization, mean in means.items():
        ax.axhline(mean, color=INITIALIZATIONS[str(initialization)], lw=0.8, ls=":")
    ax.set(xlabel="singular value, largest first", ylabel="size", ylim=(0, None))
    ax.legend(title="")
    return ax


def cost_surface(surfaces: dict[str, Surface], ax: Axes3D) -> Axes3D:
    """Draw the costs (keys of `COSTS`) over the two weights in one box, as figure 5 does."""
    for cost, surface in surfaces.items():
        w1, w2 = np.meshgrid(surface.weights, surface.weights, indexing="ij")
        ax.plot_wireframe(w1, w2, surface.cost, color=COSTS[cost], lw=0.5, rcount=24, ccount=24)
        ax.plot([], [], [], color=COSTS[cost], label=cost)
    ax.set(xlabel="$W_1$", ylabel="$W_2$", zlabel="cost")
    ax.view_init(elev=22, azim=-58)
    ax.legend(loc="upper left")
    return ax


def flat_area(surface: Surface, ax: Axes, share: float = 0.01) -> Axes:
    """Map the gradient's norm over the weights, hatched below `share` of its maximum."""
    relative = surface.slope / surface.slope.max()
    grid = (surface.weights, surface.weights, relative.T)
    levels = np.logspace(-3, 0, 13)
    shades = ax.contourf(*grid, levels=levels, norm="log", cmap="mako", extend="min")
    ax.contourf(*grid, levels=[0, share], colors="none", hatches=["////"])
    ax.contour(*grid, levels=[share], colors="white", linewidths=1)
    ax.set(xlabel="$W_1$", ylabel="$W_2$", aspect="equal")
    ax.grid(visible=False)
    figure = ax.get_figure()
    if figure is not None:
        bar = figure.colorbar(shades, ax=ax, ticks=[0.001, 0.01, 0.1, 1], shrink=0.8)
        bar.set_label("gradient norm / maximum")
    return ax
