"""Claims of section 4.3: gradients and activations while tanh and softsign networks learn."""

from __future__ import annotations

import numpy as np
import pandas as pd

from glorot_tutor.study.claims.evidence import tables
from glorot_tutor.study.claims.judges import judge
from glorot_tutor.study.claims.verdicts import Part, Verdict
from glorot_tutor.study.reading import Study, seeds
from glorot_tutor.training import EPOCH


def _epochs(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of whole epochs: the early records, which lie closer, would count for too much."""
    return table[(table.index > 0) & (table.index % EPOCH == 0)]


@judge("L1", reads=("tanh",))
def shrinking_reverses(study: Study) -> Verdict:
    """L1: tanh, standard: layer 1's back-propagated gradients overtake layer 5's."""
    parts: dict[str, list[Part]] = {}
    for (_, seed), table in tables(study, ["tanh"], "backprop_gradient", "std").items():
        ratio = (table[1] / table[5]).loc[: 20 * EPOCH].iloc[1:]
        over = ratio.index[ratio > 1]
        since = ratio.loc[over[0] :] if len(over) else ratio
        when = f"first above 1 at update {since.index[0]:,}" if len(over) else "never above 1"
        times = f"{when}, at {len(over)} of {len(since)} looks from then on"
        start = table[1].iloc[0] / table[5].iloc[0]
        epochs = int(ratio.index.max()) // EPOCH
        most = f"at most {ratio.max():.3g} within {epochs} epochs"
        text = f"seed {seed}: {start:.2g} at the start, {most}, {times}"
        early = not len(over) and table.index.max() < 20 * EPOCH
        parts[f"seed {seed}"] = [] if early else [Part(bool(len(over)), text)]
    return Verdict.so_far(parts)


def unevenness(table: pd.DataFrame) -> float:
    """Largest over smallest spread of the layers' weight gradients, median over the epochs."""
    each = _epochs(table)
    return float((each.max(axis=1) / each.min(axis=1)).median())


@judge("L2", reads=("tanh", "tanh N"))
def weight_gradients_diverge(study: Study) -> Verdict:
    """L2: the weight gradients' unevenness, standard against normalized, seed by seed.

    Over the updates that both runs have.
    """
    parts, models = [], ["tanh", "tanh N"]
    spreads = tables(study, models, "weight_gradient", "std")
    for seed in seeds(spreads, models):
        pair = [spreads[model, seed] for model in models]
        both = pair[0].index.intersection(pair[1].index)
        standard, normalized = (unevenness(table.loc[both]) for table in pair)
        text = f"seed {seed}: {standard:.3g} (standard), {normalized:.3g} (normalized)"
        parts.append(Part(standard / normalized > 1.5, text))
    return Verdict.of(parts)


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
            text = (
                f"{name}, seed {seed}: softsign to tanh N {near:.3g}, tanh to the nearer {far:.3g}"
            )
            parts.append(Part(near < far, text))
    return Verdict.of(parts)
