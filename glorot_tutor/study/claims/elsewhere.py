"""Claims that the other data sets behave alike (sections 3.1 and 4.2.2)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from glorot_tutor.study.claims.evidence import LAYERS, run_of, tables
from glorot_tutor.study.claims.initialization import (
    activation_spread,
    backprop_spread,
    weight_spread,
)
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.saturation import crossings
from glorot_tutor.study.claims.sigmoid import OFF, find_escape
from glorot_tutor.study.claims.verdicts import REPRODUCED, Part, Verdict
from glorot_tutor.study.reading import Study, errors
from glorot_tutor.training import EPOCH

OTHERS = ("mnist", "cifar10")

AT_START = {"I4": activation_spread, "I5": backprop_spread, "I6": weight_spread}


@judge("X1", data=OTHERS, plans=("elsewhere",))
def start_looks_alike(study: Study) -> Verdict:
    """X1: the criteria of I4, I5 and I6, on each of the other data sets."""
    parts = []
    for data in OTHERS:
        for claim, rule in AT_START.items():
            verdict = rule(study.on(data))
            words = f"{data}, {claim}: {verdict.measured}"
            parts.append(Part(verdict.verdict == REPRODUCED, words))
    return Verdict.of(parts)


@judge("X2", reads=("sigmoid", "tanh"), data=OTHERS)
def learning_looks_alike(study: Study) -> Verdict:
    """X2: the criteria of S1 and S2 for the sigmoid of depth 5, and the order of T1 for tanh.

    S1 and S2 are read with layer 5 as the top one; the order of T1 is told where two layers at
    least have passed 0.95.
    """
    parts = []
    for data in OTHERS:
        parts += _sigmoid_is_trapped(study.on(data)) + _tanh_saturates_in_order(study.on(data))
    return Verdict.of(parts)


def _sigmoid_is_trapped(study: Study) -> list[Part]:
    parts = []
    curves = errors(study.gather("curve", ["sigmoid"]))
    for (_, seed), table in tables(study, ["sigmoid"], "activation", "mean").items():
        start, lowest = table[5].iloc[0], table[5].loc[: 5 * EPOCH].min()
        told = f"layer 5's mean from {start:.3g} to {lowest:.3g}"
        runs = (run_of(study, seed, table, model="sigmoid"),)
        parts.append(Part(bool(abs(start - 0.5) < 0.1 and lowest < OFF), told, runs))
        plateau = find_escape(table[5], curves["sigmoid", seed], study.data).plateau
        below = table.loc[plateau, list(LAYERS)[:-1]].median()
        ordered = bool(below.is_monotonic_increasing and below[1] >= 0.48) and bool(plateau)
        words = ", ".join(f"{v:.3g}" for v in below) if plateau else "no plateau"
        parts.append(Part(ordered, f"layers 1 to 4 on the plateau: {words}", runs))
    return parts


def _tanh_saturates_in_order(study: Study) -> list[Part]:
    parts = []
    for (_, seed), table in tables(study, ["tanh"], "activation", "p98").items():
        passed = np.nan_to_num(crossings(table, 0.95), nan=np.inf)
        rising = all(a < b or a == b == np.inf for a, b in pairwise(passed))
        told = int(np.isfinite(passed).sum()) >= 2
        words = ", ".join(f"{u:,.0f}" if np.isfinite(u) else "never" for u in passed)
        runs = (run_of(study, seed, table, model="tanh"),)
        parts.append(Part(rising and told, f"layers 1 to 5 pass at {words}", runs))
    return parts
