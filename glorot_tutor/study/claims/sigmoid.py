"""Claims of section 3.1: the sigmoid's plateau, and how it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from glorot_tutor.study import records
from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.evidence import run_of, tables
from glorot_tutor.study.claims.judges import JUDGES, judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.experiments import WITNESS
from glorot_tutor.study.reading import Study, end_of, errors, prior_error
from glorot_tutor.training import EPOCH

TRAPPED, FREE = 2.0, 5.0
"""Points: an error less than `TRAPPED` from that of the class prior is the plateau's; one more
than `FREE` below it has left the plateau."""


OFF = 0.1
"""Mean activation below which a layer is at its lower saturation value."""


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
    below = prior_error(data) - both["error"]
    # one low test is no escape: the next one, if there is one, must be low too
    free = both.index[(below > FREE) & (below.shift(-1, fill_value=np.inf) > FREE)]
    before = both.index < free[0] if len(free) else np.full(len(both), fill_value=True)
    on = before & (below.abs() <= TRAPPED).to_numpy() & (both["top"] < OFF).to_numpy()
    plateau = [int(update) for update in both.index[on]]
    if not plateau:
        return Escape([], None)
    later = both[both.index > plateau[-1]]
    out = (later["top"] > 2 * both["top"][on].median()) & (below[later.index] > FREE)
    return Escape(plateau, int(out.index[out][0]) if out.any() else None)


DEPTH_4 = ("sigmoid 4",)
"""The model of figure 2, which most of the section is about."""


def layers(study: Study, statistic: str) -> dict[int, pd.DataFrame]:
    """One statistic of the activations by seed: updates down, the four layers across."""
    by_run = tables(study, DEPTH_4, "activation", statistic, range(1, 5))
    return {seed: table for (_, seed), table in by_run.items()}


def escapes(study: Study) -> dict[int, Escape]:
    """The plateau of each seed, and how it ends."""
    means = layers(study, "mean")
    curves = errors(study.gather("curve", DEPTH_4))
    return {
        seed: find_escape(means[seed][4], error, study.data) for (_, seed), error in curves.items()
    }


@judge("S1", reads=DEPTH_4)
def top_layer_falls(study: Study) -> Verdict:
    """S1: the top layer's mean from about 0.5 to below 0.1 within five epochs, in each seed."""
    parts: dict[Run, list[Part]] = {}
    for seed, table in layers(study, "mean").items():
        start, lowest = table[4].loc[0], table[4].loc[: 5 * EPOCH].min()
        text = f"layer 4's mean from {start:.3g} to {lowest:.3g} within 5 epochs"
        held = bool(abs(start - 0.5) < 0.1 and lowest < OFF)
        parts[run_of(study, seed, table)] = [Part(held, text, certain=True)]
    return Verdict.by_run(parts)


@judge("S2", reads=DEPTH_4)
def order_on_plateau(study: Study) -> Verdict:
    """S2: medians of the layers' means over the plateau, in each seed."""
    parts: dict[Run, list[Part]] = {}
    means = layers(study, "mean")
    for seed, escape in escapes(study).items():
        told = parts[run_of(study, seed, means[seed])] = []
        table = means[seed].loc[escape.plateau]
        if table.empty:
            told.append(Part(holds=False, measured="no plateau"))
            continue
        one, two, three = (table[layer].median() for layer in (1, 2, 3))
        text = f"layers 1 to 3 at {one:.3g}, {two:.3g}, {three:.3g}"
        over = escape.end is not None
        told.append(Part(bool(three > two > one >= 0.48), text, certain=over))
    return Verdict.by_run(parts)


@judge("S3", reads=DEPTH_4)
def plateau_is_left(study: Study) -> Verdict:
    """S3: after five plateau epochs or more, the top layer's mean rises and the error falls.

    A run that is still on its plateau and shorter than the longest is too short to tell. To rise
    above twice its value on the plateau is not to be on again: where the layer ends is told too.
    """
    parts: dict[Run, list[Part]] = {}
    means = layers(study, "mean")
    for seed, (plateau, end) in escapes(study).items():
        updates = means[seed].index
        epochs = sum(update % EPOCH == 0 for update in plateau if update)
        left = f"left by update {end:,}" if end else f"not left in {updates.max():,} updates"
        last = float(means[seed][4].iloc[-1])
        told = Part(
            end is not None and epochs >= 5,
            f"{epochs} plateau epochs, {left}; layer 4's mean ends at {last:.2g}"
            f"{', still nearly off' if last < OFF else ''}",
            certain=end is not None,
        )
        run = run_of(study, seed, means[seed])
        parts[run] = [told] if end or updates.max() >= study.full else []
    return Verdict.by_run(parts)


NOTICEABLE = 1e-4
"""Share of saturated activations below which there is nothing that could rise by a factor."""


@judge("S4", reads=DEPTH_4)
def first_layer_saturates(study: Study) -> Verdict:
    """S4: the first layer's saturated share from the last plateau record to the escape's end.

    A run that has not left its plateau tells nothing of it.
    """
    parts: dict[Run, list[Part]] = {}
    saturated = layers(study, "saturated")
    for seed, (plateau, end) in escapes(study).items():
        told = parts[run_of(study, seed, saturated[seed])] = []
        if plateau and end:
            share = saturated[seed][1]
            before, after = share[plateau[-1]], share[end]
            text = f"{100 * before:.3g} % to {100 * after:.3g} % of layer 1"
            if before < NOTICEABLE:
                text += f", which counts from {100 * NOTICEABLE:g} % on"
            rises = bool(after >= 2 * max(before, NOTICEABLE))
            told.append(Part(rises, text, certain=True))
    return Verdict.by_run(parts)


@dataclass(frozen=True)
class Witness(Study):
    """A study whose one network of depth 4 is that of the plan `plateau`, on MNIST."""

    data: str = WITNESS.data
    full: int = WITNESS.updates

    def gather(self, frame: str, models: Sequence[str], rank: int = 0) -> pd.DataFrame:
        """One frame of the network's record, with columns model, seed."""
        return self.record(WITNESS).frames[frame].assign(model=models[0], seed=WITNESS.seed)


def on_mnist(store: Path = records.BOOK) -> dict[str, Verdict]:
    """Judge a second witness by the criteria of section 3.1 for a sigmoid network of depth 4.

    No verdict of the ledger rests on it, whose claims are about Shapeset-3x2.
    """
    return {claim: JUDGES[claim].verdict(Witness(store)) for claim in ("S1", "S2", "S3", "S4")}


@judge("S5", reads=("sigmoid",))
def deep_sigmoid_stays(study: Study) -> Verdict:
    """S5: the error of the sigmoid of depth 5 at the end of the longest runs.

    A shorter run can tell only if it is off the plateau already.
    """
    parts: dict[Run, list[Part]] = {}
    for (_, seed), error in errors(study.gather("curve", ["sigmoid"])).items():
        end = end_of(error)
        stays = bool(abs(end - prior_error()) <= TRAPPED)
        early = stays and error.index.max() < study.full
        run = run_of(study, seed, error)
        parts[run] = [] if early else [Part(stays, f"{end:.4g} % after {run.updates:,} updates")]
    return Verdict.by_run(parts)
