"""Experiments on how deep a network can be (Schoenholz et al. 2017, Pennington et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
import torch
from torch import Tensor

from glorot_tutor import stopping
from glorot_tutor.checks import between, positive, whole
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import TESTED, build
from glorot_tutor.streams import Feed, to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options, titled
from glorot_tutor.study.schema import COUNT, ERROR, NOT_NEGATIVE, UPDATE, Frame
from glorot_tutor.training import evaluate, shown


class _Deep(OneNetwork):
    """An experiment on one network of equal layers whose weights have a gain of their own."""

    gain: float

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return titled(self, (self.width,) * self.depth, f"-gain{self.gain:.4g}")

    def build(self) -> DeepNet:
        """Draw the network."""
        widths = self.checked_widths()
        return build(self.activation, self.initialization, widths, self.seed, self.gain, self.data)


@dataclass(frozen=True)
class Reach(_Deep):
    """How soon a network reaches a test error, at each of some learning rates.

    Attributes
    ----------
    activation, initialization, gain, depth, width, data
        The network and its data set, as in `AtStart`.
    learning_rates
        Tried in this order, each from the same weights and on the same stream.
    goal
        Test error (%) that ends a run.
    updates
        Most updates at each rate. A rate that has been slower than one before it ends too.
    every
        Updates from one test to the next.
    seed
        Of the weights and of the training stream.
    tested
        Test examples, from the first on.
    batch_size
        Examples in a mini-batch.
    """

    kind: ClassVar[str] = "reach"
    layout: ClassVar[Mapping[str, Frame]] = {
        "curve": Frame(
            {"update": UPDATE, "learning_rate": NOT_NEGATIVE, "error": ERROR},
            ("update", "learning_rate"),
        )
    }
    activation: str
    initialization: str
    gain: float
    depth: int
    learning_rates: tuple[float, ...]
    goal: float
    updates: int
    every: int
    width: int = 300
    seed: int = 0
    data: str = "mnist"
    tested: int = TESTED
    batch_size: int = 10

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `curve`: update, learning_rate, error (%, on the test examples)."""
        most, rows = whole("updates", self.updates, 1), []
        between("goal", self.goal, 0, 100)
        whole("number of learning rates", len(self.learning_rates), 1)
        with shown(options.progress, 0, most * len(self.learning_rates)) as show:
            for number, rate in enumerate(self.learning_rates):
                for update, error in self._tests(positive("learning_rate", rate), most, options):
                    rows.append((update, rate, error))
                    show(number * self.updates + update, f"test error {error:.2f} %")
                if rows[-1][2] <= self.goal:
                    most = rows[-1][0]
        curve = pd.DataFrame(rows, columns=list(self.layout["curve"].columns))
        return {"curve": curve.sort_values(["update", "learning_rate"], ignore_index=True)}

    def _tests(self, rate: float, most: int, options: Options) -> Iterator[tuple[int, float]]:
        """Train until the goal is reached, giving the update and the error at each test."""
        net, data = self.build(), source(self.data)
        engine = options.engine_for(net, rate, batch_size=self.batch_size)
        images, y = (part[: whole("tested", self.tested, 1)] for part in data.test_set())
        feed = Feed(data.stream(self.seed), self.batch_size, engine.dtype)
        with closing(feed), engine.holding():
            update, error = 0, evaluate(net, images, y)[1]
            yield update, error
            while update < most and error > self.goal:
                stop = min(most, update + whole("every", self.every, 1))
                while update < stop:
                    stopping.stop_if_asked()
                    inputs, classes = feed.read(update, min(stop - update, 100))
                    done = len(engine.run(inputs, classes))
                    if done * self.batch_size < len(classes):
                        return  # it has diverged
                    update += done
                error = evaluate(net, images, y)[1]
                yield update, error


@dataclass(frozen=True)
class EndToEnd(_Deep):
    """Singular values of the Jacobian dz^depth/dz^1 of a network before its first update.

    Layers 2 to `depth` are square, so that the Jacobian is a product of matrices of one size,
    diag f'(s) W for each of them; it is computed in float64.

    Attributes
    ----------
    activation, initialization, gain, depth, width, seed, data
        As in `Reach`; the Jacobian is taken at the first monitored example.
    """

    kind: ClassVar[str] = "isometry"
    layout: ClassVar[Mapping[str, Frame]] = {
        "spectrum": Frame({"rank": COUNT, "singular_value": NOT_NEGATIVE}, ("rank",))
    }
    activation: str
    initialization: str
    gain: float
    depth: int
    width: int = 300
    seed: int = 0
    data: str = "mnist"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `spectrum`: rank (from 1 on), singular_value, descending."""
        images, _ = source(self.data).monitored_set()
        values = end_to_end(self.build().double(), to_input(images[:1], torch.float64))
        ranks = range(1, len(values) + 1)
        return {"spectrum": pd.DataFrame({"rank": ranks, "singular_value": values.tolist()})}


def end_to_end(net: DeepNet, x: Tensor) -> Tensor:
    """Singular values, descending, of the Jacobian from the first hidden layer to the last.

    Parameters
    ----------
    net, x
        A network, and one example of shape (1, n_in).
    """

    def upper(z: Tensor) -> Tensor:
        for linear, activation in zip(net.linears[1:-1], net.activations[1:], strict=True):
            z = activation(linear(z))
        return z

    with torch.no_grad():
        first = net.activations[0](net.linears[0](x))[0]
    jacobian = torch.autograd.functional.jacobian(upper, first, vectorize=True)
    return torch.linalg.svdvals(jacobian)
