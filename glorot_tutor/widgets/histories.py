"""Recorded runs in a small form: what the record browser shows of one, as plain numbers and texts.

A record of a million updates takes 300 KB as tables; its history takes some 40 KB, and is the same
in a notebook and on a page of the book.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor.checks import RunError
from glorot_tutor.study import reading
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.provenance import whole_or_none
from glorot_tutor.study.records import Record
from glorot_tutor.widgets.base import rounded

History = dict[str, Any]

MOST_BYTES = 200_000
"""Of a history written as JSON."""

MOST_LOOKS = 1500
"""Times that a history keeps, multiplied by the depth."""

STEPS = 255
"""Heights of a histogram that can be told apart, but for 0."""

SHOWN = {
    "mean": ("activation", "mean"),
    "std": ("activation", "std"),
    "p98": ("activation", "p98"),
    "saturated": ("activation", "saturated"),
    "backprop": ("backprop_gradient", "std"),
    "weight": ("weight_gradient", "std"),
}
"""What is told of each layer: a name for the front end, the quantity and the statistic."""


@dataclass(frozen=True)
class Bins:
    """Where the bins of histograms lie: `count` of one width from `low` to `high`."""

    low: float
    high: float
    count: int

    @property
    def most(self) -> float:
        """Density of a histogram that has all its values in one bin."""
        return self.count / (self.high - self.low)


def history(run: Training, record: Record) -> History:
    """Return the history of a run, `MOST_BYTES` of JSON at most.

    Returns
    -------
    dict
        Settings of the run (activation, initialization, gain, depth, width, rate, seed, batch,
        data), `updates` that it made and `diverged` (the update, or None); `prior` (error in % of
        the class frequencies); `looks` (updates, shape (T,)); `errors` (of the split `test` the
        updates and the error in %, each shape (N,)); `layers` (for each hidden layer, first to
        last, the statistics named in `SHOWN`, each shape (T,), and its histograms, see `pack`);
        `bins` (see `Bins`).

    Raises
    ------
    RunError
        If the record lacks what is shown.
    """
    frames = record.frames
    missing = {"curve", "statistics", "histograms", "outcome"} - frames.keys()
    if missing or frames["statistics"].empty or frames["histograms"].empty:
        raise RunError(f"the record of {run.title} was never looked at, layer by layer.")
    depth, end = len(run.widths), frames["outcome"].iloc[0]
    looks = thinned(np.unique(frames["statistics"]["update"]), MOST_LOOKS // depth)
    values, bins = densities(frames["histograms"], run, looks)
    return {
        **described(run),
        "updates": int(end["updates"]),
        "diverged": whole_or_none(end["diverged_at"]),
        "prior": round(reading.prior_error(run.data), 4),
        "looks": looks.tolist(),
        "errors": {"test": _errors(frames["curve"], MOST_LOOKS // depth)},
        "layers": _layers(frames["statistics"], looks, values, bins.most),
        "bins": {"low": bins.low, "high": bins.high, "count": bins.count, "most": bins.most},
    }


def described(run: Training) -> History:
    """Return the settings of a run, in the words of the front end."""
    return {
        "name": run.stem,
        "activation": run.activation,
        "initialization": run.initialization,
        "gain": run.gain,
        "depth": len(run.widths),
        "width": max(run.widths),
        "rate": run.learning_rate,
        "seed": run.seed,
        "batch": run.batch_size,
        "data": run.data,
        "updates": run.updates,
    }


def thinned(updates: NDArray[Any], count: int) -> NDArray[Any]:
    """Keep `count` times at most, evenly spaced in the list of them, the first and the last too."""
    if len(updates) <= count:
        return updates
    kept = np.linspace(0, len(updates) - 1, count).round().astype(int)
    return np.asarray(updates[kept])


def densities(
    histograms: pd.DataFrame, run: Training, looks: NDArray[Any]
) -> tuple[NDArray[Any], Bins]:
    """Lay out a record's histograms, shape (T, depth, bins).

    Bins are recorded from -1 to 1; a sigmoid's activations leave the lower half of them empty.
    """
    names = [name for name in histograms.columns if name not in ("update", "layer")]
    low = -1.0
    if run.activation == "sigmoid":
        low, names = 0.0, [name for name in names if float(name) > 0]
    table = histograms[histograms["update"].isin(looks)].sort_values(["update", "layer"])
    values = table[names].to_numpy(float).reshape(len(looks), len(run.widths), len(names))
    return values, Bins(low, 1.0, len(names))


def pack(values: NDArray[Any], highest: float) -> str:
    """Write densities as bytes, in base 64: `STEPS` times the root of their share in the highest.

    Roots are what is drawn, so that a few values beside a needle can be seen: half a step is the
    same error of a height everywhere.
    """
    shares = np.nan_to_num(values, nan=0.0).clip(0, highest) / highest
    heights = np.round(STEPS * np.sqrt(shares)).astype(np.uint8)
    return base64.b64encode(heights.tobytes()).decode()


def _layers(
    statistics: pd.DataFrame, looks: NDArray[Any], values: NDArray[Any], highest: float
) -> list[dict[str, Any]]:
    kept = statistics[statistics["update"].isin(looks)]
    tables = kept.pivot(
        index=["layer", "update"], columns=["quantity", "statistic"], values="value"
    )
    return [
        {name: rounded(table[column]) for name, column in SHOWN.items()}
        | {"histograms": pack(values[:, number], highest)}
        for number, (_, table) in enumerate(tables.groupby(level="layer"))
    ]


def _errors(curve: pd.DataFrame, count: int) -> dict[str, list[Any]]:
    tested = curve[curve["split"] == "test"].sort_values("update").drop_duplicates("update")
    tested = tested[tested["update"].isin(thinned(tested["update"].to_numpy(), count))]
    return {"updates": tested["update"].tolist(), "error": rounded(tested["error"])}
