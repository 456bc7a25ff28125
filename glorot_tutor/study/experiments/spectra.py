"""Experiments on spectra before the first update: Jacobians (4.2.2) and the Hessian (3.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.utils import parameters_to_vector

from glorot_tutor import probes
from glorot_tutor.checks import whole
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options
from glorot_tutor.study.schema import COUNT, LAYER, NOT_NEGATIVE, NUMBER, Frame

MEANS = ("arithmetic", "geometric", "root_mean_square")


@dataclass(frozen=True)
class JacobianMeans(OneNetwork):
    """Three means of the singular values of each layer's Jacobian dz^{i+1}/dz^i (section 4.2.2).

    Attributes
    ----------
    activation, initialization, depth, width, seed
        As in `AtStart`.
    examples
        Monitored images whose Jacobians are decomposed; those of a linear network are all alike.
    data
        Name of the data set.
    """

    kind: ClassVar[str] = "jacobians"
    layout: ClassVar[Mapping[str, Frame]] = {
        "means": Frame(
            {"layer": LAYER, **dict.fromkeys(MEANS, NOT_NEGATIVE)},
            ("layer",),
        )
    }
    activation: str
    initialization: str
    depth: int = 5
    width: int = 1000
    seed: int = 0
    examples: int = 4
    data: str = "shapeset"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `means`: layer, and the `arithmetic`, `geometric` and `root_mean_square` mean.

        The geometric mean is that of the ratio of infinitesimal volumes, per dimension; the square
        of the root mean square is the ratio of the variances of a small change, of any direction
        alike, above and below the layer. Layer 1, which is not square, is left out.
        """
        widths = (whole("width", self.width, 1),) * whole("depth", self.depth, 2, 100)
        net = build(self.activation, self.initialization, widths, self.seed, data=self.data)
        images, _ = source(self.data).monitored_set()
        x = to_input(images[: whole("examples", self.examples, 1, len(images))])
        rows = []
        for layer, values in probes.jacobian_singular_values(net, x).items():
            if layer > 1:
                s = values.double().numpy()
                rows.append((layer, s.mean(), np.exp(np.log(s).mean()), np.sqrt((s**2).mean())))
        return {"means": pd.DataFrame(rows, columns=["layer", *MEANS])}


@dataclass(frozen=True)
class HessianSpectrum(OneNetwork):
    """Largest and mean eigenvalue of the cost's Hessian before the first update (section 3.1).

    Attributes
    ----------
    activation, initialization, depth, width, seed
        As in `AtStart`; the network is computed in float64.
    probes
        Random directions from which the trace is estimated (Hutchinson 1990).
    data
        Name of the data set, whose 300 monitored images the cost is the mean over.
    """

    kind: ClassVar[str] = "hessian"
    layout: ClassVar[Mapping[str, Frame]] = {
        "spectrum": Frame(
            {"parameters": COUNT, "largest": NUMBER, "mean": NUMBER, "mean_error": NOT_NEGATIVE},
            rows=1,
        )
    }
    activation: str
    initialization: str = "standard"
    depth: int = 5
    width: int = 100
    seed: int = 0
    probes: int = 200
    data: str = "shapeset"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `spectrum`, one row: `parameters`, `largest`, `mean` and `mean_error`.

        `largest` and `mean` are eigenvalues, in nats; `mean_error` is the standard error of the
        mean, which is an estimate.
        """
        widths = (whole("width", self.width, 1),) * whole("depth", self.depth, 1, 100)
        net = build(self.activation, self.initialization, widths, self.seed, data=self.data)
        images, y = source(self.data).monitored_set()
        product, count = hessian_product(net.double(), to_input(images, torch.float64), y)
        mean, error = mean_eigenvalue(product, count, whole("probes", self.probes, 2), self.seed)
        largest = largest_eigenvalue(product, count, self.seed)
        row = (count, largest, mean, error)
        names = ["parameters", "largest", "mean", "mean_error"]
        return {"spectrum": pd.DataFrame([row], columns=names)}


Vector = NDArray[np.float64]
Product = Callable[[Vector], Vector]
"""What a matrix makes of a vector."""


def hessian_product(net: DeepNet, x: Tensor, y: Tensor) -> tuple[Product, int]:
    """Return the product of the Hessian of a network's mean cost with a vector, and its size.

    Parameters
    ----------
    net, x, y
        A float64 network, inputs of shape (N, n_in), and classes of shape (N,).
    """
    parameters = list(net.parameters())
    cost = functional.cross_entropy(net(x), y)
    slopes = parameters_to_vector(torch.autograd.grad(cost, parameters, create_graph=True))

    def product(vector: Vector) -> Vector:
        along = slopes @ torch.from_numpy(np.ascontiguousarray(vector).ravel())
        second = torch.autograd.grad(along, parameters, retain_graph=True)
        return parameters_to_vector([part.contiguous() for part in second]).numpy()

    return product, len(slopes)


def largest_eigenvalue(product: Product, size: int, seed: int = 0) -> float:
    """Largest eigenvalue of a symmetric matrix, by Lanczos' method."""
    from scipy.sparse.linalg import LinearOperator, eigsh  # slow to load, for this alone

    start = np.random.default_rng(seed).standard_normal(size)
    matrix = LinearOperator((size, size), matvec=product, dtype=np.float64)
    return float(eigsh(matrix, k=1, which="LA", v0=start, return_eigenvectors=False)[0])


def mean_eigenvalue(product: Product, size: int, count: int, seed: int = 0) -> tuple[float, float]:
    """Mean eigenvalue of a symmetric matrix, and its standard error, from random directions."""
    generator = np.random.default_rng(seed)
    signs = (generator.choice([-1.0, 1.0], size) for _ in range(count))
    samples = np.array([v @ product(v) / size for v in signs])
    return float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(count))
