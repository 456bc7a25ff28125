"""Pre-training as a part of experiments (sections 3.1 and 5): done once, for all that begin so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import torch
from filelock import FileLock, Timeout

from glorot_tutor import probes, stopping
from glorot_tutor.datasets import source
from glorot_tutor.nets import DeepNet
from glorot_tutor.pretraining import Pretrainer, Pretraining
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments.base import PLAIN, Options, titled
from glorot_tutor.study.schema import LAYER, NOT_NEGATIVE, NUMBER, TEXT, UPDATE, Column, Frame
from glorot_tutor.training import Checkpoints, shown

COSTS = ["update", "layer", "cost", "least"]

MOMENTS = ("before", "after")

FILTERS = 36
"""Units of layer 1 whose weights are recorded, from the first on."""


def pretrain(
    net: DeepNet, how: Pretraining, seed: int, data: str, options: Options = PLAIN
) -> pd.DataFrame:
    """Pre-train a network that was just drawn, or give it the weights that were kept.

    What is pre-trained alike is so only once: its weights lie in a folder of their own in
    `options.shared`, which is also where pre-training that was stopped goes on.

    Parameters
    ----------
    net
        As `build` has drawn it; changed in place.
    how
        The settings.
    seed
        Of the weights, and of the images and the noise.
    data
        Name of the data set.
    options
        `shared` and `progress` count; without `shared` nothing is kept.

    Returns
    -------
    DataFrame
        Columns update, layer, cost, least (see `Pretrainer.advance`).
    """
    run = _Run(Pretrainer(net, source(data).stream(seed), how, seed), options)
    if options.shared is not None:
        known = {
            "sizes": net.sizes, "activation": net.activation, "gain": net.gain, "seed": seed,
            "initialization": net.initialization, "data": data, **asdict(how),
        }  # fmt: skip
        digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:8]
        folder = options.shared / f"pretraining-{net.activation}-{digest}"
        with _alone(folder), stopping.listening():
            run.checkpoints = Checkpoints(folder, known)
            run.restore()
            run.finish()
    else:
        run.finish()
    return pd.DataFrame(run.rows, columns=COSTS)


@dataclass
class _Run:
    """Pre-training that is kept now and then, and shown."""

    trainer: Pretrainer
    options: Options
    checkpoints: Checkpoints | None = None
    rows: list[list[Any]] = field(default_factory=list)

    def restore(self) -> None:
        assert self.checkpoints is not None
        done, state, _ = self.checkpoints.load(self.trainer.net)
        if state:
            self.trainer.go_on(done, torch.tensor(state["offset"]))
            self.rows = state["rows"]

    def finish(self) -> None:
        trainer, begun = self.trainer, self.trainer.done
        with shown(self.options.progress, begun, trainer.total) as show:
            while trainer.done < trainer.total:
                self._keep_if_due()
                update, layer, cost, least = trainer.advance()
                self.rows.append([update, layer, cost, least])
                show(update, f"layer {layer}: {cost - least:.1f} nats")
        if trainer.done > begun:
            self._keep()

    def _keep_if_due(self) -> None:
        if self.checkpoints is None:
            return
        if stopping.asked() or self.checkpoints.is_due:
            self._keep()
        stopping.stop_if_asked(f"{self.trainer.done:,} updates of pre-training are kept")

    def _keep(self) -> None:
        if self.checkpoints is not None:
            state = {"offset": self.trainer.coder.offset.tolist(), "rows": self.rows}
            self.checkpoints.save(self.trainer.net, self.trainer.done, state)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other process pre-trains in a folder: it does what is needed here, too."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock", timeout=1)
    while not lock.is_locked:
        try:
            lock.acquire()
        except Timeout:
            stopping.stop_if_asked()
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True)
class Pretrained:
    """A network before and after its hidden layers were pre-trained; no label is looked at.

    Attributes
    ----------
    activation, initialization, widths, seed, data
        As in `Training`.
    pretraining
        The settings.
    jacobian_examples
        Images whose Jacobians are decomposed.
    """

    kind: ClassVar[str] = "pretraining"
    layout: ClassVar[Mapping[str, Frame]] = {
        "costs": Frame(
            {"update": UPDATE, "layer": LAYER, "cost": NOT_NEGATIVE, "least": NOT_NEGATIVE},
            ("update",),
        ),
        "statistics": Frame(
            {
                "moment": Column(str, pattern="|".join(MOMENTS)),
                "layer": LAYER,
                "quantity": TEXT,
                "statistic": TEXT,
                "value": NUMBER,
            },
            ("moment", "layer", "quantity", "statistic"),
        ),
        "filters": Frame({"layer": LAYER, "unit": LAYER}, ("layer", "unit"), rest=NUMBER),
    }
    activation: str
    initialization: str
    pretraining: Pretraining
    widths: tuple[int, ...] = (1000,) * 5
    seed: int = 0
    jacobian_examples: int = 4
    data: str = "shapeset"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return titled(self, self.widths, in_title(self.pretraining))

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Pre-train, and return `costs`, `statistics` and `filters`.

        `costs` is what `pretrain` gives; `statistics` has moment (`MOMENTS`) and the columns of
        `probes.measure`; `filters` has layer, unit and a column for each input of layer 1: the
        weights of its first units over the largest one of each, to three decimals.
        """
        net = build(self.activation, self.initialization, self.widths, self.seed, data=self.data)
        images, y = source(self.data).monitored_set()
        found = []
        for moment in MOMENTS:
            if moment == "after":
                costs = pretrain(net, self.pretraining, self.seed, self.data, options)
            table = probes.measure(net, to_input(images), y, self.jacobian_examples)
            found.append(table.assign(moment=moment))
        statistics = pd.concat(found, ignore_index=True)
        columns = ["moment", "layer", "quantity", "statistic", "value"]
        return {"costs": costs, "statistics": statistics[columns], "filters": filters(net)}


def filters(net: DeepNet) -> pd.DataFrame:
    """Weights of the first units of layer 1 (see `Pretrained.run`)."""
    weight = net.weight(1).detach()[:FILTERS].double()
    share = (weight / weight.abs().amax(1, keepdim=True).clamp_min(1e-30)).numpy().round(3)
    table = pd.DataFrame(share, columns=[str(pixel) for pixel in range(share.shape[1])])
    table.insert(0, "layer", 1)
    table.insert(1, "unit", range(1, len(table) + 1))
    return table


def in_title(pretraining: Pretraining | None) -> str:
    """What a title says of pre-training: its noise and its updates of a layer."""
    if pretraining is None:
        return ""
    return f"-denoised{pretraining.corruption:g}x{pretraining.updates}"
