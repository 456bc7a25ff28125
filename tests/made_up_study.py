"""A study made up so that it is known what a claim must make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from glorot_tutor.study.claims.judges import Judge
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded

EPOCHS = np.arange(0, 21) * 20_000
END = int(EPOCHS[-1])


@dataclass(frozen=True)
class MadeUp(Study):
    """A study that holds some frames and nothing else; its longest runs are short."""

    held: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    full: int = END

    def gather(self, frame, models, rank=0):
        rows = self.held.get(frame)
        if rows is None or not set(models) <= set(rows["model"]):
            raise NotRecorded(f"{frame} of {models}")
        return rows[rows["model"].isin(models)]


def hold(full=END, **frames):
    """Make up a study of some frames, each in parts."""
    return MadeUp(held={name: pd.concat(parts) for name, parts in frames.items()}, full=full)


def verdict_of(rule, study):
    """Verdict of a judge, in a word."""
    return Judge(rule).verdict(study).verdict


def seen(model, quantity, statistic, layers, seed=0, updates=EPOCHS):
    """Rows of `statistics`: each layer's values over time, or one value for all of it."""
    parts = [
        pd.DataFrame({"update": updates, "layer": layer, "value": values})
        for layer, values in layers.items()
    ]
    return pd.concat(parts).assign(model=model, seed=seed, quantity=quantity, statistic=statistic)


def curve(model, error, seed=0, updates=EPOCHS):
    """Rows of `curve` on the test set."""
    return pd.DataFrame({"update": updates, "split": "test", "error": error}).assign(
        model=model, seed=seed, learning_rate=0.1
    )


def switch(before, after, at):
    """One value up to an epoch, another from there on."""
    return np.where(np.arange(21) < at, before, after)
