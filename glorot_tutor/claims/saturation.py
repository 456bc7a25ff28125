"""Claims of sections 3.2 and 3.3: how tanh and softsign saturate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from glorot_tutor import study
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, complete


def _p98(store: Path, models: list[str]) -> dict[tuple[str, int], pd.DataFrame] | None:
    statistics = study.gather("statistics", models, store)
    if statistics is None:
        return None
    found = study.by_layer(statistics, "activation", "p98")
    return {key: complete(table, len(table), range(1, 6)) for key, table in found.items()}


def crossings(table: pd.DataFrame, level: float) -> list[float]:
    """Update at which each layer's column is first recorded above a level; nan if it never is."""
    above = table > level
    return [float(above.index[above[layer]].min()) for layer in table]


def saturates_from_below(store: Path) -> Verdict:
    """T1: tanh's layers pass 0.95 one after the other, in each seed."""
    found = _p98(store, ["tanh"])
    if found is None:
        return UNMEASURED
    parts = []
    for (_, seed), table in found.items():
        updates = crossings(table, 0.95)
        counted = updates if np.isfinite(updates[-1]) else updates[:-1]
        rising = bool(np.isfinite(counted).all() and (np.diff(counted) > 0).all())
        words = ", ".join(f"{u:,.0f}" if np.isfinite(u) else "never" for u in updates)
        parts.append(Part(rising, f"seed {seed}: layers 1 to 5 at {words}"))
    return Verdict.of(parts)


def softsign_moves_together(store: Path) -> Verdict:
    """T2: the crossings of 0.6 lie closer together for softsign, and the ends are lower."""
    found = _p98(store, ["tanh", "softsign"])
    if found is None:
        return UNMEASURED
    spreads: dict[str, list[float]] = {"tanh": [], "softsign": []}
    for (model, _), table in found.items():
        updates = np.array(crossings(table, 0.6))
        # a layer that never gets there counts as one that does at the end of the run
        updates = np.where(np.isfinite(updates), updates, table.index.max())
        spreads[model].append(float(updates.max() - updates.min()))
    together = max(spreads["softsign"]) < min(spreads["tanh"]) / 2
    ends = {key: table.iloc[-1] for key, table in found.items()}
    lower = all(
        (ends["softsign", seed] < ends["tanh", seed]).all()
        for model, seed in found
        if model == "tanh"
    )
    return Verdict.of(
        [
            Part(
                together,
                f"updates from the first layer's crossing to the last's: softsign "
                f"{_updates(spreads['softsign'])}, tanh {_updates(spreads['tanh'])}",
            ),
            Part(lower, f"98th percentiles at the end, seed 0: {_side_by_side(ends)}"),
        ]
    )


def _updates(values: list[float]) -> str:
    return " to ".join(f"{value:,.0f}" for value in dict.fromkeys((min(values), max(values))))


def _side_by_side(ends: dict[tuple[str, int], pd.Series]) -> str:
    return ", ".join(
        f"{model} {' '.join(f'{value:.2f}' for value in ends[model, 0])}"
        for model in ("softsign", "tanh")
    )


def tanh_ends_saturated(store: Path) -> Verdict:
    """T3: share of tanh's activations beyond 0.95 at the end, in each seed."""
    statistics = study.gather("statistics", ["tanh"], store)
    if statistics is None:
        return UNMEASURED
    parts = []
    for (_, seed), table in study.by_layer(statistics, "activation", "saturated").items():
        share = 100 * table.iloc[-1]
        text = f"seed {seed}: {share[1]:.3g} % in layer 1, {share[5]:.3g} % in layer 5"
        parts.append(Part(bool(share[1] > 25 and share[1] > share[5]), text))
    return Verdict.of(parts)


def softsign_ends_on_its_knees(store: Path) -> Verdict:
    """T4: softsign's histograms at the end: modes near the knees, few values beyond 0.95."""
    statistics = study.gather("statistics", ["softsign"], store)
    histograms = study.gather("histograms", ["softsign"], store)
    if statistics is None or histograms is None:
        return UNMEASURED
    parts = []
    for (_, seed), table in study.by_layer(statistics, "activation", "saturated").items():
        share = 100 * table.iloc[-1].max()
        part = histograms[histograms["seed"] == seed]
        part = part[part["update"] == part["update"].max()].set_index("layer")
        modes = {layer: modes_of(part.loc[layer]) for layer in part.index}
        kneed = [layer for layer, found in modes.items() if any(0.5 <= m <= 0.85 for m in found)]
        words = ", ".join(map(str, kneed)) or "none"
        text = f"seed {seed}: a mode at a knee in layers {words}; at most {share:.3g} % beyond 0.95"
        parts.append(Part(len(kneed) >= 2 and share < 5, text))
    return Verdict.of(parts)


def modes_of(row: pd.Series) -> list[float]:
    """Magnitudes at which a recorded histogram is higher than on both sides (bins of 0.05)."""
    density = row.drop([name for name in row.index if not _is_number(name)]).astype(float)
    density.index = density.index.astype(float)
    # both signs together: the two knees are one
    folded = density.groupby(density.index.to_series().abs().round(3)).mean()
    inner = folded.iloc[1:-1]
    higher = (inner > folded.shift(1)[inner.index]) & (inner > folded.shift(-1)[inner.index])
    return [float(magnitude) for magnitude in inner.index[higher]]


def _is_number(name: object) -> bool:
    try:
        float(str(name))
    except ValueError:
        return False
    return True
