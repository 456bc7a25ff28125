"""Experiments that ask one question of a short training run (sections 3.1 and 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from glorot_tutor import probes
from glorot_tutor.checks import one_of, positive, whole
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.shapeset import Shapeset, class_prior, monitored_set, test_set
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments.base import PLAIN, Options
from glorot_tutor.study.schema import (
    COUNT,
    CURVE,
    LAYER,
    NOT_NEGATIVE,
    NUMBER,
    TEXT,
    UPDATE,
    Frame,
)
from glorot_tutor.training import EARLY, Schedule, train

BIASES = ("zero", "prior")
"""Where the output layer's biases start: at 0, or at the logarithm of the class frequencies."""


@dataclass(frozen=True)
class OutputLayer:
    """What a sigmoid network's output layer learns first (section 3.1).

    Attributes
    ----------
    learning_rate, updates, depth, width, seed
        As in `Training`.
    biases
        One of `BIASES`.
    """

    kind: ClassVar[str] = "output"
    layout: ClassVar[Mapping[str, Frame]] = {
        "curve": CURVE,
        "output": Frame(
            {"update": UPDATE, "quantity": TEXT, "value": NUMBER}, ("update", "quantity"), even=True
        ),
        "biases": Frame(
            {"update": UPDATE, "class": COUNT, "bias": NUMBER}, ("update", "class"), even=True
        ),
    }
    learning_rate: float
    biases: str = BIASES[0]
    updates: int = 20_000
    depth: int = 4
    width: int = 1000
    seed: int = 0

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        shape = f"{self.depth}x{self.width}-rate{self.learning_rate:g}"
        return f"sigmoid-{shape}-{self.biases}-seed{self.seed}"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `curve` (see `training.Outcome`), `output` and `biases`.

        `output` has update, quantity, value: what `decompose` gives; `biases` has update, class
        and bias. Both are taken after `EARLY` updates and then after every 500.
        """
        whole("updates", self.updates, 1)
        widths = (whole("width", self.width, 1),) * whole("depth", self.depth, 1, 100)
        net = build("sigmoid", "standard", widths, self.seed)
        if one_of("biases", self.biases, BIASES) == "prior":
            prior = torch.tensor([float(p) for p in class_prior()])
            with torch.no_grad():
                net.linears[-1].bias.copy_(prior.log())  # type: ignore[operator]
        looks = tuple(sorted({*EARLY, *range(0, self.updates + 1, 500)}))
        outcome = train(
            options.engine_for(net, self.learning_rate),
            Shapeset(self.seed),
            self.updates,
            test_set(),
            measure=_output_observer(),
            schedule=Schedule(looks=looks, tests=looks),
        )
        rows = outcome.statistics.drop(columns=["layer", "quantity"])
        output = outcome.statistics["quantity"] == "output"
        return {
            "curve": outcome.curve,
            "output": rows[output].rename(columns={"statistic": "quantity"}),
            "biases": rows[~output].rename(columns={"statistic": "class", "value": "bias"}),
        }


def decompose(net: DeepNet, x: torch.Tensor, y: torch.Tensor) -> dict[str, float]:
    """Take the logits b + W h apart, h being the top hidden layer's activations.

    Parameters
    ----------
    net, x, y
        The network, inputs of shape (N, n_in), and classes of shape (N,).

    Returns
    -------
    dict
        - signal_std: standard deviation of W h over the examples, root mean square over classes:
          how far the logits of two images differ;
        - offset_std: standard deviation over the classes of the mean of W h: what h adds to the
          biases for every image alike;
        - top_mean: mean of h;
        - cosine: mean over examples of the cosine between dCost/dh and h. Where it is positive,
          descending the cost shrinks h.
    """
    with probes.watch(net) as seen, torch.enable_grad():
        logits = net(x)
        costs = functional.cross_entropy(logits, y, reduction="none")
        seen.backward(costs)
    h = seen.activations[net.depth].double()
    weight = net.weight(net.depth + 1).detach().double()
    signal = h @ weight.T
    wrong = torch.softmax(logits.detach().double(), 1) - functional.one_hot(y, len(weight))
    push = wrong @ weight
    return {
        "signal_std": float(signal.var(0, correction=0).mean().sqrt()),
        "offset_std": float(signal.mean(0).std(correction=0)),
        "top_mean": float(h.mean()),
        "cosine": float(functional.cosine_similarity(push, h).mean()),
    }


def _output_observer() -> Callable[[DeepNet], pd.DataFrame]:
    images, y = monitored_set()
    x = to_input(images)

    def observe(net: DeepNet) -> pd.DataFrame:
        rows = [(0, "output", name, value) for name, value in decompose(net, x, y).items()]
        biases = net.linears[-1].bias.detach().tolist()  # type: ignore[operator]
        rows += [(0, "bias", str(label), bias) for label, bias in enumerate(biases)]
        return pd.DataFrame(rows, columns=["layer", "quantity", "statistic", "value"])

    return observe


@dataclass(frozen=True)
class Race:
    """How soon a tanh network reaches a test error, from one scale of its first weights (5).

    Attributes
    ----------
    gain
        Factor on the normalized initialization's bound; 1/sqrt(3) is the standard one's.
    learning_rate, updates, depth, width, seed
        As in `Training`.
    every
        Updates from one test to the next.
    """

    kind: ClassVar[str] = "race"
    layout: ClassVar[Mapping[str, Frame]] = {
        "curve": CURVE,
        "start": Frame({"layer": LAYER, "singular_value": NOT_NEGATIVE}, ("layer",)),
    }
    gain: float
    learning_rate: float = 0.02
    updates: int = 100_000
    depth: int = 5
    width: int = 300
    seed: int = 0
    every: int = 2_000

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"tanh-{self.depth}x{self.width}-gain{self.gain:g}-seed{self.seed}"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `curve` (see `training.Outcome`) and `start`: layer, singular_value (mean)."""
        widths = (whole("width", self.width, 1),) * whole("depth", self.depth, 1, 100)
        net = build("tanh", "normalized", widths, self.seed, positive("gain", self.gain))
        images, _ = monitored_set()
        values = probes.jacobian_singular_values(net, to_input(images[:16]))
        start = [(layer, float(np.mean(v.numpy()))) for layer, v in values.items()]
        tests = tuple(range(0, self.updates + 1, whole("every", self.every, 1)))
        outcome = train(
            options.engine_for(net, self.learning_rate),
            Shapeset(self.seed),
            self.updates,
            test_set(),
            schedule=Schedule(tests=tests),
        )
        return {
            "curve": outcome.curve,
            "start": pd.DataFrame(start, columns=["layer", "singular_value"]),
        }
