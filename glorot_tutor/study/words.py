"""Numbers in words."""

from __future__ import annotations

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: `1 seed`, `1,000 seeds`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Return some words as a list: `0`, `0 and 1`, `0, 1 and 2`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
