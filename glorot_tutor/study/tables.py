"""Table 1 with all its columns: the paper's errors beside ours, and who leads for sure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape, unescape
from typing import NamedTuple

import pandas as pd

from glorot_tutor.study import paper
from glorot_tutor.study.experiments.budgets import COLUMNS, TABLE
from glorot_tutor.study.reading import Study, lengths
from glorot_tutor.study.records import DamagedRecord, NotRecorded
from glorot_tutor.study.significance import Interval, interval, leading
from glorot_tutor.study.words import counted

MISSING = "<small>not yet</small>"
"""A cell that is not measured."""


class Measured(NamedTuple):
    """A column as we measured it.

    Attributes
    ----------
    updates, seeds
        After how many updates, and of how many runs, the same for each model.
    errors
        Test error (%) by model, each the mean of a run's last tests (see `reading.end_of`), and
        the interval of the mean over seeds; only models that are recorded.
    by_seed
        The same errors one by one: seeds down, models across.
    constant
        To each model, how many of its runs end with one answer for all images: their errors are
        those of the class they name, and no sample of what other seeds would give.
    leaders
        Models that are better than each of the others (see `significance.leading`); none where a
        model is not recorded.
    """

    updates: int
    seeds: int
    errors: dict[str, Interval]
    by_seed: pd.DataFrame
    constant: dict[str, int]
    leaders: tuple[str, ...]


def measured(study: Study) -> Measured:
    """Compare the recorded models of Table 1 on the data set of a study.

    They are compared after as many updates of as many seeds as all of them have: at the length
    that most seeds have reached, and of such lengths the longest. Of two trainings of the same
    settings the longer one counts, as everywhere (see `Study.gather`).

    Raises
    ------
    NotRecorded
        If there are none.
    DamagedRecord
        If a record cannot be relied on.
    """
    models = [model for model in TABLE if _is_trained(study, model)]
    reached = lengths(study.reached(models))
    updates = max(reached, key=lambda end: (len(reached[end]), end))
    seeds = reached[updates]
    errors = study.errors_after(updates, models, seeds)
    return Measured(
        updates,
        len(seeds),
        {model: interval(errors[model]) for model in models},
        errors,
        {model: sum(study.is_constant(model, seed) for seed in seeds) for model in models},
        leading(errors) if len(models) == len(TABLE) else (),
    )


def _is_trained(study: Study, model: str) -> bool:
    try:
        return bool(study.reached([model]))
    except NotRecorded:
        return False


def table1(study: Study) -> pd.DataFrame:
    """Return Table 1: a row to each model, to each data set the paper's error (%) and ours.

    All cells and heads are HTML. Ours is the mean over the seeds with half of Student's 95 %
    interval, or how many of them give a constant answer; the leaders are in bold. What a missing
    cell lacks is told by `Study.pending`; a damaged record is named in the head of its data set,
    which has no cells then.
    """
    cells = {}
    for column in COLUMNS:
        about, ours = _ours(study.on(column.data))
        head = (
            f"{escape(column.title)}<br><small>{about}</small>" if about else escape(column.title)
        )
        printed = paper.finals(column.in_paper)
        for model in TABLE:
            cells[model, head, "paper"] = f"{printed[model]:.2f}"
            cells[model, head, "here"] = ours.get(model, MISSING)
    table = pd.Series(cells).unstack([1, 2], sort=False)
    return table.loc[list(TABLE)]


def _ours(study: Study) -> tuple[str, dict[str, str]]:
    """Say what a column rests on, and give its cells by model."""
    try:
        column = measured(study)
    except NotRecorded:
        return "", {}
    except DamagedRecord as error:
        return escape(str(error)), {}
    seeds = counted(column.seeds, "seed").replace(" ", "\u00a0")
    cells = {model: _cell(column, model) for model in column.errors}
    return f"{counted(column.updates, 'update')}, {seeds}", cells


def _cell(column: Measured, model: str) -> str:
    error, constant = column.errors[model], column.constant[model]
    mean = f"{error.mean:.2f}"
    if model in column.leaders:
        mean = f"<strong>{mean}</strong>"
    if constant:
        of = "constant" if constant == error.seeds else f"{constant} of {error.seeds} constant"
        return f"{mean}<br><small>{of}</small>"
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
