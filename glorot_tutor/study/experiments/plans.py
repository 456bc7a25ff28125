"""Which experiments stand behind each figure and table, at three scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from glorot_tutor.checks import one_of
from glorot_tutor.initializations import PAPER
from glorot_tutor.study.experiments import asides, followups, later, rectifier_plans, search
from glorot_tutor.study.experiments.base import Experiment, on
from glorot_tutor.study.experiments.baseline import SupportVectors
from glorot_tutor.study.experiments.budgets import FINITE, MODELS, TABLE
from glorot_tutor.study.experiments.learning import Training
from glorot_tutor.study.experiments.questions import BIASES, OutputLayer, Race
from glorot_tutor.study.experiments.search import Lookup
from glorot_tutor.study.experiments.spectra import HessianSpectrum, JacobianMeans
from glorot_tutor.study.experiments.start import AtStart, CostSurfaces
from glorot_tutor.study.experiments.variations import VARIED

SCALES = ("quick", "book", "paper")


@dataclass(frozen=True)
class Stage:
    """A part of a plan that is run before the next is begun.

    Attributes
    ----------
    title
        What it is, in a few words.
    experiments
        All that can be named now.
    awaited
        Stand-ins, of the right number and length, for those that can be named only when the
        stage before is recorded.
    """

    title: str
    experiments: tuple[Experiment, ...]
    awaited: tuple[Experiment, ...] = ()


def nothing(experiment: Experiment) -> None:
    """Look up a record where there are none."""


def _surfaces(scale: str, lookup: Lookup) -> list[Stage]:
    seeds = range(3 if scale == "quick" else 10)
    return [Stage("random draws", tuple(CostSurfaces(seed) for seed in seeds))]


def _at_start(scale: str, lookup: Lookup) -> list[Stage]:
    # ten draws of the weights: the variances of section 4.2.1 are expectations over draws
    width, seeds = (100, 1) if scale == "quick" else (1000, 10)
    networks = [
        AtStart(activation, initialization, 5, width, seed, jacobian_examples=examples)
        for activation, examples in (("tanh", 16), ("identity", 0))
        for initialization in PAPER
        for seed in range(seeds)
    ]
    return [Stage("networks at their start", tuple(networks))]


def _elsewhere(scale: str, lookup: Lookup) -> list[Stage]:
    width, seeds = (100, 1) if scale == "quick" else (1000, 10)
    networks = [
        AtStart("tanh", initialization, 5, width, seed, jacobian_examples=0, data=data)
        for data in FINITE[:2]
        for initialization in PAPER
        for seed in range(seeds)
    ]
    return [Stage("networks at their start, on other images", tuple(networks))]


def _jacobians(scale: str, lookup: Lookup) -> list[Stage]:
    width, seeds = (100, 1) if scale == "quick" else (1000, 3)
    networks = [
        JacobianMeans(activation, initialization, 5, width, seed, examples)
        for activation, examples in (("tanh", 4), ("identity", 1))
        for initialization in PAPER
        for seed in range(seeds)
    ]
    return [Stage("three options of singular values", tuple(networks))]


def _hessian(scale: str, lookup: Lookup) -> list[Stage]:
    width, seeds, probes = (20, 1, 20) if scale == "quick" else (100, 5, 200)
    networks = [
        HessianSpectrum(activation, "standard", 5, width, seed, probes)
        for activation in ("sigmoid", "tanh")
        for seed in range(seeds)
    ]
    return [Stage("curvature at the start", tuple(networks))]


def _output_layer(scale: str, lookup: Lookup) -> list[Stage]:
    if scale == "quick":
        runs = [OutputLayer(0.2, biases, 2_000, 3, 100) for biases in BIASES]
    else:
        cases = product((0.02, 0.2), BIASES, range(3))
        runs = [OutputLayer(rate, biases, seed=seed) for rate, biases, seed in cases]
    return [Stage("sigmoid networks on their plateau", tuple(runs))]


GAINS = (0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0)


def _races(scale: str, lookup: Lookup) -> list[Stage]:
    if scale == "quick":
        runs = [Race(gain, updates=10_000, width=50, every=500) for gain in GAINS[::2]]
    else:
        runs = [Race(gain, seed=seed) for gain, seed in product(GAINS, range(3))]
    return [Stage("scales of the first weights", tuple(runs))]


def _learning(
    scale: str, lookup: Lookup, models: tuple[str, ...], data: str = "shapeset"
) -> list[Stage]:
    planned: list[Stage] = []
    before: set[Experiment] = set()
    searches = (search.steps(model, scale, lookup, data) for model in models)
    for steps in zip(*searches, strict=True):
        runs = [run for step in steps if step.known for run in step.runs]
        awaited = [run for step in steps if not step.known for run in step.runs]
        before.update(runs)
        # a stand-in for what is run anyhow would be counted twice
        awaited = [run for run in awaited if run not in before]
        planned.append(Stage(f"{on(data)}{steps[0].title}", tuple(runs), tuple(awaited)))
    return planned


def _on_finite_sets(scale: str, lookup: Lookup, names: tuple[str, ...]) -> list[Stage]:
    return [stage for data in names for stage in _learning(scale, lookup, TABLE, data)]


def _table(scale: str, lookup: Lookup) -> list[Stage]:
    return [
        *_learning(scale, lookup, tuple(MODELS)),
        *_on_finite_sets(scale, lookup, FINITE),
    ]


WITNESS = Training("sigmoid", "standard", 0.01, 400_000, (1000,) * 4, data="mnist")
"""A network that leaves figure 2's plateau sooner than those on Shapeset-3x2."""


