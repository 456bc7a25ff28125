"""Provenance: all that says where a record comes from, and how to make it again."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from glorot_tutor.study.experiments import PLAIN, Experiment, Means

PACKAGES = ("glorot-tutor", "torch", "numpy", "pandas", "numba", "scikit-learn")


def settings(experiment: Experiment) -> dict[str, Any]:
    """Everything that says what the experiment is, `kind` included."""
    return {"kind": experiment.kind, **asdict(experiment)}  # type: ignore[call-overload]


def describe(
    experiment: Experiment,
    frames: dict[str, pd.DataFrame],
    seconds: dict[str, float] | None = None,
    means: Means = PLAIN,
) -> dict[str, Any]:
    """Everything needed to know where a record comes from and to make it again.

    The times of a run that was interrupted are those of all its sittings; None if they are not
    known.
    """
    found = {"experiment": settings(experiment)}
    times: dict[str, Any] = dict(seconds or {})
    if "outcome" in frames:
        end = frames["outcome"].iloc[0]
        times = {name: end[name] for name in ("wall", "cpu")}
        found["outcome"] = {name: _whole(end[name]) for name in ("updates", "diverged_at")}
        found["means"] = {name: getattr(means, name) for name in ("engine", "threads", "device")}
    return {
        **found,
        "seconds": {n: None if pd.isna(v) else round(float(v), 2) for n, v in times.items()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "versions": {"python": platform.python_version(), **_versions()},
        "machine": {
            "system": platform.system(),
            "processor": processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
    }


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)


def _versions() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def processor() -> str:
    """Name of this machine's processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if names:
            return names[0].split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
