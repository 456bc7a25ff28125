"""What several judges read of the study: one statistic of every layer while networks learn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glorot_tutor.study import reading
from glorot_tutor.study.claims.verdicts import complete

LAYERS = range(1, 6)

Tables = dict[tuple[str, int], pd.DataFrame]


def tables(store: Path, models: list[str], quantity: str, statistic: str) -> Tables | None:
    """Lay out one statistic by (model, seed): updates down, the five layers across.

    None if a model has no run; a run with a gap is an error.
    """
    statistics = reading.gather("statistics", models, store)
    if statistics is None:
        return None
    found = reading.by_layer(statistics, quantity, statistic)
    return {key: complete(table, len(table), LAYERS) for key, table in found.items()}
