"""Table 1 with all its columns: the paper's errors beside ours, and who leads for sure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from glorot_tutor.study import paper, reading, records
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.significance import Bools, Interval, interval, leading
from glorot_tutor.study.words import counted


class Column(NamedTuple):
    """A data set of Table 1: its name with us and in `paper.table1`, and in words."""

    data: str
    in_paper: str
    title: str


COLUMNS = (
    Column("shapeset", "shapeset", "Shapeset-3x2"),
    Column("mnist", "mnist", "MNIST"),
    Column("cifar10", "cifar10", "CIFAR-10"),
    Column("tiny-imagenet-9", "small_imagenet", "Small-ImageNet (here: a stand-in)"),
)


MISSING = "<small>not yet</small>"
"""A cell that is not measured."""


class Measured(NamedTuple):
    """A column as we measured it.

    Attributes
    ----------
    updates, seeds
        After how many updates, and of how many runs, the same for each model.
    errors
        Test error (%) by model; only those that are recorded.
    leaders
        Models that differ from each of the others (see `significance.leading`); may be none, and
        are none where a model, or an answer, is not recorded.
    """

    updates: int
    seeds: int
    errors: dict[str, Interval]
    leaders: tuple[str, ...]


def measured(data: str, store: Path = records.BOOK, scale: str = "book") -> Measured | None:
    """Compare the recorded models of Table 1 on one data set; None if there are none.

    They are compared after as many updates of as many seeds as all of them have: at the length
    that most seeds have reached, and of such lengths the longest.
    """
    curves: dict[tuple[str, int], pd.Series] = {}
    for model in TABLE:
        curve = reading.gather("curve", [model], store, scale, data=data)
        curves |= {} if curve is None else reading.errors(curve)
    models = [model for model in TABLE if any(model == name for name, _ in curves)]
    reach = reading.reach(curves, models) if models else {}
    if not reach:
        return None
    lengths = reading.lengths(reach)
    updates = max(lengths, key=lambda end: (len(lengths[end]), end))
    seeds = lengths[updates]
    table = reading.errors_after(updates, models, seeds, store, scale, data)
    errors = {model: interval(table[model]) for model in models}
    right = [_right(models, seed, store, scale, data, updates) for seed in seeds]
    known = all(len(of_seed) == len(TABLE) for of_seed in right)
    return Measured(updates, len(seeds), errors, leading(right) if known else ())


def _right(
    models: list[str], seed: int, store: Path, scale: str, data: str, updates: int
) -> dict[str, Bools]:
    found = {m: reading.right(m, seed, store, scale, data, updates) for m in models}
    return {model: right for model, right in found.items() if right is not None}


def table1(store: Path = records.BOOK, scale: str = "book") -> pd.DataFrame:
    """Return Table 1: a row to each model, to each data set the paper's error (%) and ours.

    All cells and heads are HTML. Ours is the mean over the seeds with half of Student's 95 %
    interval; the leaders are in bold. What a missing cell lacks is told by `study.pending`.
    """
    cells = {}
    for column in COLUMNS:
        found = measured(column.data, store, scale)
        head = _head(column, found)
        printed = paper.finals(column.in_paper)
        for model in TABLE:
            cells[model, head, "paper"] = f"{printed[model]:.2f}"
            cells[model, head, "here"] = _cell(model, found)
    table = pd.Series(cells).unstack([1, 2], sort=False)
    return table.loc[list(TABLE)]


def _head(column: Column, found: Measured | None) -> str:
    if found is None:
        return escape(column.title)
    seeds = counted(found.seeds, "seed").replace(" ", "\u00a0")
    runs = f"{counted(found.updates, 'update')}, {seeds}"
    return f"{escape(column.title)}<br><small>{runs}</small>"


def _cell(model: str, found: Measured | None) -> str:
    if found is None or model not in found.errors:
        return MISSING
    error = found.errors[model]
    mean = f"{error.mean:.2f}"
    mean = f"<strong>{mean}</strong>" if model in found.leaders else mean
    return f"{mean}<br><small>±\u00a0{error.half:.2f}</small>" if error.seeds > 1 else mean


@dataclass(frozen=True)
class Printed:
    """A table whose cells are HTML: shows as one on a page, prints as text.

    Attributes
    ----------
    cells
        The table, for instance that of `table1`.
    """

    cells: pd.DataFrame

    def __repr__(self) -> str:
        text = self.cells.map(_text)
        return str(text.rename(columns=_text).to_string())

    def _repr_html_(self) -> str:
        return str(self.cells.to_html(escape=False))


def _text(cell: str) -> str:
    bold = cell.replace("<strong>", "*").replace("</strong>", "*").replace("<br>", " ")
    return unescape(re.sub("<.*?>", "", bold))
