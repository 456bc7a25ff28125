"""Claims of sections 3.3 and 5 on weights that grow, and where they take the activations."""

from __future__ import annotations

import numpy as np

from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.evidence import run_of, tables
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.reading import Study


@judge("T5", reads=("softsign",))
def softsign_weights_grow_together(study: Study) -> Verdict:
    """T5: growth of softsign's weights by layer, from the start to the end of the longest runs."""
    parts: dict[Run, list[Part]] = {}
    for (_, seed), table in tables(study, ["softsign"], "weight", "std").items():
        growth = table.iloc[-1] / table.iloc[0]
        words = " ".join(f"{factor:.3g}" for factor in growth)
        told = [
            Part(bool(growth.min() > 1.1), f"layers 1 to 5 grow {words} times"),
            Part(
                bool(growth.max() < 2 * growth.min()),
                f"the largest factor is {growth.max() / growth.min():.3g} times the smallest",
            ),
        ]
        parts[run_of(study, seed, table)] = told if table.index.max() >= study.full else []
    return Verdict.by_run(parts)


@judge("E10", reads=("tanh",), data=("shapeset", "mnist", "cifar10"))
def shapeset_saturates_most(study: Study) -> Verdict:
    """E10: tanh's saturated share at the end, mean over layers, on three data sets."""
    share, runs = {}, []
    for data in ("shapeset", "mnist", "cifar10"):
        part = study.on(data)
        ends = [
            (100 * table.iloc[-1].mean(), run_of(part, seed, table))
            for (_, seed), table in tables(part, ["tanh"], "activation", "saturated").items()
            if table.index.max() >= part.full
        ]
        share[data] = float(np.mean([end for end, _ in ends]))
        runs += [run for _, run in ends]
    words = ", ".join(f"{data} {value:.3g} %" for data, value in share.items())
    others = max(share["mnist"], share["cifar10"])
    text = f"beyond 0.95, mean over layers: {words}"
    return Verdict.of([Part(share["shapeset"] > others, text, tuple(runs))])
