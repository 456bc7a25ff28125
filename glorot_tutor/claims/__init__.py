"""The ledger: every claim of the paper with its verdict, computed from records."""

from glorot_tutor.claims.ledger import JUDGES, ledger, verdict
from glorot_tutor.claims.verdicts import NOT_MEASURED, VERDICTS, Part, Verdict

__all__ = ["JUDGES", "NOT_MEASURED", "VERDICTS", "Part", "Verdict", "ledger", "verdict"]
