"""Networks of later papers, built on the weights of a `DeepNet`: one law of weights for all.

Batch normalization (Ioffe and Szegedy 2015), residual branches, layer normalization, branches that
start at 0 (ReZero, Bachlechner et al. 2021), and the maximal-update parametrization (muP, Yang et
al. 2022).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor.checks import one_of
from glorot_tutor.nets import DeepNet


def batch_normalized(net: DeepNet) -> DeepNet:
    """Put batch normalization between the weights and the activation of each hidden layer.

    In place. Each layer's scale starts at 1 and its shift at 0.
    """
    for i, activation in enumerate(net.activations):
        norm = nn.BatchNorm1d(net.sizes[i + 1], dtype=net.weight(1).dtype)
        net.activations[i] = nn.Sequential(norm, activation)
    return net


class Residual(nn.Module):
    """A layer beside which its input goes on: x + f(x W + b)."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        """Take x to x + branch(x), both of shape (N, n)."""
        found: Tensor = x + self.branch(x)
        return found


class ReZero(Residual):
    """A residual branch times a number that is learned and starts at 0."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__(branch)
        self.size = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """Take x to x + size * branch(x), both of shape (N, n)."""
        found: Tensor = x + self.size * self.branch(x)
        return found


def _layer_normalized(branch: nn.Sequential) -> nn.Module:
    linear = branch[0]
    return nn.Sequential(*branch, nn.LayerNorm(linear.out_features, dtype=linear.weight.dtype))


BLOCKS: dict[str, Callable[[nn.Sequential], nn.Module]] = {
    "plain": lambda branch: branch,
    "residual": Residual,
    "layer norm": _layer_normalized,
    "rezero": ReZero,
}
"""What is made of a layer of as many units above as below."""

BASE = 64
"""Width at which muP and the usual parametrization are the same."""


class Rescaled(nn.Module):
    """Weights and biases that are the parameters times a fixed number each.

    A factor a on a parameter that is 1/a as large leaves the network as it is, and takes its
    learning rate times a^2: so one rate serves all layers.
    """

    def __init__(self, linear: nn.Linear, weight: float, bias: float) -> None:
        super().__init__()
        self.linear, self.factors = linear, (weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        """Take x, shape (N, fan_in), to pre-activations, shape (N, fan_out)."""
        weight, bias = self.factors
        return functional.linear(x * weight, self.linear.weight, self.linear.bias * bias)


def _mup(net: DeepNet) -> nn.Module:
    """Let no layer's share of an update depend on the width: table 3 of muP, for plain descent.

    The first layer's weights and all hidden biases have a rate that grows with the width, the
    output's weights one that falls with it, and the output itself starts smaller.
    """
    up = math.sqrt(net.sizes[1] / BASE)
    first, *middle, last = net.linears
    with torch.no_grad():
        first.weight.div_(up)  # type: ignore[operator]
    layers = [Rescaled(first, up, up), *(Rescaled(linear, 1.0, up) for linear in middle)]  # type: ignore[arg-type]
    pairs = (module for pair in zip(layers, net.activations, strict=True) for module in pair)
    return nn.Sequential(*pairs, Rescaled(last, 1 / up, 1.0))  # type: ignore[arg-type]


def _blocks(net: DeepNet, kind: str) -> nn.Module:
    layers = [nn.Sequential(*pair) for pair in zip(net.linears, net.activations, strict=False)]
    first, *others = layers
    return nn.Sequential(first, *map(BLOCKS[kind], others), net.linears[-1])


NETWORKS: dict[str, Callable[[DeepNet], nn.Module]] = {
    "plain": lambda net: net,
    **{kind: partial(_blocks, kind=kind) for kind in BLOCKS if kind != "plain"},
    "mup": _mup,
}
"""What is made of a `DeepNet`; all but `plain` go to the readable engine."""


def stacked(kind: str, net: DeepNet) -> nn.Module:
    """Return one of `NETWORKS` with the weights of a `DeepNet`, which it takes over."""
    return NETWORKS[one_of("network", kind, NETWORKS)](net)


def end_to_end(kind: str, net: DeepNet, x: Tensor) -> Tensor:
    """Singular values, descending, of the Jacobian from the first hidden layer to the last.

    Parameters
    ----------
    kind, net
        One of `BLOCKS`, and the network it is made of, all hidden layers of one width.
    x
        One example, shape (1, n_in).
    """
    one_of("network", kind, BLOCKS)
    first, *blocks, _ = _blocks(net, kind).children()
    with torch.no_grad():
        z = first(x)
    upper = nn.Sequential(*blocks)

    def top(one: Tensor) -> Tensor:
        found: Tensor = upper(one[None])[0]
        return found

    return torch.linalg.svdvals(torch.autograd.functional.jacobian(top, z[0], vectorize=True))
