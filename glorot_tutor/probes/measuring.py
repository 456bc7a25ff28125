"""All statistics of one network on one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from torch import Tensor, nn

from glorot_tutor.checks import positive, whole
from glorot_tutor.probes.deepnet import is_plain
from glorot_tutor.probes.jacobians import jacobian_singular_values, spectra
from glorot_tutor.probes.layers import beneath
from glorot_tutor.probes.passes import Cost, Inputs, nll, untouched
from glorot_tutor.probes.summary import COLUMNS, statistics
from glorot_tutor.probes.watching import Watch, joined, watch

QUANTITIES = ("activation", "backprop_gradient", "weight_gradient", "jacobian_singular_value")


def measure(
    net: nn.Module,
    x: Any,
    y: Any,
    jacobian_examples: int = 4,
    cost: Cost = nll,
    layers: Sequence[str] | None = None,
    learning_rate: float | None = None,
) -> pd.DataFrame:
    """All statistics of one network on one batch, with the negative log-likelihood as cost.

    Without the Jacobians it takes one pass forward and one back.

    Parameters
    ----------
    net
        A `DeepNet`, or any module whose examples lie along the first dimension. It is measured in
        the mode it is in: call `eval()` before for what dropout and batch normalization do then.
    x, y
        Inputs, shape (N, n_in) or as the network takes them (several in a tuple or a dict), and
        classes, shape (N,).
    jacobian_examples
        Most examples whose Jacobians are decomposed, from the first on; 0 leaves them out.
    cost
        Takes the network's output and `y` to one cost for each example, shape (N,).
    layers
        Names of the modules to watch (see `watch`).
    learning_rate
        If given, the `weight_gradient` has the statistic `update_ratio` too: how long a step of
        SGD is beside the weights, |learning_rate dCost/dW| / |W| (root sums of squares).

    Returns
    -------
    DataFrame
        Columns layer, quantity, statistic, value (see `statistics`). Of Jacobians too large to
        be decomposed it has `rms`, estimated, and its standard error `rms_error` (see `spectra`).

    Raises
    ------
    UsageError
        If the network cannot be watched, or inputs, classes or costs do not fit.
    """
    frame, seen = look(net, x, y, cost, layers)
    frames = [frame]
    if learning_rate is not None:
        frames.append(_update_ratios(seen, positive("learning_rate", learning_rate)))
    if whole("jacobian_examples", jacobian_examples, 0):
        frames += _jacobians(beneath(net), x, jacobian_examples, layers)
    return pd.concat([f for f in frames if len(f)], ignore_index=True)


def _jacobians(
    net: nn.Module, x: Any, examples: int, layers: Sequence[str] | None
) -> list[pd.DataFrame]:
    if is_plain(net) and layers is None:
        return [statistics(jacobian_singular_values(net, x[:examples]), QUANTITIES[3])]
    found = spectra(net, x, examples, layers).layers
    exact = {layer: s.values for layer, s in found.items() if s.values is not None}
    large = [(layer, s) for layer, s in found.items() if s.values is None]
    rows = [(layer, QUANTITIES[3], "rms", s.rms) for layer, s in large]
    rows += [(layer, QUANTITIES[3], "rms_error", s.error) for layer, s in large]
    return [statistics(exact, QUANTITIES[3]), pd.DataFrame(rows, columns=COLUMNS)]


def look(
    net: nn.Module, x: Any, y: Any, cost: Cost = nll, layers: Sequence[str] | None = None
) -> tuple[pd.DataFrame, Watch]:
    """Return `measure` without the Jacobians, and the watch that it was computed from."""
    net = beneath(net)
    inputs = Inputs(x, net)
    with untouched(net, trainable=True) as call, watch(net, layers=layers) as seen:
        seen.backward(cost(call(inputs), _plain(y)))
    units = {layer: seen.by_unit(layer) for layer in seen.activations}
    frames = [statistics(units, "activation", seen.functions)]
    frames += [statistics(seen.values(q), q) for q in QUANTITIES[1:3]]
    return pd.concat([f for f in frames if len(f)], ignore_index=True), seen


def _plain(y: Any) -> Any:
    return y.clone() if isinstance(y, Tensor) and y.is_inference() else y


def _update_ratios(seen: Watch, learning_rate: float) -> pd.DataFrame:
    rows = []
    for layer, gradient in seen.weight_gradients.items():
        weight = joined([w.detach() for w in seen.weights[layer]])
        ratio = learning_rate * gradient.double().norm() / weight.double().norm()
        rows.append((layer, QUANTITIES[2], "update_ratio", float(ratio)))
    return pd.DataFrame(rows, columns=COLUMNS)
