"""Writing files so that what stands under the final name is always whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glorot_tutor.checks import RunError


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to; it takes the name `path` only if nothing fails.

    Raises
    ------
    RunError
        If the folder is missing or cannot be written; nothing half-written stays behind.
    """
    path = Path(path)
    if path.is_dir():
        raise RunError(f"cannot write {path}: it is a folder; name a file in it.")
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
