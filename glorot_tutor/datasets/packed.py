"""Reading files that may be packed, without ever writing what an archive says."""

from __future__ import annotations

import bz2
import gzip
import lzma
import stat
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from glorot_tutor.datasets.damage import DamagedError

PACKINGS: dict[str, Callable[..., object]] = {
    "": open,
    ".gz": gzip.open,
    ".xz": lzma.open,
    ".bz2": bz2.open,
}
"""Endings of a packed file, and what opens it."""

# EOFError: a packed file ends early; an OSError without a number comes from gzip and bz2
_BROKEN = (EOFError, zlib.error, lzma.LZMAError, tarfile.TarError)


@contextmanager
def damage_said() -> Iterator[None]:
    """Turn what the unpackers and the system raise into a `DamagedError`."""
    try:
        yield
    except EOFError as error:
        raise DamagedError("ends early") from error
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DamagedError(f"cannot be read ({error.strerror})") from error
        raise DamagedError("cannot be unpacked") from error


def is_there(path: Path) -> bool:
    """Whether something bears this name.

    Raises
    ------
    DamagedError
        If it is no ordinary file, is empty, or the folder may not be looked into.
    """
    with damage_said():
        try:
            status = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
    if not stat.S_ISREG(status.st_mode):
        raise DamagedError("is no ordinary file")
    if not status.st_size:
        raise DamagedError("is empty")
    return True


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file, unpacked on the way if its ending says that it is packed."""
    packing = PACKINGS.get(path.suffix, open)
    with damage_said(), cast(BinaryIO, packing(path, "rb")) as file:
        yield file


def members(path: Path, folder: str, names: Collection[str]) -> Iterator[tuple[str, BinaryIO]]:
    """Open those members of a tar file, packed or not, that bear exactly an expected name.

    Parameters
    ----------
    path
        The archive; read once from front to back.
    folder
        The one folder in which members may lie; they may lie in none as well.
    names
        Names expected. What bears another name, or is no ordinary file, is passed over.

    Raises
    ------
    DamagedError
        If the archive is damaged; members before the damage are given first.
    """
    expected = {PurePosixPath(folder, name): name for name in names}
    expected |= {PurePosixPath(name): name for name in names}
    with damage_said(), tarfile.open(path, "r|*") as archive:
        for member in archive:
            name = expected.get(PurePosixPath(member.name))
            content = archive.extractfile(member) if name and member.isreg() else None
            if name and content is not None:
                yield name, cast(BinaryIO, content)