def _witness(scale: str, lookup: Lookup) -> list[Stage]:
    run = replace(WITNESS, updates=2_000, widths=(50,) * 3) if scale == "quick" else WITNESS
    return [Stage("a sigmoid network on its plateau", (run,))]


def _baseline(scale: str, lookup: Lookup) -> list[Stage]:
    machine = SupportVectors(1_000, 500) if scale == "quick" else SupportVectors()
    return [
        Stage("support vector machine", (machine,)),
        *_learning(scale, lookup, ("tanh N",), "shapeset-100k"),
    ]


def _pretraining(scale: str, lookup: Lookup) -> list[Stage]:
    found: dict[str, Stage] = {}
    for name in asides.DENOISED:
        for title, runs, known in asides.denoised(name, scale, lookup):
            found[title] = Stage(title, runs) if known else Stage(title, (), runs)
    return list(found.values())


def _usefulness(scale: str, lookup: Lookup) -> list[Stage]:
    pairs = [asides.linear(name, lookup, scale) for name in ("sigmoid 4", "tanh 4")]
    random, denoised = zip(*pairs, strict=True)
    known = tuple(run for run in denoised if run is not None)
    # that of a network whose pre-training is not settled is stood in for by the random one's
    awaited = random[len(known) :]
    return [
        Stage("regressions on random layers", tuple(random)),
        Stage("regressions on pre-trained layers", known, awaited),
    ]


def _fourfold(scale: str, lookup: Lookup) -> list[Stage]:
    return [Stage("sigmoid networks with larger weights", asides.fourfold(scale))]


def _depth_scale(scale: str, lookup: Lookup) -> list[Stage]:
    return [
        Stage(f"depths at n Var[W] = {variance:.3g}", runs)
        for variance, runs in later.trained_depths(scale).items()
    ]


def _isometry(scale: str, lookup: Lookup) -> list[Stage]:
    return [
        Stage("singular values from end to end", later.spectra(scale)),
        Stage("orthogonal against Gaussian weights", later.isometric(scale)),
    ]


def _later(scale: str, lookup: Lookup) -> list[Stage]:
    *first, last = _depth_scale(scale, lookup)
    more = (stage for name in FOLLOWUPS for stage in _followup(scale, lookup, name))
    return [*first, *_isometry(scale, lookup), *_fourfold(scale, lookup), last, *more]


FOLLOWUPS: dict[str, tuple[tuple[str, Callable[[str], tuple[Experiment, ...]]], ...]] = {
    "signals": (
        ("LeCun's tanh at the start", rectifier_plans.lecun_tanh),
        ("gradients of deep ReLU networks at the start", rectifier_plans.backward),
        ("SELU networks at the start", rectifier_plans.selu),
    ),
    "thirty": (("ReLU networks of 5 and 30 layers", rectifier_plans.thirty),),
    "lsuv": (("deep networks scaled on a batch", rectifier_plans.calibrated),),
    "gelu": (("ReLU, ELU and GELU under Adam", rectifier_plans.with_adam),),
    "explosion": (("batch normalization before learning", followups.explosions),),
    "linear_races": (("deep linear networks", followups.linear_races),),
    "drift": (("inputs of a sigmoid", followups.drifts),),
    "mup": (("widths at many learning rates", followups.widths),),
    "skips": (
        ("singular values of deep rectifiers", followups.stretches),
        ("deep rectifiers", followups.skips),
    ),
    "cure": (("batch-normalized sigmoids", followups.cures),),
}
"""Stages of what later papers say of rectifiers, normalization, skips and scales."""

TRIALS = {"adam": followups.adams, "batch_norm": followups.normalized}
"""Whether the initialization still matters, with something of today's."""


def _followup(scale: str, lookup: Lookup, name: str) -> list[Stage]:
    return [Stage(title, make(scale)) for title, make in FOLLOWUPS[name]]


