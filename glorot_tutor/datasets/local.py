"""Data sets that nobody may hand out: Small-ImageNet, and a stand-in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from glorot_tutor.checks import RunError
from glorot_tutor.datasets import grey
from glorot_tutor.datasets.damage import DamagedError, NotThereError
from glorot_tutor.datasets.labelled import Examples


@dataclass(frozen=True)
class LocalFile:
    """One .npz file that the reader makes or has.

    Attributes
    ----------
    title
        What it is, in words.
    path
        Of the file, inside the folder of the data sets.
    classes
        What each label means.
    read
        Reads it; raises `DamagedError`.
    mend
        How to come by a good one.
    proportions
        Of the classes to each other.
    """

    title: str
    path: Path
    classes: tuple[str, ...]
    read: Callable[[Path], Examples]
    mend: str
    proportions: tuple[int, ...]


LOCAL = {
    "small-imagenet": LocalFile(
        "Small-ImageNet (section 2.2), grey photographs, built from a reader's own ImageNet",
        Path("small-imagenet", "small-imagenet-37x37-grey.npz"),
        grey.CLASSES,
        grey.read_small_imagenet,
        "make it from your own copy of ImageNet with `python extras/small_imagenet/build.py`",
        (1,) * len(grey.CLASSES),
    ),
    "tiny-imagenet-9": LocalFile(
        "a stand-in for Small-ImageNet: nine of its ten classes, unbalanced, from Tiny ImageNet",
        Path("small-imagenet", "tiny-imagenet-37x37-grey.npz"),
        grey.STAND_IN_CLASSES,
        grey.read_stand_in,
        "it was made for measuring only and is not handed out",
        # synsets of Tiny ImageNet, which have one size
        (2, 12, 4, 26, 1, 3, 2, 2, 5),
    ),
}


def local_file(name: str, folder: Path) -> Path:
    """Path of the file of a data set of `LOCAL`; `folder` may also hold it directly.

    Raises
    ------
    NotThereError
        If it is not there.
    """
    local = LOCAL[name]
    for path in (folder / local.path, folder / local.path.name):
        if path.exists():
            return path
    raise NotThereError(f"{name} is not in {folder}, as {local.path}: {local.mend}.")


def local_examples(name: str, folder: Path) -> Examples:
    """Read a data set of `LOCAL`.

    Raises
    ------
    RunError
        If it is not there, or damaged.
    """
    path = local_file(name, folder)
    try:
        return LOCAL[name].read(path)
    except DamagedError as error:
        raise RunError(f"{path} {error}: {LOCAL[name].mend}.") from error
