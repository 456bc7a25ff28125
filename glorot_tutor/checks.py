"""Checks on what a reader gives us; each failure is one sentence that says how to mend it."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from numbers import Real
from typing import Any

LARGEST = 1e9
"""Above every rate, gain or range that makes sense, and far below any overflow."""


class UsageError(ValueError):
    """Something asked for does not exist or lies outside its range (exit status 2)."""


class RunError(RuntimeError):
    """Something asked for is valid, yet could not be done (exit status 1)."""


def _shown(value: object) -> str:
    """Value as in code, cut where it is long: it is to be recognized, not to be read."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."


def one_of(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return `value` if it is among `allowed`, else raise `UsageError`."""
    choices = list(allowed)
    if not isinstance(value, str) or value not in choices:
        raise UsageError(
            f"{name} {_shown(value)} is not known: choose one of {', '.join(choices)}."
        )
    return value


def whole(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` if it is a whole number from `low` to `high`, else raise `UsageError`."""
    allowed = f"of at least {low}" if high is None else f"from {low} to {high}"
    try:
        number = operator.index(value)  # numpy's whole numbers are welcome, 2.0 is not
    except TypeError:
        number = low - 1
    if not isinstance(value, bool) and low <= number and (high is None or number <= high):
        return number
    raise UsageError(f"{name} is {_shown(value)}: give a whole number {allowed}.")


def positive(name: str, value: Any) -> float:
    """Return `value` as a float if it is positive and finite, else raise `UsageError`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and 0 < value < LARGEST:
        return float(value)
    raise UsageError(f"{name} is {_shown(value)}: give a positive number below {LARGEST:g}.")


def between(name: str, value: Any, low: float, high: float) -> float:
    """Return `value` as a float if it is a number from `low` to `high`, else raise `UsageError`."""
    number = isinstance(value, Real) and not isinstance(value, bool)
    if number and low <= value <= high:
        return float(value)
    raise UsageError(f"{name} is {_shown(value)}: give a number from {low:g} to {high:g}.")


def switch(name: str, value: Any) -> bool:
    """Return `value` if it is True or False, else raise `UsageError`."""
    if isinstance(value, bool):
        return value
    raise UsageError(f"{name} is {_shown(value)}: give True or False.")
