"""Numbers and histograms of what was watched, as tidy frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError, one_of, positive, whole

COLUMNS = ["layer", "quantity", "statistic", "value"]


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
