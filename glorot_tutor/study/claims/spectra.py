"""Claims on spectra before the first update: what is a mean singular value (4.2.2); curvature."""

from __future__ import annotations

from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.experiments import plan
from glorot_tutor.study.reading import Study


@judge("I8", plans=("jacobians",))
def three_means_agree(study: Study) -> Verdict:
    """I8: arithmetic, geometric and root mean square of the singular values of layers 2 to 5."""
    table = study.frame("means", plan("jacobians"))
    names = ["arithmetic", "geometric", "root_mean_square"]
    parts = []
    for model, part in table.groupby(["activation", "initialization"], sort=False):
        mean = part[names].mean()
        words = ", ".join(f"{name.replace('_', ' ')} {mean[name]:.3g}" for name in names)
        parts.append(Part(bool(mean.max() <= 1.1 * mean.min()), f"{', '.join(model)}: {words}"))
    return Verdict.of(parts)


@judge("S10", plans=("hessian",))
def curvature_is_uneven(study: Study) -> Verdict:
    """S10: largest over mean eigenvalue of the Hessian, sigmoid against tanh.

    Both eigenvalues are averaged over the seeds first: the mean one is an estimate, and small.
    """
    table = study.frame("spectrum", plan("hessian"))
    mean = table.groupby("activation")[["largest", "mean"]].mean()
    uneven = mean["largest"] / mean["mean"]
    seeds = table["seed"].nunique()
    words = [
        f"{name} {mean.loc[name, 'largest']:.3g} nats, {uneven[name]:.3g} times the mean one"
        for name in ("sigmoid", "tanh")
    ]
    ratio = uneven["sigmoid"] / uneven["tanh"]
    text = f"largest eigenvalue, {seeds} seeds: {'; '.join(words)}: a ratio of {ratio:.2g}"
    return Verdict.of([Part(bool(ratio >= 5), text)])
