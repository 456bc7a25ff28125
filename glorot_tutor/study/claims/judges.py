"""The registry of judges: which function judges which claim, and which records it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from glorot_tutor.checks import RunError
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, Verdict
from glorot_tutor.study.experiments import Experiment
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import NotRecorded

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
    """

    rule: Rule
    reads: tuple[str, ...] = ()
    data: tuple[str, ...] = ("shapeset",)
    also: Mapping[str, Experiment] = field(default_factory=dict)

    def verdict(self, study: Study) -> Verdict:
        """Judge; where a record is missing or damaged, nothing is measured."""
        try:
            return self.rule(study)
        except NotRecorded:
            return Verdict(NOT_MEASURED, "")
        except RunError as error:
            return Verdict(NOT_MEASURED, str(error))

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
        JUDGES[claim] = Judge(rule, reads, data, also or {})
        return rule

    return register
