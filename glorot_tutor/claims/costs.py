"""Claims of section 4.1: the two costs as surfaces."""

from __future__ import annotations

from pathlib import Path

from glorot_tutor import records
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, span
from glorot_tutor.experiments import plan


def plateaus(store: Path) -> Verdict:
    """G1: flat area and median gradient norm of both costs, on every draw of examples."""
    found = records.gather(store, plan("fig5"), "flatness")
    if found is None:
        return UNMEASURED
    wide = found.pivot(index="seed", columns="cost")
    area = wide["flat_area"]["quadratic"] / wide["flat_area"]["cross-entropy"]
    slope = wide["median_slope"]["quadratic"] / wide["median_slope"]["cross-entropy"]
    draws = f"over {len(wide)} draws of examples"
    return Verdict.of(
        [
            Part(bool((area >= 1.5).all()), f"flat area {span(area)} times as large {draws}"),
            Part(bool((slope < 1).all()), f"median gradient norm {span(slope)} times as large"),
        ]
    )
