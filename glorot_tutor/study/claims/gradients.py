"""Claims of section 4.3: gradients and activations while tanh and softsign networks learn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.claims.evidence import run_of, tables
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.reading import Study, seeds
from glorot_tutor.training import EPOCH

WIDTH = 1000
"""Units of each hidden layer of the networks that are judged."""


def _epochs(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of whole epochs: the early records, which lie closer, would count for too much."""
    return table[(table.index > 0) & (table.index % EPOCH == 0)]


@judge("L1", reads=("tanh",))
def shrinking_reverses(study: Study) -> Verdict:
    """L1: tanh, standard: layer 1's back-propagated gradients overtake layer 5's."""
    parts: dict[Run, list[Part]] = {}
    for (_, seed), table in tables(study, ["tanh"], "backprop_gradient", "std").items():
        ratio = (table[1] / table[5]).loc[: 20 * EPOCH].iloc[1:]
        over = ratio.index[ratio > 1]
        since = ratio.loc[over[0] :] if len(over) else ratio
        when = f"first above 1 at update {since.index[0]:,}" if len(over) else "never above 1"
        times = f"{when}, at {len(over)} of {len(since)} looks from then on"
        start = table[1].iloc[0] / table[5].iloc[0]
        epochs = int(ratio.index.max()) // EPOCH
        most = f"at most {ratio.max():.3g} within {epochs} epochs"
        text = f"{start:.2g} at the start, {most}, {times}"
        early = not len(over) and table.index.max() < 20 * EPOCH
        told = Part(bool(len(over)), text, certain=True)
        parts[run_of(study, seed, table)] = [] if early else [told]
    return Verdict.by_run(parts)


def unevenness(table: pd.DataFrame) -> float:
    """Largest over smallest spread of the layers' weight gradients, median over the epochs."""
    each = _epochs(table)
    return float((each.max(axis=1) / each.min(axis=1)).median())


def _lower_over_upper(table: pd.DataFrame) -> float:
    """Layer 1's spread over layer 5's, median over the epochs."""
    each = _epochs(table)
    return float((each[1] / each[5]).median())


@judge("L2", reads=("tanh", "tanh N"))
def weight_gradients_diverge(study: Study) -> Verdict:
    """L2: the weight gradients' unevenness, standard against normalized, seed by seed.

    Over the updates that both runs have. Whether the lower layers have the larger ones is L5's
    question; the numbers stand here too.
    """
    parts: dict[Run, list[Part]] = {}
    models = ["tanh", "tanh N"]
    spreads = tables(study, models, "weight_gradient", "std")
    for seed in seeds(spreads, models):
        pair = [spreads[model, seed] for model in models]
        both = pair[0].index.intersection(pair[1].index)
        standard, normalized = (unevenness(table.loc[both]) for table in pair)
        text = f"largest over smallest {standard:.3g} (standard), {normalized:.3g} (normalized)"
        lower = [f"{_lower_over_upper(table.loc[both]):.3g}" for table in pair]
        parts[run_of(study, seed, *pair)] = [
            Part(standard / normalized > 1.5, text),
            Part(None, f"layer 1 over layer 5 {lower[0]} and {lower[1]}"),
        ]
    return Verdict.by_run(parts)


def distance(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Root mean square difference over layers and the epochs that both have."""
    both = _epochs(one).index.intersection(_epochs(other).index)
    return float(np.sqrt(((one.loc[both] - other.loc[both]) ** 2).to_numpy().mean()))


@judge("L3", reads=("tanh", "softsign", "tanh N"))
def softsign_is_like_tanh_n(study: Study) -> Verdict:
    """L3: distances between the three models' curves, for both statistics of figures 3 and 10."""
    parts, models = [], ["tanh", "softsign", "tanh N"]
    for statistic, name in (("p98", "98th percentile"), ("std", "standard deviation")):
        curves = tables(study, models, "activation", statistic)
        for seed in seeds(curves, models):
            tanh, softsign, tanh_n = (curves[model, seed] for model in models)
            near = distance(softsign, tanh_n)
            far = min(distance(tanh, softsign), distance(tanh, tanh_n))
            text = f"{name}: softsign to tanh N {near:.3g}, tanh to the nearer {far:.3g}"
            run = run_of(study, seed, tanh, softsign, tanh_n)
            parts.append(Part(near < far, text, (run,)))
    return Verdict.of(parts)


@judge("L4", reads=("tanh", "tanh N"))
def variances_stop_to_multiply(study: Study) -> Verdict:
    """L4: measured over predicted ratio of neighbouring layers, at the start and later, each seed.

    Of the activations, layer by layer upward, and of the back-propagated gradients downward: both
    are predicted as sqrt(n Var[W]) of the weights between the two (eqs. 5 and 6).
    """
    later = 100_000
    models = ["tanh", "tanh N"]
    weights, up, down = (
        tables(study, models, quantity, "std")
        for quantity in ("weight", "activation", "backprop_gradient")
    )
    parts: dict[Run, list[Part]] = {}
    for model, seed in weights:
        first, last = (
            _off_prediction(*(frame[model, seed].loc[update] for frame in (weights, up, down)))
            for update in (0, later)
        )
        told = f"at the start at most {100 * first.max():.0f} % off"
        off = int((last > 0.25).sum())
        text = f"after {later:,} updates {off} of {len(last)} pairs off by more than 25 %"
        parts[run_of(study, seed, weights[model, seed], model=model)] = [
            Part(bool((first <= 0.25).all()), told, certain=True),
            Part(2 * off >= len(last), text, certain=True),
        ]
    return Verdict.by_run(parts)


def _off_prediction(weight: pd.Series, up: pd.Series, down: pd.Series) -> pd.Series:
    """How far each pair of neighbours is off its prediction, as a share of it."""
    above = weight.index[1:]
    below = weight.index[:-1]
    predicted = np.sqrt(WIDTH) * weight[above].to_numpy()
    ratios = [up[above].to_numpy() / up[below].to_numpy()]
    ratios += [down[below].to_numpy() / down[above].to_numpy()]
    return pd.Series(np.concatenate([np.abs(ratio / predicted - 1) for ratio in ratios]))


@judge("L5", reads=("tanh", "tanh N"))
def lower_layers_have_larger_gradients(study: Study) -> Verdict:
    """L5: layer 1's weight gradients over layer 5's, median over the epochs that both runs have."""
    laid_out = tables(study, ["tanh", "tanh N"], "weight_gradient", "std")
    parts: dict[Run, list[Part]] = {}
    for seed in seeds(laid_out, ["tanh", "tanh N"]):
        pair = [laid_out[model, seed] for model in ("tanh", "tanh N")]
        both = pair[0].index.intersection(pair[1].index)
        standard, normalized = (_lower_over_upper(table.loc[both]) for table in pair)
        nearer = abs(np.log(normalized)) < abs(np.log(standard))
        parts[run_of(study, seed, *pair)] = [
            Part(standard > 1.5, f"{standard:.3g} (standard)"),
            Part(bool(nearer), f"{normalized:.3g} (normalized)"),
        ]
    return Verdict.by_run(parts)
