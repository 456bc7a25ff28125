r"""What becomes of section 4.2.1 where f'(s) is not 1: second moments in wide random networks.

In a wide layer each pre-activation is a sum of many independent terms, so s ~ N(0, q). Then

* E[f(s)^2] takes the place of Var[s] in eq. 5: q of the next layer is n Var[W] E[f(s)^2] + Var[b];
* E[f'(s)^2] becomes a factor of eq. 6: chi = n Var[W] E[f'(s)^2] is what the variance of a gradient
  is multiplied by from one layer to the one below, where the paper has n Var[W].

Where q stays the same from layer to layer, gradients shrink or grow with depth as exp(-depth / xi),
xi = 1 / |ln chi|; so does the squared difference between two images that are nearly alike. The
theory is that of Poole et al. (2016) and Schoenholz et al. (2017).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import between, one_of, positive
from glorot_tutor.theory import check_sizes

LEAST, MOST = 2.0**-40, 2.0**60
"""Below and above, a fixed point counts as 0 and as infinite."""

ALIKE = 1e-12
"""Relative difference that counts as none: a thousand times that of the quadrature."""


class Moments(NamedTuple):
    """Expectations over s ~ N(0, q)."""

    mean: float
    """E[f(s)]."""
    square: float
    """E[f(s)^2]."""
    slope_square: float
    """E[f'(s)^2]."""

    @property
    def variance(self) -> float:
        """Var[f(s)]."""
        return max(self.square - self.mean**2, 0.0)


@lru_cache
def _nodes() -> tuple[Tensor, Tensor]:
    """Points and weights of the expectation over N(0, 1).

    Each half of the line has its own, so that a kink at 0 lies between two panels. They double in
    width from one to the next: a function that is steep at 0 is met as well as a smooth one.
    """
    edges = np.concatenate([[0.0], 2.0 ** np.arange(-40, 2), np.arange(3, 14)])
    points, weights = np.polynomial.legendre.leggauss(16)
    half = np.diff(edges)[:, None] / 2
    x = ((edges[:-1, None] + half) + half * points).ravel()
    density = np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    w = (half * weights).ravel() * density
    w /= 2 * w.sum()
    return torch.from_numpy(np.concatenate([-x, x])), torch.from_numpy(np.concatenate([w, w]))


def _function(activation: str | nn.Module) -> nn.Module:
    if isinstance(activation, str):
        return ACTIVATIONS[one_of("activation", activation, ACTIVATIONS)].module()
    return activation


def moments(activation: str | nn.Module, q: float) -> Moments:
    """Take the expectations of f, f^2 and f'^2 over s ~ N(0, q), by quadrature.

    The relative error is below 1e-12 for functions that are smooth but for a kink at 0.

    Parameters
    ----------
    activation
        A key of `ACTIVATIONS`, or a module that works entry by entry.
    q
        Variance of the pre-activations, at least 0. At 0 the limit from above is given.

    Raises
    ------
    UsageError
        If the name is not known or q lies outside its range.
    """
    f = _function(activation)
    x, w = _nodes()
    # not 0 itself: a rectifier has two slopes there
    s = math.sqrt(max(between("q", q, 0, MOST), 1e-100)) * x
    with torch.enable_grad():
        z = f(s.requires_grad_())
        slope = torch.autograd.grad(z.sum(), s)[0]
    values = z.detach(), z.detach().square(), slope.square()
    return Moments(*(float(w @ value) for value in values))


def variance_map(
    activation: str | nn.Module, n_var_w: float, q: float, var_b: float = 0.0
) -> float:
    """Return the q of the next layer, n Var[W] E[f(s)^2] + Var[b]."""
    return n_var_w * moments(activation, q).square + var_b


def fixed_point(
    activation: str | nn.Module, n_var_w: float, var_b: float = 0.0, start: float = 1.0
) -> float:
    """Return the q that the variance map leads to, layer after layer.

    Parameters
    ----------
    activation
        As in `moments`.
    n_var_w, var_b
        n Var[W] and Var[b], at least 0.
    start
        q of the first layer. It matters where there are several fixed points; where every q is
        one (ReLU at n Var[W] = 2), it is the answer.

    Returns
    -------
    float
        0 if the activations vanish with depth, infinity if they grow without bound.
    """
    from scipy.optimize import brentq  # slow to load: most who import this never call it

    between("n_var_w", n_var_w, 0, MOST)
    between("var_b", var_b, 0, MOST)

    def growth(log_q: float) -> float:
        q = 2.0**log_q
        return variance_map(activation, n_var_w, q, var_b) / q - 1

    here = math.log2(between("start", start, LEAST, MOST))
    if abs(growth(here)) < ALIKE:
        return start
    # the map rises with q, so q goes one way until the first place that stays as it is
    step = math.copysign(0.5, growth(here))
    while math.log2(LEAST) < here + step < math.log2(MOST):
        if growth(here) * growth(here + step) <= 0:
            return float(2 ** brentq(growth, here, here + step, xtol=1e-14))
        here += step
    return 0.0 if step < 0 else math.inf


def chi(activation: str | nn.Module, n_var_w: float, var_b: float = 0.0) -> float:
    """Factor n Var[W] E[f'(s)^2] on the variance of gradients, per layer, at the fixed point.

    Below 1 gradients vanish with depth, above 1 they explode, at 1 they keep their size.
    """
    q = min(fixed_point(activation, n_var_w, var_b), MOST)
    return n_var_w * moments(activation, q).slope_square


def variances_at(activation: str | nn.Module, factor: float, q: float) -> tuple[float, float]:
    """Return the n Var[W] and Var[b] that have the fixed point q and there this chi.

    Along such a line of the phase diagram gradients change by one factor a layer; at `factor` 1
    it is the critical line, between networks whose gradients vanish and explode.

    Parameters
    ----------
    activation
        As in `moments`.
    factor
        chi, positive.
    q
        Above 0. Where Var[b] comes out below 0, there is no such network.
    """
    at = moments(activation, between("q", q, LEAST, MOST))
    n_var_w = positive("factor", factor) / at.slope_square
    return n_var_w, q - n_var_w * at.square


def covariance_map(
    activation: str | nn.Module,
    n_var_w: float,
    covariance: NDArray[np.float64],
    var_b: float = 0.0,
) -> NDArray[np.float64]:
    """Take the covariance of two images' pre-activations to that in the next layer.

    Of the same unit, over networks. Its diagonal goes by `variance_map`. The relative error is
    below 1e-9 for functions that are smooth but for a kink at 0, where variances are below 10.

    Parameters
    ----------
    activation, n_var_w, var_b
        As in `variance_map`.
    covariance
        Shape (2, 2), variances at least 0.

    Raises
    ------
    UsageError
        If a variance lies outside its range, or the covariance is larger than variances allow.
    """
    f, given = _function(activation), np.asarray(covariance, np.float64)
    a, b = (math.sqrt(between("variance", float(q), 0, MOST)) for q in np.diag(given))
    most = a * b * (1 + 1e-9)
    between("covariance", float(given[0, 1]), -most, most)
    angle = math.acos(np.clip(given[0, 1] / (a * b), -1, 1)) if a * b > 0 else math.pi / 2
    # two correlated normal numbers are the cosines of two directions in a plane, times a radius;
    # a kink at 0 is then met at four angles, which are the ends of four panels
    edges = np.array([0, angle, math.pi, math.pi + angle, 2 * math.pi]) - math.pi / 2
    points, weights = np.polynomial.legendre.leggauss(48)
    half = np.diff(edges)[:, None] / 2
    theta = torch.from_numpy(((edges[:-1, None] + half) + half * points).ravel())
    share = torch.from_numpy((half * weights).ravel() / (2 * math.pi))
    radius, density = (part[len(part) // 2 :, None] for part in _nodes())
    with torch.no_grad():
        product = f(a * radius * theta.cos()) * f(b * radius * (theta - angle).cos())
    # the radius has the density r exp(-r^2 / 2)
    cross = float((density * radius * product * share).sum()) * math.sqrt(2 * math.pi)
    squares = [moments(activation, float(q)).square for q in np.diag(given)]
    means = np.array([[squares[0], cross], [cross, squares[1]]])
    return n_var_w * means + var_b


def depth_scale(factor: float) -> float:
    """Layers over which the variance of gradients changes by a factor of e: 1 / |ln chi|.

    It is infinite at chi = 1. Networks deeper than about 6 of it hardly train (Schoenholz et al.).
    """
    if factor <= 0:
        return 0.0
    return math.inf if abs(factor - 1) < ALIKE else 1 / abs(math.log(factor))


def layer_moments(
    sizes: Sequence[int], variances: Sequence[float], activation: str, square_x: float
) -> list[Moments]:
    """Moments of each hidden layer's activations, first to last: eq. 5 for any f.

    Parameters
    ----------
    sizes, variances
        n_0 ... n_{D+1} and Var[W^0] ... Var[W^D].
    activation
        As in `moments`.
    square_x
        Mean square of the inputs.
    """
    check_sizes(sizes, variances)
    layers: list[Moments] = []
    for n, variance in zip(sizes[:-2], variances[:-1], strict=True):
        below = layers[-1].square if layers else square_x
        layers.append(moments(activation, n * variance * below))
    return layers


def backprop_variances(
    sizes: Sequence[int], variances: Sequence[float], layers: Sequence[Moments], var_top: float
) -> list[float]:
    """Var[dCost/ds^i] for i = 0 ... D, as eq. 6 with a factor E[f'(s^i)^2] for each layer.

    `layers` is what `layer_moments` gives, `var_top` the variance of the gradient at the logits.
    """
    down = [var_top]
    for n, variance, layer in zip(
        reversed(sizes[2:]), reversed(variances[1:]), reversed(layers), strict=True
    ):
        down.append(down[-1] * n * variance * layer.slope_square)
    return down[::-1]
