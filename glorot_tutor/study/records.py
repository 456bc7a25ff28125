"""Records: the frames that an experiment measured, with where they come from.

A store is a folder with one folder to an experiment, named by its title and the hash of its
settings, so nothing is run twice. A record is small text: one CSV file to a frame, packed where it
is long, and a `provenance.json`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import lzma
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from math import inf
from pathlib import Path
from typing import Any, cast

import pandas as pd

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.files import whole_file
from glorot_tutor.study import provenance as provenances
from glorot_tutor.study import schema
from glorot_tutor.study.experiments import PLAIN, Experiment, Means, identity
from glorot_tutor.study.experiments.search import Lookup
from glorot_tutor.study.provenance import KINDS, describe, settings
from glorot_tutor.study.schema import DamageError

BOOK = Path(__file__).parents[1] / "records"
"""The store whose records the book shows."""

PROVENANCE = "provenance.json"

PACKED = ".xz"
"""Added to the name of a frame's file that is packed."""

LONG = 200_000
"""Bytes of text from which on a store packs a frame. A run of five million updates has 1.5 MB in
all, which xz makes 0.25 MB, and gzip 0.34 MB."""


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


def key(experiment: Experiment) -> str:
    """Name of the experiment's folder: kind, title and the first 8 digits of its hash."""
    known = {"kind": experiment.kind, **identity(experiment)}
    digest = hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:8]
    return f"{experiment.kind}-{experiment.title}-{digest}"


@dataclass(frozen=True)
class Record:
    """Frames by name, and the provenance: settings, versions, machine, times, commit, date."""

    frames: dict[str, pd.DataFrame]
    provenance: dict[str, Any]


