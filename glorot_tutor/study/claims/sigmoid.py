"""Claims of section 3.1: the sigmoid's plateau, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from glorot_tutor.study import reading, records
from glorot_tutor.study.claims.verdicts import UNMEASURED, Part, Verdict, complete
from glorot_tutor.study.experiments import WITNESS
from glorot_tutor.study.experiments.budgets import BUDGETS
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


def find_escape(top: pd.Series, error: pd.Series, data: str = "shapeset") -> Escape:
    """Find the plateau and its end from the top layer's mean and the error, both by update."""
    both = pd.DataFrame({"top": top, "error": error}).dropna()
    below = reading.prior_error(data) - both["error"]
    # one low test is no escape: the next one, if there is one, must be low too
    free = both.index[(below > FREE) & (below.shift(-1, fill_value=np.inf) > FREE)]
    before = both.index < free[0] if len(free) else np.full(len(both), fill_value=True)
    on = before & (below.abs() <= TRAPPED).to_numpy() & (both["top"] < 0.1).to_numpy()
    plateau = [int(update) for update in both.index[on]]
    if not plateau:
        return Escape([], None)
    later = both[both.index > plateau[-1]]
    out = (later["top"] > 2 * both["top"][on].median()) & (below[later.index] > FREE)
    return Escape(plateau, int(out.index[out][0]) if out.any() else None)


class Sigmoids(NamedTuple):
    """What the verdicts look at, for each seed; of frames the layers are the columns.

    Attributes
    ----------
    means, saturated
        Mean of the activations, and share of them near 0 or 1, by update.
    escapes
        The plateau and its end.
    full
        Updates after which a plateau that is still there counts as one that stays.
    """

    means: dict[int, pd.DataFrame]
    saturated: dict[int, pd.DataFrame]
    escapes: dict[int, Escape]
    full: int

    @classmethod
    def of(cls, statistics: pd.DataFrame, curve: pd.DataFrame, data: str, full: int) -> Sigmoids:
        """Lay out the frames of one sigmoid network of depth 4, as `study.gather` gives them."""
        means, saturated = (
            {
                seed: complete(table, len(table), range(1, 5))
                for (_, seed), table in reading.by_layer(statistics, "activation", name).items()
            }
            for name in ("mean", "saturated")
        )
        escapes = {
            seed: find_escape(means[seed][4], error, data)
            for (_, seed), error in reading.errors(curve).items()
        }
        return cls(means, saturated, escapes, full)


Judge = Callable[[Sigmoids], Verdict]


def of_the_study(judge: Judge) -> Callable[[Path], Verdict]:
    """Make of a criterion the verdict on the recorded networks of figure 2."""

    def verdict(store: Path) -> Verdict:
        statistics = reading.gather("statistics", ["sigmoid 4"], store)
        curve = reading.gather("curve", ["sigmoid 4"], store)
        if statistics is None or curve is None:
            return UNMEASURED
        return judge(Sigmoids.of(statistics, curve, "shapeset", reading.planned.FULL))

    return verdict


def top_layer_falls(found: Sigmoids) -> Verdict:
    """S1: the top layer's mean from about 0.5 to below 0.1 within five epochs, in each seed."""
    parts = []
    for seed, table in found.means.items():
        start, lowest = table[4].loc[0], table[4].loc[: 5 * EPOCH].min()
        text = f"seed {seed}: layer 4's mean from {start:.3g} to {lowest:.3g} within 5 epochs"
        parts.append(Part(bool(abs(start - 0.5) < 0.1 and lowest < 0.1), text))
    return Verdict.of(parts)


def order_on_plateau(found: Sigmoids) -> Verdict:
    """S2: medians of the layers' means over the plateau, in each seed."""
    parts = []
    for seed, escape in found.escapes.items():
        table = found.means[seed].loc[escape.plateau]
        if table.empty:
            parts.append(Part(holds=False, measured=f"seed {seed}: no plateau"))
            continue
        one, two, three = (table[layer].median() for layer in (1, 2, 3))
        text = f"seed {seed}: layers 1 to 3 at {one:.3g}, {two:.3g}, {three:.3g}"
        parts.append(Part(bool(three > two > one >= 0.48), text))
    return Verdict.of(parts)


