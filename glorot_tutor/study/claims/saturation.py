"""Claims of sections 3.2 and 3.3: how tanh and softsign saturate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.signal import find_peaks

from glorot_tutor.checks import RunError
from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.evidence import run_of, tables
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.reading import Study, lasts, seeds


def crossings(table: pd.DataFrame, level: float) -> list[float]:
    """Update at which each layer's column is first recorded above a level; nan if it never is."""
    above = table > level
    return [float(above.index[above[layer]].min()) for layer in table]


def last_crossings(table: pd.DataFrame, level: float) -> list[float]:
    """First update from which on each column stays above a level; infinite if it does not."""
    return [lasts(table[layer] > level) for layer in table]


@judge("T1", reads=("tanh",))
def saturates_from_below(study: Study) -> Verdict:
    """T1: tanh's layers pass 0.95 one after the other, in each seed.

    A run that is shorter than the longest can tell if the order is violated already, or if layers
    1 to 4 have passed in order; else it is too short.
    """
    parts: dict[Run, list[Part]] = {}
    for (_, seed), table in tables(study, ["tanh"], "activation", "p98").items():
        late = np.nan_to_num(crossings(table, 0.95), nan=np.inf)
        rising = all(a < b or a == b == np.inf for a, b in pairwise(late))
        done = bool(np.isfinite(late[:-1]).all())
        words = ", ".join(f"{u:,.0f}" if np.isfinite(u) else "never" for u in late)
        certain = done or not rising
        told = Part(rising and done, f"layers 1 to 5 at {words}", certain=certain)
        early = not certain and table.index.max() < study.full
        parts[run_of(study, seed, table)] = [] if early else [told]
    return Verdict.by_run(parts)


@judge("T2", reads=("tanh", "softsign"))
def softsign_moves_together(study: Study) -> Verdict:
    """T2: the crossings of 0.6 lie closer together for softsign, and the ends are lower.

    A layer crosses when it is below for the last time: tanh's first one starts above. Seed by
    seed, over the updates that both runs have. A layer of tanh that has not got there counts as
    one that does at the end, and a layer of softsign that has not fails. Runs shorter than the
    longest tell nothing of the ends, and of the crossings only where both spans are known.
    """
    models = ["tanh", "softsign"]
    curves = tables(study, models, "activation", "p98")
    parts: dict[Run, list[Part]] = {}
    for seed in seeds(curves, models):
        pair = [curves[model, seed] for model in models]
        end = min(int(table.index.max()) for table in pair)
        tanh, softsign = (table.loc[:end] for table in pair)
        full = all(table.index.max() >= study.full for table in pair)
        told = parts[run_of(study, seed, *pair)] = _spreads(tanh, softsign, full)
        if full:
            lower = bool((softsign.iloc[-1] < tanh.iloc[-1]).all())
            ends = [" ".join(f"{v:.2f}" for v in table.iloc[-1]) for table in (softsign, tanh)]
            told.append(Part(lower, f"at the end softsign {ends[0]}, tanh {ends[1]}"))
    return Verdict.by_run(parts)


def _spreads(tanh: pd.DataFrame, softsign: pd.DataFrame, full: bool) -> list[Part]:
    """Whether softsign's crossings of 0.6 are closer than tanh's; nothing if it is too early."""
    end = float(tanh.index.max())
    passed, own = (np.array(last_crossings(table, 0.6)) for table in (tanh, softsign))
    # what has not got there yet does so at the end at the earliest
    spread, other = (float(np.ptp(np.nan_to_num(times, posinf=end))) for times in (own, passed))
    there, others_there = (bool(np.isfinite(times).all()) for times in (own, passed))
    close = there and spread < other / 2
    known = close or (others_there and spread >= other / 2)
    if not (full or known):
        return []
    words = [
        f"over a span of {'' if all_there else 'at least '}{updates:,.0f} updates"
        for updates, all_there in ((spread, there), (other, others_there))
    ]
    text = f"softsign's layers pass 0.6 for good {words[0]}, tanh's {words[1]}"
    return [Part(close, text)]


@judge("T3", reads=("tanh",))
def tanh_ends_saturated(study: Study) -> Verdict:
    """T3: share of tanh's activations beyond 0.95 at the end of the longest runs."""
    parts: dict[Run, list[Part]] = {}
    for (_, seed), table in tables(study, ["tanh"], "activation", "saturated").items():
        share = 100 * table.iloc[-1]
        text = f"{share[1]:.3g} % in layer 1, {share[5]:.3g} % in layer 5"
        told = Part(bool(share[1] > 25 and share[1] > share[5]), text)
        parts[run_of(study, seed, table)] = [told] if table.index.max() >= study.full else []
    return Verdict.by_run(parts)


@judge("T4", reads=("softsign",))
def softsign_ends_on_its_knees(study: Study) -> Verdict:
    """T4: softsign's histograms at the end of the longest runs: modes at the knees, few beyond."""
    histograms = study.gather("histograms", ["softsign"])
    parts: dict[Run, list[Part]] = {}
    for (_, seed), table in tables(study, ["softsign"], "activation", "saturated").items():
        share = 100 * table.iloc[-1].max()
        part = histograms[histograms["seed"] == seed]
        part = part[part["update"] == part["update"].max()].set_index("layer")
        kneed = [n for n in part.index if any(0.5 <= m <= 0.85 for m in modes_of(part.loc[n]))]
        words = ", ".join(map(str, kneed)) or "none"
        judged = [
            Part(len(kneed) >= 2, f"a mode at a knee in layers {words}"),
            Part(bool(share < 5), f"at most {share:.3g} % beyond 0.95"),
        ]
        parts[run_of(study, seed, table)] = judged if table.index.max() >= study.full else []
    return Verdict.by_run(parts)


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
