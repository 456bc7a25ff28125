"""Frames of the study, made up so that it is known what a claim must make of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

NOWHERE = Path("no store is read")
EPOCHS = np.arange(0, 21) * 20_000


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
