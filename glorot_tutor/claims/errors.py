"""Claims of sections 3.1 and 5 on the error curves: figure 11 and Table 1."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from glorot_tutor import study
from glorot_tutor.claims.verdicts import UNMEASURED, Part, Verdict, span

Ends = dict[int, pd.Series]


def ends(store: Path, models: list[str]) -> tuple[Ends, dict[int, int]] | None:
    """Return, by seed, each model's error at the last update that all have reached, and that."""
    curve = study.gather("curve", models, store)
    if curve is None:
        return None
    found = study.errors(curve)
    seeds = study.seeds(found, models)
    length = {seed: int(min(found[m, seed].index.max() for m in models)) for seed in seeds}
    errors = {
        seed: pd.Series({model: found[model, seed][length[seed]] for model in models})
        for seed in seeds
    }
    return errors, length


def sigmoid_is_worse(store: Path) -> Verdict:
    """S7: sigmoid of depth 4 against tanh N and softsign after as many updates, in each seed."""
    found = ends(store, ["sigmoid 4", "tanh N", "softsign"])
    if found is None:
        return UNMEASURED
    parts = []
    for seed, error in found[0].items():
        gap = error["sigmoid 4"] - error[["tanh N", "softsign"]]
        text = f"seed {seed}, {found[1][seed]:,} updates: {span(gap)} points above the two"
        parts.append(Part(bool((gap > 5).all()), text))
    return Verdict.of(parts)


def order_of_the_table(store: Path) -> Verdict:
    """E1: tanh above the three others by more than 3 points, sigmoid above 75 %, each seed.

    The claim is about several seeds: with one it is not measured yet.
    """
    found = ends(store, ["sigmoid", "tanh", "softsign", "softsign N", "tanh N"])
    if found is None or len(found[0]) < 2:
        return UNMEASURED
    gaps, high, texts = [], [], []
    for seed, error in found[0].items():
        gaps.append((error["tanh"] - error[["softsign", "softsign N", "tanh N"]]).min())
        high.append(error["sigmoid"])
        words = ", ".join(f"{model} {value:.2f}" for model, value in error.items())
        texts.append(f"seed {seed} after {found[1][seed]:,} updates: {words}")
    return Verdict.of(
        [
            Part(min(gaps) > 3, f"tanh above the nearest of the three by {span(gaps)} points"),
            Part(min(high) > 75, f"sigmoid {span(high)} %; {'; '.join(texts)}"),
        ]
    )


def softsign_is_robust(store: Path) -> Verdict:
    """E2: what the initialization changes, for tanh against softsign, mean over the seeds."""
    models = ["tanh", "tanh N", "softsign", "softsign N"]
    curve = study.gather("curve", models, store)
    if curve is None:
        return UNMEASURED
    found = study.errors(curve)
    end = min(int(error.index.max()) for error in found.values())
    errors = pd.Series({key: error[end] for key, error in found.items()}).unstack(0).dropna()
    tanh, softsign = errors["tanh"] - errors["tanh N"], errors["softsign"] - errors["softsign N"]
    text = (
        f"standard minus normalized after {end:,} updates, mean over {len(errors)} seeds: "
        f"tanh {tanh.mean():.3g} (single seeds {span(tanh)}), "
        f"softsign {softsign.mean():.3g} ({span(softsign)}) points"
    )
    if abs(softsign.mean()) > abs(tanh.mean()):
        text = f"{text}; softsign depends on it more, the other way round"
    held = tanh.mean() > 0 and tanh.mean() >= 2 * softsign.mean()
    return Verdict.of([Part(bool(held), text)])
