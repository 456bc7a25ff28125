"""What several judges read of the study: one statistic of every layer while networks learn."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.verdicts import complete
from glorot_tutor.study.reading import Study, by_layer

LAYERS = range(1, 6)


def tables(
    study: Study,
    models: Sequence[str],
    quantity: str,
    statistic: str,
    layers: Sequence[int] = LAYERS,
) -> dict[tuple[str, int], pd.DataFrame]:
    """Lay out one statistic by (model, seed): updates down, layers across, without a gap."""
    laid_out = by_layer(study.gather("statistics", models), quantity, statistic)
    return {key: complete(table, len(table), layers) for key, table in laid_out.items()}


def run_of(study: Study, seed: int, *curves: pd.DataFrame | pd.Series, model: str = "") -> Run:
    """Name the run, or the runs of one seed, that some tables by update are of."""
    return Run(seed, min(int(curve.index.max()) for curve in curves), study.data, model)
