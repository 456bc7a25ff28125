"""Theory beside measurement: the standard deviations of section 4.2.1, layer by layer.

Two theories: that of the paper, in which f'(s) = 1, and that of wide networks (`mean_field`).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor import mean_field, probes, theory
from glorot_tutor.checks import one_of
from glorot_tutor.nets import DeepNet

COMPARED = ("activation", "backprop_gradient", "example_weight_gradient")


def compare_with_theory(
    net: DeepNet, x: Tensor, y: Tensor, assumed: str = "linear"
) -> pd.DataFrame:
    """Measure a network's standard deviations and predict them by eqs. 5, 6 and 7.

    The prediction starts from two measured ends and knows nothing in between: the mean square
    of the inputs, and that of the gradient at the logits.

    Parameters
    ----------
    net, x, y
        The network, inputs of shape (N, n_in) and classes of shape (N,).
    assumed
        `"linear"`: f'(s) = 1, as in the paper. `"wide"`: s is normal, and f is what it is (see
        `mean_field`). Both take the weights to be independent and of mean 0.

    Returns
    -------
    DataFrame
        Columns layer (1 ... depth), quantity (one of `COMPARED`; the weight gradient is that of
        single examples, which eq. 7 is about), measured, predicted (standard deviations).
    """
    with probes.watch(net) as seen, torch.enable_grad():
        logits = net(x)
        costs = functional.cross_entropy(logits, y, reduction="none")
        top = torch.autograd.grad(costs.sum(), logits, retain_graph=True)[0]
        seen.backward(costs)
    measured = (
        {layer: float(z.std()) for layer, z in seen.activations.items()},
        {layer: float(s.std()) for layer, s in seen.backprop_gradients.items()},
        probes.example_weight_gradient_std(seen, x),
    )
    ends = float(x.square().mean()), float(top.square().mean())
    variances = THEORIES[one_of("assumed", assumed, THEORIES)](net, *ends)
    rows = [
        (layer, quantity, stds[layer], math.sqrt(expected[layer - 1]))
        for quantity, stds, expected in zip(COMPARED, measured, variances, strict=True)
        for layer in stds
    ]
    return pd.DataFrame(rows, columns=["layer", "quantity", "measured", "predicted"])


Variances = tuple[list[float], ...]
"""Of the three quantities, entry l - 1 for layer l."""


def _linear(net: DeepNet, var_x: float, var_top: float) -> Variances:
    var_w = theory.weight_variances(net.sizes, net.initialization, net.gain)
    return (
        theory.activation_variances(net.sizes, var_w, var_x)[1:],  # z^l belongs to layer l
        theory.backprop_variances(net.sizes, var_w, var_top),  # s^{l-1} belongs to layer l
        theory.weight_gradient_variances(net.sizes, var_w, var_x, var_top),
    )


def _wide(net: DeepNet, var_x: float, var_top: float) -> Variances:
    var_w = theory.weight_variances(net.sizes, net.initialization, net.gain)
    layers = mean_field.layer_moments(net.sizes, var_w, net.activation, var_x)
    backward = mean_field.backprop_variances(net.sizes, var_w, layers, var_top)
    below = [var_x, *(layer.square for layer in layers)]
    weights = [square * variance for square, variance in zip(below, backward, strict=True)]
    return [layer.variance for layer in layers], backward, weights


THEORIES: dict[str, Callable[[DeepNet, float, float], Variances]] = {
    "linear": _linear,
    "wide": _wide,
}
"""By what they assume."""
