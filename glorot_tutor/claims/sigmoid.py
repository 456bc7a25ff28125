"""Claims of section 3.1: the sigmoid's plateau, and how it ends."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from glorot_tutor import study
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, complete, span
from glorot_tutor.training import EPOCH

TRAPPED, FREE = 2.0, 5.0
"""Points: an error less than `TRAPPED` from that of the class prior is the plateau's; one more
than `FREE` below it has left the plateau."""


class Escape(NamedTuple):
    """The plateau of a sigmoid network, and how it ends.

    Attributes
    ----------
    plateau
        Updates recorded on it, ascending: the top layer's mean is below 0.1 and the error is the
        class prior's.
    end
        First update after it at which the top layer's mean is above twice its median on the
        plateau and the error has fallen; None while there is none.
    """

    plateau: list[int]
    end: int | None


def find_escape(top: pd.Series, error: pd.Series) -> Escape:
    """Find the plateau and its end from the top layer's mean and the error, both by update."""
    both = pd.DataFrame({"top": top, "error": error}).dropna()
    below = study.prior_error() - both["error"]
    free = both.index[below > FREE]
    before = both.index < free[0] if len(free) else np.full(len(both), fill_value=True)
    on = before & (below.abs() <= TRAPPED).to_numpy() & (both["top"] < 0.1).to_numpy()
    plateau = [int(update) for update in both.index[on]]
    if not plateau:
        return Escape([], None)
    later = both[both.index > plateau[-1]]
    out = (later["top"] > 2 * both["top"][on].median()) & (below[later.index] > FREE)
    return Escape(plateau, int(out.index[out][0]) if out.any() else None)


class _Sigmoids(NamedTuple):
    means: dict[tuple[str, int], pd.DataFrame]
    saturated: dict[tuple[str, int], pd.DataFrame]
    escapes: dict[tuple[str, int], Escape]


def _sigmoids(store: Path) -> _Sigmoids | None:
    statistics = study.gather("statistics", ["sigmoid 4"], store)
    curve = study.gather("curve", ["sigmoid 4"], store)
    if statistics is None or curve is None:
        return None
    means, saturated = (
        {
            key: complete(table, len(table), range(1, 5))
            for key, table in study.by_layer(statistics, "activation", name).items()
        }
        for name in ("mean", "saturated")
    )
    errors = study.errors(curve)
    return _Sigmoids(
        means, saturated, {key: find_escape(means[key][4], errors[key]) for key in means}
    )


def top_layer_falls(store: Path) -> Verdict:
    """S1: the top layer's mean from about 0.5 to below 0.1 within five epochs, in each seed."""
    found = _sigmoids(store)
    if found is None:
        return UNMEASURED
    start = [table[4].loc[0] for table in found.means.values()]
    lowest = [table[4].loc[: 5 * EPOCH].min() for table in found.means.values()]
    held = all(abs(s - 0.5) < 0.1 for s in start) and all(low < 0.1 for low in lowest)
    text = f"layer 4's mean from {span(start)} to {span(lowest)} within 5 epochs"
    return Verdict.of([Part(held, f"{text}, {_seeds(found.means)}")])


def order_on_plateau(store: Path) -> Verdict:
    """S2: medians of the layers' means over the plateau, in each seed."""
    found = _sigmoids(store)
    if found is None:
        return UNMEASURED
    parts = []
    for (_, seed), escape in found.escapes.items():
        table = found.means["sigmoid 4", seed].loc[escape.plateau]
        if table.empty:
            parts.append(Part(holds=False, measured=f"seed {seed}: no plateau"))
            continue
        one, two, three = (table[layer].median() for layer in (1, 2, 3))
        text = f"seed {seed}: layers 1 to 3 at {one:.3g}, {two:.3g}, {three:.3g}"
        parts.append(Part(bool(three > two > one >= 0.48), text))
    return Verdict.of(parts)


def plateau_is_left(store: Path) -> Verdict:
    """S3: after five plateau epochs or more, the top layer's mean rises and the error falls."""
    found = _sigmoids(store)
    if found is None:
        return UNMEASURED
    texts, held = [], []
    for (_, seed), (plateau, end) in found.escapes.items():
        epochs = (plateau[-1] - plateau[0]) / EPOCH if plateau else 0
        ran = int(found.means["sigmoid 4", seed].index.max())
        held.append(end is not None and epochs >= 5)
        left = f"left by update {end:,}" if end else f"not left in {ran:,} updates"
        texts.append(f"seed {seed}: {epochs:.3g} plateau epochs, {left}")
    # the budgets differ: what the longest run shows, the short ones need not live to see
    return Verdict.of([Part(any(held), "; ".join(texts))])


def first_layer_saturates(store: Path) -> Verdict:
    """S4: the first layer's saturated share from the last plateau record to the escape's end."""
    found = _sigmoids(store)
    if found is None:
        return UNMEASURED
    parts = []
    for (_, seed), (plateau, end) in found.escapes.items():
        if plateau and end:
            share = found.saturated["sigmoid 4", seed][1]
            before, after = share[plateau[-1]], share[end]
            text = f"seed {seed}: {100 * before:.3g} % to {100 * after:.3g} % of layer 1"
            parts.append(Part(bool(after >= 2 * before), text))
    return Verdict.of(parts or [Part(holds=False, measured="no run has left the plateau")])


def deep_sigmoid_stays(store: Path) -> Verdict:
    """S5: the error of the sigmoid of depth 5 at the end, in each seed."""
    curve = study.gather("curve", ["sigmoid"], store)
    if curve is None:
        return UNMEASURED
    ends = [error.iloc[-1] for error in study.errors(curve).values()]
    off = [abs(end - study.prior_error()) for end in ends]
    text = f"{span(ends)} % after {_lengths(curve)}; the class prior's is {study.prior_error():.3g}"
    return Verdict.of([Part(all(points <= 2 for points in off), text)])


def _seeds(found: dict[tuple[str, int], pd.DataFrame]) -> str:
    return f"{len(found)} seeds"


def _lengths(curve: pd.DataFrame) -> str:
    ends = curve.groupby("seed")["update"].max()
    return " and ".join(f"{updates:,}" for updates in sorted(set(ends))) + " updates"
