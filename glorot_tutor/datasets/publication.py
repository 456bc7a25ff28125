"""What a published data set consists of: files, their hashes, where they can be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from glorot_tutor.datasets.idx import Bytes
from glorot_tutor.datasets.labelled import Examples


@dataclass(frozen=True)
class File:
    """One file as it is after unpacking.

    Attributes
    ----------
    name
        The publisher's.
    group
        What it holds; the files of one group are read into one array, one after the other.
    size
        Bytes.
    sha256
        Of the content.
    """

    name: str
    group: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Publication:
    """A data set that somebody has published, in files that never change.

    Attributes
    ----------
    name, title
        As the command line spells it, and as people do.
    classes
        What each label means.
    shape
        Of one image.
    files
        Unpacked.
    registry
        What is handed out: the published hash (``md5:...``) of each download, as pooch takes it.
    mirrors
        Beginnings of their addresses, tried in this order.
    archives
        Beginnings of the names of tar files, packed or not, that may hold the files.
    folder
        Name of the folder in those archives, and so of an unpacked one.
    held_out
        How many of the published training examples, the last ones, are for validation.
    counts
        Examples of each class in the published training set and in the test set.
    decode
        Given the content of each group, and `held_out`, makes the examples.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    shape: tuple[int, ...]
    files: tuple[File, ...]
    registry: Mapping[str, str]
    mirrors: tuple[str, ...]
    archives: tuple[str, ...]
    folder: str
    held_out: int
    counts: tuple[tuple[int, ...], tuple[int, ...]]
    decode: Callable[[Mapping[str, Bytes], int], Examples]
