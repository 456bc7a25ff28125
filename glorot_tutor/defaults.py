"""Which initialization a network has: what libraries draw where nothing is said, and `recognize`.

tests/test_defaults.py compares each row of `DEFAULTS` with weights that the library itself draws,
where it is installed: PyTorch always, Keras and Flax by hand. The rows' fans are those of `fans`,
unless the law says another size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod, sqrt

import numpy as np
import pandas as pd
from torch import Tensor, nn

from glorot_tutor.initializations import INITIALIZATIONS, Constant, Orthogonal, Uniform

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


_LAYERS = {
    "ConvTranspose": (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d),
    "RNN, GRU, LSTM": (nn.RNNBase,),
    "Embedding": (nn.Embedding,),
}


def _row(name: str, weight: Tensor, module: nn.Module) -> dict[str, str | float]:
    w = weight.detach().double().cpu().numpy()
    std, largest = float(np.sqrt(np.mean(w**2))), float(np.abs(w).max())
    transposed = bool(getattr(module, "transposed", False))
    sizes = fans(tuple(weight.shape), getattr(module, "groups", 1), transposed)
    fits = [row.label for row in INITIALIZATIONS.values() if _fits(row.rule, w, sizes)]
    for row in DEFAULTS:
        if row.library == "PyTorch" and isinstance(module, _LAYERS.get(row.layer, ())):
            hidden = (module.hidden_size,) * 2 if isinstance(module, nn.RNNBase) else sizes
            if not fits and _looks(w, row.std(*hidden), row.bound(*hidden)):
                fits.append(f"PyTorch's own, {row.law}")
    size = {"fan_in": sizes[0], "fan_out": sizes[1], "std": std, "largest": largest}
    return {"weight": name} | size | {"n_var": sizes[0] * std**2, "fits": ", ".join(fits) or "none"}


def _fits(rule: object, w: np.ndarray, sizes: tuple[int, int]) -> bool:
    """Whether the weights may have been drawn by a rule."""
    if isinstance(rule, Constant):
        return bool(np.allclose(w, rule.value(*sizes, 1.0), rtol=1e-6, atol=0))
    if isinstance(rule, Orthogonal):
        return _at_right_angles(w)
    expected = sqrt(rule.variance(*sizes, 1.0))  # type: ignore[attr-defined]
    bound = expected * sqrt(3) if isinstance(rule, Uniform) else inf
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
