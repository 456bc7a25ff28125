"""The one table of activation functions: what they are, how they are judged, how they look.

The table is read where torch is not wanted (help texts, pictures), so torch is imported only when
a module is made. The front end has its twin in `widgets/front/compute/activations.js`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

LECUN_HEIGHT, LECUN_RATE = 1.7159, 2 / 3
"""Height and rate of the tanh of LeCun et al. (1998b): it takes 1 to 1, and -1 to -1."""

LEAK = 0.01
"""Slope of the leaky rectifier below 0."""

SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
"""Constants of Klambauer et al. (2017), under which mean 0 and variance 1 are a fixed point."""

GELU_LEAST = -0.16997120747990369
"""Least value of s Phi(s), at s = -0.7518."""

NEARLY = 0.95
"""Share of a limit beyond which an activation counts as saturated."""


@dataclass(frozen=True)
class Activation:
    """An activation function z = f(s).

    Attributes
    ----------
    name
        Key of `ACTIVATIONS`.
    module
        Makes the `nn.Module` that takes s to z.
    slope
        Gives f'(s) from z = f(s), entry by entry; None where z does not tell s.
    range
        Infimum and supremum of z.
    unsaturated
        Low and high end, outside of which z counts as saturated: near a horizontal asymptote.
        Infinite on a side that has none, and where a rectifier is 0: that is its rest, see `dead`.
    dead
        For ReLU and leaky ReLU, takes z, shape (N, width), to booleans, shape (width,): true for a
        unit that is above 0 on no example, so that hardly any gradient passes it. Else None.
    bins
        Low and high end of recorded histograms.
    colour, marker
        In pictures, all different.
    kernel
        Name of the compiled kernel of the fast engine; None if there is none.
    """

    name: str
    module: Callable[[], nn.Module]
    slope: Callable[[Tensor], Tensor] | None
    range: tuple[float, float]
    unsaturated: tuple[float, float]
    dead: Callable[[Tensor], Tensor] | None
    bins: tuple[float, float]
    colour: str
    marker: str
    kernel: str | None = None


def _of_torch(name: str) -> nn.Module:
    from torch import nn

    module: nn.Module = getattr(nn, name)()
    return module


def _lecun_tanh() -> nn.Module:
    from glorot_tutor.modules import ScaledTanh

    return ScaledTanh(LECUN_HEIGHT, LECUN_RATE)


def _ones_above_0(z: Tensor, below: float) -> Tensor:
    return z.new_ones(z.shape).masked_fill_(z <= 0, below)


def _never_above_0(z: Tensor) -> Tensor:
    return (z <= 0).all(0)


_ROWS = (
    Activation(
        "sigmoid",
        partial(_of_torch, "Sigmoid"),
        slope=lambda z: z * (1 - z),
        range=(0, 1),
        unsaturated=(0.05, NEARLY),
        dead=None,
        bins=(-1, 1),  # the range of the records that there are: half of the bins stay empty
        colour="#8a8a8a",
        marker="o",
        kernel="sigmoid",
    ),
    Activation(
        "tanh",
        partial(_of_torch, "Tanh"),
        slope=lambda z: 1 - z * z,
        range=(-1, 1),
        unsaturated=(-NEARLY, NEARLY),
        dead=None,
        bins=(-1, 1),
        colour="#d55e00",
        marker="s",
        kernel="tanh",
    ),
    Activation(
        "softsign",
        partial(_of_torch, "Softsign"),
        slope=lambda z: (1 - z.abs()).square(),
        range=(-1, 1),
        unsaturated=(-NEARLY, NEARLY),
        dead=None,
        bins=(-1, 1),
        colour="#e69f00",
        marker="^",
        kernel="softsign",
    ),
    Activation(
        "identity",  # the linear network of section 4.2.1
        partial(_of_torch, "Identity"),
        slope=lambda z: z.new_ones(z.shape),
        range=(-inf, inf),
        unsaturated=(-inf, inf),
        dead=None,
        bins=(-1, 1),
        colour="#1f2933",
        marker="D",
        kernel="identity",
    ),
    Activation(
        "relu",
        partial(_of_torch, "ReLU"),
        slope=lambda z: _ones_above_0(z, 0),
        range=(0, inf),
        unsaturated=(-inf, inf),
        dead=_never_above_0,
        bins=(0, 4),
        colour="#0072b2",
        marker="v",
        kernel="relu",
    ),
    Activation(
        "leaky_relu",
        partial(_of_torch, "LeakyReLU"),
        slope=lambda z: _ones_above_0(z, LEAK),
        range=(-inf, inf),
        unsaturated=(-inf, inf),
        dead=_never_above_0,
        bins=(-1, 4),
        colour="#56b4e9",
        marker="<",
        kernel="leaky_relu",
    ),
    Activation(
        "elu",
        partial(_of_torch, "ELU"),
        slope=lambda z: (z + 1).masked_fill_(z > 0, 1),
        range=(-1, inf),
        unsaturated=(-NEARLY, inf),
        dead=None,
        bins=(-1, 4),
        colour="#009e73",
        marker=">",
    ),
    Activation(
        "selu",
        partial(_of_torch, "SELU"),
        slope=lambda z: (z + SELU_SCALE * SELU_ALPHA).masked_fill_(z > 0, SELU_SCALE),
        range=(-SELU_SCALE * SELU_ALPHA, inf),
        unsaturated=(-NEARLY * SELU_SCALE * SELU_ALPHA, inf),
        dead=None,
        bins=(-2, 6),
        colour="#117733",
        marker="P",
    ),
    Activation(
        "gelu",
        partial(_of_torch, "GELU"),
        slope=None,
        range=(GELU_LEAST, inf),
        unsaturated=(-inf, inf),
        dead=None,
        bins=(-1, 4),
        colour="#cc79a7",
        marker="X",
    ),
    Activation(
        "lecun_tanh",
        _lecun_tanh,
        slope=lambda z: LECUN_RATE * (LECUN_HEIGHT - z * z / LECUN_HEIGHT),
        range=(-LECUN_HEIGHT, LECUN_HEIGHT),
        unsaturated=(-NEARLY * LECUN_HEIGHT, NEARLY * LECUN_HEIGHT),
        dead=None,
        bins=(-LECUN_HEIGHT, LECUN_HEIGHT),
        colour="#882255",
        marker="*",
    ),
)

ACTIVATIONS = {row.name: row for row in _ROWS}
"""All activation functions by name."""

PAPER = ("sigmoid", "tanh", "softsign")
"""Those that the paper compares (section 2.3)."""
