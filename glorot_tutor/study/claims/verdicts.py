"""How parts of a criterion, each held or not, become a verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np
import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.study.claims.basis import Run
from glorot_tutor.study.records import NotRecorded
from glorot_tutor.study.significance import Interval

REPRODUCED, PARTLY, NOT_REPRODUCED = "reproduced", "partly", "not reproduced"
NOT_MEASURED = "not measured"
VERDICTS = (REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_MEASURED)


@dataclass(frozen=True)
class Part:
    """One condition of a criterion.

    Attributes
    ----------
    holds
        Whether it does; None for numbers that are told beside it and decide nothing.
    measured
        The measured numbers in words.
    on
        The runs that it rests on; none for what is measured before the first update.
    certain
        Whether longer runs cannot change it: what was to happen has happened, or its time is over.
    """

    holds: bool | None
    measured: str
    on: tuple[Run, ...] = ()
    certain: bool = False

    @property
    def settled(self) -> bool:
        """Whether nothing is left to come: longer runs change nothing, or there are none."""
        return self.certain or all(run.done for run in self.on)


@dataclass(frozen=True)
class Verdict:
    """The outcome for one claim.

    Attributes
    ----------
    verdict
        One of `VERDICTS`.
    measured
        The measured numbers in words.
    parts
        The conditions that it follows from.
    short
        Runs that are too short to tell.
    """

    verdict: str
    measured: str
    parts: tuple[Part, ...] = field(default=(), compare=False)
    short: tuple[Run, ...] = field(default=(), compare=False)

    @property
    def settled(self) -> bool:
        """Whether no longer run can change it, of the seeds that it rests on."""
        return all(part.settled for part in self.parts)

    @classmethod
    def of(cls, parts: Sequence[Part], short: Sequence[Run] = ()) -> Verdict:
        """Every part holds: reproduced; none: not reproduced; else partly.

        Raises
        ------
        NotRecorded
            If there is no part, because all runs are too short.
        RunError
            If there is no part and no run: no evidence is no verdict.
        """
        judged = [part.holds for part in parts if part.holds is not None]
        if not judged and short:
            raise NotRecorded("the runs that are recorded are too short to tell.")
        if not judged:
            raise RunError("the records hold nothing to judge: remove them and run again.")
        word = REPRODUCED if all(judged) else PARTLY if any(judged) else NOT_REPRODUCED
        return cls(word, "; ".join(_words(parts)), tuple(parts), tuple(short))

    @classmethod
    def by_run(cls, parts: Mapping[Run, Sequence[Part]]) -> Verdict:
        """Judge runs, each by its parts; one that has none is too short to tell."""
        told = [replace(part, on=(run,)) for run, of_run in parts.items() for part in of_run]
        return cls.of(told, [run for run, of_run in parts.items() if not of_run])


def grouped(parts: Sequence[Part]) -> Iterator[tuple[str, list[str]]]:
    """Give the measured numbers run by run: its label, and what was measured.

    For what rests on no run, or on several, the label is the data set, if it is another than
    Shapeset, or empty.
    """
    for label, group in groupby(parts, key=_label):
        yield label, [part.measured for part in group]


def _label(part: Part) -> str:
    if len(part.on) == 1:
        return part.on[0].label
    others = {run.data for run in part.on} - {"shapeset"}
    return others.pop() if len({run.data for run in part.on}) == len(others) == 1 else ""


def _words(parts: Sequence[Part]) -> Iterator[str]:
    for label, texts in grouped(parts):
        yield f"{label}: {'; '.join(texts)}" if label else "; ".join(texts)


def complete(table: pd.DataFrame, rows: int, columns: Sequence[object]) -> pd.DataFrame:
    """Return the columns of a table of evidence; a gap in it is an error, never a verdict.

    Raises
    ------
    RunError
        If there are not so many rows, a column is missing, or a number is none.
    """
    missing = [column for column in columns if column not in table]
    if missing or len(table) != rows or not np.isfinite(table[list(columns)].to_numpy()).all():
        raise RunError(
            f"the records are incomplete ({len(table)} of {rows} rows, missing columns {missing}, "
            "or a number that is none): remove them and run again."
        )
    return table[list(columns)]


def span(values: Sequence[float], digits: int = 3) -> str:
    """Smallest and largest value, to so many significant digits: `0.79-0.81`, or one number."""
    low, high = f"{min(values):.{digits}g}", f"{max(values):.{digits}g}"
    return low if low == high else f"{low} to {high}"


def difference(gap: Interval) -> str:
    """Return a difference over seeds with half its interval: `17.4 +- 5.1`, or one seed's."""
    return f"{gap.mean:.3g} +- {gap.half:.2g}" if gap.seeds > 1 else f"{gap.mean:.3g}"
