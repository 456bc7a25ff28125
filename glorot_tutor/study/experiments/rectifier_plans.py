"""Plans for what papers say of rectifiers and their kin.

Sizes, learning rates and seeds were chosen before any of these runs was made.
"""

from __future__ import annotations

from itertools import product

from glorot_tutor.study.experiments.depths import Reach
from glorot_tutor.study.experiments.rectifiers import NORMAL, Calibrated, Signals, WithAdam

DRAWS = 10
"""Draws of the weights of each network that is looked at before its first update."""

LAWS = ("normalized", "he_normal")
"""Eq. 16's weights and He's."""

LECUN = ("lecun_uniform", "standard")
"""Weights of variance 1/n, uniform as LeCun et al. suggest, and eq. 1's."""

VARIANCES = (0.5, 1.0, 1.5)
"""Variances of the inputs of SELU networks."""

DEEP = (22, 30)
"""Depths of He et al."""


def lecun_tanh(scale: str) -> tuple[Signals, ...]:
    """Return networks of LeCun's tanh, from his weights and from eq. 1's."""
    depth, width, draws = (6, 50, 1) if scale == "quick" else (20, 300, DRAWS)
    return tuple(
        Signals("lecun_tanh", law, depth, width, seed, NORMAL)
        for law, seed in product(LECUN, range(draws))
    )


def backward(scale: str) -> tuple[Signals, ...]:
    """Return deep ReLU networks, whose gradients are followed down."""
    width, draws, data = (30, 1, "digits") if scale == "quick" else (256, DRAWS, "mnist")
    return tuple(
        Signals("relu", law, depth, width, seed, data)
        for depth, law, seed in product(DEEP, LAWS, range(draws))
    )


def selu(scale: str) -> tuple[Signals, ...]:
    """Return deep SELU networks under inputs of several variances."""
    depth, width, draws = (8, 50, 1) if scale == "quick" else (32, 300, DRAWS)
    return tuple(
        Signals("selu", "lecun_normal", depth, width, seed, NORMAL, variance)
        for variance, seed in product(VARIANCES, range(draws))
    )


SIX_RATES = (0.001, 0.004, 0.016, 0.064, 0.25, 1.0)
"""Fourfold steps: from what the deepest networks bear to what vanished gradients may need."""

NEVER = 0.0
"""A test error (%) that no run ends at: all updates are made."""


def thirty(scale: str) -> tuple[Reach, ...]:
    """Return ReLU networks of 5 and 30 layers that learn at six rates."""
    if scale == "quick":
        quick = (0.01, 0.1), NEVER, 200, 100, 30
        return tuple(
            Reach("relu", law, 1.0, depth, *quick, data="digits")
            for depth, law in product((3, 12), LAWS)
        )
    return tuple(
        Reach("relu", law, 1.0, depth, SIX_RATES, NEVER, 10_000, 2_000, 256, tested=10_000)
        for depth, law in product((5, 30), LAWS)
    )


CALIBRATED = ("tanh", "relu", "sigmoid", "softsign")
"""Activations of the deep networks whose weights are scaled on a batch."""

FEW_RATES = (0.01, 0.03, 0.003, 0.1)
"""Half decades, the likeliest first: a rate that is slower than one before it ends early."""

GOAL = 20.0
"""Test error (%) to which they are run."""


def calibrated(scale: str) -> tuple[Reach, ...]:
    """Return deep networks from weights scaled on a batch, from eq. 16's and from He's."""
    kinds = (Calibrated, "orthogonal"), *((Reach, law) for law in LAWS)
    if scale == "quick":
        quick = (0.03, 0.1), GOAL, 200, 100, 40
        return tuple(
            kind(activation, law, 1.0, 8, *quick, data="digits")
            for activation, (kind, law) in product(CALIBRATED, kinds)
        )
    return tuple(
        kind(activation, law, 1.0, 30, FEW_RATES, GOAL, 2_000, 100, 256, tested=1_000)
        for activation, (kind, law) in product(CALIBRATED, kinds)
    )


COMPARED = ("relu", "elu", "gelu")
"""Activations that Hendrycks and Gimpel compare."""


def with_adam(scale: str) -> tuple[WithAdam, ...]:
    """Return networks of three activations under Adam, from rows of length about 1 as theirs."""
    if scale == "quick":
        return tuple(
            WithAdam(each, "lecun_normal", (1e-3,), 2, 8, 32, data="digits") for each in COMPARED
        )
    return tuple(
        WithAdam(each, "lecun_normal", (1e-3, 1e-4, 1e-5), 5, seed=seed)
        for each, seed in product(COMPARED, range(5))
    )
