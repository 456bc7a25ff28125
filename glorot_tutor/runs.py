"""Run many experiments, each once, into a store of records."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from glorot_tutor import records
from glorot_tutor.experiments import Experiment


def missing(experiments: list[Experiment], store: Path) -> list[Experiment]:
    """Those that the store has no record of."""
    return [e for e in experiments if not (store / records.key(e)).is_dir()]


def run(
    experiments: list[Experiment], store: Path, report: Callable[[str], None] = lambda line: None
) -> None:
    """Measure what is missing and record it; each finished record is reported in one line."""
    todo = missing(experiments, store)
    for number, experiment in enumerate(todo, start=1):
        record = records.measure(experiment)
        folder = records.save(store, experiment, record)
        report(f"{number}/{len(todo)} {folder.name}: {record.provenance['seconds']['wall']:.1f} s")
