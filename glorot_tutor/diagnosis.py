"""Say in plain words what a reader of the paper would see in a network, before it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from torch import nn

from glorot_tutor import probes
from glorot_tutor.probes.passes import Cost, nll

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATIO = 5.0
"""Factor between the standard deviations of the first and the last layer, from which on they vanish
or explode on the way. The standard initialization of five linear layers makes it 9 (figure 7)."""

SATURATED = 0.25
"""Share of saturated values (see `ACTIVATIONS`) from which on a layer is called so."""

DEAD = 0.25
"""Share of units off on every example from which on a layer is called dead."""


@dataclass(frozen=True)
class Finding:
    """One thing that is seen.

    Attributes
    ----------
    word
        vanishing, exploding, saturated, dead, or no number.
    quantity
        Which of `probes.QUANTITIES` shows it.
    layers
        In which layers.
    sentence
        The same in words, with the numbers that it rests on.
    """

    word: str
    quantity: str
    layers: tuple[int, ...]
    sentence: str


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found; written out, it is its sentences.

    Attributes
    ----------
    findings
        None where the network is healthy.
    names
        Name of each layer's module.
    statistics
        Columns layer, quantity, statistic, value (see `measure`).
    histograms
        Columns quantity, layer, value (bin centre), density.
    """

    findings: tuple[Finding, ...]
    names: dict[int, str]
    statistics: pd.DataFrame
    histograms: pd.DataFrame

    @property
    def words(self) -> tuple[str, ...]:
        """The words of all findings, or healthy."""
        return tuple(dict.fromkeys(f.word for f in self.findings)) or ("healthy",)

    @property
    def sentences(self) -> list[str]:
        """What is seen, one sentence to a finding."""
        healthy = (
            f"Healthy: from layer to layer nothing changes by more than a factor of {RATIO:g} in "
            f"all, less than {SATURATED:.0%} is saturated and less than {DEAD:.0%} dead in each."
        )
        return [finding.sentence for finding in self.findings] or [healthy]

    @cached_property
    def figure(self) -> Figure:
        """Figures 6, 7 and 8 for this network."""
        from glorot_tutor.figures import layer_histograms

        return layer_histograms(self.histograms)

    def __repr__(self) -> str:
        return "\n".join(self.sentences)


def diagnose(
    net: nn.Module, x: Any, y: Any, cost: Cost = nll, layers: Sequence[str] | None = None
) -> Diagnosis:
    """Look at a network once, and say what is wrong in it.

    The words, each by a rule of numbers:

    ============ =================================================================================
    word         what makes it so
    ============ =================================================================================
    no number    a value that is infinite or nan, in any layer
    vanishing    the std of activations in the last layer is less than 1/`RATIO` of that in the
                 first, or the std of back-propagated gradients in the first less than 1/`RATIO` of
                 that in the last; or no gradient arrives anywhere
    exploding    the same ratios are above `RATIO`
    saturated    a share of at least `SATURATED` of a layer's activations lies where f is flat
    dead         a share of at least `DEAD` of a layer's units is off on every example
    healthy      none of these
    ============ =================================================================================

    Parameters
    ----------
    net, x, y, cost, layers
        As in `measure`. A few hundred examples make the histograms smooth.

    Raises
    ------
    UsageError
        If the network cannot be watched, or inputs, classes or costs do not fit.
    """
    frame, seen = probes.look(net, x, y, cost, layers)
    shapes = []
    for quantity in probes.QUANTITIES[:3]:
        values = seen.values(quantity)
        for layer in values:  # each on its own range: a vanished one would be a line
            table = probes.histograms({layer: values[layer]}, 60)
            shapes.append(table.assign(quantity=quantity))
    histograms = pd.concat(shapes, ignore_index=True)
    return Diagnosis(tuple(findings(frame)), dict(seen.names), frame, histograms)


def findings(statistics: pd.DataFrame) -> Iterator[Finding]:
    """Give what the rules of `diagnose` find in a frame of statistics (see `measure`)."""
    columns = ["quantity", "statistic"]
    table = statistics.pivot(index="layer", columns=columns, values="value")
    stds = {q: table[q, "std"].dropna() for q in ("activation", "backprop_gradient")}
    odd = statistics.loc[~np.isfinite(statistics["value"]), "layer"]
    if len(odd):
        layers = tuple(sorted(odd.unique()))
        yield Finding("no number", "", layers, f"No numbers: {_named(layers)} hold inf or nan.")
        return
    yield from _change(stds["activation"], "activation", "activations", upward=True)
    yield from _change(stds["backprop_gradient"], "backprop_gradient", "gradients", upward=False)
    for word, least in (("saturated", SATURATED), ("dead", DEAD)):
        if ("activation", word) in table:
            yield from _shares(table["activation", word], word, least)


def _change(stds: pd.Series[float], quantity: str, what: str, upward: bool) -> Iterator[Finding]:
    way = list(stds.index) if upward else list(stds.index)[::-1]
    first, last = stds[way[0]], stds[way[-1]]
    if quantity == "backprop_gradient" and not stds.any():
        sentence = "Vanishing gradients: none reaches any layer."
        yield Finding("vanishing", quantity, tuple(way), sentence)
    elif len(way) > 1 and last < first / RATIO:
        yield _finding("vanishing", quantity, what, way, first, last)
    elif len(way) > 1 and last > first * RATIO:
        yield _finding("exploding", quantity, what, way, first, last)


def _finding(
    word: str, quantity: str, what: str, way: list[int], first: float, last: float
) -> Finding:
    sentence = (
        f"{word.capitalize()} {what}: their standard deviation goes from {first:.3g} in layer "
        f"{way[0]} to {last:.3g} in layer {way[-1]}."
    )
    return Finding(word, quantity, tuple(way), sentence)


def _shares(shares: pd.Series[float], word: str, least: float) -> Iterator[Finding]:
    layers = tuple(shares.index[shares >= least])
    if layers:
        what = {"saturated": "activations lie where f is flat", "dead": "units are always off"}
        most = shares[list(layers)].max()
        sentence = f"{word.capitalize()}: in {_named(layers)} up to {most:.3g} of all {what[word]}."
        yield Finding(word, "activation", layers, sentence)


def _named(layers: tuple[int, ...]) -> str:
    return f"layer {layers[0]}" if len(layers) == 1 else f"layers {', '.join(map(str, layers))}"
