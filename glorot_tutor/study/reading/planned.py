"""Which runs of the study are planned, how far they are recorded, and what is still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Self

import pandas as pd

from glorot_tutor.study import records
from glorot_tutor.study.experiments import Experiment, Training
from glorot_tutor.study.experiments.budgets import budget
from glorot_tutor.study.experiments.search import Lookup, chosen, recorded, steps, validation_error
from glorot_tutor.study.provenance import settings, whole_or_none
from glorot_tutor.study.records import Record, Store


@dataclass(frozen=True)
class Planned:
    """The recorded runs of some models on one data set, at one scale.

    A model is trained once for each seed at the learning rate that was chosen for it. Seed 0 is
    the run that goes on for longest. What is not recorded yet is left out, and named by `pending`.
    Models are called as in `experiments.budgets.MODELS`. What reads records raises `NotRecorded`
    where one that it needs is not there, and `DamagedRecord` where one cannot be relied on.

    Attributes
    ----------
    store
        The folder of records.
    scale, data
        One of `experiments.SCALES`, and the name of a data set.
    """

    store: Path = records.BOOK
    scale: str = "book"
    data: str = "shapeset"

    def on(self, data: str) -> Self:
        """Return the study of the same models on another data set."""
        return replace(self, data=data)

    @property
    def full(self) -> int:
        """Updates of the longest planned runs.

        A run that is shorter tells nothing of the end of learning, and not that something never
        happens.
        """
        return max(budget(self.scale, self.data).full.values())

    def record(self, experiment: Experiment) -> Record:
        """Return the record of one experiment."""
        return Store(self.store)[experiment]

    def _shared(self, experiment: Experiment) -> Record:
        """Return it to be read only, without a copy."""
        return Store(self.store).shared(experiment)

    def has(self, experiment: Experiment) -> bool:
        """Whether there is a record of an experiment."""
        return experiment in Store(self.store)

    def frame(self, name: str, experiments: Sequence[Experiment]) -> pd.DataFrame:
        """One frame of many records, with each experiment's settings as columns.

        All of the records must be there: a verdict is not drawn from half the evidence.
        """
        parts = []
        for experiment in experiments:
            part = self._shared(experiment).frames[name]
            # a setting that the frame has as a column of its own (a seed) is not written twice
            new = {k: v for k, v in settings(experiment).items() if k not in part}
            parts.append(part.assign(**new))
        return pd.concat(parts, ignore_index=True)

    def runs(self, model: str, rank: int = 0) -> list[Training]:
        """Return the planned runs of a model at one learning rate, seed 0 first.

        None before the rates are known. `rank` is 0 for the best rate, 1 for the second best.
        """
        planned = _chosen(self, model, Store(self.store).stamps("curve", "outcome"))
        rates = list(dict.fromkeys(run.learning_rate for run in planned))
        return [run for run in planned if run.learning_rate in rates[rank : rank + 1]]

    def progress(self, model: str, rank: int = 0) -> list[tuple[Training, Training | None]]:
        """Each planned run of a model, and how far it is recorded: None for not at all."""
        given = budget(self.scale, self.data)
        return [(run, recorded(run, given, self._look_up)) for run in self.runs(model, rank)]

    @property
    def _look_up(self) -> Lookup:
        return Store(self.store).look_up

    def diverged(self, model: str) -> set[int]:
        """Seeds whose run at the chosen rate is recorded and diverged."""
        ends = (run for _, run in self.progress(model) if run)
        return {run.seed for run in ends if diverged_at(self._shared(run)) is not None}

    def pending(self, models: Sequence[str]) -> str:
        """Say what the plan still has for some models, at both rates; empty for nothing.

        A run that diverged is named too: it is an outcome, but no curve rests on it.
        """
        unknown = [model for model in models if not self.runs(model)]
        words = [f"the search for the learning rate of {', '.join(unknown)}"] if unknown else []
        for model, rank in product(models, (0, 1)):
            rest = [self._rest(*pair) for pair in self.progress(model, rank)]
            if any(rest):
                rate = self.runs(model, rank)[0].learning_rate
                words.append(f"{model} at rate {rate:g}: {', '.join(filter(None, rest))}")
        return "; ".join(words)

    def _rest(self, planned: Training, run: Training | None) -> str:
        """Say what a planned run lacks; nothing if it is recorded to its end."""
        name = f"seed {planned.seed}"
        if run is None:
            return name
        end = diverged_at(self._shared(run))
        if end is not None:
            return f"{name} diverged after update {end:,}"
        rest = f"{name} from {run.updates:,} to {planned.updates:,} updates"
        return rest if run.updates < planned.updates else ""

    def search(self, model: str) -> pd.DataFrame:
        """Return what the search found: columns updates, learning_rate and error (validation, %).

        A run that diverged has an infinite error; a run that is not recorded has no row.
        """
        rounds = steps(model, self.scale, self._look_up, self.data)[:-1]
        runs = [(run, self._look_up(run)) for step in rounds if step.known for run in step.runs]
        rows = [
            (run.updates, run.learning_rate, validation_error(frames))
            for run, frames in runs
            if frames is not None
        ]
        return pd.DataFrame(rows, columns=["updates", "learning_rate", "error"])


@lru_cache(maxsize=256)
def _chosen(study: Planned, model: str, ends: object) -> list[Training]:
    """Choose once for all claims; the stamps are there to choose anew when a run has changed."""
    return chosen(model, study.scale, study._look_up, study.data) or []


def diverged_at(record: Record) -> int | None:
    """Update at which a run diverged; None if it did not, or does not train."""
    if "outcome" not in record.frames:
        return None
    return whole_or_none(record.frames["outcome"].iloc[0]["diverged_at"])
