"""The ledger: every claim of the paper with its verdict, computed from records."""

from glorot_tutor.claims.ledger import JUDGES, ledger, verdict
from glorot_tutor.claims.report import Report, report
from glorot_tutor.claims.statements import answer, statements
from glorot_tutor.claims.verdicts import VERDICTS, Part, Verdict

__all__ = [
    "JUDGES",
    "VERDICTS",
    "Part",
    "Report",
    "Verdict",
    "answer",
    "ledger",
    "report",
    "statements",
    "verdict",
]