class Store(Mapping[Experiment, Record]):
    """The records in a folder, by experiment.

    ``store[experiment]`` is the record, or raises `NotRecorded` (a `KeyError` too) where there is
    none, and `DamagedRecord` where a file of it is not what it must be: its `file` and `what` say
    which and where. ``experiment in store`` asks only whether all its files are there; `get`
    returns None where they are not, and raises for a damaged one.

    Iteration goes over the experiments of the records that can be told, `damaged` names the files
    at fault of all others: one bad record never hides another.

    Parameters
    ----------
    folder
        Where the records lie, or another store; it need not exist yet.

    Raises
    ------
    UsageError
        If it is no name of a folder.
    """

    def __init__(self, folder: str | os.PathLike[str] | Store = BOOK) -> None:
        given: object = folder.folder if isinstance(folder, Store) else folder
        if not isinstance(given, str | os.PathLike) or not os.fspath(given):
            raise UsageError(f"store is {given!r}: give the folder of the records.")
        self.folder: Path = Path(given)

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Store) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)

    def __getitem__(self, experiment: Experiment) -> Record:
        found = self.shared(experiment)
        # what is done to a record must not be found in it when it is read again
        frames = {name: frame.copy() for name, frame in found.frames.items()}
        return Record(frames, deepcopy(found.provenance))

    def shared(self, experiment: Experiment) -> Record:
        """Return the record itself, to be read only: the same one is given again."""
        folder = self.path(experiment)
        if experiment not in self:
            raise NotRecorded(f"{experiment.title} is not recorded in {self.folder}.")
        found = _read(folder)
        if provenances.experiment_from(found.provenance) != experiment:
            raise DamagedRecord(folder / PROVENANCE, "it describes another experiment")
        return found

    def __contains__(self, experiment: object) -> bool:
        if getattr(experiment, "kind", None) not in KINDS:
            return False
        known = cast(Experiment, experiment)
        return _whole(self.path(known), known.layout)

    def __iter__(self) -> Iterator[Experiment]:
        return iter([found for found in self._entries() if not isinstance(found, DamagedRecord)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def damaged(self) -> list[DamagedRecord]:
        """Return what is wrong with each record that cannot be read."""
        found = []
        for entry in self._entries():
            if isinstance(entry, DamagedRecord):
                found.append(entry)
                continue
            try:
                self.shared(entry)
            except DamagedRecord as error:
                found.append(error)
        return found

    def _entries(self) -> Iterator[Experiment | DamagedRecord]:
        """Of each folder the experiment, as its provenance tells it, or why it does not."""
        for folder in self.folders():
            try:
                found = provenances.experiment_from(_provenance(_stamps(folder / PROVENANCE)))
                if folder.name != key(found):
                    raise DamageError("it describes another experiment than the folder's name")
                if found in self:
                    yield found
            except FileNotFoundError:  # removed this moment
                continue
            except (OSError, DamageError) as error:
                yield DamagedRecord(folder / PROVENANCE, str(error))

    def path(self, experiment: Experiment) -> Path:
        """Folder of an experiment's record, whether or not it is there."""
        return self.folder / key(experiment)

    def folders(self) -> list[Path]:
        """Folders that hold a provenance, by name."""
        found = (path.parent for path in self.folder.glob(f"[!.]*/{PROVENANCE}"))
        return sorted(found)

    def stamps(self, *names: str) -> Stamps:
        """Stamp the frames of these names in all records; without names, all that is recorded.

        What rests on them alone need not be found twice while the stamps are the same.
        """
        paths = []
        for folder in self.folders():
            kind = KINDS.get(folder.name.split("-")[0])
            frames = [] if kind is None else [f"{name}.csv" for name in kind.layout]
            for name in names or (PROVENANCE, *frames):
                paths += [folder / name, folder / f"{name}{PACKED}"]
        return _stamps(*(path for path in paths if path.exists()))

    def save(self, experiment: Experiment, record: Record) -> Path:
        """Write a record; its folder appears under its name only when it is whole.

        Of two that are saved at once, one stays.

        Raises
        ------
        RunError
            If it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".", dir=self.folder))
        except OSError as error:
            raise RunError(f"cannot write to {self.folder}: {error.strerror or error}.") from error
        try:
            new = temporary / "new"
            new.mkdir()
            write(new, record, LONG)
            folder = self.path(experiment)
            _put(new, folder, temporary)
        except OSError as error:
            raise RunError(f"cannot write to {self.folder}: {error.strerror or error}.") from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder


def _put(new: Path, folder: Path, temporary: Path) -> None:
    """Let a folder take a name, in the place of what may bear it, now or in the next moment."""
    for number in range(_PATIENCE):
        with contextlib.suppress(FileNotFoundError):
            folder.replace(temporary / f"old{number}")
        try:
            new.replace(folder)
            return
        except OSError:
            if not folder.is_dir() or number == _PATIENCE - 1:
                raise  # or another process has put its record there meanwhile


_PATIENCE = 100


def measure(experiment: Experiment, means: Means = PLAIN) -> Record:
    """Run an experiment and note the circumstances.

    Raises
    ------
    RunError
        If its numbers are none, and it has no mark for that: it would read as damaged.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    frames = experiment.run(means)
    if "outcome" not in frames:  # what trains to an outcome says there that it diverged
        _see_numbers(experiment, frames)
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    return Record(frames, describe(experiment, frames, seconds, means))


def _see_numbers(experiment: Experiment, frames: dict[str, pd.DataFrame]) -> None:
    for name, frame in frames.items():
        try:
            schema.parse(as_text(frame).encode(), experiment.layout[name])
        except DamageError as error:
            raise RunError(
                f"{experiment.title} grew beyond all bounds ({name}.csv would hold, {error}): take "
                "a smaller rate, gain or depth; nothing of it is recorded."
            ) from error


def experiment_of(provenance: dict[str, Any]) -> Experiment:
    """Build the experiment that a record's provenance describes.

    Raises
    ------
    RunError
        If it describes none that this version knows.
    """
    try:
        return provenances.experiment_from(provenance)
    except DamageError as error:
        raise RunError(f"{PROVENANCE}: {error}; take the version that it names.") from error


def write(folder: Path, record: Record, longest: float = inf) -> None:
    """Write the files of a record into a folder, the provenance last.

    Frames of more than `longest` bytes are packed.
    """
    for name, frame in record.frames.items():
        content = as_text(frame).encode()
        long = len(content) > longest
        with whole_file(folder / f"{name}.csv{PACKED if long else ''}") as path:
            path.write_bytes(lzma.compress(content, preset=9) if long else content)
    with whole_file(folder / PROVENANCE) as path:
        path.write_text(json.dumps(record.provenance, indent=1) + "\n")


def as_text(frame: pd.DataFrame) -> str:
    """Lay a frame out as CSV, numbers with six digits."""
    return str(frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def read(folder: Path) -> Record:
    """Read the record that lies in a folder, whatever the folder's name.

    Raises
    ------
    NotRecorded
        If there is none.
    DamagedRecord
        If a file of it is not what it must be, or missing.
    """
    found = _read(Path(folder))
    frames = {name: frame.copy() for name, frame in found.frames.items()}
    return Record(frames, deepcopy(found.provenance))


def _whole(folder: Path, layout: Mapping[str, schema.Frame]) -> bool:
    files = (folder / PROVENANCE, *(_file(folder, name) for name in layout))
    return all(file.is_file() for file in files)


def _file(folder: Path, name: str) -> Path:
    """File of a frame, packed or not, there or not."""
    packed = folder / f"{name}.csv{PACKED}"
    return packed if packed.exists() else folder / f"{name}.csv"


def _read(folder: Path) -> Record:
    described = folder / PROVENANCE
    if not described.is_file():
        raise NotRecorded(f"{folder} holds no record: {PROVENANCE} is not there.")
    file = described
    try:
        stamps = _stamps(described)
        found = _provenance(stamps)
        experiment = provenances.experiment_from(found)
        end = found.get("outcome", {})
        wild = end.get("diverged_at") is not None
        frames = {}
        for name in experiment.layout:
            file = _file(folder, name)
            if file.suffix == PACKED and file.with_suffix("").exists():
                raise DamageError(f"{name}.csv is there too, and only one of them may be")
            frames[name] = _frame(_stamps(file), experiment.kind, end.get("updates"), wild)
    except FileNotFoundError as error:
        raise DamagedRecord(file, "it is not there") from error
    except OSError as error:
        raise DamagedRecord(file, f"it cannot be read ({error.strerror or error})") from error
    except DamageError as error:
        raise DamagedRecord(file, str(error)) from error
    return Record(frames, found)


Stamps = tuple[tuple[Path, int, int], ...]
"""Paths of some files, with the time and size by which a change of one is noticed."""


def _stamps(*files: Path) -> Stamps:
    found = ((path, path.stat()) for path in files)
    return tuple((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)


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


# ---- by the folder of a store


def save(store: Path, experiment: Experiment, record: Record) -> Path:
    """Write a record (see `Store.save`)."""
    return Store(store).save(experiment, record)


def curves(store: Path) -> Stamps:
    """Stamp all recorded learning curves (see `Store.stamps`)."""
    return Store(store).stamps("curve.csv")


def contents(store: Path) -> Stamps:
    """Stamp all that is recorded (see `Store.stamps`)."""
    return Store(store).stamps()


def load(store: Path, experiment: Experiment) -> Record | None:
    """Read the record of an experiment, or None where the store has none."""
    return Store(store).get(experiment)


def lookup(store: Path) -> Lookup:
    """Return what gives the recorded frames of an experiment, None if it is not recorded.

    They are to be read only: the same ones are given again.
    """
    found = Store(store)
    return lambda experiment: found.shared(experiment).frames if experiment in found else None


def folders(store: Path) -> list[Path]:
    """Folders of all records in a store, by name."""
    return Store(store).folders()


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
