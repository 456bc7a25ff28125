"""Which initialization a network has: what libraries draw where nothing is said, and `recognize`.

Each row of `DEFAULTS` is compared with weights drawn by the library itself in
tests/test_defaults.py. The rows' fans are those of `fans`, unless the law says another size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod, sqrt

import numpy as np
import pandas as pd
from torch import Tensor, nn

from glorot_tutor.initializations import INITIALIZATIONS, Constant, Normal, Orthogonal, Uniform

TRUNCATED = 0.8796256610342398
"""Standard deviation of a standard normal variable that is drawn again beyond +-2."""

SIGMAS = 6  # how many standard errors a measured deviation may lie from the expected one
Size = Callable[[int, int], float]


@dataclass(frozen=True)
class Default:
    """What a library draws for the weights of a layer of which nothing is said.

    Attributes
    ----------
    library, layer
        For example PyTorch, "Linear, its bias".
    law
        As a formula; n_in and n_out are fan-in and fan-out.
    std, bound
        Functions of fan-in and fan-out; the bound is infinite for a normal law.
    """

    library: str
    layer: str
    law: str
    std: Size
    bound: Size


def _uniform(library: str, layer: str, law: str, bound: Size) -> Default:
    return Default(library, layer, law, lambda *n: bound(*n) / sqrt(3), bound)


def _normal(library: str, layer: str, law: str, std: Size, cut: float = inf) -> Default:
    return Default(library, layer, law, std, lambda *n: cut * std(*n) / TRUNCATED)


DEFAULTS = (
    _uniform("PyTorch", "Linear, Conv", "U(±1/√n_in)", lambda i, o: 1 / sqrt(i)),
    _uniform("PyTorch", "Linear, Conv: bias", "U(±1/√n_in)", lambda i, o: 1 / sqrt(i)),
    # it takes the second axis for fan-in, and in a transposed convolution that is the output
    _uniform("PyTorch", "ConvTranspose", "U(±1/√n_out)", lambda i, o: 1 / sqrt(o)),
    _uniform("PyTorch", "RNN, GRU, LSTM", "U(±1/√hidden size)", lambda i, o: 1 / sqrt(i)),
    _normal("PyTorch", "Embedding", "N(0, 1)", lambda i, o: 1.0),
    _uniform("Keras", "Dense, Conv", "U(±√(6/(n_in+n_out)))", lambda i, o: sqrt(6 / (i + o))),
    _uniform("Keras", "Embedding", "U(±0.05)", lambda i, o: 0.05),
    _normal("Flax", "Dense, Conv", "N(0, 1/n_in), cut at ±2σ", lambda i, o: 1 / sqrt(i), 2),
    _normal("Flax", "Embed", "N(0, 1/features)", lambda i, o: 1 / sqrt(o)),
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
    the laws are `INITIALIZATIONS`. Trained weights fit none of them.

    Returns
    -------
    pandas.DataFrame
        Columns `weight`, `fan_in`, `fan_out`, `std`, `largest`, `n_var` (fan_in Var[W], which
        eq. 10 wants to be 1) and `fits`, the labels of laws, or "none".
    """
    rows = []
    for name, module in model.named_modules():
        groups = getattr(module, "groups", 1)
        transposed = bool(getattr(module, "transposed", False))
        for key, weight in module.named_parameters(name, recurse=False):
            if weight.ndim >= 2:
                rows.append(_row(key, weight, fans(tuple(weight.shape), groups, transposed)))
    columns = ["weight", "fan_in", "fan_out", "std", "largest", "n_var", "fits"]
    return pd.DataFrame(rows, columns=columns)


def _row(name: str, weight: Tensor, sizes: tuple[int, int]) -> dict[str, str | float]:
    w = weight.detach().double().cpu().numpy()
    std, largest = float(np.sqrt(np.mean(w**2))), float(np.abs(w).max())
    fits = [row.label for row in INITIALIZATIONS.values() if _fits(row.rule, w, sizes)]
    size = {"fan_in": sizes[0], "fan_out": sizes[1], "std": std, "largest": largest}
    return {"weight": name} | size | {"n_var": sizes[0] * std**2, "fits": ", ".join(fits) or "none"}


def _fits(rule: object, w: np.ndarray, sizes: tuple[int, int]) -> bool:
    """Whether the weights may have been drawn by a rule."""
    if isinstance(rule, Constant):
        return bool(np.allclose(w, rule.value(*sizes, 1.0), rtol=1e-6, atol=0))
    rows = w.reshape(len(w), -1)
    narrow = rows if rows.shape[0] <= rows.shape[1] else rows.T
    right_angles = np.allclose(narrow @ narrow.T, np.eye(len(narrow)), atol=1e-4)
    if isinstance(rule, Orthogonal):
        return right_angles and len(narrow) > 1
    spread, largest, most = np.sqrt(np.mean(w**2)), np.abs(w).max(), inf
    expected = sqrt(rule.variance(*sizes, 1.0))  # type: ignore[attr-defined]
    if isinstance(rule, Uniform):
        most = expected * sqrt(3) * (1 + 1e-6)
        error = expected / sqrt(5 * w.size)  # of the root mean square of a uniform variable
        low = most * (1 - 20 / w.size)
    else:
        assert isinstance(rule, Normal)
        error, low = expected / sqrt(2 * w.size), expected * sqrt(3) * (1 + 1e-6)
    return abs(spread - expected) < SIGMAS * error and low < largest <= most and not right_angles
