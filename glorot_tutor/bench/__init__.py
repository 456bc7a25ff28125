"""How fast it is on this machine, and how fast the machine would let it be."""

from __future__ import annotations

from glorot_tutor.bench.limits import Work, update_work
from glorot_tutor.bench.lines import lines
from glorot_tutor.bench.report import report
from glorot_tutor.bench.sizes import FULL, QUICK, Size
from glorot_tutor.bench.timing import Clock, Contender, Range, Times, alternate, torch_threads

__all__ = [
    "FULL",
    "QUICK",
    "Clock",
    "Contender",
    "Range",
    "Size",
    "Times",
    "Work",
    "alternate",
    "lines",
    "report",
    "torch_threads",
    "update_work",
]
