"""Numbers in words."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a number and what it counts: `1 seed`, `1,000 seeds`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
