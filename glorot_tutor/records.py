"""Records: the frames that an experiment measured, with where they come from.

A store is a folder with one folder to an experiment, named by its title and the hash of all its
settings, so nothing is run twice. A record is small text: one CSV file to a frame and a
`provenance.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from glorot_tutor.checks import RunError
from glorot_tutor.experiments import Experiment

BOOK = Path(__file__).parent / "records"
"""The store whose records the book shows."""


def settings(experiment: Experiment) -> dict[str, Any]:
    """Everything that says what the experiment is, `kind` included."""
    return {"kind": experiment.kind, **asdict(experiment)}  # type: ignore[call-overload]


def key(experiment: Experiment) -> str:
    """Name of the experiment's folder: kind, title and the first 8 digits of its hash."""
    text = json.dumps(settings(experiment), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{experiment.kind}-{experiment.title}-{digest}"


@dataclass(frozen=True)
class Record:
    """Frames by name, and the provenance: settings, versions, machine, times, commit, date."""

    frames: dict[str, pd.DataFrame]
    provenance: dict[str, Any]


def measure(experiment: Experiment) -> Record:
    """Run an experiment and note the circumstances."""
    wall, cpu = time.perf_counter(), time.process_time()
    frames = experiment.run()
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Record(frames, provenance(experiment, seconds))


def provenance(experiment: Experiment, seconds: dict[str, float]) -> dict[str, Any]:
    """Everything needed to know where a record comes from and to make it again."""
    return {
        "experiment": settings(experiment),
        "seconds": {name: round(value, 2) for name, value in seconds.items()},
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("glorot-tutor", "torch", "numpy", "pandas")},
        },
        "machine": {
            "system": platform.system(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
        },
    }


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line for line in cpuinfo.read_text().splitlines() if "model name" in line]
        if names:
            return names[0].split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def save(store: Path, experiment: Experiment, record: Record) -> Path:
    """Write a record; its folder appears under its name only when it is whole."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".", dir=store))
    except OSError as error:
        raise RunError(f"cannot write to {store}: {error.strerror or error}.") from error
    try:
        for name, frame in record.frames.items():
            frame.to_csv(temporary / f"{name}.csv", index=False, float_format="%.6g")
        text = json.dumps(record.provenance, indent=1) + "\n"
        (temporary / "provenance.json").write_text(text)
        temporary.chmod(0o755)
        folder = store / key(experiment)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    except OSError as error:
        raise RunError(f"cannot write to {store}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def load(store: Path, experiment: Experiment) -> Record | None:
    """Read the record of an experiment, or None where the store has none."""
    folder = store / key(experiment)
    if not folder.is_dir():
        return None
    try:
        found = json.loads((folder / "provenance.json").read_text())
        frames = {path.stem: pd.read_csv(path) for path in sorted(folder.glob("*.csv"))}
    except (OSError, ValueError) as error:
        raise RunError(f"the record in {folder} is damaged ({error}): remove it, run again.") from (
            error
        )
    return Record(frames, found)


def gather(store: Path, experiments: list[Experiment], frame: str) -> pd.DataFrame | None:
    """One frame of many records on top of each other, with each experiment's settings as columns.

    None if any of the records is missing: a verdict is not drawn from half the evidence.
    """
    parts = []
    for experiment in experiments:
        record = load(store, experiment)
        if record is None:
            return None
        # a setting that the frame has as a column of its own (a seed) is not written twice
        part = record.frames[frame]
        new = {k: v for k, v in settings(experiment).items() if k not in part.columns}
        parts.append(part.assign(**new))
    return pd.concat(parts, ignore_index=True)
