"""What every experiment is, what it may be given to run with, and the networks they share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Protocol, get_type_hints

import pandas as pd
from torch import nn

from glorot_tutor.checks import UsageError, one_of, whole
from glorot_tutor.engines import COSTS, RULES, Engine, make_engine
from glorot_tutor.engines.adam import AdamEngine
from glorot_tutor.engines.scaled import ScaledEngine
from glorot_tutor.study.schema import Frame
from glorot_tutor.training import Progress


@dataclass(frozen=True)
class Options:
    """How a run is run; none of it changes what it finds beyond rounding.

    (A run that is about to diverge magnifies the rounding: when it does so is of one machine.)

    Attributes
    ----------
    folder
        Where the run keeps its checkpoints; None keeps none.
    resume
        Whether checkpoints in the folder are gone on from; if not, the folder must hold none.
    engine, threads, device
        See `engines.make_engine`.
    progress
        Makes the progress display of a long run; None shows nothing.
    shared
        Where what several runs begin with is kept (see `pretrain`); None keeps nothing.
    """

    folder: Path | None = None
    resume: bool = True
    engine: str = "fused"
    threads: int = 1
    device: str = "cpu"
    progress: Callable[[], Progress] | None = None
    shared: Path | None = None

    def engine_for(
        self,
        net: nn.Module,
        learning_rate: float,
        cost: str = COSTS[0],
        batch_size: int = 10,
        rule: str = RULES[0],
    ) -> Engine:
        """Build the engine that these options ask for; rates for each weight have one only."""
        if one_of("rule", rule, RULES) != RULES[0]:
            if self.device != "cpu":
                raise UsageError(f"rule {rule!r} runs on the cpu only: choose 'sgd', or no device.")
            if rule == "adam":
                return AdamEngine(net, learning_rate, cost, batch_size)
            return ScaledEngine(net, learning_rate, cost, batch_size, rule)
        return make_engine(
            self.engine, net, learning_rate, cost, batch_size, self.threads, self.device
        )


PLAIN = Options()
"""Without checkpoints, on one thread, in silence."""


class Experiment(Protocol):
    """Anything that can be run once and recorded."""

    kind: ClassVar[str]
    layout: ClassVar[Mapping[str, Frame]]

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        ...

    def run(self, options: Options = ...) -> dict[str, pd.DataFrame]:
        """Measure, and return the frames by name."""
        ...


FOUNDING = {
    "output": ("learning_rate", "biases", "updates", "depth", "width", "seed"),
    "race": ("gain", "learning_rate", "updates", "depth", "width", "seed", "every"),
    "start": (
        "activation", "initialization", "depth", "width", "seed", "gain", "jacobian_examples",
        "data",
    ),
    "surfaces": ("seed", "limit", "points"),
    "svm": ("examples", "subset", "costs", "gammas", "data"),
    "training": (
        "activation", "initialization", "learning_rate", "updates", "widths", "seed", "gain",
        "cost", "batch_size", "data",
    ),
}  # fmt: skip
"""By kind, the settings that the first records were named by; nothing is ever added here."""


def identity(experiment: Experiment) -> dict[str, Any]:
    """Return the settings by which an experiment is known, `kind` left out.

    A setting that is not among `FOUNDING` is left out while it has its default, so that what was
    measured before there was such a setting stays valid: its default must mean what was done
    then, and never change.
    """
    founding = FOUNDING.get(experiment.kind, ())
    values = asdict(experiment)  # type: ignore[call-overload]
    numbers = _floats(type(experiment))
    return {
        name: float(value) if name in numbers and isinstance(value, int) else value  # 1 is 1.0
        for name, value in values.items()
        if name in founding or value != _defaults(type(experiment)).get(name, MISSING)
    }


def record_name(experiment: Experiment) -> str:
    """Name of the experiment's record: kind, title and the first 8 digits of its settings' hash."""
    known = {"kind": experiment.kind, **identity(experiment)}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:8]
    return f"{experiment.kind}-{experiment.title}-{digest}"


@cache
def _floats(kind: type) -> frozenset[str]:
    return frozenset(name for name, hint in get_type_hints(kind).items() if hint is float)


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    return {
        field.name: field.default if field.default_factory is MISSING else field.default_factory()
        for field in fields(kind)
    }


def on(data: str) -> str:
    """Begin an experiment's title with its data set, where that is not the paper's main one."""
    return "" if data == "shapeset" else f"{data}-"


def shape(widths: tuple[int, ...]) -> str:
    """Depth and width where all layers are of one width, else every width, for a title."""
    alike = len(set(widths)) == 1
    return "x".join(str(n) for n in ((len(widths), widths[0]) if alike else widths))


def titled(run: Any, widths: tuple[int, ...], more: str = "") -> str:
    """Return a title: data set, network, what else is to be said of it, and seed.

    `run` has activation, initialization, seed and data.
    """
    network = f"{run.activation}-{run.initialization}-{shape(widths)}"
    return f"{on(run.data)}{network}{more}-seed{run.seed}"


class OneNetwork:
    """An experiment on one network whose layers are of one width, which gives it its title."""

    activation: str
    initialization: str
    depth: int
    width: int
    seed: int
    data: str

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return titled(self, (self.width,) * self.depth)

    def checked_widths(self) -> tuple[int, ...]:
        """Return the units of each hidden layer; `UsageError` if a number is not allowed."""
        return (whole("width", self.width, 1, 100_000),) * whole("depth", self.depth, 1, 1000)
