"""A store: a folder with one folder to an experiment, so that nothing is run twice."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pandas as pd

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study.experiments import Experiment, record_name
from glorot_tutor.study.provenance import KINDS
from glorot_tutor.study.records.record import (
    PACKED,
    PROVENANCE,
    DamagedRecord,
    NotRecorded,
    Record,
    experiment_in,
    is_whole,
    read_shared,
)
from glorot_tutor.study.schema import DamageError

BOOK = Path(__file__).parents[2] / "records"
"""The store whose records the book shows."""

LONG = 200_000
"""Bytes of text from which on a store packs a frame. A run of five million updates has 1.5 MB in
all, which xz makes 0.25 MB, and gzip 0.34 MB."""

_PATIENCE = 100


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
        return self.shared(experiment).copy()

    def shared(self, experiment: Experiment) -> Record:
        """Return the record itself, to be read only: the same one is given again."""
        folder = self.path(experiment)
        if experiment not in self:
            raise NotRecorded(f"{experiment.title} is not recorded in {self.folder}.")
        record = read_shared(folder)
        if record.experiment != experiment:
            raise DamagedRecord(folder / PROVENANCE, "it describes another experiment")
        return record

    def look_up(self, experiment: Experiment) -> Mapping[str, pd.DataFrame] | None:
        """Return the recorded frames, to be read only; None if there is no record."""
        return self.shared(experiment).frames if experiment in self else None

    def __contains__(self, experiment: object) -> bool:
        if getattr(experiment, "kind", None) not in KINDS:
            return False
        known = cast(Experiment, experiment)
        return is_whole(self.path(known), known.layout)

    def __iter__(self) -> Iterator[Experiment]:
        return iter([entry for entry in self._entries() if not isinstance(entry, DamagedRecord)])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def damaged(self) -> list[DamagedRecord]:
        """Return what is wrong with each record that cannot be read."""
        wrong = []
        for entry in self._entries():
            if isinstance(entry, DamagedRecord):
                wrong.append(entry)
                continue
            try:
                self.shared(entry)
            except DamagedRecord as error:
                wrong.append(error)
        return wrong

    def _entries(self) -> Iterator[Experiment | DamagedRecord]:
        """Of each folder the experiment, as its provenance tells it, or why it does not."""
        for folder in self.folders():
            try:
                experiment = experiment_in(folder)
                if folder.name != record_name(experiment):
                    raise DamageError("it describes another experiment than the folder's name")
                if experiment in self:
                    yield experiment
            except FileNotFoundError:  # removed this moment
                continue
            except (OSError, DamageError) as error:
                yield DamagedRecord(folder / PROVENANCE, str(error))

    def path(self, experiment: Experiment) -> Path:
        """Folder of an experiment's record, whether or not it is there."""
        return self.folder / record_name(experiment)

    def folders(self) -> list[Path]:
        """Folders that hold a provenance, by name."""
        return sorted(path.parent for path in self.folder.glob(f"[!.]*/{PROVENANCE}"))

    def stamps(self, *frames: str) -> tuple[tuple[str, int, int], ...]:
        """Stamp the frames of these names in all records; without names, all that is recorded.

        Each stamp is a file, its time and its size: what rests on the files alone stays the same
        while the stamps do. Names are joined as text, for it is asked hundreds of times a ledger.
        """
        folder, found = os.fspath(self.folder), []
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            kind = KINDS.get(name.partition("-")[0])
            if kind is None:
                continue
            files = [f"{frame}.csv" for frame in kind.layout if not frames or frame in frames]
            files += [file + PACKED for file in files] + ([] if frames else [PROVENANCE])
            for file in files:
                with contextlib.suppress(OSError):
                    stat = os.stat(path := f"{folder}/{name}/{file}")
                    found.append((path, stat.st_mtime_ns, stat.st_size))
        return tuple(found)

    def save(self, experiment: Experiment, record: Record) -> Path:
        """Write a record; its folder appears under its name only when it is whole.

        Of two that are saved at once, one stays.

        Raises
        ------
        RunError
            If it cannot be written.
        """
        folder, temporary = self.path(experiment), None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=".", dir=self.folder))
            new = temporary / "new"
            new.mkdir()
            record.write(new, LONG)
            _put(new, folder, temporary)
        except OSError as error:
            raise RunError(f"cannot write to {self.folder}: {error.strerror or error}.") from error
        finally:
            if temporary is not None:
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
