"""Claims of sections 3.2 and 3.3: how tanh and softsign saturate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from glorot_tutor import study
from glorot_tutor.checks import RunError
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, complete

Tables = dict[tuple[str, int], pd.DataFrame]


def _statistic(store: Path, models: list[str], name: str) -> Tables | None:
    """One statistic of the activations by (model, seed): updates down, layers across."""
    statistics = study.gather("statistics", models, store)
    if statistics is None:
        return None
    found = study.by_layer(statistics, "activation", name)
    return {key: complete(table, len(table), range(1, 6)) for key, table in found.items()}


def crossings(table: pd.DataFrame, level: float) -> list[float]:
    """Update at which each layer's column is first recorded above a level; nan if it never is."""
    above = table > level
    return [float(above.index[above[layer]].min()) for layer in table]


def _is_full(table: pd.DataFrame) -> bool:
    return int(table.index.max()) >= study.FULL


def saturates_from_below(store: Path) -> Verdict:
    """T1: tanh's layers pass 0.95 one after the other, in each seed.

    Of a run that is shorter than the longest, the layers that have got there are judged, if there
    are two of them.
    """
    found = _statistic(store, ["tanh"], "p98")
    if found is None:
        return UNMEASURED
    parts = []
    for (_, seed), table in found.items():
        updates = crossings(table, 0.95)
        counted = updates if np.isfinite(updates[-1]) else updates[:-1]
        if not _is_full(table):
            counted = [update for update in updates if np.isfinite(update)]
            if len(counted) < 2:
                continue
        late = [update if np.isfinite(update) else np.inf for update in updates]
        rising = np.isfinite(counted).all() and (np.diff(counted) > 0).all()
        words = ", ".join(f"{u:,.0f}" if np.isfinite(u) else "never" for u in updates)
        in_order = late == sorted(late)
        parts.append(Part(bool(rising and in_order), f"seed {seed}: layers 1 to 5 at {words}"))
    return Verdict.of(parts) if parts else UNMEASURED


def softsign_moves_together(store: Path) -> Verdict:
    """T2: the crossings of 0.6 lie closer together for softsign, and the ends are lower.

    Seed by seed, over the updates that both runs have. A layer of tanh that has not got there
    counts as one that does at the end, and a layer of softsign that has not fails: of runs
    shorter than the longest, unless that is enough, such a comparison is too early. The ends are
    those of the longest runs.
    """
    found = _statistic(store, ["tanh", "softsign"], "p98")
    if found is None:
        return UNMEASURED
    parts = []
    for seed in study.seeds(found, ["tanh", "softsign"]):
        pair = [found[model, seed] for model in ("tanh", "softsign")]
        end = min(int(table.index.max()) for table in pair)
        tanh, softsign = (table.loc[:end] for table in pair)
        full = all(map(_is_full, pair))
        passed, own = (np.array(crossings(table, 0.6)) for table in (tanh, softsign))
        spread, other = np.ptp(own), np.ptp(np.nan_to_num(passed, nan=end))
        close = bool(spread < other / 2)
        if full or close or np.isfinite([*passed, *own]).all():
            words = f"{spread:,.0f}" if np.isfinite(spread) else "never all there"
            text = f"seed {seed}: softsign's layers pass 0.6 within {words}, tanh's {other:,.0f}"
            parts.append(Part(close, f"{text} updates"))
        if full:
            lower = bool((softsign.iloc[-1] < tanh.iloc[-1]).all())
            ends = [" ".join(f"{v:.2f}" for v in table.iloc[-1]) for table in (softsign, tanh)]
            parts.append(Part(lower, f"at the end softsign {ends[0]}, tanh {ends[1]}"))
    return Verdict.of(parts) if parts else UNMEASURED


def tanh_ends_saturated(store: Path) -> Verdict:
    """T3: share of tanh's activations beyond 0.95 at the end of the longest runs."""
    found = _statistic(store, ["tanh"], "saturated")
    parts = []
    for (_, seed), table in (found or {}).items():
        if _is_full(table):
            share = 100 * table.iloc[-1]
            text = f"seed {seed}: {share[1]:.3g} % in layer 1, {share[5]:.3g} % in layer 5"
            parts.append(Part(bool(share[1] > 25 and share[1] > share[5]), text))
    return Verdict.of(parts) if parts else UNMEASURED


def softsign_ends_on_its_knees(store: Path) -> Verdict:
    """T4: softsign's histograms at the end of the longest runs: modes at the knees, few beyond."""
    found = _statistic(store, ["softsign"], "saturated")
    histograms = study.gather("histograms", ["softsign"], store)
    if found is None or histograms is None:
        return UNMEASURED
    parts = []
    for (_, seed), table in found.items():
        if not _is_full(table):
            continue
        share = 100 * table.iloc[-1].max()
        part = histograms[histograms["seed"] == seed]
        part = part[part["update"] == part["update"].max()].set_index("layer")
        kneed = [n for n in part.index if any(0.5 <= m <= 0.85 for m in modes_of(part.loc[n]))]
        words = ", ".join(map(str, kneed)) or "none"
        text = f"seed {seed}: a mode at a knee in layers {words}; at most {share:.3g} % beyond"
        parts.append(Part(len(kneed) >= 2 and bool(share < 5), f"{text} 0.95"))
    return Verdict.of(parts) if parts else UNMEASURED


PROMINENCE = 0.05
"""A mode stands out from the valleys beside it by this share of its own height, or it is noise:
300,000 activations fill a bin to about 1 %."""


def modes_of(row: pd.Series) -> list[float]:
    """Magnitudes of a recorded histogram's modes: both signs together, means of three bins."""
    density = pd.to_numeric(row.drop([name for name in row.index if not _is_number(name)]))
    density.index = density.index.astype(float)
    if not np.isfinite(density).all():
        raise RunError("a recorded histogram has a number that is none: run it again.")
    folded = density.groupby(density.index.to_series().abs().round(3)).mean()
    smooth = folded.rolling(3, center=True, min_periods=2).mean()
    peaks, facts = find_peaks(smooth.to_numpy(), prominence=0)
    high = facts["prominences"] > PROMINENCE * smooth.to_numpy()[peaks]
    return [float(magnitude) for magnitude in smooth.index[peaks[high]]]


def _is_number(name: object) -> bool:
    try:
        float(str(name))
    except ValueError:
        return False
    return True
