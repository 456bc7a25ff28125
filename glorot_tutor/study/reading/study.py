"""The study: what is recorded of the models of Table 1, as figures and verdicts read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor.shapeset import test_set
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.experiments.budgets import budget
from glorot_tutor.study.experiments.learning import RIGHT
from glorot_tutor.study.reading.curves import Ends, end_of, errors, lengths, reach, seeds
from glorot_tutor.study.reading.planned import Planned, diverged_at
from glorot_tutor.study.records import NotRecorded


@dataclass(frozen=True)
class Study(Planned):
    """What the runs of some models measured (see `Planned` for which runs there are).

    Methods raise `NotRecorded` where a record that they need is not there, and `DamagedRecord`
    where one cannot be relied on.
    """

    def gather(self, frame: str, models: Sequence[str], rank: int = 0) -> pd.DataFrame:
        """One frame of all recorded runs of some models, with columns model, seed, learning_rate.

        Each run as far as it is recorded, but for those that diverged. Every model has a run, and
        some seed is common to all.

        One rule holds for all that is read of a run, in figures, tables and verdicts: of several
        records of the same settings the longest is taken, and earlier numbers are those that it
        had on its way. The others need not be its beginning: the order in which sums are added
        makes two trainings of one (see `trainings`).
        """
        parts = [
            part.assign(model=model, seed=run.seed, learning_rate=run.learning_rate)
            for model in models
            for run, part in self._each(frame, model, rank)
        ]
        pairs = [(part["model"].iloc[0], part["seed"].iloc[0]) for part in parts]
        if not seeds(pairs, models):
            raise NotRecorded(f"no seed of {', '.join(models)} is recorded on {self.data}.")
        return pd.concat(parts, ignore_index=True)

    def _each(self, frame: str, model: str, rank: int) -> Iterator[tuple[Training, pd.DataFrame]]:
        for run in (run for _, run in self.progress(model, rank) if run):
            record = self._shared(run)
            if diverged_at(record) is None:
                yield run, record.frames[frame]

    def errors_after(
        self, updates: int, models: Sequence[str], of_seeds: Sequence[int]
    ) -> pd.DataFrame:
        """Test error (%) after so many updates: seeds down, models across.

        The mean of the last tests up to there (see `end_of`), of the longest runs (see `gather`).
        """
        curves = errors(self.gather("curve", models))
        for model, seed in product(models, of_seeds):
            if updates not in curves.get((model, seed), ()):
                raise NotRecorded(f"{model}, seed {seed}: no error is recorded after {updates:,}.")
        return pd.DataFrame(
            {m: {s: end_of(curves[m, s], updates) for s in of_seeds} for m in models}
        )

    def reached(self, models: Sequence[str]) -> dict[int, int]:
        """Of each seed that all of some models have, the last update that all have reached."""
        return reach(errors(self.gather("curve", models)), models)

    def ends(self, models: Sequence[str]) -> Ends:
        """Compare some models seed by seed, after as many updates."""
        reached = self.reached(models)
        each = [
            self.errors_after(end, models, [seed for seed in of if reached[seed] == end])
            for end, of in lengths(reached).items()
        ]
        return Ends(reached, pd.concat(each))

    def right(self, model: str, seed: int = 0, updates: int | None = None) -> NDArray[np.bool_]:
        """Whether the network of a run is right, test example by test example.

        Of the longest recorded run, at its end or after so many `updates`.
        """
        return _is_right(self._answers(self._longest(model, seed), updates))

    def is_constant(self, model: str, seed: int = 0) -> bool:
        """Whether a network gives every test example one class, at the end of its longest run."""
        answers = self._answers(self._longest(model, seed), None)
        return len(set(str(answers["classes"]))) == 1

    def trainings(self, model: str, updates: int, seed: int = 0) -> list[NDArray[np.bool_]]:
        """What `right` is for each training of the same settings after so many updates.

        The longest recorded one first. A shorter record that is the beginning of a longer one is
        no training of its own.
        """
        longest = self._longest(model, seed)
        given: dict[str, pd.Series] = {}
        for length in budget(self.scale, self.data).lengths:
            run = replace(longest, updates=length)
            if updates <= length <= longest.updates and self.has(run):
                answers = self._answers(run, updates)
                given.setdefault(str(answers["classes"]), answers)
        return [_is_right(answers) for answers in given.values()]

    def _longest(self, model: str, seed: int) -> Training:
        ends = (run for _, run in self.progress(model) if run and run.seed == seed)
        if (longest := next(ends, None)) is None:
            raise NotRecorded(f"{model}, seed {seed} is not recorded on {self.data}.")
        return longest

    def _answers(self, run: Training, updates: int | None) -> pd.Series:
        """Return a run's answers after so many updates, or its last ones."""
        wanted = run.updates if updates is None else updates
        answers = self._shared(run).frames["answers"]
        then = answers[answers["update"] == wanted]
        if then.empty:
            raise NotRecorded(f"{run.stem}: no answers are recorded after {wanted:,}.")
        return then.iloc[-1]


def _is_right(answers: pd.Series) -> NDArray[np.bool_]:
    if "right" in answers:  # of a set whose labels are read from files, which may not be here
        return _letters(answers["right"]) == ord(RIGHT)
    return np.asarray(_letters(answers["classes"]) - ord("A") == test_set()[1].numpy())


def _letters(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(str(text).encode(), np.uint8)
