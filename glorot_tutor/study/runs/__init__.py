"""Run many experiments, each once, into a store of records: here or on a cluster."""

from glorot_tutor.study.runs.estimate import estimate, outlook
from glorot_tutor.study.runs.layout import share_out, shares
from glorot_tutor.study.runs.listing import lines, listing
from glorot_tutor.study.runs.many import missing, run, run_stages
from glorot_tutor.study.runs.task import carry_out, check, reached, task_at, workplace
from glorot_tutor.study.runs.verify import Verified, verify

__all__ = [
    "Verified",
    "carry_out",
    "check",
    "estimate",
    "lines",
    "listing",
    "missing",
    "outlook",
    "reached",
    "run",
    "run_stages",
    "share_out",
    "shares",
    "task_at",
    "verify",
    "workplace",
]
