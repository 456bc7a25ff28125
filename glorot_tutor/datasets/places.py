"""Where data sets are looked for and kept: folders, and names in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pooch

from glorot_tutor.checks import UsageError
from glorot_tutor.datasets.packed import PACKINGS
from glorot_tutor.datasets.publication import File, Publication

VARIABLE = "GLOROT_TUTOR_DATA"
"""Environment variable that names the folder of the data sets."""


def cache_folder() -> Path:
    """Return the platform's folder for what programs can get again."""
    return Path(pooch.os_cache("glorot-tutor"))


def data_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the data sets: the one given, the environment's, or the cache.

    Raises
    ------
    UsageError
        If the folder is named and something else bears the name.
    """
    named = os.fspath(given) if given is not None else os.environ.get(VARIABLE, "")
    if not named:
        if given is not None:
            raise UsageError("the folder of the data sets is '': name one.")
        return cache_folder()
    folder = Path(os.path.expanduser(named)).absolute()
    try:
        good = folder.is_dir() or not folder.exists()
    except OSError:
        good = False
    if not good:
        raise UsageError(
            f"{folder} is no folder that can be read: name one with {VARIABLE}, or with the "
            "--data-dir of `glorot-tutor data`."
        )
    return folder


def candidates(
    publication: Publication, folders: Iterable[Path]
) -> Iterator[tuple[Path, File | None]]:
    """Every path at which a file may lie, quickest first; None stands for a tar of them all."""
    homes = [f / sub for f in folders for sub in ("", publication.name, publication.folder)]
    homes = list(dict.fromkeys(homes))
    for ending in PACKINGS:
        yield from ((home / (f.name + ending), f) for home in homes for f in publication.files)
    for ending in PACKINGS:
        yield from ((home / (a + ending), None) for home in homes for a in publication.archives)


def seems_there(publication: Publication, folder: Path) -> bool:
    """Whether there is something by the name of every file; nothing is read."""
    missing = {file.name for file in publication.files}
    for path, file in candidates(publication, [folder]):
        if missing and path.is_file():
            missing -= missing if file is None else {file.name}
    return not missing
