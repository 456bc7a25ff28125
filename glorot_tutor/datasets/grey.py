"""Small-ImageNet from a file: grey photographs of 37 x 37 pixels in .npz form.

Arrays of such a file: `images` uint8 (N, 37, 37), `labels` (N,) from 0 to 9, `split` (N,) 0 for
training, 1 for validation, 2 for test. `extras/small_imagenet` makes it.
"""

from __future__ import annotations

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.datasets.damage import DamagedError
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.datasets.packed import is_there

SIZE = 37
"""Pixels along each side (section 2.2)."""
CLASSES = (
    *("reptiles", "vehicles", "birds", "mammals", "fish"),
    *("furniture", "instruments", "tools", "flowers", "fruits"),
)
"""In the paper's order."""
STAND_IN_CLASSES = tuple(name for name in CLASSES if name != "flowers")
"""Those of the stand-in."""
SPLITS = ("train", "validation", "test")

Arrays = dict[str, NDArray[np.generic]]

# what zipfile and numpy raise on bytes that are not what they should be
_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, tokenize.TokenError, SyntaxError),
    *(EOFError, LookupError, ValueError, TypeError, OverflowError),
    *(NotImplementedError, MemoryError, RuntimeError, OSError),
)


def read_small_imagenet(path: Path) -> Examples:
    """Read a file that `extras/small_imagenet/build.py` made.

    Raises
    ------
    DamagedError
        If it is not such a file, whole.
    """
    arrays = _arrays(path, ("images", "labels", "split"))
    split = arrays["split"]
    if split.shape != arrays["labels"].shape or not np.isin(split, range(len(SPLITS))).all():
        raise DamagedError("does not say for each image whether it is for training, 0, 1 or 2")
    pool = _pool(arrays, len(CLASSES))
    parts = [pool.take(np.flatnonzero(split == number)) for number in range(len(SPLITS))]
    if not all(map(len, parts)):
        raise DamagedError("has no images for training, for validation or for testing")
    return Examples(*parts)


def read_stand_in(path: Path) -> Examples:
    """Read the stand-in made of Tiny ImageNet: nine of the ten classes, flowers are missing.

    Labels count the nine classes that are there. Tiny ImageNet's own validation images, 50 a
    synset, are for testing; as many of its training images are for validation, the last 50 of
    each synset. The classes differ in size, 550 fish to 14,300 mammals.

    Raises
    ------
    DamagedError
        If it is not this file, whole.
    """
    arrays = _arrays(path, ("images", "labels", "split", "wnids"))
    labels, split, wnids = arrays["labels"], arrays["split"], arrays["wnids"]
    if split.shape != labels.shape or wnids.shape != labels.shape:
        raise DamagedError("does not say of each image where in Tiny ImageNet it comes from")
    present, arrays["labels"] = np.unique(labels, return_inverse=True)
    if [CLASSES[k] for k in present if k in range(len(CLASSES))] != list(STAND_IN_CLASSES):
        raise DamagedError("does not hold the nine classes of the stand-in")
    pool, held_out = _pool(arrays, len(STAND_IN_CLASSES)), np.zeros(len(labels), bool)
    for wnid in np.unique(wnids):
        synset = np.flatnonzero((wnids == wnid) & (split == 0))
        training = max(0, len(synset) - np.count_nonzero((wnids == wnid) & (split == 1)))
        held_out[synset[training:]] = True
    parts = ((split == 0) & ~held_out, held_out, split == 1)
    if not all(part.any() for part in parts):
        raise DamagedError("has no images for training, for validation or for testing")
    return Examples(*(pool.take(np.flatnonzero(part)) for part in parts))


def _pool(arrays: Arrays, n_classes: int) -> Labelled:
    images, labels = arrays["images"], arrays["labels"]
    if images.dtype != np.uint8 or images.shape != (len(images), SIZE, SIZE):
        raise DamagedError(f"holds images of another kind than uint8 (N, {SIZE}, {SIZE})")
    if labels.shape != (len(images),) or not np.isin(labels, range(n_classes)).all():
        raise DamagedError(f"does not hold a label from 0 to {n_classes - 1} for each image")
    return Labelled.whole(images.view(np.uint8), labels.astype(np.int64))


def _arrays(path: Path, names: tuple[str, ...]) -> Arrays:
    """Read arrays from a .npz file; the zip's own check sums tell of damage."""
    if not is_there(path):
        raise DamagedError("is not there")
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise DamagedError(f"cannot be read ({error.strerror})") from error
        raise DamagedError(f"is no whole .npz file with {', '.join(names)}") from error
    for name in ("labels", "split"):
        if name in arrays and arrays[name].dtype.kind not in "iu":
            raise DamagedError(f"holds {name} that are no whole numbers")
    return arrays