def plateau_is_left(found: Sigmoids) -> Verdict:
    """S3: after five plateau epochs or more, the top layer's mean rises and the error falls.

    A run that is still on its plateau and shorter than the longest is too short to tell.
    """
    parts: dict[str, list[Part]] = {}
    for seed, (plateau, end) in found.escapes.items():
        updates = found.means[seed].index
        epochs = sum(update % EPOCH == 0 for update in plateau if update)
        left = f"left by update {end:,}" if end else f"not left in {updates.max():,} updates"
        told = Part(
            end is not None and epochs >= 5, f"seed {seed}: {epochs} plateau epochs, {left}"
        )
        parts[f"seed {seed}"] = [told] if end or updates.max() >= found.full else []
    return Verdict.so_far(parts)


NOTICEABLE = 1e-4
"""Share of saturated activations below which there is nothing that could rise by a factor."""


def first_layer_saturates(found: Sigmoids) -> Verdict:
    """S4: the first layer's saturated share from the last plateau record to the escape's end.

    A run that has not left its plateau tells nothing of it.
    """
    parts: dict[str, list[Part]] = {}
    for seed, (plateau, end) in found.escapes.items():
        told = parts[f"seed {seed}"] = []
        if plateau and end:
            share = found.saturated[seed][1]
            before, after = share[plateau[-1]], share[end]
            text = f"seed {seed}: {100 * before:.3g} % to {100 * after:.3g} % of layer 1"
            if before < NOTICEABLE:
                text += f", which counts from {100 * NOTICEABLE:g} % on"
            told.append(Part(bool(after >= 2 * max(before, NOTICEABLE)), text))
    return Verdict.so_far(parts)


CRITERIA: dict[str, Judge] = {
    "S1": top_layer_falls,
    "S2": order_on_plateau,
    "S3": plateau_is_left,
    "S4": first_layer_saturates,
}
"""What section 3.1 says of a sigmoid network of depth 4, by claim."""


def on_mnist(store: Path = records.BOOK) -> dict[str, Verdict]:
    """Judge a second witness by the same criteria: the network of the plan `plateau`, on MNIST.

    No verdict of the ledger rests on it, whose claims are about Shapeset-3x2. All are `UNMEASURED`
    while it is not recorded.
    """
    record = records.load(store, WITNESS)
    if record is None:
        return dict.fromkeys(CRITERIA, UNMEASURED)
    statistics, curve = (
        record.frames[name].assign(model="sigmoid 4", seed=WITNESS.seed)
        for name in ("statistics", "curve")
    )
    found = Sigmoids.of(statistics, curve, WITNESS.data, WITNESS.updates)
    return {claim: judge(found) for claim, judge in CRITERIA.items()}


def deep_sigmoid_stays(store: Path) -> Verdict:
    """S5: the error of the sigmoid of depth 5 at the end of the longest runs.

    A shorter run can tell only if it is off the plateau already.
    """
    curve = reading.gather("curve", ["sigmoid"], store)
    if curve is None:
        return UNMEASURED
    parts: dict[str, list[Part]] = {}
    for (_, seed), error in reading.errors(curve).items():
        length = f"{error.index[-1]:,} of the paper's {BUDGETS['paper'].full[0]:,} updates"
        text = f"seed {seed}: {error.iloc[-1]:.4g} % after {length}"
        stays = bool(abs(error.iloc[-1] - reading.prior_error()) <= TRAPPED)
        early = stays and not reading.is_full(error.index.max())
        parts[f"seed {seed}"] = [] if early else [Part(stays, text)]
    return Verdict.so_far(parts)
