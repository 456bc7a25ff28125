"""Claims that are made in passing: an easier task, linear units, other costs, shapes and depths."""

from __future__ import annotations

from itertools import pairwise

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.experiments.variations import DEPTHS, VARIED, Variation
from glorot_tutor.study.reading import Study
from glorot_tutor.study.reading.curves import LAST
from glorot_tutor.study.records import NotRecorded, Store


def final_error(study: Study, variation: Variation, looks: int = LAST) -> float:
    """Test error (%) of a variation at its best rate: the mean of its last tests, and of seeds."""
    runs = variation.settled(Store(study.store).look_up)
    if runs is None:
        raise NotRecorded(f"the learning rate of {variation.run.title} is not chosen yet.")
    curves = [study.record(run).frames["curve"] for run in runs]
    tests = [curve[curve["split"] == "test"].set_index("update")["error"] for curve in curves]
    return sum(float(error.iloc[-looks:].mean()) for error in tests) / len(tests)


def final_errors(study: Study, plan: str) -> dict[str, float]:
    """Return the test error (%) of all variations of a plan, by name."""
    varied = VARIED[plan](study.scale)
    return {name: final_error(study, variation) for name, variation in varied.items()}


@judge("E14", plans=("object",))
def one_object_is_too_easy(study: Study) -> Verdict:
    """E14: test error of tanh N on images of one object, at the last test.

    The mean of the last five would reach back to where the error was several times as large.
    """
    ((name, variation),) = VARIED["object"](study.scale).items()
    error = final_error(study, variation, looks=1)
    return Verdict.of([Part(error < 5, f"{name}: {error:.2f} %")])


@judge("E15", reads=("tanh N",), plans=("linear",))
def linear_units_compute_nothing_interesting(study: Study) -> Verdict:
    """E15: identity units against tanh N after as many updates."""
    gap, text = _against_tanh(study, "linear", "linear units")
    return Verdict.of([Part(gap >= 10, text)])


@judge("G2", reads=("tanh N",), plans=("cost",))
def the_quadratic_cost_learns_worse(study: Study) -> Verdict:
    """G2: tanh N trained with the quadratic cost against the same with the log-likelihood."""
    gap, text = _against_tanh(study, "cost", "quadratic cost")
    return Verdict.of([Part(gap > 3, text)])


def _against_tanh(study: Study, plan: str, name: str) -> tuple[float, str]:
    """Points above tanh N, and both errors in words."""
    updates = VARIED[plan](study.scale)[name].run.updates
    tanh = float(study.errors_after(updates, ["tanh N"], [0]).loc[0, "tanh N"])
    error = final_errors(study, plan)[name]
    words = f"last five tests up to {updates:,} updates: {name} {error:.2f} %, tanh N {tanh:.2f} %"
    return error - tanh, words


@judge("E6", reads=("tanh", "tanh N"), plans=("diagonal",))
def the_hessian_helps_less(study: Study) -> Verdict:
    """E6: the Hessian's diagonal against the initialization, and both together."""
    return _in_order(study, "diagonal")


@judge("E13", reads=("tanh", "tanh N"), plans=("variance",))
def the_variance_helps_less(study: Study) -> Verdict:
    """E13: the same for the gradients' variance."""
    return _in_order(study, "variance")


def _in_order(study: Study, plan: str) -> Verdict:
    """Each of tanh, tanh with the rule, tanh N, tanh N with the rule below the one before."""
    (updates,) = {v.run.updates for v in VARIED[plan](study.scale).values()}
    plain = study.errors_after(updates, ["tanh", "tanh N"], [0]).loc[0]
    with_rule = final_errors(study, plan)
    order = {}
    for model in ("tanh", "tanh N"):
        order[model] = float(plain[model])
        order |= {name: e for name, e in with_rule.items() if name.split(",")[0] == model}
    return Verdict.of(
        [
            Part(
                order[below] < order[above],
                f"{below} {order[below]:.2f} %, {above} {order[above]:.2f} %",
            )
            for above, below in pairwise(order)
        ]
    )


@judge("E7", plans=("shapes",))
def the_gain_holds_for_other_shapes(study: Study) -> Verdict:
    """E7: tanh against tanh N where layers grow, and where they shrink."""
    errors = final_errors(study, "shapes")
    pairs = {s: (errors[f"tanh, {s}"], errors[f"tanh N, {s}"]) for s in ("growing", "shrinking")}
    return Verdict.of(
        [
            Part(tanh - normalized > 3, f"{shape}: tanh {tanh:.2f} %, tanh N {normalized:.2f} %")
            for shape, (tanh, normalized) in pairs.items()
        ]
    )


@judge("E8", plans=("depths",))
def the_best_depth(study: Study) -> Verdict:
    """E8: the depth of the least error, model by model."""
    errors = final_errors(study, "depths")
    parts = []
    for model in dict.fromkeys(name.split(",")[0] for name in errors):
        of_depth = {depth: errors[f"{model}, depth {depth}"] for depth in DEPTHS}
        best = min(of_depth, key=lambda depth: of_depth[depth])
        words = ", ".join(f"{error:.2f}" for error in of_depth.values())
        text = f"{model}: best at depth {best} ({words} % at depths 1 to 5)"
        parts.append(Part(best == (4 if model == "sigmoid" else 5), text))
    return Verdict.of(parts)
