"""Claims on unsupervised pre-training: the sigmoid's trap (3.1), figure 11's lowest curve (5)."""

from __future__ import annotations

import pandas as pd

from glorot_tutor.study.claims.evidence import run_of
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.sigmoid import FREE, OFF
from glorot_tutor.study.claims.verdicts import Part, Verdict, complete
from glorot_tutor.study.experiments.asides import DENOISED, fine_tuned, linear
from glorot_tutor.study.experiments.budgets import MODELS
from glorot_tutor.study.experiments.usefulness import best
from glorot_tutor.study.reading import Study, by_layer, end_of, errors, prior_error
from glorot_tutor.study.records import NotRecorded, Store
from glorot_tutor.training import EPOCH


def pre_trained(study: Study, name: str, frame: str) -> pd.DataFrame:
    """One frame of a pre-trained model's longest run, with columns model, seed."""
    run = fine_tuned(name, Store(study.store).look_up, study.scale)
    if run is None:
        raise NotRecorded(f"{name} after pre-training is not recorded.")
    return study.record(run).frames[frame].assign(model=name, seed=run.seed)


def _error(study: Study, name: str) -> pd.Series:
    """Test error (%) of a pre-trained model by update."""
    return errors(pre_trained(study, name, "curve"))[name, 0]


SIGMOIDS = {name: kind.depth for name, kind in DENOISED.items() if kind.activation == "sigmoid"}


@judge("S8")
def pre_training_avoids_the_trap(study: Study) -> Verdict:
    """S8: error within five epochs, and the top layer's mean at all times, at both depths."""
    parts = []
    for name, depth in SIGMOIDS.items():
        error = _error(study, name)
        least, run = error.loc[: 5 * EPOCH].min(), (run_of(study, 0, error, model=name),)
        statistics = by_layer(pre_trained(study, name, "statistics"), "activation", "mean")
        top = complete(statistics[name, 0], len(statistics[name, 0]), [depth])[depth]
        below = prior_error() - least
        text = f"depth {depth}: {least:.2f} % within 5 epochs, {below:.3g} points below the prior's"
        parts.append(Part(bool(below > FREE), text, run, certain=error.index[-1] >= 5 * EPOCH))
        text = f"layer {depth}'s mean at least {top.min():.3g} in {top.index[-1]:,} updates"
        stays = bool(top.min() >= OFF)
        parts.append(Part(stays, text, run, certain=not stays))
    return Verdict.of(parts)


@judge("S9")
def random_layers_are_useless(study: Study) -> Verdict:
    """S9: softmax regression on the pixels, on the random layer 4 and on the pre-trained one.

    Each at the learning rate that is best on the validation set, and on the inputs as they are or
    standardized, whichever is better there: the random layers hardly differ from image to image,
    and the question is what they tell, not how large it is.
    """
    random, denoised = linear("sigmoid 4", Store(study.store).look_up, study.scale)
    if denoised is None:
        raise NotRecorded("how the sigmoid of depth 4 is pre-trained is not settled.")
    error, after = (best(study.record(run).frames["errors"]) for run in (random, denoised))
    better, gain = error[0] - error[4], error[4] - after[4]
    words = f"random layer 4 {error[4]:.2f} %, pixels {error[0]:.2f} %: {better:.3g} points better"
    return Verdict.of(
        [
            Part(bool(better <= 1), words),
            Part(bool(gain > 3), f"pre-trained layer 4 {after[4]:.2f} %: {gain:.3g} points better"),
        ]
    )


@judge("E5", reads=tuple(MODELS))
def pre_training_does_best(study: Study) -> Verdict:
    """E5: tanh of depth 5 after pre-training against all models of figure 11, seed 0.

    After as many updates as all of them have, of the training alone; each error is the mean of the
    last tests, of which a single one moves by points.
    """
    of_seeds = errors(study.gather("curve", list(MODELS)))
    curves = {"pre-trained": _error(study, "tanh")}
    curves |= {model: of_seeds[model, 0] for model in MODELS}
    end = min(int(curve.index[-1]) for curve in curves.values())
    if end < study.full:
        raise NotRecorded(f"the curves are comparable for {end:,} updates only.")
    error = {model: end_of(curve.loc[:end]) for model, curve in curves.items()}
    lowest, tanh, normalized = (error[name] for name in ("pre-trained", "tanh", "tanh N"))
    rest = min(error[model] for model in MODELS)
    words = ", ".join(f"{model} {value:.2f}" for model, value in error.items())
    text = f"{normalized - lowest:.3g} of {tanh - lowest:.3g} points are left by tanh N"
    runs = (run_of(study, 0, *curves.values()),)
    removed = lowest < tanh and normalized - lowest < (tanh - lowest) / 2
    return Verdict.of(
        [
            Part(bool(lowest < rest), f"after {end:,} updates: {words} %", runs),
            Part(bool(removed), text, runs),
        ]
    )
