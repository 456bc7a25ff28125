"""What to run: every figure and table as a list of experiments, at three scales.

An experiment is a frozen dataclass, so it can be compared, hashed and written down; running it
gives tidy frames and changes nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol

import pandas as pd
import torch

from glorot_tutor import cost_surfaces, probes
from glorot_tutor.checks import one_of, whole
from glorot_tutor.comparisons import compare_with_theory
from glorot_tutor.nets import DeepNet
from glorot_tutor.shapeset import Shapeset, monitored_set
from glorot_tutor.streams import to_input

SCALES = ("quick", "book", "paper")
DATA = ("shapeset",)


class Experiment(Protocol):
    """Anything that can be run once and recorded."""

    kind: ClassVar[str]

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        ...

    def run(self) -> dict[str, pd.DataFrame]:
        """Measure, and return the frames by name."""
        ...


@dataclass(frozen=True)
class AtStart:
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
    activation: str
    initialization: str
    depth: int = 5
    width: int = 1000
    seed: int = 0
    gain: float = 1.0
    jacobian_examples: int = 8
    data: str = "shapeset"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"{self.activation}-{self.initialization}-{self.depth}x{self.width}-seed{self.seed}"

    def build(self) -> DeepNet:
        """Draw the network."""
        one_of("data", self.data, DATA)
        widths = [self.width] * whole("depth", self.depth, 1, 100)
        generator = torch.Generator().manual_seed(whole("seed", self.seed, 0, 2**63 - 1))
        n_in, n_classes = Shapeset.n_in, Shapeset.n_classes
        return DeepNet(
            n_in, widths, n_classes, self.activation, self.initialization, generator, self.gain
        )

    def run(self) -> dict[str, pd.DataFrame]:
        """Return `statistics` (see `probes.measure`) and `comparison` (with the theory)."""
        net = self.build()
        images, y = monitored_set()
        x = to_input(images)
        return {
            "statistics": probes.measure(net, x, y, self.jacobian_examples),
            "comparison": compare_with_theory(net, x, y),
        }


@dataclass(frozen=True)
class CostSurfaces:
    """Both costs of figure 5 on one random draw of examples (4.1)."""

    kind: ClassVar[str] = "surfaces"
    seed: int = 0
    limit: float = 5.0
    points: int = 101

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"seed{self.seed}"

    def run(self) -> dict[str, pd.DataFrame]:
        """Return `flatness` (see `cost_surfaces.flatness`)."""
        return {"flatness": cost_surfaces.flatness(self.seed, self.limit, self.points)}


def _surfaces(scale: str) -> list[Experiment]:
    return [CostSurfaces(seed) for seed in range(3 if scale == "quick" else 10)]


def _at_start(scale: str) -> list[Experiment]:
    # ten draws of the weights: the variances of section 4.2.1 are expectations over draws
    width, seeds = (100, 1) if scale == "quick" else (1000, 10)
    return [
        AtStart(activation, initialization, 5, width, seed, jacobian_examples=examples)
        for activation, examples in (("tanh", 16), ("identity", 0))
        for initialization in ("standard", "normalized")
        for seed in range(seeds)
    ]


PLANS: dict[str, Callable[[str], list[Experiment]]] = {
    "fig5": _surfaces,
    "fig6": _at_start,
    "fig7": _at_start,
    "fig8": _at_start,
}
"""What each figure needs. Figures 6-8 are three views of the same networks."""


def plan(name: str, scale: str = "book") -> list[Experiment]:
    """Return the experiments behind one figure at one scale."""
    one_of("plan", name, PLANS)
    return PLANS[name](one_of("scale", scale, SCALES))
