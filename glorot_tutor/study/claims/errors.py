"""Claims of sections 3.1 and 5 on the error curves: figure 11 and Table 1."""

from __future__ import annotations

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.reading import Study, lengths
from glorot_tutor.study.records import NotRecorded


@judge("S7", reads=("sigmoid 4", "tanh N", "softsign"))
def sigmoid_is_worse(study: Study) -> Verdict:
    """S7: sigmoid of depth 4 against tanh N and softsign after as many updates, in each seed.

    The claim is about the end, after the escape: shorter runs tell nothing of it.
    """
    parts: dict[str, list[Part]] = {}
    for seed, end, error in study.ends(["sigmoid 4", "tanh N", "softsign"]).each():
        gap = error["sigmoid 4"] - error[["tanh N", "softsign"]]
        text = f"seed {seed}, {end:,} updates: {span(gap)} points above the two"
        told = Part(bool((gap > 5).all()), text)
        parts[f"seed {seed}"] = [told] if end >= study.full else []
    return Verdict.so_far(parts)


@judge("E1", reads=TABLE)
def order_of_the_table(study: Study) -> Verdict:
    """E1: tanh above the three others by more than 3 points, sigmoid above 75 %, each seed.

    The claim is about several seeds: with one it is not measured yet. They are compared after as
    many updates as all have, which of the shorter seeds is far from the end.
    """
    ends = study.ends(TABLE)
    if len(ends.updates) < 2:
        raise NotRecorded("one seed of Table 1 is recorded.")
    gaps, high, texts = [], [], []
    for seed, end, error in ends.each():
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


ROBUST = ("tanh", "tanh N", "softsign", "softsign N")
"""Models whose dependence on the initialization is compared."""


@judge("E2", reads=ROBUST)
def softsign_is_robust(study: Study) -> Verdict:
    """E2: what the initialization changes, for tanh against softsign.

    The mean over the seeds that have got as far, after each length that runs of all models have.
    """
    parts = []
    for end, seeds in lengths(study.reached(ROBUST)).items():
        errors = study.errors_after(end, ROBUST, seeds)
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
