"""All statistics of one network on one batch, as tidy frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError, one_of, positive, whole
from glorot_tutor.probes.layers import beneath
from glorot_tutor.probes.passes import Cost, Inputs, nll, untouched
from glorot_tutor.probes.watching import Watch, joined, watch

COLUMNS = ["layer", "quantity", "statistic", "value"]

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
    from glorot_tutor.probes.deepnet import is_plain
    from glorot_tutor.probes.jacobians import jacobian_singular_values, spectra

    if is_plain(net) and layers is None:
        return [statistics(jacobian_singular_values(net, x[:examples]), QUANTITIES[3])]
    by_layer = spectra(net, x, examples, layers).layers
    exact = {layer: s.values for layer, s in by_layer.items() if s.values is not None}
    large = [(layer, s) for layer, s in by_layer.items() if s.values is None]
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


def statistics(
    values: Mapping[int, Tensor], quantity: str, activation: str | Mapping[int, str] = ""
) -> pd.DataFrame:
    """Summarize values by layer as a tidy frame: layer, quantity, statistic, value.

    The statistics are the mean, the standard deviation (over all entries, population form), the
    98th percentile of the magnitude, and, where `activation` is named (one for all layers or one
    for each), the saturated share and, if the function has dead units, their share: of all units
    those that are off on every example. Where a value is no number, so are the statistics.
    """
    names = dict.fromkeys(values, activation) if isinstance(activation, str) else activation
    for name in filter(None, names.values()):
        one_of("activation", name, ACTIVATIONS)
    rows = [
        (layer, quantity, statistic, value)
        for layer, tensor in values.items()
        for statistic, value in _summary(tensor.detach().cpu(), names.get(layer, "")).items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _summary(tensor: Tensor, activation: str) -> dict[str, float]:
    v = as_numbers(tensor)
    if not v.size:
        return dict.fromkeys(("mean", "std", "p98"), np.nan)
    with np.errstate(invalid="ignore", over="ignore"):  # what has no value is nan
        values = {
            "mean": v.mean(dtype=np.float64),
            "std": v.std(dtype=np.float64),
            "p98": np.percentile(np.abs(v), 98),
        }
    if activation:
        row = ACTIVATIONS[activation]
        low, high = row.unsaturated
        known = not np.isnan(v).any()
        values["saturated"] = np.mean((v < low) | (v > high)) if known else np.nan
        if row.dead is not None:
            off = row.dead(tensor.flatten(1)).double().mean()
            values["dead"] = float(off) if known else np.nan
    return {name: float(value) for name, value in values.items()}


def as_numbers(tensor: Tensor) -> np.ndarray[Any, Any]:
    """Values as numpy has them: those of half precision become float64."""
    if tensor.dtype in (torch.float16, torch.bfloat16):
        tensor = tensor.double()
    return tensor.detach().cpu().numpy()


def histograms(values: Mapping[int, Tensor], bins: int = 100, limit: float = 0) -> pd.DataFrame:
    """Histogram each layer's values on common bins: columns layer, value (bin centre), density.

    The bins run from `-limit` to `limit` (0: the largest finite magnitude found), the density
    integrates to the share of values inside: the "normalized histograms" of figures 4 and 6-8.
    """
    whole("bins", bins, 1)
    if not values:
        raise UsageError("values is empty: pass those of one layer at least.")
    arrays = {layer: as_numbers(tensor).ravel() for layer, tensor in values.items()}
    # where every value is 0, or none is a number, any limit will do
    limit = limit or max(map(_largest, arrays.values())) or 1.0
    positive("limit", limit)
    edges = np.linspace(-limit, limit, bins + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    frames = []
    for layer, v in arrays.items():
        # the number of bins, not their edges: numpy then need not sort the values
        density = np.histogram(v, bins, (-limit, limit))[0] / (max(v.size, 1) * np.diff(edges))
        frames.append(pd.DataFrame({"layer": layer, "value": centres, "density": density}))
    return pd.concat(frames, ignore_index=True)


def _largest(v: np.ndarray[Any, Any]) -> float:
    return float(np.abs(v).max(where=np.isfinite(v), initial=0))
