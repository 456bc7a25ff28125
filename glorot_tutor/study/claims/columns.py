"""Claims of section 5 on the other data sets, and on a support vector machine: Table 1."""

from __future__ import annotations

from glorot_tutor.study import paper
from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict, difference, span
from glorot_tutor.study.experiments import SupportVectors
from glorot_tutor.study.experiments.budgets import FINITE, TABLE
from glorot_tutor.study.reading import Ends, Study
from glorot_tutor.study.records import NotRecorded
from glorot_tutor.study.significance import LEVEL, mcnemar, paired
from glorot_tutor.study.words import counted

TWINS = ("tanh", "softsign")
"""Models that have a normalized variant."""


@judge("E3", reads=TABLE, data=FINITE)
def differences_are_small(study: Study) -> Verdict:
    """E3: on each finite set the sigmoid comes last, and no N variant is worse than its twin.

    The claim is about final errors on each set: it is judged once all five models are recorded on
    all of them, each seed that they share to the end. Last by the mean over these seeds. Worse if
    the paired difference over the seeds is above 0 at the paper's level, or if the N variant
    diverged and its twin did not. One seed has no such difference: where it is alone, it is too
    short to tell of twins.
    """
    parts: list[Part] = []
    for on in map(study.on, FINITE):
        ends = on.ends(TABLE)
        if set(ends.updates.values()) != {on.full}:
            raise NotRecorded(f"Table 1 is not recorded to the end on {on.data}.")
        runs = tuple(Run(seed, end, on.data) for seed, end in ends.updates.items())
        parts += [_sigmoid_is_last(ends, runs), *_twins(ends, on, runs)]
    return Verdict.of(parts)


def _sigmoid_is_last(ends: Ends, runs: tuple[Run, ...]) -> Part:
    mean = ends.errors.mean()
    others = mean.drop("sigmoid")
    length = counted(max(ends.updates.values()), "update")
    words = f"{length}, {counted(len(runs), 'seed')}: sigmoid {mean['sigmoid']:.2f} %, "
    return Part(bool(mean["sigmoid"] > others.max()), f"{words}others {span(others)} %", runs)


def _twins(ends: Ends, study: Study, runs: tuple[Run, ...]) -> list[Part]:
    """Compare each N variant with its twin: one condition, and the differences beside it."""
    worse: list[str] = []
    words: list[str] = []
    for model in TWINS:
        twin = f"{model} N"
        alone = study.diverged(twin) - study.diverged(model)
        worse += [f"{twin} seed {seed}, which diverged" for seed in sorted(alone)]
        gap = paired(ends.errors, twin, model)
        words.append(f"{twin} less {model} {difference(gap)}")
        strict = paired(ends.errors, twin, model, LEVEL)
        worse += [f"{twin} by {gap.mean:.2f}"] if strict.mean > strict.half else []
    text = f"{', '.join(words)} points"
    if len(runs) == 1 and not worse:
        (seed,) = ends.updates
        of_two = [
            f"{model} p = {mcnemar(study.right(f'{model} N', seed), study.right(model, seed)):.2g}"
            for model in TWINS
        ]
        told = f"one seed: too few to tell (McNemar's test of two networks: {', '.join(of_two)})"
        return [Part(None, f"{text}, {told}", runs)]
    text = f"{text}, worse at p < {LEVEL}: {', '.join(worse) or 'none'}"
    return [Part(not worse, text, runs)]


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
    run = Run(0, int(splits["test"].index[-1]), SupportVectors.data)
    return Verdict.of(
        [
            Part(svm - network >= 3, f"network {network:.2f} % after {best:,} updates", (run,)),
            Part(abs(svm - in_paper) <= 3, f"SVM {svm:.2f} %, the paper's {in_paper:.2f} %"),
        ]
    )
