"""The registry of judges: which function judges which claim, and which records it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from glorot_tutor.checks import RunError
from glorot_tutor.study.claims.basis import badge, basis
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, Verdict
from glorot_tutor.study.experiments import Experiment, plan
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded
from glorot_tutor.study.words import counted

Rule = Callable[[Study], Verdict]
"""Reads what it needs of a study and judges by a claim's criterion."""


@dataclass(frozen=True)
class Judge:
    """What judges one claim.

    Attributes
    ----------
    rule
        The function; what it reads and is not recorded ends it with `NotRecorded`.
    reads, data
        Models of the study that it reads, on which data sets: a verdict may change while their
        runs are not all in.
    also
        Experiments that it reads besides, each under what a reader calls it.
    plans
        Plans of `experiments.PLANS` that it reads whole: networks at their start, or short runs.
    """

    rule: Rule
    reads: tuple[str, ...] = ()
    data: tuple[str, ...] = ("shapeset",)
    also: Mapping[str, Experiment] = field(default_factory=dict)
    plans: tuple[str, ...] = ()

    def verdict(self, study: Study) -> Verdict:
        """Judge; where a record is missing or damaged, nothing is measured."""
        try:
            return self.rule(study)
        except NotRecorded:
            return Verdict(NOT_MEASURED, "")
        except RunError as error:
            return Verdict(NOT_MEASURED, str(error))

    def rests_on(self, found: Verdict) -> str:
        """Say which seeds a verdict rests on, and how much of the budget they have had."""
        runs = [run for part in found.parts for run in part.on]
        short = f"; too short to tell: {basis(found.short)}" if found.short else ""
        return f"{basis(runs)}{short}" if runs else self._planned(found, "the whole plan")

    def badge(self, found: Verdict) -> str:
        """Return the same in a few words."""
        return badge(run for part in found.parts for run in part.on) or self._planned(found, "")

    def _planned(self, found: Verdict, whole: str) -> str:
        """Say how many seeds the plans have: what reads them judges only all of them."""
        if found.verdict == NOT_MEASURED or not self.plans:
            return ""
        seeds = {getattr(e, "seed", 0) for name in self.plans for e in plan(name)}
        return ", ".join(filter(None, (counted(len(seeds), "seed"), whole)))

    def pending(self, study: Study) -> str:
        """Say which planned runs are not recorded yet, or which record is damaged; else empty."""
        try:
            rest = {data: study.on(data).pending(self.reads) for data in self.data}
        except RunError as error:
            return str(error)
        lacks = [
            words if data == study.data else f"on {data}: {words}"
            for data, words in rest.items() if words
        ]  # fmt: skip
        lacks += [name for name, experiment in self.also.items() if not study.has(experiment)]
        return "; ".join(lacks)


JUDGES: dict[str, Judge] = {}
"""Judges by the id of their claim; a claim without one is not measured."""


def judge(
    claim: str,
    reads: tuple[str, ...] = (),
    data: tuple[str, ...] = ("shapeset",),
    also: Mapping[str, Experiment] | None = None,
    plans: tuple[str, ...] = (),
) -> Callable[[Rule], Rule]:
    """Make a function the judge of a claim (see `Judge`).

    Raises
    ------
    ValueError
        If the claim has a judge already.
    """

    def register(rule: Rule) -> Rule:
        if claim in JUDGES:
            raise ValueError(f"{claim} is judged by {JUDGES[claim].rule.__name__} already.")
        JUDGES[claim] = Judge(rule, reads, data, also or {}, plans)
        return rule

    return register
