"""Writing files so that what stands under the final name is always whole."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glorot_tutor.checks import RunError, UsageError


def target(path: str | os.PathLike[str]) -> Path:
    """Return where a file of this name would be written, links followed.

    Raises
    ------
    UsageError
        If the name is empty or too long, its folder is missing, or what bears it is no ordinary
        file: a folder, a device or a pipe is never replaced.
    """
    given = Path(path)
    try:
        resolved = given.resolve()
        # by the name that is given: that of a pipe (/dev/stdout) leads nowhere once it is resolved
        there = given.stat() if given.exists() else None
        folder = resolved.parent.is_dir()
    except OSError as error:
        raise UsageError(f"cannot write {given}: {error.strerror}.") from error
    if not os.fspath(path) or not folder:
        raise UsageError(f"cannot write {str(path)!r}: name a file in a folder that exists.")
    if there is not None and not stat.S_ISREG(there.st_mode):
        raise UsageError(f"cannot write {given}: it is a folder or a device; name a file.")
    return resolved


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` only if nothing fails.

    Raises
    ------
    UsageError
        If no file can have this name (see `target`).
    RunError
        If it cannot be written; nothing half-written stays behind.
    """
    path = target(path)
    try:
        # same folder, so that the rename cannot cross file systems; same ending for the writers
        handle, name = tempfile.mkstemp(prefix=".", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)  # mkstemp is private; a result is an ordinary file
        temporary.replace(path)
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def writable(folder: Path) -> None:
    """Make a folder if it is missing, and see that files can be written into it.

    Raises
    ------
    UsageError
        If something else than a folder has its name, or that of a folder above it.
    RunError
        If not: better now than after hours of work for it.
    """
    for part in (folder, *folder.parents):
        if part.exists() and not part.is_dir():
            raise UsageError(f"{folder} needs a folder, and {part} is none: name another one.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RunError(f"cannot write to {folder}: {error.strerror or error}.") from error
