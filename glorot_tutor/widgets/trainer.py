"""A small network that trains, and what is seen in it: the watcher's moments, without a clock."""

from __future__ import annotations

import threading

import torch

from glorot_tutor import probes
from glorot_tutor.checks import RunError
from glorot_tutor.datasets import source
from glorot_tutor.engines import make_engine
from glorot_tutor.sgd import build
from glorot_tutor.streams import Feed, to_input
from glorot_tutor.training import evaluate
from glorot_tutor.widgets.base import Result, Settings, rounded
from glorot_tutor.widgets.explorer import arrays, histograms, shown
from glorot_tutor.widgets.histories import SHOWN

WATCHED = 100
"""Images on which the layers are looked at, the first of the monitored ones."""

TESTED = 1000
"""Images on which the error is counted, the first of the test set."""


class Trainer:
    """One network on its way, update by update; the same settings give the same numbers.

    Attributes
    ----------
    settings
        Those of `Watcher`.
    update
        Mini-batches that it has learnt from.
    lock
        To be held while it is used, as threads may take turns.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.update = 0
        self.lock = threading.Lock()
        kind = settings["activation"], settings["initialization"]
        widths = (settings["width"],) * settings["depth"]
        self.net = build(*kind, widths, settings["seed"], settings["gain"])
        self._engine = make_engine(
            "fused", self.net, settings["rate"], batch_size=settings["batch"]
        )
        data = source("shapeset")
        self._feed = Feed(data.stream(settings["seed"]), settings["batch"], self._engine.dtype)
        images, labels = data.monitored_set()
        self._watched = to_input(images[:WATCHED]), labels[:WATCHED]
        images, labels = data.test_set()
        self._tested = images[:TESTED], labels[:TESTED]

    def train(self, updates: int) -> None:
        """Make so many updates.

        Raises
        ------
        RunError
            If the network diverges.
        """
        goal = self.update + updates
        while self.update < goal:
            x, y = self._feed.read(self.update, goal - self.update)
            done = len(self._engine.run(x, y))
            self.update += done
            if done * self.settings["batch"] < len(y):
                raise RunError(
                    f"The network diverged after update {self.update:,}: "
                    "reset it, or set a lower learning rate."
                )

    def look(self) -> Result:
        """Return the error (%) and, by layer, the statistics of `histories.SHOWN` and a histogram.

        The histograms are densities between the ends that `explorer.shown` gives.
        """
        with torch.enable_grad():
            frame, seen = probes.look(self.net, *self._watched)
        table = frame.pivot(index="layer", columns=["quantity", "statistic"], values="value")
        ends = shown(self.settings["activation"])
        shapes = histograms(arrays(seen.activations), 1.0, ends)["density"]
        columns = {name: rounded(table[column], 5) for name, column in SHOWN.items()}
        layers = [
            {**{name: values[i] for name, values in columns.items()}, "histogram": shape}
            for i, shape in enumerate(shapes)
        ]
        _, error = evaluate(self.net, *self._tested)
        network = {"error": error, "layers": layers}
        return {"update": self.update, "kept": True, "networks": [network]}

    def close(self) -> None:
        """End the thread that draws images ahead."""
        self._feed.close()
