"""Claims of others that name this paper for their source."""

from __future__ import annotations

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.sigmoid import FREE
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.experiments.asides import fourfold
from glorot_tutor.study.experiments.search import validation_error
from glorot_tutor.study.reading import Study, prior_error
from glorot_tutor.training import EPOCH


@judge("M1", plans=("fourfold",))
def larger_weights_free_the_sigmoid(study: Study) -> Verdict:
    """M1: test error within five epochs, at both depths, at the rate best on the validation set."""
    parts = []
    runs = {run: study.record(run).frames for run in fourfold(study.scale)}
    for depth in sorted({len(run.widths) for run in runs}):
        those = [run for run in runs if len(run.widths) == depth]
        best = min(those, key=lambda run: validation_error(runs[run]))
        curve = runs[best]["curve"]
        tests = curve[(curve["split"] == "test") & (curve["update"] <= 5 * EPOCH)]
        least = tests["error"].min()
        text = (
            f"depth {depth}, rate {best.learning_rate:g}: {least:.2f} % within 5 epochs, "
            f"{prior_error() - least:.3g} points below the prior's"
        )
        parts.append(Part(bool(prior_error() - least > FREE), text))
    return Verdict.of(parts)
