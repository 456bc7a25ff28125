"""What a layer tells of the class: softmax regression on its activations (section 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor import stopping
from glorot_tutor.checks import positive, whole
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.pretraining import Pretraining
from glorot_tutor.sgd import build
from glorot_tutor.streams import Source, Stream, to_input
from glorot_tutor.study.experiments.base import PLAIN, Options, titled
from glorot_tutor.study.experiments.pretraining import in_title, pretrain
from glorot_tutor.study.schema import ERROR, NOT_NEGATIVE, SPLIT, Column, Frame
from glorot_tutor.training import shown
from glorot_tutor.training.recording import score

INPUTS = ("as they are", "standardized")
"""What a regression is given: activations, or the same with mean 0 and deviation 1 by unit."""

RATES = (0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01)
"""Half decades, from one that hardly leaves the class prior to one that trembles too much: where
there is little to find, the lowest rates are best."""

_SAMPLE = 10_000  # training examples from which means and deviations are taken
_BLOCK = 2_000  # examples whose activations are held at once


class Regressions:
    """Softmax regressions on the same inputs by plain SGD, each at a learning rate of its own.

    Parameters
    ----------
    n_in, n_classes
        Sizes; all weights and biases begin at 0.
    rates
        Learning rates.
    """

    def __init__(self, n_in: int, n_classes: int, rates: tuple[float, ...]) -> None:
        self.rates = torch.tensor([positive("learning_rate", r) for r in rates]).view(-1, 1)
        # side by side in one matrix, a group of columns to each: one product serves them all
        self.shape = len(rates), whole("n_classes", n_classes, 2)
        self.weight = torch.zeros(n_in, len(rates) * n_classes)
        self.bias = torch.zeros(len(rates) * n_classes)

    def logits(self, x: Tensor) -> Tensor:
        """Take inputs, shape (N, n_in), to logits, shape (N, rates, n_classes)."""
        return torch.addmm(self.bias, x, self.weight).view(-1, *self.shape)

    def update(self, x: Tensor, y: Tensor) -> None:
        """Make one step of each; the slope of the mean cost by the logits is p - y."""
        wrong = self.logits(x).softmax(2) - functional.one_hot(y, self.shape[1]).unsqueeze(1)
        step = (wrong * (self.rates / len(y))).flatten(1)
        self.weight.addmm_(x.T, step, alpha=-1)
        self.bias -= step.sum(0)


@dataclass(frozen=True)
class LinearProbes:
    """Softmax regression on the pixels and on every hidden layer of a network that does not learn.

    Attributes
    ----------
    activation, initialization, widths, seed, batch_size, data, pretraining
        As in `Training`; the regressions learn from the same stream.
    updates
        Of each regression.
    rates
        Learning rates that are tried.
    """

    kind: ClassVar[str] = "linear"
    layout: ClassVar[Mapping[str, Frame]] = {
        "errors": Frame(
            {
                "layer": Column(int, 0, 10_000),
                "inputs": Column(str, pattern="|".join(INPUTS)),
                "learning_rate": NOT_NEGATIVE,
                "split": SPLIT,
                "nll": NOT_NEGATIVE,
                "error": ERROR,
            },
            ("layer", "inputs", "learning_rate", "split"),
        )
    }
    activation: str
    initialization: str
    pretraining: Pretraining | None = None
    updates: int = 100_000
    rates: tuple[float, ...] = RATES
    widths: tuple[int, ...] = (1000,) * 5
    seed: int = 0
    batch_size: int = 10
    data: str = "shapeset"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return titled(self, self.widths, in_title(self.pretraining))

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `errors`: layer (0 for the pixels), inputs, learning_rate, split, nll, error.

        `inputs` is one of `INPUTS`; split is validation or test, each after the last update.
        """
        whole("updates", self.updates, 1)
        whole("batch_size", self.batch_size, 1)
        net = build(self.activation, self.initialization, self.widths, self.seed, data=self.data)
        if self.pretraining is not None:
            pretrain(net, self.pretraining, self.seed, self.data, options)
        data = source(self.data)
        probes = _Probes(net, data, self.seed, self.rates)
        self._learn(probes, data.stream(self.seed), options)
        sets = {"validation": data.validation_set(), "test": data.test_set()}
        rows = [row for split, examples in sets.items() for row in probes.rows(split, *examples)]
        return {"errors": pd.DataFrame(rows, columns=list(self.layout["errors"].columns))}

    def _learn(self, probes: _Probes, stream: Stream, options: Options) -> None:
        size, step = self.batch_size, max(1, _BLOCK // self.batch_size)
        with shown(options.progress, 0, self.updates) as show:
            for update in range(0, self.updates, step):
                stopping.stop_if_asked()
                count = min(step, self.updates - update)
                probes.learn(*stream.read(update * size, count * size), size)
                show(update + count, "")


class _Probes:
    """The regressions of every layer, on both kinds of inputs."""

    def __init__(self, net: DeepNet, data: Source, seed: int, rates: tuple[float, ...]) -> None:
        self.net, self.rates = net, rates
        images, _ = data.stream(seed).read(0, _SAMPLE)
        self.scales: list[tuple[Tensor, Tensor]] = []
        self.regressions: dict[tuple[int, str], Regressions] = {}
        for layer, x in enumerate(_by_layer(net, to_input(images))):
            deviation = x.std(0, correction=0)
            # a unit that is the same for all examples tells nothing, and stays 0
            self.scales.append((x.mean(0), torch.where(deviation > 0, deviation, 1.0)))
            for inputs in INPUTS:
                self.regressions[layer, inputs] = Regressions(x.shape[1], data.n_classes, rates)

    def learn(self, images: Tensor, y: Tensor, size: int) -> None:
        given = self._inputs(images)
        for key, regression in self.regressions.items():
            for x_batch, y_batch in zip(given[key].split(size), y.split(size), strict=True):
                regression.update(x_batch, y_batch)

    def rows(self, split: str, images: Tensor, y: Tensor) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        given = self._inputs(images)
        for (layer, inputs), regression in self.regressions.items():
            logits = regression.logits(given[layer, inputs]).double()
            for rate, of_rate in zip(self.rates, logits.unbind(1), strict=True):
                found.append((layer, inputs, rate, split, *score(of_rate, y)))
        return found

    def _inputs(self, images: Tensor) -> dict[tuple[int, str], Tensor]:
        found = {}
        for layer, x in enumerate(_by_layer(self.net, to_input(images))):
            mean, deviation = self.scales[layer]
            found[layer, INPUTS[0]] = x
            found[layer, INPUTS[1]] = (x - mean) / deviation
        return found


@torch.no_grad()
def _by_layer(net: DeepNet, x: Tensor) -> list[Tensor]:
    """Pixels and activations of every hidden layer."""
    found = [x]
    for linear, activation in zip(net.linears, net.activations, strict=False):
        found.append(activation(linear(found[-1])))
    return found


def best(errors: pd.DataFrame) -> pd.Series:
    """Test error (%) by layer, of the inputs and the rate with the least validation error."""
    keys = ["layer", "inputs", "learning_rate"]
    table = errors.pivot(index=keys, columns="split", values="error").reset_index()
    rows = table.groupby("layer")["validation"].idxmin()
    return table.loc[rows].set_index("layer")["test"]
