"""Where examples come from, by name: Shapeset-3x2 at once, the finite data sets when asked for."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from glorot_tutor import shapeset
from glorot_tutor.streams import Source


class ShapesetSource:
    """Images of Shapeset-3x2 as a `Source`.

    Parameters
    ----------
    name
        The data set's.
    kind
        What it reads; validation, test and monitored images are those of seed 0.
    """

    epoch = None

    def __init__(self, name: str, kind: type[shapeset.Shapeset]) -> None:
        self.name, self._kind = name, kind
        self.n_in, self.n_classes = kind.n_in, kind.n_classes
        self.classes = shapeset.CLASSES[: kind.n_classes]

    def stream(self, seed: int) -> shapeset.Shapeset:
        """Return the endless stream of a seed."""
        return self._kind(seed)

    def validation_set(self) -> tuple[Tensor, Tensor]:
        """10,000 images and labels."""
        return self._kind(0, "validation").read(0, 10_000)

    def test_set(self) -> tuple[Tensor, Tensor]:
        """10,000 images and labels."""
        return self._kind(0, "test").read(0, 10_000)

    def monitored_set(self) -> tuple[Tensor, Tensor]:
        """300 images and labels."""
        return self._kind(0, "monitor").read(0, 300)


_GENERATED = {"shapeset": shapeset.Shapeset, "shapeset-3x1": shapeset.OneShape}


def source(name: str, data_dir: str | Path | None = None) -> Source:
    """Return a data set by name. Files are read when examples are first asked for.

    The network is never used: `glorot-tutor data fetch` does that. Where packed files are read,
    verified unpacked copies of them are kept in the platform's cache folder, so that the next
    time is quick (CIFAR-10 packed with xz takes ten seconds to unpack); a folder that is named is
    only read.

    Parameters
    ----------
    name
        One of `datasets.NAMES`.
    data_dir
        Folder of the data sets; by default that of GLOROT_TUTOR_DATA, else the cache folder.

    Raises
    ------
    UsageError
        If there is no such data set, or the folder is none.
    """
    if name in _GENERATED:
        return ShapesetSource(name, _GENERATED[name])
    from glorot_tutor.datasets.registry import finite_source  # thirteen modules

    return finite_source(name, data_dir)
