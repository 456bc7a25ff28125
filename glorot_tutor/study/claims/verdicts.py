"""How parts of a criterion, each held or not, become a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.study.records import NotRecorded

REPRODUCED, PARTLY, NOT_REPRODUCED = "reproduced", "partly", "not reproduced"
NOT_MEASURED = "not measured"
VERDICTS = (REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_MEASURED)


@dataclass(frozen=True)
class Part:
    """One condition of a criterion: whether it holds, and the measured numbers in words."""

    holds: bool
    measured: str


@dataclass(frozen=True)
class Verdict:
    """The outcome for one claim: one of `VERDICTS`, and the measured numbers in words."""

    verdict: str
    measured: str

    @classmethod
    def of(cls, parts: Sequence[Part]) -> Verdict:
        """Every part holds: reproduced; none: not reproduced; else partly.

        Raises
        ------
        RunError
            If there is no part: no evidence is no verdict.
        """
        if not parts:
            raise RunError("the records hold nothing to judge: remove them and run again.")
        held = sum(part.holds for part in parts)
        word = REPRODUCED if held == len(parts) else PARTLY if held else NOT_REPRODUCED
        return cls(word, "; ".join(part.measured for part in parts))

    @classmethod
    def so_far(cls, parts: Mapping[str, Sequence[Part]]) -> Verdict:
        """Judge runs by name, each by its parts; one that has none is too short to tell.

        Raises
        ------
        NotRecorded
            If none of them can tell.
        """
        told = [part for of_run in parts.values() for part in of_run]
        if not told:
            raise NotRecorded("the runs that are recorded are too short to tell.")
        judged = cls.of(told)
        short = [name for name, of_run in parts.items() if not of_run]
        note = f"; too short to tell: {', '.join(short)}" if short else ""
        return cls(judged.verdict, f"{judged.measured}{note}")


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
