"""Claims of sections 3.1 and 5 on the error curves: figure 11 and Table 1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glorot_tutor.study import reading
from glorot_tutor.study.claims.verdicts import UNMEASURED, Part, Verdict, span
from glorot_tutor.study.experiments.budgets import TABLE


class Ends(NamedTuple):
    """Some models where all of them have got, seed by seed.

    Attributes
    ----------
    updates
        For each seed that all of them have, the last update that all have reached.
    errors
        Test error (%) at that update, seeds down, models across.
    """

    updates: dict[int, int]
    errors: pd.DataFrame

    def each(self) -> Iterator[tuple[int, int, pd.Series]]:
        """Each seed, its update, and each model's error there."""
        return ((seed, end, self.errors.loc[seed]) for seed, end in self.updates.items())


def ends(store: Path, models: Sequence[str], data: str = "shapeset") -> Ends | None:
    """Compare some models after as many updates; None if one of them is not recorded."""
    curve = reading.gather("curve", models, store, data=data)
    if curve is None:
        return None
    updates = reading.reach(reading.errors(curve), models)
    same = {end: [seed for seed in updates if updates[seed] == end] for end in updates.values()}
    each = [
        reading.errors_after(end, models, seeds, store, data=data) for end, seeds in same.items()
    ]
    return Ends(updates, pd.concat(each))


def sigmoid_is_worse(store: Path) -> Verdict:
    """S7: sigmoid of depth 4 against tanh N and softsign after as many updates, in each seed.

    The claim is about the end, after the escape: shorter runs tell nothing of it.
    """
    found = ends(store, ["sigmoid 4", "tanh N", "softsign"])
    if found is None:
        return UNMEASURED
    parts: dict[str, list[Part]] = {}
    for seed, end, error in found.each():
        gap = error["sigmoid 4"] - error[["tanh N", "softsign"]]
        text = f"seed {seed}, {end:,} updates: {span(gap)} points above the two"
        told = Part(bool((gap > 5).all()), text)
        parts[f"seed {seed}"] = [told] if reading.is_full(end) else []
    return Verdict.so_far(parts)


def order_of_the_table(store: Path) -> Verdict:
    """E1: tanh above the three others by more than 3 points, sigmoid above 75 %, each seed.

    The claim is about several seeds: with one it is not measured yet. They are compared after as
    many updates as all have, which of the shorter seeds is far from the end.
    """
    found = ends(store, TABLE)
    if found is None or len(found.updates) < 2:
        return UNMEASURED
    gaps, high, texts = [], [], []
    for seed, end, error in found.each():
        gaps.append((error["tanh"] - error[["softsign", "softsign N", "tanh N"]]).min())
        high.append(error["sigmoid"])
        words = ", ".join(f"{model} {value:.2f}" for model, value in error.items())
        texts.append(f"seed {seed} after {end:,} updates: {words}")
    return Verdict.of(
        [
            Part(min(gaps) > 3, f"tanh above the nearest of the three by {span(gaps)} points"),
            Part(min(high) > 75, f"sigmoid {span(high)} %; {'; '.join(texts)}"),
        ]
    )


def softsign_is_robust(store: Path) -> Verdict:
    """E2: what the initialization changes, for tanh against softsign.

    The mean over the seeds that have got as far, after each length that runs of all models have.
    """
    models = ["tanh", "tanh N", "softsign", "softsign N"]
    found = ends(store, models)
    if found is None:
        return UNMEASURED
    parts = []
    for end, seeds in reading.lengths(found.updates).items():
        errors = reading.errors_after(end, models, seeds, store)
        tanh, softsign = (errors[name] - errors[f"{name} N"] for name in ("tanh", "softsign"))
        text = (
            f"standard minus normalized after {end:,} updates, mean of {len(seeds)} (single "
            f"seeds): tanh {tanh.mean():.3g} ({span(tanh)}), "
            f"softsign {softsign.mean():.3g} ({span(softsign)}) points"
        )
        # softsign may depend on it the other way round: that is not robust either
        held = tanh.mean() > 0 and tanh.mean() >= 2 * abs(softsign.mean())
        parts.append(Part(bool(held), text))
    return Verdict.of(parts)
