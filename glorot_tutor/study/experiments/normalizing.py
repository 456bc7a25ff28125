"""What batch normalization does: to gradients before learning, to a sigmoid's input during it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor import probes, stopping
from glorot_tutor.checks import RunError, whole
from glorot_tutor.datasets import source
from glorot_tutor.engines import in_mode
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import BINS, TESTED, build
from glorot_tutor.streams import Feed, Source, to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options, titled
from glorot_tutor.study.experiments.stacks import batch_normalized
from glorot_tutor.study.schema import COUNT, ERROR, LAYER, NOT_NEGATIVE, NUMBER, UPDATE, Frame
from glorot_tutor.training import evaluate, shown


def observer(data: Source) -> Callable[[DeepNet], pd.DataFrame]:
    """Return the function that looks at a normalized network, on a data set's monitored images.

    As `sgd.observer`, without what is defined for one example at a time: in evaluation mode, with
    the averages over batches that the network has kept.
    """
    images, y = data.monitored_set()

    def observe(net: DeepNet) -> pd.DataFrame:
        x = to_input(images, net.weight(1).dtype)
        with in_mode(net, training=False):
            frame, seen = probes.look(net, x, y)
        shape = probes.histograms(seen.activations, BINS, limit=1)
        shape = shape.assign(quantity="histogram", statistic=shape["value"].map("{:.3f}".format))
        shape = shape.assign(value=shape["density"]).drop(columns="density")
        return pd.concat([frame, shape], ignore_index=True)

    return observe


@dataclass(frozen=True)
class Growth(OneNetwork):
    """Back-propagated gradients of a batch-normalized network before its first update.

    Attributes
    ----------
    batch_size
        Examples that are normalized together: the first ones of the stream of this seed.
    activation, initialization, depth, width, seed, data
        The network, as in `AtStart`, in training mode.
    """

    kind: ClassVar[str] = "growth"
    layout: ClassVar[Mapping[str, Frame]] = {
        "gradients": Frame({"layer": LAYER, "mean_square": NOT_NEGATIVE}, ("layer",))
    }
    batch_size: int
    activation: str = "identity"
    initialization: str = "lecun_normal"
    depth: int = 30
    width: int = 1000
    seed: int = 0
    data: str = "shapeset"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return titled(self, (self.width,) * self.depth, f"-batch{self.batch_size}")

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `gradients`: layer, mean_square (of dCost/ds, over units and examples)."""
        widths = (whole("width", self.width, 1),) * whole("depth", self.depth, 1, 1000)
        plain = build(self.activation, self.initialization, widths, self.seed, data=self.data)
        batch = whole("batch_size", self.batch_size, 2)
        images, y = source(self.data).stream(self.seed).read(0, batch)
        found = mean_squares(batch_normalized(plain), to_input(images), y)
        return {"gradients": pd.DataFrame(found.items(), columns=["layer", "mean_square"])}


def mean_squares(net: nn.Module, x: Tensor, y: Tensor) -> dict[int, float]:
    """Mean square of the back-propagated gradient of each layer, in the network's own mode."""
    with probes.watch(net) as seen, torch.enable_grad():
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
    gradients = seen.values("backprop_gradient")
    return {layer: float(g.double().square().mean()) for layer, g in gradients.items()}


WATCHED = 10
"""Units of the last hidden layer whose inputs are followed, the first ones."""

LOOKS, TESTS = 50, 10
"""Times that they are looked at, and that the error is taken, evenly spaced over a run."""

PERCENTILES = (15, 50, 85)
"""Those of the authors' figure 1."""


@dataclass(frozen=True)
class Drift:
    """How the inputs of a sigmoid's last hidden layer move while it learns.

    Attributes
    ----------
    batch_norm
        Whether the hidden layers are batch-normalized.
    learning_rate, updates, batch_size
        Constant rate, mini-batches to learn from, examples in each.
    initialization, depth, width, seed, data
        The sigmoid network.
    """

    kind: ClassVar[str] = "drift"
    layout: ClassVar[Mapping[str, Frame]] = {
        "inputs": Frame(
            {"update": UPDATE, "unit": COUNT, **{f"p{p}": NUMBER for p in PERCENTILES}},
            ("update", "unit"),
            even=True,
            to_the_end=True,
        ),
        "curve": Frame({"update": UPDATE, "error": ERROR}, ("update",), to_the_end=True),
    }
    activation: ClassVar[str] = "sigmoid"
    batch_norm: bool
    learning_rate: float
    updates: int = 50_000
    batch_size: int = 60
    initialization: str = "lecun_normal"
    depth: int = 3
    width: int = 100
    seed: int = 0
    data: str = "mnist"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        more = f"{'-batchnorm' if self.batch_norm else ''}-rate{self.learning_rate:g}"
        return titled(self, (self.width,) * self.depth, more)

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `inputs` and `curve`.

        `inputs` has update, unit (from 1 on), and `PERCENTILES` of what goes into the unit's
        sigmoid, over `TESTED` test images in evaluation mode; `curve` update, error (%, on all
        test images).
        """
        net, data = self._build(), source(self.data)
        engine = options.engine_for(net, self.learning_rate, batch_size=self.batch_size)
        images, labels = data.test_set()
        x = to_input(images[:TESTED])
        feed = Feed(data.stream(self.seed), self.batch_size, engine.dtype)
        inputs, curve, update = [], [], 0
        with (
            shown(options.progress, 0, self.updates) as show,
            closing(feed),
            engine.holding(),
        ):
            for look in range(1, LOOKS + 1):
                stop = self.updates * look // LOOKS
                while update < stop:
                    stopping.stop_if_asked()
                    batch = feed.read(update, min(stop - update, 100))
                    done = len(engine.run(*batch))
                    if done * self.batch_size < len(batch[1]):
                        raise RunError(f"{self.title} diverged: choose a smaller learning rate.")
                    update += done
                inputs += [(update, *row) for row in _percentiles(top_inputs(net, x))]
                if not look % (LOOKS // TESTS):
                    curve.append((update, evaluate(net, images, labels)[1]))
                show(update, f"test error {curve[-1][1]:.2f} %" if curve else "")
        names = [f"p{p}" for p in PERCENTILES]
        return {
            "inputs": pd.DataFrame(inputs, columns=["update", "unit", *names]),
            "curve": pd.DataFrame(curve, columns=["update", "error"]),
        }

    def _build(self) -> DeepNet:
        widths = (whole("width", self.width, WATCHED),) * whole("depth", self.depth, 1, 100)
        whole("updates", self.updates, LOOKS)
        net = build("sigmoid", self.initialization, widths, self.seed, data=self.data)
        return batch_normalized(net) if self.batch_norm else net


@torch.no_grad()
def top_inputs(net: DeepNet, x: Tensor) -> Tensor:
    """What goes into the last hidden layer's sigmoids, shape (N, n), in evaluation mode.

    With batch normalization that is what it gives, scaled and shifted.
    """
    found = []
    *_, sigmoid = net.activations[-1].modules()
    handle = sigmoid.register_forward_pre_hook(lambda _, given: found.append(given[0]))
    try:
        with in_mode(net, training=False):
            net(x)
    finally:
        handle.remove()
    (inputs,) = found
    return inputs


def _percentiles(inputs: Tensor) -> list[tuple[float, ...]]:
    values = np.percentile(inputs[:, :WATCHED].double().numpy(), PERCENTILES, axis=0)
    return [(unit, *of_unit) for unit, of_unit in enumerate(values.T.tolist(), 1)]
