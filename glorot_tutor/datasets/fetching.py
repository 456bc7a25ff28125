"""Downloading published data sets, so that a folder holds all of one or nothing of it."""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pooch
import requests
from filelock import FileLock, Timeout

from glorot_tutor.checks import RunError
from glorot_tutor.datasets import reading
from glorot_tutor.datasets.publication import Publication
from glorot_tutor.files import writable

TIMEOUT = 30.0
"""Seconds without an answer after which the next mirror is tried."""

Say = Callable[[str], None]


def fetch(publication: Publication, folder: Path, say: Say) -> None:
    """Download a data set, check it, and keep its files unpacked in a folder of its name.

    Nothing is downloaded if a good copy is there. A second process that wants the same waits for
    the first. What is kept are the verified files, 55 to 184 MB; the archives are removed.

    Parameters
    ----------
    folder
        The folder of all data sets; made if missing.
    say
        Is told what happens, a line at a time.

    Raises
    ------
    RunError
        If no mirror gives the published file, or the folder cannot be written to.
    """
    if _is_there(publication, folder, say):
        return
    writable(folder)
    with _disk_said(folder), _alone(folder, publication.name, say):
        # somebody else may have fetched it while we waited
        if _is_there(publication, folder, say):
            return
        prefix = f".fetch-{publication.name}-"
        for left in folder.glob(f"{prefix}*"):  # by a process that was killed: we hold the lock
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as temporary:
            for name in publication.registry:
                _download(publication, name, temporary, say)
            contents = reading.read(publication, [Path(temporary)])
            reading.examples(publication, contents)
            reading.keep(contents, folder / publication.name)
    say(f"{publication.name} is in {folder / publication.name}, verified.")


def _is_there(publication: Publication, folder: Path, say: Say) -> bool:
    try:
        contents = reading.read(publication, [folder])
    except RunError:
        return False
    home = next(iter(contents.sources.values())).parent
    say(f"{publication.name} is in {home} already, verified.")
    return True


@contextmanager
def _disk_said(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RunError(f"cannot write to {folder}: {error.strerror or error}.") from error


@contextmanager
def _alone(folder: Path, name: str, say: Say) -> Iterator[None]:
    lock = FileLock(folder / f".{name}.lock")
    try:
        lock.acquire(timeout=0.1)
    except Timeout:
        say(f"another process is fetching {name}: waiting for it.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _download(publication: Publication, name: str, folder: str, say: Say) -> None:
    """Try one mirror after the other until the published file has come."""
    reasons = []
    downloader = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(), chunk_size=1 << 16, timeout=TIMEOUT
    )
    for mirror in publication.mirrors:
        store = pooch.create(folder, mirror, registry=dict(publication.registry))
        say(f"fetching {mirror}{name}")
        try:
            with _quiet():
                store.fetch(name, downloader=downloader)
            return
        except (requests.RequestException, ValueError) as error:
            reasons.append(f"{urlsplit(mirror).netloc} {_reason(error)}")
    raise RunError(
        f"cannot fetch {name}: {'; '.join(reasons)}; without a network, put the file "
        "into the folder of the data sets yourself."
    )


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "does not answer"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    if isinstance(error, requests.RequestException):
        return f"cannot be used ({type(error).__name__})"
    return "sends another file than published (MD5)"


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep pooch from printing paths of temporary folders."""
    logger = pooch.get_logger()
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
