"""Say in plain words what a reader of the paper would see in a network, before it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from glorot_tutor import probes
from glorot_tutor.probes.measuring import COLUMNS, as_numbers
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

DRAWN = 99.5
"""Per cent of the values that a histogram holds: the last few would stretch it to a needle."""

SAMPLED = 100_000
"""Values that a histogram is made of, evenly taken, and at most twice as many."""


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
        Columns layer, quantity, statistic, value: those of `measure`, and `zero`, the share of
        values that are exactly 0.
    histograms
        Columns quantity, layer, value (bin centre), density: of the values that are not 0, for
        rectifiers have so many of them that nothing else would be seen.
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
        return [finding.sentence for finding in self.findings] or [self._healthy]

    @property
    def _healthy(self) -> str:
        """What was looked for and not found: not each function can be saturated or dead."""
        most = {"saturated": SATURATED, "dead": DEAD}
        shares = [
            f"less than {100 * most[word]:.0f} % is {word}" for word in most if word in self.table
        ]
        words = [f"nothing changes by more than a factor of {RATIO:g} from end to end"]
        words += [f"in each layer {' and '.join(shares)}"] if shares else []
        return f"Healthy: {', and '.join(words)}."

    @property
    def table(self) -> pd.DataFrame:
        """One row to a layer: its module, three standard deviations, saturated and dead share."""
        f = self.statistics
        shares = f[f["statistic"].isin(["saturated", "dead"])]
        parts = [(f[f["statistic"] == "std"], "quantity"), (shares, "statistic")]
        columns = [part.pivot(index="layer", columns=c, values="value") for part, c in parts]
        wanted = [*probes.QUANTITIES[:3], "saturated", "dead"]
        table = pd.concat(columns, axis=1).rename_axis(columns=None)
        table = table[[name for name in wanted if name in table]]
        table.insert(0, "module", pd.Series(self.names))
        return table

    @cached_property
    def figure(self) -> Figure:
        """Figures 6, 7 and 8 for this network."""
        from glorot_tutor.figures import layer_histograms

        return layer_histograms(self.histograms, self.statistics)

    def __repr__(self) -> str:
        return "\n".join(self.sentences)

    def _repr_html_(self) -> str:
        parts = (sentence.partition(":") for sentence in map(escape, self.sentences))
        items = (f"<li><strong>{word}</strong>:{rest}</li>" for word, _, rest in parts)
        return f'<ul class="diagnosis">{"".join(items)}</ul>'


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
                 first, or the size of back-propagated gradients in the first less than 1/`RATIO`
                 of that in the last; or no gradient arrives anywhere
    exploding    the same ratios are above `RATIO`
    saturated    a share of at least `SATURATED` of a layer's activations lies where f is flat
    dead         a share of at least `DEAD` of a layer's units is off on every example
    healthy      none of these
    ============ =================================================================================

    The size of gradients is their std, summed over the places where the layer's weights are
    applied: one in a fully connected layer, in a convolution one to a pixel. What the weights get
    is that sum, so that a layer of many places needs less at each. A unit is what has weights of
    its own: of a convolution, a channel; where autograd's graph does not tell, each entry is one.

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
    summed = {layer: seen.gradients_by_unit(layer) for layer in seen.backprop_gradients}
    found = findings(
        frame, {layer: float(g.double().std(correction=0)) for layer, g in summed.items()}
    )
    shapes, zeros = [], []
    for quantity in probes.QUANTITIES[:3]:
        for layer, values in seen.values(quantity).items():
            numbers = as_numbers(values).ravel()
            shapes.append(_histogram(layer, numbers).assign(quantity=quantity))
            zero = 1 - np.count_nonzero(numbers) / max(numbers.size, 1)
            zeros.append((layer, quantity, "zero", zero))
    frame = pd.concat([frame, pd.DataFrame(zeros, columns=COLUMNS)], ignore_index=True)
    histograms = pd.concat(shapes, ignore_index=True)
    return Diagnosis(tuple(found), dict(seen.names), frame, histograms)


def _histogram(layer: int, numbers: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Each layer's on a range of its own: on a common one a vanished layer would be a line."""
    some = numbers[:: 1 + numbers.size // SAMPLED]
    some = some[some != 0]
    size = np.abs(some[np.isfinite(some)])
    limit = float(np.percentile(size, DRAWN)) if size.size else 0.0
    return probes.histograms({layer: torch.from_numpy(some)}, 100, limit)


def findings(
    statistics: pd.DataFrame, summed: Mapping[int, float] | None = None
) -> Iterator[Finding]:
    """Give what the rules of `diagnose` find.

    Parameters
    ----------
    statistics
        Columns layer, quantity, statistic, value (see `measure`).
    summed
        By layer, the std of gradients that were summed over the places that share a weight;
        by default there is one place, and they are those of `statistics`.
    """
    columns = ["quantity", "statistic"]
    table = statistics.pivot(index="layer", columns=columns, values="value")
    stds = {q: table[q, "std"].dropna() for q in ("activation", "backprop_gradient")}
    odd = statistics.loc[~np.isfinite(statistics["value"]), "layer"]
    if len(odd):
        layers = tuple(sorted(odd.unique()))
        yield Finding("no number", "", layers, f"No numbers: {_named(layers)} hold inf or nan.")
        return
    yield from _change(stds["activation"], "activation", ACTIVATIONS)
    gradients, what = stds["backprop_gradient"], GRADIENTS
    if summed:
        sums = pd.Series(summed).reindex(gradients.index)
        if not np.allclose(sums, gradients, rtol=1e-3):
            gradients, what = sums, SUMMED
    yield from _change(gradients[::-1], "backprop_gradient", what)
    for word, least in (("saturated", SATURATED), ("dead", DEAD)):
        if ("activation", word) in table:
            yield from _shares(table["activation", word], word, least)


ACTIVATIONS = "activations: their standard deviation goes"
GRADIENTS = "gradients: their standard deviation goes"
SUMMED = "gradients: summed over the places that share a weight, their size goes"


def _change(stds: pd.Series[float], quantity: str, what: str) -> Iterator[Finding]:
    """Compare the first with the last layer on the way that the signal takes."""
    way = tuple(stds.index)
    first, last = stds.iloc[0], stds.iloc[-1]
    if quantity == "backprop_gradient" and not stds.any():
        yield Finding("vanishing", quantity, way, "Vanishing gradients: none reaches any layer.")
    elif len(way) > 1 and (last < first / RATIO or last > first * RATIO):
        word = "vanishing" if last < first else "exploding"
        sentence = (
            f"{word.capitalize()} {what} from {first:.3g} in layer {way[0]} "
            f"to {last:.3g} in layer {way[-1]}."
        )
        yield Finding(word, quantity, way, sentence)


def _shares(shares: pd.Series[float], word: str, least: float) -> Iterator[Finding]:
    layers = tuple(shares.index[shares >= least])
    if layers:
        what = {
            "saturated": "activations lie where f is flat",
            "dead": "units are off on every example",
        }
        most = shares[list(layers)].max()
        sentence = (
            f"{word.capitalize()}: in {_named(layers)} up to {100 * most:.0f} % of {what[word]}."
        )
        yield Finding(word, "activation", layers, sentence)


def _named(layers: tuple[int, ...]) -> str:
    """Name layers, three and more in a row by their ends: layers 2, 4 to 7."""
    rows: list[list[int]] = []
    for layer in layers:
        if rows and layer == rows[-1][-1] + 1:
            rows[-1].append(layer)
        else:
            rows.append([layer])
    names = [f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in rows]
    return f"layer{'s' if len(layers) > 1 else ''} {', '.join(names)}"
