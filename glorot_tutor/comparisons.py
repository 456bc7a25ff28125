"""Theory beside measurement: the standard deviations of section 4.2.1, layer by layer."""

from __future__ import annotations

import math

import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor import probes, theory
from glorot_tutor.nets import DeepNet

COMPARED = ("activation", "backprop_gradient", "example_weight_gradient")


def compare_with_theory(net: DeepNet, x: Tensor, y: Tensor) -> pd.DataFrame:
    """Measure a network's standard deviations and predict them by eqs. 5, 6 and 7.

    The prediction starts from two measured ends and knows nothing in between: the mean square
    of the inputs, and that of the gradient at the logits.

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
    variances = _predicted(net, float(x.square().mean()), float(top.square().mean()))
    rows = [
        (layer, quantity, found[layer], math.sqrt(expected[layer - 1]))
        for quantity, found, expected in zip(COMPARED, measured, variances, strict=True)
        for layer in found
    ]
    return pd.DataFrame(rows, columns=["layer", "quantity", "measured", "predicted"])


def _predicted(net: DeepNet, var_x: float, var_top: float) -> tuple[list[float], ...]:
    """Variances of the three quantities, entry l - 1 for layer l."""
    var_w = theory.weight_variances(net.sizes, net.initialization, net.gain)
    return (
        theory.activation_variances(net.sizes, var_w, var_x)[1:],  # z^l belongs to layer l
        theory.backprop_variances(net.sizes, var_w, var_top),  # s^{l-1} belongs to layer l
        theory.weight_gradient_variances(net.sizes, var_w, var_x, var_top),
    )
