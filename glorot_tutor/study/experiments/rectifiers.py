"""Experiments on rectifiers: their layers at the start, weights scaled on a batch, Adam."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from glorot_tutor import probes, stopping
from glorot_tutor.checks import UsageError, positive, whole
from glorot_tutor.datasets import source
from glorot_tutor.lsuv import lsuv
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options, titled
from glorot_tutor.study.experiments.depths import Reach
from glorot_tutor.study.schema import COUNT, LAYER, NOT_NEGATIVE, NUMBER, TEXT, Frame
from glorot_tutor.training import evaluate, shown

NORMAL = "normal"
"""Name of synthetic inputs: independent normal numbers of mean 0, with classes drawn at random."""


@dataclass(frozen=True)
class Signals(OneNetwork):
    """Moments of activations and gradients by layer, before the first update.

    Attributes
    ----------
    activation, initialization, depth, width
        The network (see `DeepNet`).
    seed
        Of the weights, and of synthetic inputs.
    data
        Name of a data set, whose monitored images are shown, or `NORMAL`: 1,000 inputs of `width`
        numbers each, and ten classes.
    variance
        Of the synthetic inputs.
    """

    kind: ClassVar[str] = "signals"
    layout: ClassVar[Mapping[str, Frame]] = {
        "moments": Frame(
            {"layer": LAYER, "quantity": TEXT, "mean": NUMBER, "std": NOT_NEGATIVE},
            ("layer", "quantity"),
        )
    }
    activation: str
    initialization: str
    depth: int
    width: int
    seed: int = 0
    data: str = "mnist"
    variance: float = 1.0

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        more = f"-variance{self.variance:.4g}" if self.data == NORMAL else ""
        return titled(self, (self.width,) * self.depth, more)

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `moments`: mean and std of `probes.QUANTITIES` but the last, by layer."""
        net, x, y = self._given()
        frame, _ = probes.look(net, x, y)
        frame = frame[frame["statistic"].isin(["mean", "std"])]
        table = frame.pivot(index=["layer", "quantity"], columns="statistic", values="value")
        return {"moments": table.reset_index().rename_axis(columns=None)}

    def _given(self) -> tuple[DeepNet, Tensor, Tensor]:
        widths = self.checked_widths()
        if self.data != NORMAL:
            images, y = source(self.data).monitored_set()
            net = build(self.activation, self.initialization, widths, self.seed, data=self.data)
            return net, to_input(images), y
        generator = torch.Generator().manual_seed(whole("seed", self.seed, 0, 2**63 - 1))
        net = DeepNet(self.width, widths, 10, self.activation, self.initialization, generator)
        x = torch.randn(1_000, self.width, generator=generator)
        y = torch.randint(10, (1_000,), generator=generator)
        return net, x * positive("variance", self.variance) ** 0.5, y


@dataclass(frozen=True)
class Calibrated(Reach):
    """`Reach` from weights that are scaled on a batch before the first update (see `lsuv`).

    Attributes
    ----------
    shown_first
        Training examples, from the first of the stream on, that the weights are scaled on.
    """

    kind: ClassVar[str] = "lsuv"
    layout: ClassVar[Mapping[str, Frame]] = {
        **Reach.layout,
        "start": Frame({"layer": LAYER, "std": NOT_NEGATIVE}, ("layer",)),
    }
    shown_first: int = 500

    def build(self) -> DeepNet:
        """Draw the network and scale its weights."""
        net = super().build()
        stream = source(self.data).stream(self.seed)
        lsuv(net, to_input(stream.read(0, whole("shown_first", self.shown_first, 2))[0]))
        return net

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `curve` as `Reach` does, and `start`: std of s by layer, output included.

        It is taken over the monitored images, which the weights were not scaled on.
        """
        net, (images, _) = self.build(), source(self.data).monitored_set()
        with probes.watch(net) as seen, torch.no_grad():
            output = net(to_input(images))
        by_layer = {**seen.pre_activations, net.depth + 1: output}
        rows = [(layer, float(s.double().std(correction=0))) for layer, s in by_layer.items()]
        start = pd.DataFrame(rows, columns=list(self.layout["start"].columns))
        return {**super().run(options), "start": start}


@dataclass(frozen=True)
class WithAdam(OneNetwork):
    """The training loss of a network under Adam, pass after pass, at each of some rates.

    Attributes
    ----------
    activation, initialization, depth, width
        The network (see `DeepNet`).
    learning_rates
        Each from the same weights and on the same stream; Adam's other settings are torch's.
    passes
        Times through the training examples.
    seed
        Of the weights and of the training stream.
    data
        Name of a finite data set.
    batch_size
        Examples in a mini-batch.
    examined
        Training examples that the loss is taken over, from the first of the stream on.
    """

    kind: ClassVar[str] = "adam"
    layout: ClassVar[Mapping[str, Frame]] = {
        "loss": Frame(
            {"passes": COUNT, "learning_rate": NOT_NEGATIVE, "nll": NOT_NEGATIVE},
            ("passes", "learning_rate"),
        )
    }
    activation: str
    initialization: str
    learning_rates: tuple[float, ...]
    passes: int
    depth: int = 8
    width: int = 128
    seed: int = 0
    data: str = "mnist"
    batch_size: int = 128
    examined: int = 10_000

    def build(self) -> DeepNet:
        """Draw the network."""
        widths = self.checked_widths()
        return build(self.activation, self.initialization, widths, self.seed, data=self.data)

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `loss`: passes, learning_rate, nll (nats, over the examined examples)."""
        whole("passes", self.passes, 1)
        epoch, rows = source(self.data).epoch, []
        if epoch is None:
            raise UsageError(f"data {self.data!r} has no end: choose a finite data set.")
        with shown(options.progress, 0, self.passes * len(self.learning_rates)) as show:
            for number, rate in enumerate(self.learning_rates):
                for done, nll in enumerate(self._losses(positive("learning_rate", rate), epoch), 1):
                    rows.append((done, rate, nll))
                    show(number * self.passes + done, f"training loss {nll:.3g}")
        loss = pd.DataFrame(rows, columns=list(self.layout["loss"].columns))
        return {"loss": loss.sort_values(["passes", "learning_rate"], ignore_index=True)}

    def _losses(self, rate: float, epoch: int) -> Iterator[float]:
        """Train, giving the loss over the examined examples after each pass."""
        net, stream = self.build(), source(self.data).stream(self.seed)
        some = stream.read(0, min(epoch, whole("examined", self.examined, 1)))
        rule = torch.optim.Adam(net.parameters(), rate, fused=True)
        update, size = 0, whole("batch_size", self.batch_size, 1)
        for done in range(1, self.passes + 1):
            while update < done * epoch // size:
                stopping.stop_if_asked()
                images, y = stream.read(update * size, size)
                rule.zero_grad()
                cross_entropy(net(to_input(images)), y).backward()
                rule.step()
                update += 1
            yield evaluate(net, *some)[0]
