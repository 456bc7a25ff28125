"""Small networks that learn in seconds: the live twin of each recorded experiment."""

from __future__ import annotations

import pandas as pd

from glorot_tutor.checks import whole
from glorot_tutor.datasets import source
from glorot_tutor.engines import make_engine
from glorot_tutor.experiments import build
from glorot_tutor.experiments.learning import frames, observer
from glorot_tutor.training import Schedule, train

TESTED = 2_000
"""Images of the test set that a live run is tested on."""


def learn(
    activation: str,
    initialization: str = "standard",
    depth: int = 5,
    width: int = 100,
    learning_rate: float = 0.1,
    updates: int = 20_000,
    looks: int = 40,
    seed: int = 0,
    data: str = "shapeset",
) -> dict[str, pd.DataFrame]:
    """Train a small network and look at it many times: scale `quick`.

    Parameters
    ----------
    activation, initialization, depth, width
        The network (see `DeepNet`), all layers of one width.
    learning_rate, updates, seed
        As in `experiments.Training`.
    looks
        Times that it is looked at, evenly spaced, besides the start.
    data
        Name of the data set (see `datasets.source`).

    Returns
    -------
    dict
        The frames `curve`, `statistics` and `histograms` of `experiments.Training.run`, the error
        on `TESTED` test images only.
    """
    widths = (whole("width", width, 1),) * whole("depth", depth, 1, 100)
    net = build(activation, initialization, widths, seed, data=data)
    count = min(whole("looks", looks, 1), whole("updates", updates, 1))
    points = {round(updates * number / count) for number in range(count + 1)}
    examples = source(data)
    images, labels = examples.test_set()
    outcome = train(
        make_engine("fused", net, learning_rate),
        examples.stream(seed),
        updates,
        test=(images[:TESTED], labels[:TESTED]),
        measure=observer(examples),
        schedule=Schedule.everything_at(*points),
    )
    found = frames(outcome)
    return {name: found[name] for name in ("curve", "statistics", "histograms")}
