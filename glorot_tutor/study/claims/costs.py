"""Claims of section 4.1: the two costs as surfaces."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glorot_tutor.study import records
from glorot_tutor.study.claims.verdicts import UNMEASURED, Part, Verdict, complete, span
from glorot_tutor.study.experiments import plan


def plateaus(store: Path) -> Verdict:
    """G1: flat area and median gradient norm of both costs, on every draw of examples."""
    found = records.gather(store, plan("fig5"), "flatness")
    if found is None:
        return UNMEASURED
    area, slope = (_ratio(found, column) for column in ("flat_area", "median_slope"))
    where = f"weights within {found['limit'].iloc[0]:g}, {len(area)} draws of random targets"
    return Verdict.of(
        [
            Part(bool((area >= 1.5).all()), f"{where}: flat area {span(area)} times as large"),
            Part(bool((slope < 1).all()), f"median gradient norm {span(slope)} times as large"),
        ]
    )


def _ratio(found: pd.DataFrame, column: str) -> pd.Series:
    """Quadratic cost over cross-entropy, draw by draw."""
    wide = found.pivot(index="seed", columns="cost", values=column)
    wide = complete(wide, found["seed"].nunique(), ["quadratic", "cross-entropy"])
    return wide["quadratic"] / wide["cross-entropy"]
