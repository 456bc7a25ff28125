"""Claims of section 5 on the other data sets, and on a support vector machine: Table 1."""

from __future__ import annotations

from glorot_tutor.study import paper
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict, span
from glorot_tutor.study.experiments import SupportVectors
from glorot_tutor.study.experiments.budgets import FINITE, TABLE
from glorot_tutor.study.reading import Ends, Study
from glorot_tutor.study.records import NotRecorded
from glorot_tutor.study.significance import LEVEL, mcnemar
from glorot_tutor.study.words import counted


@judge("E3", reads=TABLE, data=FINITE)
def differences_are_small(study: Study) -> Verdict:
    """E3: on each finite set the sigmoid comes last, and no N variant is worse than its twin.

    The claim is about final errors on each set: it is judged once all five models are recorded on
    all of them, each seed that they share to the end. Last by the mean over these seeds; worse if
    McNemar's test says so for one of them, at the paper's level, or if the N variant diverged and
    its twin did not.
    """
    parts: list[Part] = []
    for on in map(study.on, FINITE):
        ends = on.ends(TABLE)
        if set(ends.updates.values()) != {on.full}:
            raise NotRecorded(f"Table 1 is not recorded to the end on {on.data}.")
        parts += [_sigmoid_is_last(ends, on.data), _twins(ends, on)]
    return Verdict.of(parts)


def _sigmoid_is_last(ends: Ends, data: str) -> Part:
    mean = ends.errors.mean()
    others = mean.drop("sigmoid")
    runs = f"{counted(max(ends.updates.values()), 'update')}, {counted(len(ends.updates), 'seed')}"
    words = f"{data}, {runs}: sigmoid {mean['sigmoid']:.2f} %, others {span(others)} %"
    return Part(bool(mean["sigmoid"] > others.max()), words)


def _twins(ends: Ends, study: Study) -> Part:
    """Compare each N variant with its twin."""
    worse, gaps = [], []
    for model in ("tanh", "softsign"):
        twin = f"{model} N"
        alone = study.diverged(twin) - study.diverged(model)
        worse += [f"{twin} seed {seed}, which diverged" for seed in sorted(alone)]
        for seed, end, error in ends.each():
            gap = float(error[twin] - error[model])
            gaps.append(gap)
            pair = (study.right(name, seed, updates=end) for name in (model, twin))
            if mcnemar(*pair) < LEVEL and gap > 0:
                worse.append(f"{twin} seed {seed} by {gap:.2f}")
    words = (
        f"N less standard {span(gaps)} points, worse at p < {LEVEL}: {', '.join(worse) or 'none'}"
    )
    return Part(not worse, words)


@judge(
    "E4",
    reads=("tanh N",),
    data=(SupportVectors.data,),
    also={"the support vector machine": SupportVectors()},
)
def network_beats_svm(study: Study) -> Verdict:
    """E4: tanh N against the support vector machine, both of the same 100,000 examples.

    The network is that of the best validation error, its test error the one at the same update.
    """
    machine = study.record(SupportVectors())
    curve = study.on(SupportVectors.data).gather("curve", ["tanh N"])
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
