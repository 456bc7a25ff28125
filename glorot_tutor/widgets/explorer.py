"""The initialization explorer: figures 6 to 8 for any network, with eqs. 5 to 7 over them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor import checks, probes
from glorot_tutor.activations import ACTIVATIONS, PAPER
from glorot_tutor.comparisons import compare_with_theory
from glorot_tutor.datasets import NAMES, places, source
from glorot_tutor.datasets.registry import is_in
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.widgets.base import DIST, Result, Settings, Widget, checked_network, rounded

IMAGES = 50
"""Images that a network is looked at through, the first of the monitored ones."""

BINS = 81
"""Bins of a histogram: odd, so that 0 lies in the middle of one."""

SAMPLED = 50
"""Units on either side of a weight in the histograms of its gradient."""

REACH = 3
"""Standard deviations that a histogram without natural limits shows."""

LINEAR = (*PAPER, "identity")
"""Activations for which the predictions take f' = 1, as section 4.2.1 does; for the others they are
those of wide networks (`mean_field`)."""

QUANTITIES = {  # as the front end calls what `comparisons.COMPARED` lists
    "activation": "activation",
    "backprop_gradient": "backprop_gradient",
    "weight_gradient": "example_weight_gradient",
}


class Explorer(Widget):
    """Activations, gradients and Jacobians of a network before its first update, layer by layer.

    `settings` are activation, initialization, gain (0.1 to 4), depth (1 to 10), width (10 to
    1,000), data (Shapeset-3x2 or a finite set that is there) and seed (of the weights).

    `result` holds `quantities` (by name the `histograms`, and by layer std, population form, and
    predicted, the standard deviation of eqs. 5 to 7, see `LINEAR`), `mean_gradient` (standard
    deviation by layer of the gradient of the mean cost, figure 8) and `jacobian` (root mean square
    and mean by layer of the singular values of eq. 17, for the first image).
    """

    _esm = DIST / "explorer.js"
    name = "explorer"
    defaults = {  # noqa: RUF012
        "activation": "tanh",
        "initialization": "standard",
        "gain": 1.0,
        "depth": 5,
        "width": 100,
        "data": "shapeset",
        "seed": 0,
    }
    computes = tuple(defaults)

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.choices = {"data": available()}

    def check(self, settings: Settings) -> Settings:
        """Return the settings (see the class), or raise `UsageError`."""
        network = checked_network(settings, ACTIVATIONS, 10, 1000)
        data = checks.one_of("data", settings["data"], available())
        return settings | network | {"data": data}

    def compute(self, settings: Settings) -> Result:
        """Draw the network, pass the images through it once, and look."""
        x, y = images(settings["data"])
        size = (settings["width"],) * settings["depth"]
        kind = settings["activation"], settings["initialization"]
        net = build(*kind, size, settings["seed"], settings["gain"], settings["data"])
        return describe(net, x, y)


def available() -> list[str]:
    """Names of the data sets that can be looked at without fetching anything."""
    folders = (places.data_folder(), places.cache_folder())
    return [n for n in NAMES if n == "shapeset" or any(is_in(n, folder) for folder in folders)]


@lru_cache(maxsize=4)
def images(data: str) -> tuple[Tensor, Tensor]:
    """Inputs, shape (IMAGES, n_in), and classes of a data set's first monitored images."""
    pictures, labels = source(data).monitored_set()
    return to_input(pictures[:IMAGES]), labels[:IMAGES]


def describe(net: DeepNet, x: Tensor, y: Tensor) -> Result:
    """Return what `Explorer.result` holds for a network, inputs and classes."""
    with probes.watch(net) as seen, torch.enable_grad():
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
    values = {name: arrays(seen.values(name)) for name in ("activation", "backprop_gradient")}
    values["weight_gradient"] = products(seen, x)
    theory = "linear" if net.activation in LINEAR else "wide"
    table = compare_with_theory(net, x, y, theory).set_index("quantity")
    measured = {name: [v.std(dtype=np.float64) for v in layers] for name, layers in values.items()}
    # of all products, not of the sample
    measured["weight_gradient"] = list(table.loc[["example_weight_gradient"], "measured"])
    ranges = {"activation": ACTIVATIONS[net.activation].range}
    return {
        "quantities": {
            name: {
                **histograms(values[name], REACH * max(measured[name]), ranges.get(name, ENDLESS)),
                "std": rounded(measured[name], 7),
                "predicted": rounded(table.loc[[other], "predicted"], 7),
            }
            for name, other in QUANTITIES.items()
        },
        "mean_gradient": rounded(map(population_std, seen.weight_gradients.values()), 7),
        "jacobian": singular_values(seen),
        "activation": net.activation,
    }


def population_std(values: Tensor) -> float:
    """Standard deviation over all entries."""
    return float(values.std(correction=0))


def arrays(values: dict[int, Tensor]) -> list[np.ndarray[Any, Any]]:
    """Values by layer, each in a row."""
    return [v.detach().numpy().ravel() for v in values.values()]


ENDLESS = (-math.inf, math.inf)


def shown(activation: str) -> tuple[float, float]:
    """Where histograms of activations begin and end: the range, if it has ends."""
    row = ACTIVATIONS[activation]
    return row.range if all(map(math.isfinite, row.range)) else row.bins


def histograms(
    values: list[np.ndarray[Any, Any]], limit: float, ends: tuple[float, float]
) -> Result:
    """Histograms by layer on common bins, between two ends; where one is infinite, to `limit`.

    Returns
    -------
    dict
        low, high and bins say where the bins are; density has one list for each layer.
    """
    beyond = limit or 1.0
    low, high = (e if math.isfinite(e) else math.copysign(beyond, e) for e in ends)
    scale = BINS / (high - low)
    counts = [np.histogram(v, BINS, (low, high))[0] * (scale / v.size) for v in values]
    return {"low": low, "high": high, "bins": BINS, "density": [rounded(c, 3) for c in counts]}


def products(seen: probes.Watch, x: Tensor) -> list[np.ndarray[Any, Any]]:
    """Weight gradients of single images (eq. 3) for some units below and above the weights.

    All of them would be a million to an image and layer at the paper's width.
    """
    below = [x, *seen.activations.values()]
    parts = []
    for z, delta in zip(below, seen.backprop_gradients.values(), strict=False):
        some, others = (v[:, :: math.ceil(v.shape[1] / SAMPLED)] for v in (z, delta))
        parts.append((some[:, :, None] * others[:, None, :]).numpy().ravel())
    return parts


def singular_values(seen: probes.Watch) -> Result:
    """Root mean square and mean, by layer, of the singular values of eq. 17, for the first image.

    They are the roots of the eigenvalues of J J', which takes half as long as their decomposition
    and, in double precision, changes no digit that is shown.
    """
    averages: dict[str, list[float]] = {"rms": [], "mean": []}
    for layer, s in seen.pre_activations.items():
        slope = probes.activation_slope(seen.net.activations[layer - 1], s[:1])[0].double()
        jacobian = slope[:, None] * seen.net.weight(layer).detach().double()
        least = min(jacobian.shape)
        squares = torch.linalg.eigvalsh(jacobian @ jacobian.T)[-least:].clamp(min=0)
        averages["rms"].append(float(squares.mean().sqrt()))
        averages["mean"].append(float(squares.sqrt().mean()))
    return {name: rounded(values, 6) for name, values in averages.items()}