def _trials(scale: str, lookup: Lookup, name: str) -> list[Stage]:
    plain = (run for trial in followups.descents(scale).values() for run in trial.grid)
    found = [Stage("by plain descent", tuple(plain))]
    trials = TRIALS[name](scale)
    for model, trial in trials.items():
        found.append(Stage(f"{model}, learning rates", trial.grid))
    for model, trial in trials.items():
        full, title = trial.full(lookup), f"{model}, the best in full"
        awaited = tuple(replace(run, updates=trial.run.updates) for run in trial.grid)
        found.append(Stage(title, full or (), () if full else awaited[: followups.BEST]))
    return found


def _varied(scale: str, lookup: Lookup, name: str) -> list[Stage]:
    rounds = [v.rounds(title, lookup) for title, v in VARIED[name](scale).items()]
    return [
        Stage(title, runs) if known else Stage(title, (), runs)
        for step in zip(*rounds, strict=True)  # all grids first: what they find is in full last
        for title, runs, known in step
    ]


TRAINED = {
    "fig2": ("sigmoid 4",),
    "fig3": ("tanh", "softsign"),
    "fig4": ("tanh", "softsign"),
    "fig9": ("tanh", "tanh N"),
    "fig10": ("tanh N",),
    "fig11": tuple(MODELS),
}
"""Models that a figure shows while they learn on Shapeset-3x2; they share their runs."""

PLANS: dict[str, Callable[[str, Lookup], list[Stage]]] = {
    "fig5": _surfaces,
    "fig6": _at_start,
    "fig7": _at_start,
    "fig8": _at_start,
    "elsewhere": _elsewhere,
    "jacobians": _jacobians,
    "hessian": _hessian,
    "biases": _output_layer,
    "scales": _races,
    **{name: partial(_learning, models=models) for name, models in TRAINED.items()},
    "fig12": partial(_on_finite_sets, names=FINITE[:2]),
    "table1": _table,
    "plateau": _witness,
    "svm": _baseline,
    "pretraining": _pretraining,
    "usefulness": _usefulness,
    "fourfold": _fourfold,
    "depth_scale": _depth_scale,
    "isometry": _isometry,
    "later": _later,
    **{name: partial(_followup, name=name) for name in FOLLOWUPS},
    **{name: partial(_trials, name=name) for name in TRIALS},
    **{name: partial(_varied, name=name) for name in VARIED},
}
"""What each figure needs, and each question that has no figure.

Figures 6-8 are three views of the same networks. `elsewhere`: what they look like on MNIST and
CIFAR-10. `jacobians`: what a mean singular value is the mean of (section 4.2.2). `hessian`: how
uneven the cost's curvature is at the start (3.1). `biases`: what the output layer learns first
(3.1). `scales`: which scale of the first weights learns soonest (5). `plateau`: whether the
sigmoid's plateau is there on MNIST too. `svm`: what a support vector machine makes of 100,000
examples (5). `pretraining`: what auto-encoders are worth (3.1 and 5). `usefulness`: what the lower
layers tell of the class, random and pre-trained (3.1). `fourfold`: whether larger weights cure the
sigmoid's plateau. `depth_scale` and `isometry`: how deep a network can be, and what orthogonal
weights do for it. `signals`, `thirty`, `lsuv` and `gelu`: rectifiers and their kin at the start,
ReLU networks of 5 and 30 layers, weights scaled on a batch, three activations under Adam.
`explosion`, `drift` and `cure`: what batch normalization does to gradients, to
a sigmoid's inputs and to its plateau; `linear_races`: linear networks of many depths; `skips`: what
keeps 64 layers trainable; `mup`: whether the best rate moves with the width. `later`: all of these,
which claims of later papers rest on. `adam` and `batch_norm`: whether the initialization matters
still; they take hours and are not in it. Those of `variations.VARIED` are told there.
"""


def stages(name: str, scale: str = "book", lookup: Lookup = nothing) -> list[Stage]:
    """Return what stands behind one figure at one scale, in the order in which it is run.

    Parameters
    ----------
    name, scale
        One of `PLANS` and one of `SCALES`.
    lookup
        Gives the recorded frames of an experiment (`records.Store.look_up`); with none, only the
        first stage of a search can be named.

    Raises
    ------
    UsageError
        If the name or the scale is not known.
    """
    one_of("plan", name, PLANS)
    return PLANS[name](one_of("scale", scale, SCALES), lookup)


def plan(name: str, scale: str = "book", lookup: Lookup = nothing) -> list[Experiment]:
    """Return the experiments of all stages that can be named now, each once."""
    named = (e for stage in stages(name, scale, lookup) for e in stage.experiments)
    return list(dict.fromkeys(named))
