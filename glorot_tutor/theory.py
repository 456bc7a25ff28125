r"""Section 4.2.1: what the variances of activations and gradients should be at the start.

The paper numbers from 0: z^0 = x, s^i = z^i W^i + b^i, z^{i+1} = f(s^i), and n_i is the size of
z^i. With D hidden layers the weights are W^0 ... W^D, and s^D are the logits. Everywhere else in
this project layer l is the l-th hidden layer, so its pre-activations are s^{l-1}.

All statements assume f'(s) = 1 (eq. 4), independent weights of mean 0 and inputs whose features
share one variance. Gradients are those of a single example. `mean_field` does without eq. 4.

Where the printed equations are off
-----------------------------------
Eq. 2 takes dCost/ds^{i+1} through W^{i+1}, a matrix of n_{i+1} x n_{i+2}, to dCost/ds^i. So

* eq. 6: the product runs over i' = i+1 ... d. Printed is i' = i ... d, one factor too many.
* eq. 7: its second product likewise runs over i' = i+1 ... d; printed is i ... d-1. The number
  of factors is the same, so eq. 14 stands; with unequal widths the two differ.
* eq. 13: the last factor is Var[dCost/ds^d]; printed is Var[x]. Its exponent d - i agrees with
  the product over i+1 ... d and not with the one that eq. 6 prints.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from glorot_tutor.checks import UsageError, whole
from glorot_tutor.initializations import find


def weight_variance(initialization: str, fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """Var[W] between two layers, of any row of `INITIALIZATIONS`.

    That of eqs. 1 and 16, U[-a, a], is a^2 / 3; `gain` acts as its square.
    """
    return find(initialization).variance(fan_in, fan_out, gain)


def weight_variances(sizes: Sequence[int], initialization: str, gain: float = 1.0) -> list[float]:
    """Var[W^i] for i = 0 ... D of a network of layer sizes n_0 ... n_{D+1}."""
    if len(sizes) < 2:
        raise UsageError(f"sizes has {len(sizes)} entries: give input, hidden and output sizes.")
    return [weight_variance(initialization, n, above, gain) for n, above in pairwise(sizes)]


def activation_variances(
    sizes: Sequence[int], variances: Sequence[float], var_x: float
) -> list[float]:
    """Var[z^i] for i = 0 ... D (eq. 5): Var[x] prod_{i'=0}^{i-1} n_{i'} Var[W^{i'}].

    Parameters
    ----------
    sizes
        n_0 ... n_{D+1}.
    variances
        Var[W^0] ... Var[W^D].
    var_x
        Variance of the inputs (mean square, should their mean not be 0).
    """
    check_sizes(sizes, variances)
    factors = [n * v for n, v in zip(sizes, variances, strict=False)]
    return [var_x * math.prod(factors[:i]) for i in range(len(variances))]


def backprop_variances(
    sizes: Sequence[int], variances: Sequence[float], var_top: float
) -> list[float]:
    """Var[dCost/ds^i] for i = 0 ... D (eq. 6).

    It is Var[dCost/ds^D] prod_{i'=i+1}^{D} n_{i'+1} Var[W^{i'}]. The printed product starts
    at i' = i; see the top of this module.

    Parameters
    ----------
    sizes
        n_0 ... n_{D+1}.
    variances
        Var[W^0] ... Var[W^D].
    var_top
        Var[dCost/ds^D], the variance of the gradient at the logits.
    """
    check_sizes(sizes, variances)
    factors = [n * v for n, v in zip(sizes[1:], variances, strict=True)]
    return [var_top * math.prod(factors[i + 1 :]) for i in range(len(variances))]


def weight_gradient_variances(
    sizes: Sequence[int], variances: Sequence[float], var_x: float, var_top: float
) -> list[float]:
    """Var[dCost/dW^i] for i = 0 ... D (eq. 7): Var[z^i] Var[dCost/ds^i].

    The second product runs over i' = i+1 ... D where the paper prints i ... d-1.
    """
    forward = activation_variances(sizes, variances, var_x)
    backward = backprop_variances(sizes, variances, var_top)
    return [z * s for z, s in zip(forward, backward, strict=True)]


def check_sizes(sizes: Sequence[int], variances: Sequence[float]) -> None:
    """Raise `UsageError` unless there is one variance between each two sizes."""
    if len(sizes) != len(variances) + 1:
        raise UsageError(
            f"{len(sizes)} sizes and {len(variances)} variances: give n_0 ... n_D+1 and one "
            "variance between each two of them."
        )


def equal_width_backprop_variance(n_var_w: float, depth: int, i: int, var_top: float) -> float:
    """Var[dCost/ds^i] with equal widths (eq. 13): [n Var W]^{d-i} Var[dCost/ds^d].

    The last factor is printed as Var[x], which eq. 6 does not give.
    """
    whole("i", i, 0, depth)
    return float(n_var_w ** (depth - i) * var_top)


def equal_width_weight_gradient_variance(
    n_var_w: float, depth: int, var_x: float, var_top: float
) -> float:
    """Var[dCost/dW^i] with equal widths, for any i (eq. 14): [n Var W]^d Var[x] Var[dCost/ds^d]."""
    return float(n_var_w**depth * var_x * var_top)


def shrinkage(initialization: str, gain: float = 1.0) -> float:
    """Factor n Var[W] by which variances change from layer to layer at equal widths.

    It is 1/3 for the standard initialization (eq. 15) and 1 for the normalized one (eqs. 10, 11).
    Of the others, too, it is the same for every width.
    """
    return weight_variance(initialization, 1, 1, gain)
