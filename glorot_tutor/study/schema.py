"""What a frame of a record looks like, and one sentence for whatever does not.

An experiment says of each of its frames, in its `layout`, which columns it has and what they may
hold. A file is checked against it as it is read, so that no verdict rests on a damaged one.
"""

from __future__ import annotations

import io
import lzma
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Values = NDArray[Any]

LONGEST = 10**9
"""Above every number of updates that is ever made."""


class DamageError(ValueError):
    """What is wrong with a file: where in it, and what is there; the reader names the file."""


@dataclass(frozen=True)
class Column:
    """What a column may hold.

    Attributes
    ----------
    kind
        int, float or str.
    low, high
        Range of a number, both included; a float is finite besides.
    pattern
        What a text matches as a whole.
    empty
        Whether a cell may be empty: a number that is not known.
    optional
        Whether the column may be missing.
    """

    kind: type = float
    low: float = -math.inf
    high: float = math.inf
    pattern: str = ".+"
    empty: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Frame:
    """What a frame looks like.

    Attributes
    ----------
    columns
        By name, in any order.
    by
        Names of the columns that tell its rows apart: no two rows agree in all of them.
    rest
        What further columns hold, each named by a number; None for no further columns.
    even
        Whether every update has the same rows: what is looked at does not change meanwhile.
    to_the_end
        Whether the last row is of the experiment's last update, if it did not diverge.
    rows
        How many rows there are; None for any number of them.
    """

    columns: Mapping[str, Column]
    by: tuple[str, ...] = ()
    rest: Column | None = None
    even: bool = False
    to_the_end: bool = False
    rows: int | None = None


UPDATE = Column(int, 0, LONGEST)
LAYER = Column(int, 1, 10_000)
COUNT = Column(int, 0)
NUMBER = Column()
SHARE = Column(float, 0, 1)
ERROR = Column(float, 0, 100)
NOT_NEGATIVE = Column(float, 0)
TEXT = Column(str)
SPLIT = Column(str, pattern="test|validation")
CLASSES = Column(str, pattern="[A-Z]+")

CURVE = Frame(
    {"update": UPDATE, "split": SPLIT, "nll": NOT_NEGATIVE, "error": ERROR}, ("update", "split")
)
"""Of every experiment that trains (see `training.Outcome`)."""


def unpacked(content: bytes) -> bytes:
    """Return what was packed by xz.

    Raises
    ------
    DamageError
        If it is not what was packed: xz keeps a checksum.
    """
    try:
        return lzma.decompress(content, lzma.FORMAT_XZ, memlimit=_MEMORY)
    except lzma.LZMAError as error:
        raise DamageError(f"it is cut off, or not packed by xz ({error})") from error


_MEMORY = 2**28  # bytes; what is packed at the highest level needs a quarter of them


def parse(content: bytes, frame: Frame, end: int | None = None, wild: bool = False) -> pd.DataFrame:
    """Read a frame from the bytes of its CSV file, and check it.

    Parameters
    ----------
    content
        Of the file.
    frame
        What it must look like.
    end
        Update that a frame which reaches `to_the_end` ends with; None for any.
    wild
        Of a run that diverged: then its numbers need not be finite, nor in their range.

    Raises
    ------
    DamageError
        If it does not look so.
    """
    if not content.endswith(b"\n"):
        raise DamageError("it is cut off" if content.strip() else "it is empty")
    try:
        table = pd.read_csv(io.BytesIO(content), low_memory=False)
    except (ValueError, OverflowError) as error:  # also of pandas, and of bytes that are no text
        raise DamageError(f"it is no table ({' '.join(str(error).split())})") from error
    check(table, frame, end, wild)
    return table


def check(table: pd.DataFrame, frame: Frame, end: int | None = None, wild: bool = False) -> None:
    """Raise `DamageError` if a frame does not look as it must (see `parse`)."""
    further = _columns(table, frame)
    for name, column in frame.columns.items():
        if name in table:
            _cells(table[name], column, wild)
    for name in further:
        assert frame.rest is not None
        _cells(table[name], frame.rest, wild)
    if frame.rows not in (None, len(table)):
        raise DamageError(f"it has {len(table)} rows, where {frame.rows} belongs")
    if not wild and "statistic" in table and "value" in table:
        _sizes(table)
    by = {name: table[name].to_numpy() for name in frame.by}
    updates, size = by.get("update"), len(table)
    if updates is not None and size:
        _ascending(updates)
        if frame.even:
            size = int(np.searchsorted(updates, updates[0], "right"))
            _even(by, size)
    _distinct(by, size)
    if frame.to_the_end and end is not None and not wild:
        _ended(updates, end)


