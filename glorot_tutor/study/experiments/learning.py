"""Experiments that train: one network, one stream, one constant learning rate (section 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import pandas as pd

from glorot_tutor.checks import positive, whole
from glorot_tutor.datasets import BUILT_IN, source
from glorot_tutor.engines import COSTS, RULES
from glorot_tutor.pretraining import Pretraining
from glorot_tutor.sgd import build, frames, observer
from glorot_tutor.study.experiments import normalizing
from glorot_tutor.study.experiments.base import PLAIN, Options, identity, titled
from glorot_tutor.study.experiments.budgets import PASSES
from glorot_tutor.study.experiments.pretraining import in_title, pretrain
from glorot_tutor.study.experiments.stacks import batch_normalized
from glorot_tutor.study.schema import (
    CLASSES,
    COUNT,
    CURVE,
    LAYER,
    NOT_NEGATIVE,
    NUMBER,
    SPLIT,
    TEXT,
    UPDATE,
    Column,
    Frame,
)
from glorot_tutor.training import (
    EPOCH,
    MOST,
    Checkpoints,
    Outcome,
    Schedule,
    letters,
    recording_schedule,
    train,
)

RIGHT, WRONG = "R", "W"
"""How it is recorded whether an example is given its own class."""


SECONDS = Column(float, 0, empty=True)

LAYOUT = {
    "curve": replace(CURVE, to_the_end=True),
    "statistics": Frame(
        {
            "update": UPDATE,
            "layer": LAYER,
            "quantity": TEXT,
            "statistic": TEXT,
            "value": NUMBER,
        },
        ("update", "layer", "quantity", "statistic"),
        even=True,
        to_the_end=True,
    ),
    "histograms": Frame(
        {"update": UPDATE, "layer": LAYER},
        ("update", "layer"),
        rest=NOT_NEGATIVE,
        even=True,
        to_the_end=True,
    ),
    "answers": Frame(
        {
            "update": UPDATE,
            "split": SPLIT,
            "classes": CLASSES,
            "right": Column(str, pattern=f"[{RIGHT}{WRONG}]+", optional=True),
        },
        ("update", "split"),
        to_the_end=True,
    ),
    "outcome": Frame(
        {
            "updates": COUNT,
            "diverged_at": Column(int, 0, empty=True),
            "wall": SECONDS,
            "cpu": SECONDS,
            # of a run that went on with another number of them
            "threads": Column(str, pattern=r"\d+( \d+)+", optional=True),
        },
        rows=1,
    ),
}


@dataclass(frozen=True)
class Training:
    """Online training, recorded for every figure on one schedule.

    Attributes
    ----------
    activation, initialization, widths, gain
        The network (see `DeepNet`), hidden layers first to last.
    learning_rate
        Constant.
    updates
        Mini-batches to learn from; a longer run of the same settings goes on from a shorter one.
    seed
        Of the weights and of the training stream; validation, test and monitored images are the
        same for every seed.
    cost, batch_size
        See `engines.Engine`.
    data
        Name of the data set (see `datasets.source`).
    pretraining
        How the hidden layers are pre-trained before; None for not at all. The times that are
        recorded are without it.
    rule
        How an update follows from the gradient (see `engines.RULES`).
    batch_norm
        Whether the hidden layers are batch-normalized (see `stacks.batch_normalized`).
    """

    kind: ClassVar[str] = "training"
    layout: ClassVar[Mapping[str, Frame]] = LAYOUT
    activation: str
    initialization: str
    learning_rate: float
    updates: int
    widths: tuple[int, ...] = (1000,) * 5
    seed: int = 0
    gain: float = 1.0
    cost: str = COSTS[0]
    batch_size: int = 10
    data: str = "shapeset"
    pretraining: Pretraining | None = None
    rule: str = RULES[0]
    batch_norm: bool = False

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"{self.stem}-{self.updates}updates"

    @property
    def stem(self) -> str:
        """The title without the length: the same for a run and for what it is continued to."""
        rule = "" if self.rule == RULES[0] else f"-{self.rule}"
        norm = "-batchnorm" if self.batch_norm else ""
        more = f"{in_title(self.pretraining)}{norm}{rule}-rate{self.learning_rate:g}"
        return titled(self, self.widths, more)

    @property
    def identity(self) -> dict[str, object]:
        """All settings but the length: what a checkpoint must agree on to be continued."""
        return {name: value for name, value in identity(self).items() if name != "updates"}

    @property
    def schedule(self) -> Schedule:
        """When it is recorded: the epochs of a finite set are passes through it."""
        one = PASSES[self.data].updates if self.data in PASSES else EPOCH
        return recording_schedule(self.updates, one)

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Train, and return `curve`, `statistics`, `histograms`, `answers` and `outcome`.

        `curve` has update, split, nll, error; `statistics` update, layer, quantity, statistic,
        value (see `observer`); `histograms` update, layer and a column for each bin's centre, the
        density of the activations; `answers` update, split, classes (see `Outcome`) and, where
        the labels come from files, right: `RIGHT` or `WRONG` for each class; `outcome` one row:
        updates, diverged_at, wall, cpu.
        """
        recorded = frames(self.train(options))
        if self.data not in BUILT_IN:
            labels = letters(source(self.data).test_set()[1].tolist())
            marks = [_marks(classes, labels) for classes in recorded["answers"]["classes"]]
            recorded["answers"]["right"] = marks
        return recorded

    def train(self, options: Options = PLAIN) -> Outcome:
        """Train on from the checkpoints in `options.folder`, or from the start."""
        whole("updates", self.updates, 0, MOST)
        rate = positive("learning_rate", self.learning_rate)
        net = build(
            self.activation, self.initialization, self.widths, self.seed, self.gain, self.data
        )
        data = source(self.data)
        checkpoints = None if options.folder is None else Checkpoints(options.folder, self.identity)
        if self.pretraining is not None and not (checkpoints and checkpoints.files()):
            pretrain(net, self.pretraining, self.seed, self.data, options)
        if self.batch_norm:
            batch_normalized(net)
        return train(
            options.engine_for(net, rate, self.cost, self.batch_size, self.rule),
            data.stream(self.seed),
            self.updates,
            data.test_set(),
            data.validation_set(),
            normalizing.observer(data) if self.batch_norm else observer(data),
            self.schedule,
            checkpoints=checkpoints,
            resume=options.resume and checkpoints is not None,
            progress=None if options.progress is None else options.progress(),
        )


def _marks(classes: str, labels: str) -> str:
    return "".join(RIGHT if a == b else WRONG for a, b in zip(classes, labels, strict=True))
