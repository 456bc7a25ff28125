"""Data sets by name, all behind the interface `Source`."""

from __future__ import annotations

import contextlib
from functools import lru_cache, partial
from pathlib import Path

from glorot_tutor.checks import RunError, UsageError, one_of
from glorot_tutor.datasets import built_in, grey, places, reading
from glorot_tutor.datasets.built_in import BUILT_IN, finite
from glorot_tutor.datasets.damage import NotThereError
from glorot_tutor.datasets.finite import FiniteSource
from glorot_tutor.datasets.labelled import Examples
from glorot_tutor.datasets.local import LOCAL, local_examples, local_file
from glorot_tutor.datasets.publication import Publication
from glorot_tutor.datasets.published import PUBLISHED

NAMES = (*BUILT_IN, *PUBLISHED, *LOCAL)
"""Every data set; the last is a stand-in and is to be called so wherever its numbers stand."""


def title(name: str) -> str:
    """Say in words what a data set is."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    return PUBLISHED[name].title if name in PUBLISHED else LOCAL[name].title


def class_frequencies(name: str) -> list[float]:
    """Share of each class in a data set (if published, in its training file); no file is read.

    Raises
    ------
    UsageError
        If there is no such data set.
    """
    if one_of("data", name, NAMES) in BUILT_IN:
        return built_in.class_frequencies(name)
    counts = PUBLISHED[name].counts[0] if name in PUBLISHED else LOCAL[name].proportions
    return [count / sum(counts) for count in counts]


def finite_source(name: str, data_dir: str | Path | None) -> FiniteSource:
    """Return a data set that has an end (see `datasets.source`)."""
    one_of("data", name, NAMES)
    return _finite(name, None if name in BUILT_IN else places.data_folder(data_dir))


@lru_cache(maxsize=1)
def _finite(name: str, folder: Path | None) -> FiniteSource:
    # the last one is kept: a run asks for it several times, and it is up to 184 MB
    if folder is None:
        return finite(name)
    if name in LOCAL:
        local = LOCAL[name]
        shape = (grey.SIZE, grey.SIZE)
        return FiniteSource(name, local.classes, shape, partial(local_examples, name, folder))
    publication = PUBLISHED[name]
    load = partial(published_examples, publication, folder)
    return FiniteSource(name, publication.classes, publication.shape, load)


def published_examples(
    publication: Publication, folder: Path, cache: Path | None = None
) -> Examples:
    """Read a published data set, and keep unpacked what had to be unpacked.

    Parameters
    ----------
    folder
        Where it is looked for first.
    cache
        Where it is looked for next, and kept; by default the platform's cache folder.

    Raises
    ------
    RunError
        If it is not there, or damaged.
    """
    cache = places.cache_folder() if cache is None else cache
    contents = reading.read(publication, dict.fromkeys((folder, cache)))
    examples = reading.examples(publication, contents)
    if any(path.name not in contents.files for path in contents.sources.values()):
        # a copy only saves time: on a full or read-only disk we do without
        with contextlib.suppress(RunError, UsageError):
            reading.keep(contents, cache / publication.name)
    return examples


def is_in(name: str, folder: Path) -> bool:
    """Whether a folder seems to hold a data set; nothing is read."""
    if name in LOCAL:
        try:
            return local_file(name, folder).is_file()
        except NotThereError:
            return False
    return name in PUBLISHED and places.seems_there(PUBLISHED[name], folder)


def verified(name: str, folder: Path) -> tuple[Examples, list[Path]]:
    """Read what a folder holds of a data set, and nothing else; also give the files read.

    Raises
    ------
    UsageError
        If the data set has no files.
    RunError
        If it is not there, or damaged.
    """
    one_of("data set", name, NAMES)
    if name in BUILT_IN:
        raise UsageError(f"{name} needs no files: there is nothing to verify or fetch.")
    if name in LOCAL:
        return local_examples(name, folder), [local_file(name, folder)]
    contents = reading.read(PUBLISHED[name], [folder])
    examples = reading.examples(PUBLISHED[name], contents)
    return examples, list(dict.fromkeys(contents.sources.values()))
