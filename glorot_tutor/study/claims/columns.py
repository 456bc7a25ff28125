"""Claims of section 5 on the other data sets, and on a support vector machine: Table 1."""

from __future__ import annotations

from pathlib import Path

from glorot_tutor.study import paper, reading, records
from glorot_tutor.study.claims.errors import Ends, ends
from glorot_tutor.study.claims.verdicts import UNMEASURED, Part, Verdict, span
from glorot_tutor.study.experiments import SupportVectors
from glorot_tutor.study.experiments.budgets import TABLE, budget
from glorot_tutor.study.experiments.plans import FINITE
from glorot_tutor.study.significance import LEVEL, mcnemar
from glorot_tutor.study.words import counted


def differences_are_small(store: Path) -> Verdict:
    """E3: on each finite set the sigmoid comes last, and no N variant is worse than its twin.

    The claim is about final errors on each set: it is judged once all five models are recorded on
    all of them, each seed that they share to the end. Last by the mean over these seeds; worse if
    McNemar's test says so for one of them, at the paper's level, or if the N variant diverged and
    its twin did not.
    """
    parts: list[Part] = []
    for data, found in {data: ends(store, TABLE, data) for data in FINITE}.items():
        whole = max(budget("book", data).full.values())
        if found is None or set(found.updates.values()) != {whole}:
            return UNMEASURED
        twins = _twins(found, data, store)
        if twins is None:
            return UNMEASURED
        parts += [_sigmoid_is_last(found, data), twins]
    return Verdict.of(parts)


def _sigmoid_is_last(found: Ends, data: str) -> Part:
    mean = found.errors.mean()
    others = mean.drop("sigmoid")
    runs = (
        f"{counted(max(found.updates.values()), 'update')}, {counted(len(found.updates), 'seed')}"
    )
    words = f"{data}, {runs}: sigmoid {mean['sigmoid']:.2f} %, others {span(others)} %"
    return Part(bool(mean["sigmoid"] > others.max()), words)


def _twins(found: Ends, data: str, store: Path) -> Part | None:
    """Compare each N variant with its twin; None where the answers of a pair cannot be compared."""
    worse, gaps = [], []
    for model in ("tanh", "softsign"):
        twin = f"{model} N"
        alone = reading.diverged(twin, store, data) - reading.diverged(model, store, data)
        worse += [f"{twin} seed {seed}, which diverged" for seed in sorted(alone)]
        for seed, end, error in found.each():
            gap = float(error[twin] - error[model])
            pair = [
                reading.right(name, seed, store, data=data, updates=end) for name in (model, twin)
            ]
            if pair[0] is None or pair[1] is None:
                return None
            gaps.append(gap)
            if gap > 0 and mcnemar(pair[0], pair[1]) < LEVEL:
                worse.append(f"{twin} seed {seed} by {gap:.2f}")
    words = (
        f"N less standard {span(gaps)} points, worse at p < {LEVEL}: {', '.join(worse) or 'none'}"
    )
    return Part(not worse, words)


def network_beats_svm(store: Path) -> Verdict:
    """E4: tanh N against the support vector machine, both of the same 100,000 examples.

    The network is that of the best validation error, its test error the one at the same update.
    """
    machine = records.load(store, SupportVectors())
    curve = reading.gather("curve", ["tanh N"], store, data=SupportVectors.data)
    if machine is None or curve is None:
        return UNMEASURED
    splits = {
        str(split): part.set_index("update")["error"]
        for split, part in curve[curve["seed"] == 0].groupby("split")
    }
    best = splits["validation"].idxmin()
    network = float(splits["test"][best])
    in_paper = paper.ON_100K["SVM"]
    svm = float(machine.frames["errors"].set_index("split")["error"]["test"])
    return Verdict.of(
        [
            Part(svm - network >= 3, f"network {network:.2f} % after {best:,} updates"),
            Part(abs(svm - in_paper) <= 3, f"SVM {svm:.2f} %, the paper's {in_paper:.2f} %"),
        ]
    )
