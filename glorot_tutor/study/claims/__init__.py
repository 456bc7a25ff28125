"""The ledger: every claim with its verdict, computed from records."""

from glorot_tutor.study.claims import (  # noqa: F401  each adds its judges
    advice,
    columns,
    costs,
    depths,
    elsewhere,
    errors,
    followups,
    gradients,
    initialization,
    pretraining,
    questions,
    rectifiers,
    saturation,
    sigmoid,
    spectra,
    variations,
    weights,
)
from glorot_tutor.study.claims.judges import JUDGES, judge
from glorot_tutor.study.claims.ledger import ledger, verdict
from glorot_tutor.study.claims.report import Report, report
from glorot_tutor.study.claims.statements import answer, statements
from glorot_tutor.study.claims.verdicts import VERDICTS, Part, Verdict

__all__ = [
    "JUDGES",
    "VERDICTS",
    "Part",
    "Report",
    "Verdict",
    "answer",
    "judge",
    "ledger",
    "report",
    "statements",
    "verdict",
]
