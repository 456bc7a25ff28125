"""Provenance: all that says where a record comes from, and how to make it again."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from dataclasses import MISSING, asdict, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pandas as pd
import torch

from glorot_tutor.study import experiments
from glorot_tutor.study.experiments import FOUNDING, PLAIN, Experiment, Options
from glorot_tutor.study.schema import LONGEST, DamageError

PACKAGES = ("glorot-tutor", "torch", "numpy", "pandas", "numba", "scikit-learn")


MEANS = ("engine", "threads", "device")
"""Options that the provenance of a training run tells, as its `means`."""


def options_of(provenance: dict[str, Any]) -> Options:
    """Return the options that a training run had last."""
    return Options(**{name: provenance["means"][name] for name in MEANS})


def settings(experiment: Experiment) -> dict[str, Any]:
    """Everything that says what the experiment is, `kind` included."""
    return {"kind": experiment.kind, **asdict(experiment)}  # type: ignore[call-overload]


def describe(
    experiment: Experiment,
    frames: dict[str, pd.DataFrame],
    seconds: dict[str, float] | None = None,
    options: Options = PLAIN,
) -> dict[str, Any]:
    """Everything needed to know where a record comes from and to make it again.

    The times of a run that was interrupted are those of all its sittings; None if they are not
    known.
    """
    known = {"experiment": settings(experiment)}
    times: dict[str, Any] = dict(seconds or {})
    if "outcome" in frames:
        end = frames["outcome"].iloc[0]
        times = {name: end[name] for name in ("wall", "cpu")}
        known["outcome"] = {name: whole_or_none(end[name]) for name in ("updates", "diverged_at")}
        known["means"] = {name: getattr(options, name) for name in MEANS}
        if "threads" in end:  # of all sittings; the last one's are among the means
            known["means"]["threads_before"] = [int(n) for n in end["threads"].split()[:-1]]
    return {
        **known,
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


def whole_or_none(value: Any) -> int | None:
    """Return a cell of a frame as a whole number; None where it is empty."""
    return None if pd.isna(value) else int(value)


def _versions() -> dict[str, str | None]:
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return versions


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


KINDS: dict[str, Any] = {kind.kind: kind for kind in experiments.KINDS}

Amount = Annotated[float, msgspec.Meta(ge=0)]
Updates = Annotated[int, msgspec.Meta(ge=0, le=LONGEST)]
Threads = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class Seconds(msgspec.Struct):
    """Time that a run took, all sittings together; None where it is not known."""

    wall: Amount | None
    cpu: Amount | None


class End(msgspec.Struct):
    """How a training run ended."""

    updates: Updates
    diverged_at: Updates | None


class Tools(msgspec.Struct, forbid_unknown_fields=True):
    """What of `Options` is written down, as `means`: all that the numbers may depend on."""

    engine: str
    threads: Threads
    device: str
    threads_before: list[Threads] = []


class Machine(msgspec.Struct):
    """Where it ran."""

    system: str
    processor: str
    cores: int | None
    threads: Threads


class Provenance(msgspec.Struct):
    """What `provenance.json` holds; what a later version adds to it is passed over."""

    experiment: dict[str, Any]
    seconds: Seconds
    date: datetime
    commit: str
    versions: dict[str, str | None]
    machine: Machine
    outcome: End | msgspec.UnsetType = msgspec.UNSET
    means: Tools | msgspec.UnsetType = msgspec.UNSET


def parse(content: bytes) -> dict[str, Any]:
    """Read a provenance from the bytes of its file, and check it.

    Raises
    ------
    DamageError
        If it is none.
    """
    try:
        given = json.loads(content, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        raise DamageError(f"line {error.lineno}: {error.msg[0].lower()}{error.msg[1:]}") from error
    except (ValueError, RecursionError) as error:  # bytes that are no text, or brackets for ever
        raise DamageError(f"it is no JSON ({error})") from error
    _convert(given, Provenance, "")
    experiment = experiment_from(given)
    for name in ("outcome", "means") if "outcome" in experiment.layout else ():
        if name not in given:
            raise DamageError(f"{name} is missing")
    end, length = given.get("outcome"), getattr(experiment, "updates", None)
    if end and end["diverged_at"] is None and end["updates"] != length:
        raise DamageError(f"outcome.updates is {end['updates']}, the experiment's {length}")
    plain: dict[str, Any] = given
    return plain


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no number")


def experiment_from(provenance: dict[str, Any]) -> Experiment:
    """Build the experiment that a checked provenance describes.

    Raises
    ------
    DamageError
        If it describes none that this version knows.
    """
    given = dict(provenance["experiment"])
    name = given.pop("kind", None)
    if not isinstance(name, str) or name not in KINDS:
        raise DamageError(f"experiment.kind is {name!r}: {_UNKNOWN}")
    kind = KINDS[name]
    unknown = given.keys() - {field.name for field in fields(kind)}
    if unknown:
        raise DamageError(f"experiment.{min(unknown)}: {_UNKNOWN}")
    founding = FOUNDING.get(name, ())
    for field in fields(kind):
        needed = field.name in founding or field.default is field.default_factory is MISSING
        if needed and field.name not in given:
            raise DamageError(f"experiment.{field.name} is missing")
    experiment: Experiment = _convert(given, kind, "experiment")
    if getattr(experiment, "updates", 0) > LONGEST:
        raise DamageError(f"experiment.updates is above {LONGEST:,}")
    return experiment


_UNKNOWN = "it describes no experiment that this version knows"


def _convert(given: Any, kind: Any, place: str) -> Any:
    """Make an object of plain values, or say in which field they do not fit."""
    try:
        return msgspec.convert(given, kind)
    except (msgspec.ValidationError, OverflowError) as error:
        words, _, where = str(error).partition(" - at ")
        field = f"{place}{where.strip('`').removeprefix('$')}".lstrip(".")
        words = f"{words[0].lower()}{words[1:]}".replace("`", "")
        raise DamageError(f"{field}: {words}" if field else words) from error
