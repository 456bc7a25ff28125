"""Small networks that learn in seconds, and what is looked at while they do: scale `quick`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor import probes
from glorot_tutor.checks import UsageError, whole
from glorot_tutor.nets import DeepNet
from glorot_tutor.streams import Source, Stream, to_input

if TYPE_CHECKING:
    from glorot_tutor.training import Outcome

TESTED = 2_000
"""Images of the test set that a live run is tested on."""

BINS = 40
"""Bins of the recorded histograms of activations, from -1 to 1."""


def build(
    activation: str,
    initialization: str,
    widths: tuple[int, ...],
    seed: int,
    gain: float = 1.0,
    data: str = "shapeset",
) -> DeepNet:
    """Draw a network that fits a data set; the seed is that of its weights."""
    from glorot_tutor.datasets import source  # the core loads its machinery when it is used

    examples = source(data)
    generator = torch.Generator().manual_seed(whole("seed", seed, 0, 2**63 - 1))
    sizes = examples.n_in, widths, examples.n_classes
    return DeepNet(*sizes, activation, initialization, generator, gain)


def descend(
    net: nn.Module,
    stream: Stream,
    learning_rate: float,
    updates: int,
    batch_size: int = 10,
    cost: Callable[[Tensor, Tensor], Tensor] = functional.cross_entropy,
) -> list[float]:
    """Train any module by plain SGD, theta <- theta - learning_rate dCost/dtheta (section 2.3).

    Update u reads the examples from ``u * batch_size`` on; `net` takes inputs of shape (N, n_in).
    Returns the mean cost of each mini-batch before its update, in nats.

    Raises
    ------
    UsageError
        If all parameters are frozen.
    """
    weights = [p for p in net.parameters() if p.requires_grad]
    if not weights:
        raise UsageError("none of the network's parameters is to be trained: unfreeze some.")
    costs = []
    for update in range(updates):
        images, y = stream.read(update * batch_size, batch_size)
        loss = cost(net(to_input(images, weights[0].dtype)), y)
        gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                if gradient is not None:  # the pass has used the weight
                    weight.sub_(gradient, alpha=learning_rate)
        costs.append(loss.item())
    return costs


def learn(
    activation: str,
    initialization: str = "standard",
    depth: int = 5,
    width: int = 100,
    learning_rate: float = 0.1,
    updates: int = 20_000,
    looks: int = 40,
    seed: int = 0,
    data: str = "shapeset",
) -> dict[str, pd.DataFrame]:
    """Train a small network and look at it many times: scale `quick`.

    Parameters
    ----------
    activation, initialization, depth, width
        The network (see `DeepNet`), all layers of one width.
    learning_rate, updates, seed
        As in `experiments.Training`.
    looks
        Times that it is looked at, evenly spaced, besides the start.
    data
        Name of the data set (see `datasets.source`).

    Returns
    -------
    dict
        The frames `curve`, `statistics` and `histograms` of `experiments.Training.run`, the error
        on `TESTED` test images only.
    """
    from glorot_tutor.datasets import source
    from glorot_tutor.engines import make_engine
    from glorot_tutor.training import Schedule, train

    widths = (whole("width", width, 1),) * whole("depth", depth, 1, 100)
    net = build(activation, initialization, widths, seed, data=data)
    count = min(whole("looks", looks, 1), whole("updates", updates, 1))
    points = {round(updates * number / count) for number in range(count + 1)}
    examples = source(data)
    images, labels = examples.test_set()
    outcome = train(
        make_engine("fused", net, learning_rate),
        examples.stream(seed),
        updates,
        test=(images[:TESTED], labels[:TESTED]),
        measure=observer(examples),
        schedule=Schedule.everything_at(*points),
    )
    recorded = frames(outcome)
    return {name: recorded[name] for name in ("curve", "statistics", "histograms")}


def observer(data: Source) -> Callable[[DeepNet], pd.DataFrame]:
    """Return the function that looks at a network, on a data set's 300 monitored images.

    Besides what `probes.look` finds it gives, by layer, `weight` (mean, std), the standard
    deviation of a single example's `weight_gradient` (`example_std`), and the root mean square of
    `jacobian_singular_value` (`rms`); and the histograms of the activations.
    """
    images, y = data.monitored_set()

    def observe(net: DeepNet) -> pd.DataFrame:
        x = to_input(images, net.weight(1).dtype).to(net.weight(1).device)
        frame, seen = probes.look(net, x, y.to(x.device))
        rows = []
        for layer in seen.activations:
            weight = net.weight(layer).detach().cpu().numpy()
            rows.append((layer, "weight", "mean", float(weight.mean(dtype=np.float64))))
            rows.append((layer, "weight", "std", float(weight.std(dtype=np.float64))))
        for layer, std in probes.example_weight_gradient_std(seen, x).items():
            rows.append((layer, "weight_gradient", "example_std", std))
        for layer, rms in probes.jacobian_rms(seen).items():
            rows.append((layer, probes.QUANTITIES[3], "rms", rms))
        values = pd.DataFrame(rows, columns=["layer", "quantity", "statistic", "value"])
        shape = probes.histograms(seen.activations, BINS, limit=1)
        shape = shape.assign(quantity="histogram", statistic=shape["value"].map("{:.3f}".format))
        shape = shape.assign(value=shape["density"]).drop(columns="density")
        return pd.concat([frame, values, shape], ignore_index=True)

    return observe


def frames(outcome: Outcome) -> dict[str, pd.DataFrame]:
    """Lay out what a run gave as the frames of its record."""
    statistics = outcome.statistics
    shape = statistics["quantity"] == "histogram"
    histograms = statistics[shape].pivot(
        index=["update", "layer"], columns="statistic", values="value"
    )
    centres = sorted(histograms.columns, key=float)
    several = len(outcome.threads) > 1  # a run that went on with another number
    end = [(outcome.updates, outcome.diverged_at, outcome.wall, outcome.cpu)]
    return {
        "curve": outcome.curve,
        "statistics": statistics[~shape].reset_index(drop=True),
        "histograms": histograms[centres].reset_index().rename_axis(columns=None),
        "answers": outcome.answers,
        "outcome": pd.DataFrame(end, columns=["updates", "diverged_at", "wall", "cpu"]).assign(
            **({"threads": " ".join(map(str, outcome.threads))} if several else {})
        ),
    }
