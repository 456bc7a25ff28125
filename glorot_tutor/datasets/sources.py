"""Where examples come from, by name: Shapeset-3x2 at once, the finite data sets when asked for."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from glorot_tutor import shapeset
from glorot_tutor.streams import Source


class ShapesetSource:
    """Shapeset-3x2 as a `Source`; validation, test and monitored images are those of seed 0."""

    name = "shapeset"
    classes = shapeset.CLASSES
    n_in = shapeset.Shapeset.n_in
    n_classes = shapeset.Shapeset.n_classes
    epoch = None

    def stream(self, seed: int) -> shapeset.Shapeset:
        """Return the endless stream of a seed."""
        return shapeset.Shapeset(seed)

    def validation_set(self) -> tuple[Tensor, Tensor]:
        """10,000 images and labels."""
        return shapeset.validation_set()

    def test_set(self) -> tuple[Tensor, Tensor]:
        """10,000 images and labels."""
        return shapeset.test_set()

    def monitored_set(self) -> tuple[Tensor, Tensor]:
        """300 images and labels."""
        return shapeset.monitored_set()


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
    if name == "shapeset":
        return ShapesetSource()
    from glorot_tutor.datasets.registry import finite_source  # thirteen modules

    return finite_source(name, data_dir)
