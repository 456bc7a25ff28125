"""Which initialization a network has: what libraries draw where nothing is said, and `recognize`.

tests/test_defaults.py compares each row of `DEFAULTS` with weights that the library itself draws,
where it is installed: PyTorch always, Keras and Flax by hand. The rows' fans are those of `fans`,
unless the law says another size.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, exp, inf, pi, prod, sqrt

import numpy as np
import pandas as pd
from torch import Tensor, nn

from glorot_tutor.initializations import (
    INITIALIZATIONS,
    Constant,
    Normal,
    Orthogonal,
    Rule,
    Uniform,
)

TRUNCATED = sqrt(1 - 4 * exp(-2) / sqrt(2 * pi) / erf(sqrt(2)))
"""Standard deviation of a standard normal variable that is drawn again beyond +-2."""

SIGMAS = 6  # how many standard errors a measured deviation may lie from the expected one


@dataclass(frozen=True)
class Default:
    """What a library draws for the weights of a layer of which nothing is said.

    Attributes
    ----------
    library, layer
        For example PyTorch, "Linear, Conv: bias".
    law
        As a formula; n_in and n_out are fan-in and fan-out.
    rule
        The law.
    cut
        Beyond how many of a normal law's own deviations it is drawn again; its deviation is that
        of `rule` after the cut.
    """

    library: str
    layer: str
    law: str
    rule: Rule
    cut: float = inf

    def std(self, fan_in: int, fan_out: int) -> float:
        """Standard deviation of a weight."""
        return sqrt(self.rule.variance(fan_in, fan_out, 1.0))

    def bound(self, fan_in: int, fan_out: int) -> float:
        """Largest size of a weight; infinite where there is none."""
        if isinstance(self.rule, Uniform):
            return self.rule.bound(fan_in, fan_out, 1.0)
        return self.cut * self.std(fan_in, fan_out) / TRUNCATED


_STANDARD = INITIALIZATIONS["standard"].rule

DEFAULTS = (
    Default("PyTorch", "Linear, Conv", "U(±1/√n_in)", _STANDARD),
    Default("PyTorch", "Linear, Conv: bias", "U(±1/√n_in)", _STANDARD),
    # it takes the second axis for fan-in, and in a transposed convolution that is the output
    Default("PyTorch", "ConvTranspose", "U(±1/√n_out)", Uniform(lambda i, o, _: 1 / sqrt(o))),
    Default("PyTorch", "RNN, GRU, LSTM", "U(±1/√hidden size)", _STANDARD),
    Default("PyTorch", "Embedding", "N(0, 1)", Normal(lambda i, o, _: 1.0)),
    Default("Keras", "Dense, Conv", "U(±√(6/(n_in+n_out)))", INITIALIZATIONS["normalized"].rule),
    Default("Keras", "Embedding", "U(±0.05)", Uniform(lambda i, o, _: 0.05)),
    Default(
        "Flax", "Dense, Conv", "N(0, 1/n_in), cut at ±2σ", INITIALIZATIONS["lecun_normal"].rule, 2
    ),
    Default("Flax", "Embed", "N(0, 1/features)", Normal(lambda i, o, _: 1 / sqrt(o))),
)
"""Defaults of weights, the one that a reader is likelier to meet first."""


def fans(shape: tuple[int, ...], groups: int = 1, transposed: bool = False) -> tuple[int, int]:
    """Return fan-in and fan-out of a weight: how many products reach and leave a unit.

    Parameters
    ----------
    shape
        (out, in / groups, *kernel) as PyTorch keeps it, (in, out / groups, *kernel) if transposed.
    groups
        Into how many parts a convolution splits its channels; each sees its own alone.
    """
    kernel = prod(shape[2:])
    first, second = shape[0] // groups * kernel, shape[1] * kernel
    return (first, second) if transposed else (second, first)


def recognize(model: nn.Module) -> pd.DataFrame:
    """Return for each weight matrix or kernel what it looks like, and the laws that fit it.

    A law fits if the weights' deviation and largest value are what it would give, within chance;
    the laws are `INITIALIZATIONS`, and PyTorch's own for layers that have one. Weights that were
    moved far by learning fit none of them; a little learning does not show.

    Returns
    -------
    pandas.DataFrame
        Columns `weight`, `fan_in`, `fan_out`, `std`, `largest`, `n_var` (fan_in Var[W], which
        eq. 10 wants to be 1) and `fits`, the labels of laws, or "none".
    """
    rows = [
        _row(name, weight, module)
        for prefix, module in model.named_modules()
        for name, weight in module.named_parameters(prefix, recurse=False)
        if weight.ndim >= 2 and weight.numel() and not weight.is_meta
    ]
    columns = ["weight", "fan_in", "fan_out", "std", "largest", "n_var", "fits"]
    return pd.DataFrame(rows, columns=columns)


_OWN = {
    nn.modules.conv._ConvTransposeNd: "ConvTranspose",
    nn.RNNBase: "RNN, GRU, LSTM",
    nn.Embedding: "Embedding",
}
"""Layers for which PyTorch has another law than eq. 1, and their rows of `DEFAULTS`."""


def _row(name: str, weight: Tensor, module: nn.Module) -> dict[str, str | float]:
    w = weight.detach().double().cpu().numpy()
    transposed = bool(getattr(module, "transposed", False))
    sizes = fans(tuple(weight.shape), getattr(module, "groups", 1), transposed)
    fits = [row.label for row in INITIALIZATIONS.values() if _fits(row.rule, w, sizes)]
    std = float(np.sqrt(np.mean(w**2)))
    return {
        "weight": name, "fan_in": sizes[0], "fan_out": sizes[1], "std": std,
        "largest": float(np.abs(w).max()), "n_var": sizes[0] * std**2,
        "fits": ", ".join(fits) or _own(module, w, sizes) or "none",
    }  # fmt: skip


def _own(module: nn.Module, w: np.ndarray, sizes: tuple[int, int]) -> str:
    """Name the law that PyTorch has for such a layer, if the weights fit it."""
    named = [layer for kind, layer in _OWN.items() if isinstance(module, kind)]
    if isinstance(module, nn.RNNBase):
        sizes = module.hidden_size, module.hidden_size
    for row in DEFAULTS:
        if row.library == "PyTorch" and row.layer in named and _fits(row.rule, w, sizes):
            return f"PyTorch's own, {row.law}"
    return ""


def _fits(rule: Rule, w: np.ndarray, sizes: tuple[int, int]) -> bool:
    """Whether the weights may have been drawn by a rule."""
    if isinstance(rule, Constant):
        return bool(np.allclose(w, rule.value(*sizes, 1.0), rtol=1e-6, atol=0))
    if isinstance(rule, Orthogonal):
        return _at_right_angles(w)
    expected = sqrt(rule.variance(*sizes, 1.0))
    bound = rule.bound(*sizes, 1.0) if isinstance(rule, Uniform) else inf
    return _looks(w, expected, bound) and not _at_right_angles(w)


def _looks(w: np.ndarray, std: float, bound: float) -> bool:
    """Whether weights have a deviation, within chance, and go up to a bound or have none."""
    largest, some = np.abs(w).max(), 1 + 1e-6
    if bound < inf:
        error, inside = std / sqrt(5 * w.size), bound * (1 - 20 / w.size) < largest <= bound * some
    else:
        error, inside = std / sqrt(2 * w.size), largest > std * sqrt(3) * some
    return bool(abs(sqrt(np.mean(w**2)) - std) < SIGMAS * error and inside)


def _at_right_angles(w: np.ndarray) -> bool:
    rows = w.reshape(len(w), -1)
    narrow = rows if rows.shape[0] <= rows.shape[1] else rows.T
    # all squares together tell at once for nearly all weights
    if len(narrow) < 2 or abs(np.sum(w**2) / len(narrow) - 1) > 1e-4:
        return False
    return bool(np.allclose(narrow @ narrow.T, np.eye(len(narrow)), atol=1e-4))
