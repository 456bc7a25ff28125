"""One network at several learning rates, by the loss on what it learns from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import torch
from torch import nn

from glorot_tutor import stopping
from glorot_tutor.checks import positive, whole
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import Feed, to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options, titled
from glorot_tutor.study.experiments.stacks import end_to_end, stacked
from glorot_tutor.study.schema import COUNT, NOT_NEGATIVE, UPDATE, Frame
from glorot_tutor.training import shown


class _Stacked(OneNetwork):
    """An experiment on one of `stacks.NETWORKS`."""

    network: str

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        kind = "" if self.network == "plain" else f"-{self.network.replace(' ', '')}"
        return titled(self, (self.width,) * self.depth, kind)

    def deepnet(self) -> DeepNet:
        """Draw the weights."""
        widths = self.checked_widths()
        return build(self.activation, self.initialization, widths, self.seed, data=self.data)


@dataclass(frozen=True)
class Sweep(_Stacked):
    """The loss of a network while it learns, at each of some learning rates.

    Attributes
    ----------
    network
        One of `stacks.NETWORKS`.
    activation, initialization, depth, width, data
        Its weights, as in `AtStart`.
    learning_rates
        Tried in this order, each from the same weights and on the same stream.
    updates
        Most updates at each rate.
    every
        Updates that a loss is the mean of.
    goal
        Loss (nats) that ends a run; a rate that has been slower than one before it ends too.
    batch_size
        Examples in a mini-batch.
    seed
        Of the weights and of the training stream.
    """

    kind: ClassVar[str] = "sweep"
    layout: ClassVar[Mapping[str, Frame]] = {
        "curve": Frame(
            {"update": UPDATE, "learning_rate": NOT_NEGATIVE, "loss": NOT_NEGATIVE},
            ("update", "learning_rate"),
        )
    }
    network: str
    activation: str
    initialization: str
    depth: int
    width: int
    learning_rates: tuple[float, ...]
    updates: int
    every: int
    goal: float = 0.0
    batch_size: int = 10
    seed: int = 0
    data: str = "mnist"

    def build(self) -> nn.Module:
        """Draw the network."""
        return stacked(self.network, self.deepnet())

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `curve`: update, learning_rate, loss (nats, mean over `every` mini-batches).

        A loss is that of examples before they are learned from. A curve that ends before its time
        and above the goal is that of a run that diverged, or that cannot be the first any more.
        """
        most, rows = whole("updates", self.updates, 1), []
        whole("number of learning rates", len(self.learning_rates), 1)
        with shown(options.progress, 0, most * len(self.learning_rates)) as show:
            for number, rate in enumerate(self.learning_rates):
                loss = float("inf")
                for update, loss in self._losses(positive("learning_rate", rate), most, options):
                    rows.append((update, rate, loss))
                    show(number * self.updates + update, f"loss {loss:.3f}")
                if loss <= self.goal:
                    most = rows[-1][0]
        curve = pd.DataFrame(rows, columns=list(self.layout["curve"].columns))
        return {"curve": curve.sort_values(["update", "learning_rate"], ignore_index=True)}

    def _losses(self, rate: float, most: int, options: Options) -> Iterator[tuple[int, float]]:
        """Train until the goal is reached, giving the update and the mean loss up to it."""
        engine = options.engine_for(self.build(), rate, batch_size=self.batch_size)
        feed = Feed(source(self.data).stream(self.seed), self.batch_size, engine.dtype)
        update, costs = 0, list[float]()
        with closing(feed), engine.holding():
            while update < most:
                stopping.stop_if_asked()
                step = whole("every", self.every, 1) - len(costs)
                inputs, classes = feed.read(update, min(most - update, step, 100))
                found = engine.run(inputs, classes).tolist()
                if len(found) * self.batch_size < len(classes):
                    return  # it has diverged
                update += len(found)
                costs += found
                if len(costs) == self.every or update == most:
                    loss = sum(costs) / len(costs)
                    yield update, loss
                    costs = []
                    if loss <= self.goal:
                        return


@dataclass(frozen=True)
class Stretch(_Stacked):
    """Singular values of the Jacobian from the first hidden layer to the last, before learning.

    Attributes
    ----------
    network
        One of `stacks.BLOCKS`.
    activation, initialization, depth, width, seed, data
        As in `Sweep`; the Jacobian is taken at the first monitored example, in float64.
    """

    kind: ClassVar[str] = "stretch"
    layout: ClassVar[Mapping[str, Frame]] = {
        "spectrum": Frame({"rank": COUNT, "singular_value": NOT_NEGATIVE}, ("rank",))
    }
    network: str
    activation: str
    initialization: str
    depth: int
    width: int
    seed: int = 0
    data: str = "mnist"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `spectrum`: rank (from 1 on), singular_value, descending."""
        images, _ = source(self.data).monitored_set()
        values = end_to_end(
            self.network, self.deepnet().double(), to_input(images[:1], torch.float64)
        )
        ranks = range(1, len(values) + 1)
        return {"spectrum": pd.DataFrame({"rank": ranks, "singular_value": values.tolist()})}
