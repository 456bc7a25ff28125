"""Finding the files of a published data set, and reading them with every byte checked."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from glorot_tutor.checks import RunError
from glorot_tutor.datasets import packed
from glorot_tutor.datasets.damage import DamagedError, NotThereError
from glorot_tutor.datasets.idx import Bytes
from glorot_tutor.datasets.labelled import Examples
from glorot_tutor.datasets.places import candidates
from glorot_tutor.datasets.publication import File, Publication
from glorot_tutor.files import whole_file, writable

_BLOCK = 1 << 20  # bytes read and hashed at a time: they stay in the processor's cache


@dataclass
class Contents:
    """The files of a data set in memory.

    Attributes
    ----------
    groups
        Content by what it holds, shape (bytes,); what `Publication.decode` takes.
    files
        Content by file, views of the same memory.
    sources
        Where each file that was read comes from.
    problems
        What was wrong with files that were tried, each a sentence without its end.
    """

    groups: dict[str, Bytes]
    files: dict[str, Bytes]
    sources: dict[str, Path] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read(publication: Publication, folders: Iterable[Path]) -> Contents:
    """Read all files of a data set from wherever in some folders a good copy lies.

    A file may lie in the folder itself, in one named as the data set or as its archive's; as it
    is, packed (.gz, .xz, .bz2), or in a tar file. Unpacked copies are tried first. Memory beside
    the content itself is a few megabytes.

    Raises
    ------
    NotThereError
        If a file is in none of the folders, in no form.
    RunError
        If every copy of a file is damaged; the sentence tells what is wrong with the first.
    """
    folders = list(folders)
    contents = _allocate(publication)
    for path, file in candidates(publication, folders):
        wanted = [f for f in publication.files if f.name not in contents.sources]
        if file is not None:
            wanted = [f for f in wanted if f == file]
        if wanted:
            _try(path, wanted, archive=file is None, contents=contents, publication=publication)
    missing = [f.name for f in publication.files if f.name not in contents.sources]
    if missing:
        raise _lack(publication, folders, missing, contents.problems)
    return contents


def examples(publication: Publication, contents: Contents) -> Examples:
    """Make examples of what was read, and count their classes.

    Raises
    ------
    RunError
        If the counts are not the published ones.
    """
    try:
        examples = publication.decode(contents.groups, publication.held_out)
    except DamagedError as error:
        raise RunError(f"{publication.name}: a file {error}.") from error
    n_classes = len(publication.classes)
    parts = (examples.train, examples.validation)
    train = tuple(np.sum([part.counts(n_classes) for part in parts], axis=0).tolist())
    if (train, examples.test.counts(n_classes)) != publication.counts:
        raise RunError(f"{publication.name}: the classes have other counts than published.")
    return examples


def keep(contents: Contents, home: Path) -> None:
    """Write every file of a data set, unpacked, to a folder; each is whole or not there.

    Raises
    ------
    RunError
        If that fails.
    """
    writable(home)
    for name, content in contents.files.items():
        with whole_file(home / name) as path:
            path.write_bytes(content.data)


def _allocate(publication: Publication) -> Contents:
    sizes: dict[str, int] = {}
    for file in publication.files:
        sizes[file.group] = sizes.get(file.group, 0) + file.size
    groups = {group: np.empty(size, np.uint8) for group, size in sizes.items()}
    files, used = {}, dict.fromkeys(groups, 0)
    for file in publication.files:
        start = used[file.group]
        files[file.name] = groups[file.group][start : start + file.size]
        used[file.group] += file.size
    return Contents(groups, files)


def _try(
    path: Path, wanted: list[File], archive: bool, contents: Contents, publication: Publication
) -> None:
    """Read what is wanted from one path, if it is there; note what is wrong with it."""
    files = {file.name: file for file in wanted}
    try:
        if not packed.is_there(path):
            return
        with contextlib.ExitStack() as stack:
            members: Iterable[tuple[str, BinaryIO]]
            if archive:
                members = packed.members(path, publication.folder, files)
            else:
                members = [(wanted[0].name, stack.enter_context(packed.opened(path)))]
            for name, stream in members:
                if name not in contents.sources:
                    _fill(contents.files[name], stream, files[name], publication)
                    contents.sources[name] = path
    except DamagedError as error:
        contents.problems.append(f"{path} {error}")


def _fill(view: Bytes, stream: BinaryIO, file: File, publication: Publication) -> None:
    """Read a stream into its place, and see that it is the published content."""
    digest, filled = hashlib.sha256(), 0
    with packed.damage_said():
        while filled < len(view):
            count = stream.readinto(view[filled : filled + _BLOCK].data)  # type: ignore[attr-defined]
            if not count:
                break
            digest.update(view[filled : filled + count].data)
            filled += count
        # one byte more than expected tells a longer file, however much it would unpack to
        longer = bool(stream.read(1))
    if not filled:
        raise DamagedError("is empty")
    if longer or filled < file.size:
        there = "more" if longer else f"{filled:,}"
        raise DamagedError(f"holds {there} bytes of {file.name} where {file.size:,} are expected")
    if digest.hexdigest() != file.sha256:
        others = {other.sha256: other.name for other in publication.files}
        swapped = others.get(digest.hexdigest())
        if swapped:
            raise DamagedError(f"holds {swapped} in the place of {file.name}: files are swapped")
        raise DamagedError(f"differs from the published {file.name} (SHA-256)")


def _lack(
    publication: Publication, folders: list[Path], missing: list[str], problems: list[str]
) -> RunError:
    name = publication.name
    mend = f"`glorot-tutor data fetch {name}`"
    if problems:
        more = f" ({len(problems) - 1} more like it)" if len(problems) > 1 else ""
        return RunError(f"{problems[0]}{more}: remove it, then get a good copy with {mend}.")
    what = name if len(missing) == len(publication.files) else f"{missing[0]} of {name}"
    return NotThereError(
        f"{what} is not in {folders[0]}: get it with {mend}, or name the folder that holds it "
        "with --data-dir or GLOROT_TUTOR_DATA."
    )
