"""The activation functions and their slopes on ranges of an array, compiled into vector code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.activations import LEAK
from glorot_tutor.engines.machine import compiled, power_of_two

NAMES = ("identity", "tanh", "sigmoid", "softsign", "relu", "leaky_relu")
"""The column `kernel` of `activations.ACTIVATIONS`; a kernel is called by its place here."""

IDENTITY, TANH, SIGMOID, SOFTSIGN, RELU, LEAKY_RELU = range(6)


@compiled
def _at_most(x: Any, high: Any) -> Any:
    return high if x > high else x  # keeps what is not a number; min() would not


@compiled
def _parts(x: Any) -> Any:
    """Give 2**n and exp(r) - 1, where x = n log 2 + r is at most 0 and at least -87."""
    kind = type(x)
    n = np.rint(x * kind(1.4426950408889634))
    r = (x - n * kind(0.693145751953125)) - n * kind(1.4286068203094172e-06)
    p = kind(1 / 6227020800)
    p = p * r + kind(1 / 479001600)
    p = p * r + kind(1 / 39916800)
    p = p * r + kind(1 / 3628800)
    p = p * r + kind(1 / 362880)
    p = p * r + kind(1 / 40320)
    p = p * r + kind(1 / 5040)
    p = p * r + kind(1 / 720)
    p = p * r + kind(1 / 120)
    p = p * r + kind(1 / 24)
    p = p * r + kind(1 / 6)
    p = p * r + kind(1 / 2)
    p = p * r + kind(1)
    return power_of_two(n), p * r


@compiled
def activate(z: NDArray[Any], activation: int) -> None:
    """Take s to z = f(s) in place."""
    kind = z.dtype.type
    one, two = kind(1), kind(2)
    if activation == TANH:
        for i in range(z.size):
            scale, rest = _parts(-two * _at_most(abs(z[i]), kind(40)))
            e = scale * rest + (scale - one)  # exp(-2|s|) - 1, exact near 0 too
            z[i] = np.copysign(-e / (two + e), z[i])
    elif activation == SIGMOID:
        for i in range(z.size):
            scale, rest = _parts(-_at_most(abs(z[i]), kind(87)))
            e = scale * rest + scale  # exp(-|s|)
            z[i] = (one if z[i] >= 0 else e) / (one + e)
    elif activation == SOFTSIGN:
        for i in range(z.size):
            z[i] = z[i] / (one + abs(z[i]))
    elif activation == RELU:
        for i in range(z.size):
            z[i] = kind(0) if z[i] < 0 else z[i]  # keeps what is not a number
    elif activation == LEAKY_RELU:
        for i in range(z.size):
            z[i] = kind(LEAK) * z[i] if z[i] < 0 else z[i]


@compiled
def derive(z: NDArray[Any], delta: NDArray[Any], activation: int) -> None:
    """Multiply `delta` by f'(s), which all functions here give away in z = f(s)."""
    kind = z.dtype.type
    one = kind(1)
    if activation == TANH:
        for i in range(z.size):
            delta[i] *= one - z[i] * z[i]
    elif activation == SIGMOID:
        for i in range(z.size):
            delta[i] *= z[i] * (one - z[i])
    elif activation == SOFTSIGN:
        for i in range(z.size):
            delta[i] *= (one - abs(z[i])) * (one - abs(z[i]))
    elif activation == RELU:
        for i in range(z.size):
            delta[i] = delta[i] if z[i] > 0 else kind(0)
    elif activation == LEAKY_RELU:
        for i in range(z.size):
            delta[i] = delta[i] if z[i] > 0 else kind(LEAK) * delta[i]
