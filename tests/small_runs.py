"""A small run, and all that was measured in it, for the tests that run it in many ways."""

from __future__ import annotations

from glorot_tutor.study import runs
from glorot_tutor.study.experiments import Training, record_name

SMALL = Training("tanh", "normalized", 0.05, 300, (16, 12))


def numbers(store, experiment):
    """All that a record measured, byte for byte, without the times."""
    found = store / record_name(experiment)
    return {p.name: p.read_bytes() for p in found.glob("*.csv") if p.stem != "outcome"}


def straight(folder, experiment):
    """Numbers of a run that nothing happened to."""
    failures = runs.run([experiment], folder)
    assert failures == [], failures
    return numbers(folder, experiment)
