"""Experiments on networks before their first update (sections 4.1 and 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from glorot_tutor import cost_surfaces, probes
from glorot_tutor.checks import whole
from glorot_tutor.comparisons import compare_with_theory
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments.base import PLAIN, OneNetwork, Options
from glorot_tutor.study.schema import COUNT, LAYER, NOT_NEGATIVE, NUMBER, SHARE, TEXT, Frame


@dataclass(frozen=True)
class AtStart(OneNetwork):
    """One network before its first update, looked at through the monitored images (4.2.2).

    Attributes
    ----------
    activation, initialization, depth, width, gain
        The network (see `DeepNet`).
    seed
        Seed of the weights; the images are the same for every seed.
    jacobian_examples
        Images whose Jacobians are decomposed.
    data
        Name of the data set.
    """

    kind: ClassVar[str] = "start"
    layout: ClassVar[Mapping[str, Frame]] = {
        "statistics": Frame(
            {"layer": LAYER, "quantity": TEXT, "statistic": TEXT, "value": NUMBER},
            ("layer", "quantity", "statistic"),
        ),
        "comparison": Frame(
            {"layer": LAYER, "quantity": TEXT, "measured": NUMBER, "predicted": NUMBER},
            ("layer", "quantity"),
        ),
    }
    activation: str
    initialization: str
    depth: int = 5
    width: int = 1000
    seed: int = 0
    gain: float = 1.0
    jacobian_examples: int = 8
    data: str = "shapeset"

    def build(self) -> DeepNet:
        """Draw the network."""
        width = whole("width", self.width, 1, 100_000)
        widths = (width,) * whole("depth", self.depth, 1, 100)
        return build(self.activation, self.initialization, widths, self.seed, self.gain, self.data)

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `statistics` (see `probes.measure`) and `comparison` (with the theory)."""
        net = self.build()
        images, y = source(self.data).monitored_set()
        x = to_input(images)
        return {
            "statistics": probes.measure(net, x, y, self.jacobian_examples),
            "comparison": compare_with_theory(net, x, y),
        }


@dataclass(frozen=True)
class CostSurfaces:
    """Both costs of figure 5 on one random draw of examples (4.1)."""

    kind: ClassVar[str] = "surfaces"
    layout: ClassVar[Mapping[str, Frame]] = {
        "flatness": Frame(
            {"seed": COUNT, "cost": TEXT, "flat_area": SHARE, "median_slope": NOT_NEGATIVE},
            ("seed", "cost"),
        )
    }
    seed: int = 0
    limit: float = 5.0
    points: int = 101

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"seed{self.seed}"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Return `flatness` (see `cost_surfaces.flatness`)."""
        return {"flatness": cost_surfaces.flatness(self.seed, self.limit, self.points)}
