"""Records: the frames that an experiment measured, with where they come from.

A store is a folder with one folder to an experiment, named by its title and the hash of all its
settings, so nothing is run twice. A record is small text: one CSV file to a frame and a
`provenance.json`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd

from glorot_tutor.checks import RunError
from glorot_tutor.files import whole_file
from glorot_tutor.study import experiments
from glorot_tutor.study.experiments import PLAIN, Experiment, Means
from glorot_tutor.study.experiments.search import Lookup
from glorot_tutor.study.provenance import describe, settings

BOOK = Path(__file__).parents[1] / "records"
"""The store whose records the book shows."""


class NotRecorded(RunError, KeyError):  # noqa: N818
    """An experiment has no record."""

    __str__ = RunError.__str__


class DamagedRecord(RunError):  # noqa: N818
    """A file of a record is not what it must be."""

    def __init__(self, file: Path, what: str) -> None:
        super().__init__(file, what)
        self.file, self.what = file, what

    def __str__(self) -> str:
        return f"{self.file} is damaged, {self.what}: restore the file, or remove it, run again."


KINDS: dict[str, Any] = {kind.kind: kind for kind in experiments.KINDS}


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


def measure(experiment: Experiment, means: Means = PLAIN) -> Record:
    """Run an experiment and note the circumstances."""
    wall, cpu = time.perf_counter(), time.process_time()
    frames = experiment.run(means)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Record(frames, describe(experiment, frames, seconds, means))


def experiment_of(provenance: dict[str, Any]) -> Experiment:
    """Build the experiment that a record's provenance describes.

    Raises
    ------
    RunError
        If it describes none that this version knows.
    """
    try:
        found = dict(provenance["experiment"])
        kind = KINDS[found.pop("kind")]
        return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in found.items()})
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"provenance.json describes no experiment that this version knows ({error!r}): take "
            "the version that it names."
        ) from error


def save(store: Path, experiment: Experiment, record: Record) -> Path:
    """Write a record; its folder appears under its name only when it is whole."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".", dir=store))
    except OSError as error:
        raise RunError(f"cannot write to {store}: {error.strerror or error}.") from error
    try:
        write(temporary, record)
        temporary.chmod(0o755)
        folder = store / key(experiment)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.replace(folder)
    except OSError as error:
        raise RunError(f"cannot write to {store}: {error.strerror or error}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def write(folder: Path, record: Record) -> None:
    """Write the files of a record into a folder, the provenance last."""
    for name, frame in record.frames.items():
        with whole_file(folder / f"{name}.csv") as path:
            path.write_text(as_text(frame))
    with whole_file(folder / "provenance.json") as path:
        path.write_text(json.dumps(record.provenance, indent=1) + "\n")


def as_text(frame: pd.DataFrame) -> str:
    """Lay a frame out as CSV, numbers with six digits."""
    return str(frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def read(folder: Path) -> Record:
    """Read the record that lies in a folder.

    Raises
    ------
    RunError
        If there is none, or it cannot be read.
    """
    found = _read(folder)
    # what is done to a record must not be found in it when it is read again
    frames = {name: frame.copy() for name, frame in found.frames.items()}
    return Record(frames, deepcopy(found.provenance))


def _read(folder: Path) -> Record:
    try:
        return _parsed(_stamps(folder / "provenance.json", *sorted(folder.glob("*.csv"))))
    except FileNotFoundError as error:
        raise RunError(f"{folder} holds no record: provenance.json is not there.") from error
    except (OSError, ValueError) as error:
        raise RunError(f"the record in {folder} is damaged ({error}): remove it, run again.") from (
            error
        )


Stamps = tuple[tuple[Path, int, int], ...]
"""Paths of some files, with the time and size by which a change of one is noticed."""


def _stamps(*files: Path) -> Stamps:
    found = ((path, path.stat()) for path in files)
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)


def curves(store: Path) -> Stamps:
    """Stamp all recorded learning curves: what rests on them alone need not be found twice."""
    return _all(store, "curve.csv")


def contents(store: Path) -> Stamps:
    """Stamp all that is recorded."""
    return _all(store, "*.*")


def _all(store: Path, pattern: str) -> Stamps:
    # what begins with a dot is still being written, and may be gone the next moment
    return _stamps(*sorted(store.glob(f"[!.]*/{pattern}")))


@cache
def _parsed(stamps: Stamps) -> Record:
    """Parse the files of a record once; the ledger reads the same ones for many claims."""
    (described, _, _), *tables = stamps
    frames = {path.stem: pd.read_csv(path) for path, _, _ in tables}
    return Record(frames, json.loads(described.read_text()))


def load(store: Path, experiment: Experiment) -> Record | None:
    """Read the record of an experiment, or None where the store has none."""
    folder = store / key(experiment)
    return read(folder) if folder.is_dir() else None


def lookup(store: Path) -> Lookup:
    """Return what gives the recorded frames of an experiment, None if it is not recorded.

    They are to be read only: the same ones are given again.
    """
    return partial(_frames, store)


def _frames(store: Path, experiment: Experiment) -> Mapping[str, pd.DataFrame] | None:
    folder = store / key(experiment)
    return _read(folder).frames if folder.is_dir() else None


def folders(store: Path) -> list[Path]:
    """Folders of all records in a store, by name."""
    found = (path.parent for path in store.glob("*/provenance.json"))
    return sorted(folder for folder in found if folder.name[0] != ".")


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


class Store(Mapping[Experiment, Record]):
    """The records of a folder, by experiment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __getitem__(self, experiment: Experiment) -> Record:
        record = self.shared(experiment)
        # what is done to a record must not be found in it when it is read again
        frames = {name: frame.copy() for name, frame in record.frames.items()}
        return Record(frames, deepcopy(record.provenance))

    def shared(self, experiment: Experiment) -> Record:
        """Return the record itself, to be read only: the same one is given again."""
        folder = self.folder / key(experiment)
        if not folder.is_dir():
            raise NotRecorded(f"{self.folder} has no record {key(experiment)}.")
        try:
            return _read(folder)
        except RunError as error:
            raise DamagedRecord(folder, str(error)) from error

    def __contains__(self, experiment: object) -> bool:
        return (self.folder / key(experiment)).is_dir()  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Experiment]:
        return (experiment_of(read(folder).provenance) for folder in folders(self.folder))

    def __len__(self) -> int:
        return len(folders(self.folder))