def _columns(table: pd.DataFrame, frame: Frame) -> list[str]:
    """Return the names of the further columns."""
    if not isinstance(table.index, pd.RangeIndex):
        raise DamageError("its rows have more cells than it has columns")
    for name, column in frame.columns.items():
        if name not in table and not column.optional:
            raise DamageError(f"its column {name} is missing")
    further = [name for name in table if name not in frame.columns]
    for name in further:
        if frame.rest is None or not _NUMBER.fullmatch(name):
            raise DamageError(f"line 1: {_shown(name)} is none of its columns")
    if frame.rest is not None and not further:
        raise DamageError("it has none of the columns that a number names")
    return further


_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def _cells(values: pd.Series, column: Column, wild: bool) -> None:
    good = _texts(values, column) if column.kind is str else _numbers(values, column, wild)
    if good is None or good.all():
        return
    where = int(np.argmin(good))
    value = values.iloc[where]
    shown = "empty" if pd.isna(value) else _shown(value)
    raise DamageError(f"line {where + 2}: {values.name} is {shown}, not {_allowed(column)}")


def _texts(values: pd.Series, column: Column) -> NDArray[np.bool_] | None:
    """Which cells hold a text that they may hold; None if all do."""
    pattern = re.compile(column.pattern)
    texts = values.tolist()
    if all(isinstance(text, str) and pattern.fullmatch(text) for text in set(texts)):
        return None
    return np.array([isinstance(text, str) and bool(pattern.fullmatch(text)) for text in texts])


def _numbers(values: pd.Series, column: Column, wild: bool) -> NDArray[np.bool_] | None:
    """Which cells hold a number that they may hold; None if all do."""
    whole = column.kind is int
    if values.dtype.kind in ("i" if whole else "if"):
        numbers = values.to_numpy()
        if not len(numbers) or (wild and not whole):
            return None
        least, most = numbers.min(), numbers.max()  # nan if one of them is
        finite = whole or abs(least) < np.inf > abs(most)
        if finite and column.low <= least and most <= column.high:
            return None
    # a text, an empty cell or a fraction has made something else of the column
    empty = values.isna().to_numpy()
    numbers = pd.to_numeric(values.astype(object), errors="coerce").to_numpy(float)
    good = np.isfinite(numbers) & (numbers >= column.low) & (numbers <= column.high)
    if whole:
        good &= np.floor(numbers) == numbers
    elif wild:
        good = ~np.isnan(numbers) | empty
    return good | empty if column.empty else good


SIZES = ("std", "example_std", "p98", "rms", "rms_error", "saturated", "dead", "update_ratio")
"""Statistics that are never below 0."""


def _sizes(found: pd.DataFrame) -> None:
    below = found[found["value"] < 0]
    wrong = below[below["statistic"].isin(SIZES)]
    if len(wrong):
        line, row = wrong.index[0] + 2, wrong.iloc[0]
        raise DamageError(f"line {line}: the {row['statistic']} is {_shown(row['value'])}, below 0")


def _allowed(column: Column) -> str:
    if column.kind is str:
        return "a text" if column.pattern == ".+" else f"a text such as {column.pattern}"
    words = "a whole number" if column.kind is int else "a finite number"
    low = "" if column.low == -math.inf else f" from {column.low:,}"
    return f"{words}{low}" + ("" if column.high == math.inf else f" to {column.high:,}")


def _ascending(updates: Values) -> None:
    back = np.flatnonzero(np.diff(updates) < 0)
    if len(back):
        late = back[0] + 1
        raise DamageError(f"line {late + 2}: update {updates[late]:,} comes too late")


def _even(by: Mapping[str, Values], size: int) -> None:
    """See that the first `size` rows, which are of one update, come again at every other one."""
    updates = by["update"]
    row = np.arange(len(updates))
    wrong = updates != updates[row // size * size]
    wrong[size::size] |= np.diff(updates[::size]) == 0
    for name, values in by.items():
        if name != "update":
            wrong |= values != values[row % size]
    if wrong.any() or len(updates) % size:
        where = int(np.argmax(wrong)) if wrong.any() else len(updates) - 1
        raise DamageError(
            f"line {where + 2}: the rows of update {updates[where]:,} are not those of update "
            f"{updates[0]:,}"
        )


def _distinct(by: Mapping[str, Values], size: int) -> None:
    seen = set()
    for where, row in enumerate(
        zip(*(values[:size].tolist() for values in by.values()), strict=True)
    ):
        if row in seen:
            words = ", ".join(f"{name} {value}" for name, value in zip(by, row, strict=True))
            raise DamageError(f"line {where + 2}: {words} is there a second time")
        seen.add(row)


def _ended(updates: Values | None, end: int) -> None:
    last = updates[-1] if updates is not None and len(updates) else None
    if last != end:
        stop = "at its head" if last is None else f"at update {last:,}"
        raise DamageError(f"it does not reach its end: it stops {stop}, the run at {end:,}")


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else f"{text[:37]}...")
