"""How parts of a criterion, each held or not, become a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
        """Every part holds: reproduced; none: not reproduced; else partly."""
        held = sum(part.holds for part in parts)
        word = REPRODUCED if held == len(parts) else PARTLY if held else NOT_REPRODUCED
        return cls(word, "; ".join(part.measured for part in parts))


UNMEASURED = Verdict(NOT_MEASURED, "")


def span(values: Sequence[float], digits: int = 3) -> str:
    """Smallest and largest value, to so many significant digits: `0.79-0.81`, or one number."""
    low, high = f"{min(values):.{digits}g}", f"{max(values):.{digits}g}"
    return low if low == high else f"{low} to {high}"
