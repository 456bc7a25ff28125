"""Which recorded runs the record browser offers, and the files that a page reads them from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from math import inf
from pathlib import Path
from typing import Any

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study.experiments import Training
from glorot_tutor.study.experiments.budgets import BUDGETS, MODELS, PASSES
from glorot_tutor.study.experiments.search import validation_error
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import BOOK, DamagedRecord, Record, Store
from glorot_tutor.widgets.histories import History, described, history

SCALE = "book"
"""Runs of this scale are named after their model, the others after their settings."""


class RecordedRuns:
    """The longest recorded run of every network, learning rate and seed in a store.

    Attributes
    ----------
    store
        The folder of records.
    runs
        The runs by name (`Training.stem`): data sets and models in the order of Table 1, then by
        rate, seed. A record is not read before its run is looked at.
    """

    def __init__(self, store: Path = BOOK) -> None:
        self.store = store
        runs: dict[str, Training] = {}
        for run in Store(store):  # reads no frames: there are hundreds of records
            if isinstance(run, Training):
                runs[run.stem] = max(run, runs.get(run.stem, run), key=_length)
        self.runs = dict(sorted(runs.items(), key=lambda item: _place(item[1])))

    @cached_property
    def chosen(self) -> dict[str, str]:
        """For each model the name of the run that stands for it.

        That is seed 0 at the rate that the search chose, or what is nearest to it among what is
        recorded.
        """
        return {model: self._choose(model) for model in self._models()}

    def _models(self) -> Iterable[str]:
        return dict.fromkeys(map(model_of, self.runs.values()))

    def _choose(self, model: str) -> str:
        own = [run for run in self.runs.values() if model_of(run) == model]
        name, data = _line_of(own[0]), own[0].data
        if name and data in ("shapeset", *PASSES):
            with suppress(DamagedRecord):  # it must not hide the others
                for _, run in Study(self.store, SCALE, data).progress(name)[:1]:
                    if run is not None:
                        return run.stem
        return min(own, key=lambda run: (-run.updates, self._error(run))).stem

    def _error(self, run: Training) -> float:
        try:
            return validation_error(self._record(run).frames)
        except DamagedRecord:
            return inf

    def _record(self, run: Training) -> Record:
        return Store(self.store)[run]

    def index(self) -> list[dict[str, Any]]:
        """Return all runs in order: their settings, the model, and whether they stand for it."""
        chosen = set(self.chosen.values())
        return [
            {**described(run), "model": model_of(run), "chosen": name in chosen}
            for name, run in self.runs.items()
        ]

    def find(self, name: object) -> str:
        """Return the name of a run, given it or the name of a model.

        Raises
        ------
        UsageError
            If no such run is recorded.
        """
        run = self.chosen.get(name, name) if isinstance(name, str) else None
        if run is None or run not in self.runs:
            models = ", ".join(self.chosen)
            raise UsageError(f"no run {name!r} is recorded: choose one of {models or 'none'}.")
        return run

    def history(self, name: str) -> History:
        """Return the history of a run (see `find`)."""
        run = self.runs[self.find(name)]
        return {**history(run, self._record(run)), "model": model_of(run)}

    def write(self, folder: Path) -> list[Path]:
        """Write a script to each run and one with the index, for pages that read no other files.

        A page that was opened from a folder may load a script from there and nothing else.
        """
        folder.mkdir(parents=True, exist_ok=True)
        index = []
        written = []
        for entry in self.index():
            try:
                shown = self.history(entry["name"])
            except DamagedRecord:
                raise  # a page that lacks it would not say so
            except RunError:
                continue  # a run that diverged before the first look has no history
            index.append(entry)
            written.append(_script(folder / f"{entry['name']}.js", entry["name"], shown))
        return [*written, _script(folder / "index.js", "", index)]


def model_of(run: Training) -> str:
    """Name of a run's model: as in Table 1 if it is of the book's scale, else its settings."""
    line = _line_of(run)
    if not line:
        return run.stem.rsplit("-rate", 1)[0]
    return line if run.data == "shapeset" else f"{line} on {run.data}"


def _line_of(run: Training) -> str:
    """Name of a run's line in Table 1, whatever the data set; empty for another network."""
    for name, (activation, initialization, depth, _) in MODELS.items():
        widths = (BUDGETS[SCALE].width,) * depth
        plain = Training(activation, initialization, run.learning_rate, run.updates, widths)
        if replace(run, seed=0, data="shapeset") == plain:
            return name
    return ""


def _place(run: Training) -> tuple[Any, ...]:
    sets, names = ["shapeset", *PASSES], list(MODELS)
    line = _line_of(run)
    known = names.index(line) if line else len(names)
    of_data = sets.index(run.data) if run.data in sets else len(sets)
    return of_data, known, model_of(run), run.learning_rate, run.seed


def _length(run: Training) -> int:
    return run.updates


def _script(path: Path, name: str, data: Any) -> Path:
    text = json.dumps(data, separators=(",", ":"))
    path.write_text(f"glorotHistory({json.dumps(name)},{text});\n", encoding="utf8")
    return path
