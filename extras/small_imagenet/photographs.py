"""Photographs of ImageNet, and what Small-ImageNet makes of one: 37 x 37 grey pixels.

A source holds synsets, each a folder or a tar file named by its wnid (n01440764), with JPEG files
in it; both ways in which ImageNet is handed out.
"""

from __future__ import annotations

import re
import tarfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.datasets.grey import SIZE

INSIDE = ("", "train", "ILSVRC2012_img_train", "ILSVRC/Data/CLS-LOC/train", "Data/CLS-LOC/train")
"""Where in a source the synsets may lie."""
FORMATS = ("JPEG", "PNG")
"""What a file may be, whatever its name: one of ILSVRC's is a PNG named .JPEG."""

_WNID = re.compile(r"(n\d{8})(\.tar)?")
_PHOTOGRAPH = re.compile(r"(?!\.).*\.jpe?g", re.IGNORECASE)


@dataclass(frozen=True)
class Synset:
    """The photographs of one synset.

    Attributes
    ----------
    wnid
        WordNet's offset, as in n01440764.
    path
        A folder, or a tar file.
    """

    wnid: str
    path: Path

    def names(self) -> list[str]:
        """Names of its photographs, sorted.

        Raises
        ------
        OSError, tarfile.TarError
            If the folder or archive cannot be read.
        """
        if self.path.is_dir():
            found = [path.name for path in self.path.iterdir()]
            # ImageNet 64 x 64 and its like have one more folder
            if "images" in found:
                found = [f"images/{path.name}" for path in (self.path / "images").iterdir()]
        else:
            with tarfile.open(self.path, "r:") as archive:
                found = [member.name for member in archive if member.isreg()]
        return sorted(name for name in found if _PHOTOGRAPH.fullmatch(name.rpartition("/")[2]))

    def files(self, names: Sequence[str]) -> Iterator[IO[bytes] | None]:
        """Open some photographs one after the other; None stands for one that cannot be opened."""
        with ExitStack() as stack:
            archive, inside = None, {}
            opened: IO[bytes] | None
            if not self.path.is_dir():
                archive = stack.enter_context(tarfile.open(self.path, "r:"))
                inside = {member.name: member for member in archive}
            for name in names:
                try:
                    if archive is None:
                        opened = (self.path / name).open("rb")
                    else:
                        opened = archive.extractfile(inside[name])
                except (OSError, KeyError):
                    opened = None
                yield opened
                if opened is not None:
                    opened.close()


@contextmanager
def reading_said(path: Path) -> Iterator[None]:
    """Turn what a folder or archive that cannot be read raises into a `RunError`."""
    try:
        yield
    except (tarfile.TarError, EOFError) as error:
        raise RunError(f"{path} is no whole tar file: remove it, or get it again.") from error
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}.") from error


def synsets(source: Path) -> list[Synset]:
    """Find the synsets in a source, sorted; a folder is preferred to an archive.

    Raises
    ------
    UsageError
        If the source is no folder, or holds none.
    """
    if not source.is_dir():
        raise UsageError(f"--source {str(source)!r} is not a folder: name one that holds ImageNet.")
    for inside in INSIDE:
        found: dict[str, Path] = {}
        for path in sorted((source / inside).iterdir()) if (source / inside).is_dir() else ():
            match = _WNID.fullmatch(path.name)
            if match and path.is_dir() != bool(match[2]):
                found.setdefault(match[1], path)  # a folder sorts before its archive
        if found:
            return [Synset(wnid, path) for wnid, path in sorted(found.items())]
    raise UsageError(
        f"--source {source} holds no synsets: name the folder with folders or archives such as "
        "n01440764 or n01440764.tar."
    )


def grey_square(file: IO[bytes]) -> NDArray[np.uint8] | None:
    """Make a photograph a grey square: the middle of it, scaled down.

    The paper says no more than 37 x 37 grey pixels. Grey is luma (ITU-R 601); the sides that a
    long picture has beyond the square are cut off.

    Returns
    -------
    ndarray of uint8, shape (37, 37), or None
        None if the file is no photograph that can be read to its end.
    """
    try:
        with warnings.catch_warnings():
            # a picture of absurd size is refused like a broken one
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as image:
                # the decoder itself scales a JPEG down and leaves out its colours: twice as fast
                width, height = (2 * SIZE * side // min(image.size) for side in image.size)
                image.draft("L", (width, height))
                grey = image.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return None
    width, height = grey.size
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    box = (left, top, left + short, top + short)
    small = grey.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box)
    return np.asarray(small, np.uint8)
