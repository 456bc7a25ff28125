"""Section 4.1 and figure 5: two costs as surfaces over two weights of a two-layer network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from glorot_tutor.checks import UsageError, one_of, positive, whole

COSTS = ("cross-entropy", "quadratic")
Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Surface:
    """A cost and its gradient on a grid of the two weights.

    Attributes
    ----------
    weights
        Grid values of either weight, shape (points,).
    cost
        Mean cost over the examples, shape (points, points), indexed [w1, w2]; nats for the
        cross-entropy, from 0 to 1 for the quadratic cost.
    gradient
        Derivatives of the cost by w1 and by w2, shape (2, points, points).
    """

    weights: Array
    cost: Array
    gradient: Array

    @property
    def slope(self) -> Array:
        """Euclidean norm of the gradient, shape (points, points)."""
        return np.hypot(*self.gradient)

    @property
    def flat_area(self) -> float:
        """Share of the grid, 0-1, where the slope is below 1 % of its maximum."""
        slope = self.slope
        return float(np.mean(slope < 0.01 * slope.max()))


def random_examples(seed: int, examples: int = 100) -> tuple[Array, Array]:
    """Draw a random input signal, N(0, 1), and random targets, -1 or 1 at equal odds."""
    generator = np.random.default_rng(whole("seed", seed, 0))
    whole("examples", examples, 1)
    return generator.standard_normal(examples), generator.choice([-1.0, 1.0], examples)


def surface(cost: str, x: Array, target: Array, limit: float = 5, points: int = 101) -> Surface:
    """Evaluate one cost of the network y = tanh(w2 tanh(w1 x)) over w1 and w2.

    Both costs read the output y as the probability p = (1 + y) / 2 of the target 1. With q = 1 or
    0 for a target of 1 or -1 the cross-entropy is -log p or -log(1 - p), and the quadratic cost is
    (p - q)^2. On this one scale the cross-entropy lies above everywhere, since
    -log p >= 1 - p >= (1 - p)^2.

    Parameters
    ----------
    cost
        One of `COSTS`.
    x, target
        Inputs and targets (-1 or 1), shape (N,).
    limit
        The weights run from -limit to limit.
    points
        Grid points on each side.
    """
    one_of("cost", cost, COSTS)
    if not np.isin(target, (-1, 1)).all():
        raise UsageError("target has other values than -1 and 1: give one of them an example.")
    weights = np.linspace(-positive("limit", limit), limit, whole("points", points, 2))
    hidden = np.tanh(weights[:, None] * x)  # (w1, example)
    net = weights[:, None] * hidden[:, None, :]  # (w1, w2, example)
    if cost == "cross-entropy":
        # p = (1 + tanh a) / 2 is the logistic function of 2a
        value = np.logaddexp(0, -2 * target * net)
        by_net = -2 * target * expit(-2 * target * net)
    else:
        y = np.tanh(net)
        value, by_net = ((y - target) / 2) ** 2, (y - target) * (1 - y**2) / 2
    by_w2 = (by_net * hidden[:, None, :]).mean(-1)
    by_hidden = by_net * weights[:, None] * (x * (1 - hidden**2))[:, None, :]
    return Surface(weights, value.mean(-1), np.stack([by_hidden.mean(-1), by_w2]))


def flatness(
    seed: int, limit: float = 5, points: int = 101, learnable: bool = False
) -> pd.DataFrame:
    """How flat both surfaces are on one random draw of examples.

    With `learnable` the targets are the signs of the inputs instead of random.

    Returns
    -------
    DataFrame
        Columns seed, cost, flat_area (share of the grid, 0-1, where the gradient's norm is below
        1 % of its maximum) and median_slope (median norm of the gradient).
    """
    x, target = random_examples(seed)
    target = np.sign(x) if learnable else target
    rows = []
    for cost in COSTS:
        drawn = surface(cost, x, target, limit, points)
        rows.append((seed, cost, drawn.flat_area, float(np.median(drawn.slope))))
    return pd.DataFrame(rows, columns=["seed", "cost", "flat_area", "median_slope"])
