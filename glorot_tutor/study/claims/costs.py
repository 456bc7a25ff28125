"""Claims of section 4.1: the two costs as surfaces."""

from __future__ import annotations

import pandas as pd

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict, complete, span
from glorot_tutor.study.experiments import plan
from glorot_tutor.study.reading import Study


@judge("G1", plans=("fig5",))
def plateaus(study: Study) -> Verdict:
    """G1: flat area and median gradient norm of both costs, on every draw of examples."""
    surfaces = study.frame("flatness", plan("fig5"))
    area, slope = (_ratio(surfaces, column) for column in ("flat_area", "median_slope"))
    where = f"weights within {surfaces['limit'].iloc[0]:g}, {len(area)} draws of random targets"
    return Verdict.of(
        [
            Part(bool((area >= 1.5).all()), f"{where}: flat area {span(area)} times as large"),
            Part(bool((slope < 1).all()), f"median gradient norm {span(slope)} times as large"),
        ]
    )


def _ratio(surfaces: pd.DataFrame, column: str) -> pd.Series:
    """Quadratic cost over cross-entropy, draw by draw."""
    wide = surfaces.pivot(index="seed", columns="cost", values=column)
    wide = complete(wide, surfaces["seed"].nunique(), ["quadratic", "cross-entropy"])
    return wide["quadratic"] / wide["cross-entropy"]
