"""One record: the frames that an experiment measured, and its files, read once and checked."""

from __future__ import annotations

import json
import lzma
import os
import time
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any

import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.files import whole_file
from glorot_tutor.study import provenance as provenances
from glorot_tutor.study import schema
from glorot_tutor.study.experiments import PLAIN, Experiment, Options
from glorot_tutor.study.provenance import KINDS, describe
from glorot_tutor.study.schema import DamageError

PROVENANCE = "provenance.json"

PACKED = ".xz"
"""Added to the name of a frame's file that is packed."""

Stamps = tuple[tuple[Path, int, int], ...]
"""Paths of some files, with the time and size by which a change of one is noticed."""


class NotRecorded(RunError, KeyError):  # noqa: N818 - it is an answer rather than an error
    """A store has no record of an experiment, or not all of its files."""

    def __str__(self) -> str:
        return str(self.args[0])


class DamagedRecord(RunError):  # noqa: N818 - named as what it is about
    """A file of a record is not what it must be.

    Attributes
    ----------
    file
        The file.
    what
        Where in it, and what is wrong there: fit to follow "damaged: curve.csv, ".
    """

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(file, what)
        self.file, self.what = file, what

    def __str__(self) -> str:
        return f"{self.file} is damaged, {self.what}: restore the file, or remove it, run again."


@dataclass(frozen=True)
class Record:
    """Frames by name, and the provenance: settings, versions, machine, times, commit, date."""

    frames: dict[str, pd.DataFrame]
    provenance: dict[str, Any]

    @property
    def experiment(self) -> Experiment:
        """The experiment that the provenance describes.

        Raises
        ------
        RunError
            If it describes none that this version knows.
        """
        try:
            return provenances.experiment_from(self.provenance)
        except DamageError as error:
            raise RunError(f"{PROVENANCE}: {error}; take the version that it names.") from error

    def copy(self) -> Record:
        """Return one of its own: what is done to it leaves this one as it is."""
        frames = {name: frame.copy() for name, frame in self.frames.items()}
        return Record(frames, deepcopy(self.provenance))

    def write(self, folder: Path, longest: float = inf) -> None:
        """Write the files of the record into a folder, the provenance last.

        Frames of more than `longest` bytes are packed.
        """
        for name, frame in self.frames.items():
            content = as_text(frame).encode()
            long = len(content) > longest
            with whole_file(folder / f"{name}.csv{PACKED if long else ''}") as path:
                path.write_bytes(lzma.compress(content, preset=9) if long else content)
        with whole_file(folder / PROVENANCE) as path:
            path.write_text(json.dumps(self.provenance, indent=1) + "\n")

    @classmethod
    def read(cls, folder: str | os.PathLike[str]) -> Record:
        """Read the record that lies in a folder, whatever the folder's name.

        Raises
        ------
        NotRecorded
            If there is none.
        DamagedRecord
            If a file of it is not what it must be, or missing.
        """
        return read_shared(Path(folder)).copy()


def measure(experiment: Experiment, options: Options = PLAIN) -> Record:
    """Run an experiment and note the circumstances.

    Raises
    ------
    RunError
        If its numbers are none, and it has no mark for that: it would read as damaged.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    frames = experiment.run(options)
    if "outcome" not in frames:  # what trains to an outcome says there that it diverged
        _see_numbers(experiment, frames)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Record(frames, describe(experiment, frames, seconds, options))


def _see_numbers(experiment: Experiment, frames: dict[str, pd.DataFrame]) -> None:
    for name, frame in frames.items():
        try:
            schema.parse(as_text(frame).encode(), experiment.layout[name])
        except DamageError as error:
            raise RunError(
                f"{experiment.title} grew beyond all bounds ({name}.csv would hold, {error}): take "
                "a smaller rate, gain or depth; nothing of it is recorded."
            ) from error


def as_text(frame: pd.DataFrame) -> str:
    """Lay a frame out as CSV, numbers with six digits."""
    return str(frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def is_whole(folder: Path, layout: Mapping[str, schema.Frame]) -> bool:
    """Whether all files of a record are in a folder; none is read."""
    files = (folder / PROVENANCE, *(_file(folder, name) for name in layout))
    return all(file.is_file() for file in files)


def experiment_in(folder: Path) -> Experiment:
    """Build the experiment that the provenance in a folder describes; its frames are not read.

    Raises
    ------
    DamageError
        If it describes none that this version knows.
    """
    return provenances.experiment_from(_provenance(stamped(folder / PROVENANCE)))


def read_shared(folder: Path) -> Record:
    """Read a record whose frames are to be read only: the same ones are given again."""
    described = folder / PROVENANCE
    if not described.is_file():
        raise NotRecorded(f"{folder} holds no record: {PROVENANCE} is not there.")
    file = described
    try:
        provenance = _provenance(stamped(described))
        experiment = provenances.experiment_from(provenance)
        end = provenance.get("outcome", {})
        wild = end.get("diverged_at") is not None
        frames = {}
        for name in experiment.layout:
            file = _file(folder, name)
            if file.suffix == PACKED and file.with_suffix("").exists():
                raise DamageError(f"{name}.csv is there too, and only one of them may be")
            frames[name] = _frame(stamped(file), experiment.kind, end.get("updates"), wild)
    except FileNotFoundError as error:
        raise DamagedRecord(file, "it is not there") from error
    except OSError as error:
        raise DamagedRecord(file, f"it cannot be read ({error.strerror or error})") from error
    except DamageError as error:
        raise DamagedRecord(file, str(error)) from error
    return Record(frames, provenance)


def stamped(*files: Path) -> Stamps:
    """Stamp some files, which are there."""
    stats = ((path, path.stat()) for path in files)
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in stats)


def _file(folder: Path, name: str) -> Path:
    """File of a frame, packed or not, there or not."""
    packed = folder / f"{name}.csv{PACKED}"
    return packed if packed.exists() else folder / f"{name}.csv"


@cache
def _provenance(stamps: Stamps) -> dict[str, Any]:
    """Parse a provenance once."""
    return provenances.parse(stamps[0][0].read_bytes())


@cache
def _frame(stamps: Stamps, kind: str, end: int | None, wild: bool) -> pd.DataFrame:
    """Parse a frame once; the ledger reads the same ones for many claims."""
    ((file, _, _),) = stamps
    content, name = file.read_bytes(), file.name.removesuffix(PACKED).removesuffix(".csv")
    if file.suffix == PACKED:
        content = schema.unpacked(content)
    return schema.parse(content, KINDS[kind].layout[name], end, wild)
