"""Labelled images held in memory, and which of them are for what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Labelled:
    """Some images with their labels; several may share the same memory.

    Attributes
    ----------
    images
        uint8, shape (M, ...).
    labels
        int64, shape (M,).
    rows
        Which of the M belong to it, in order, int64, shape (N,).
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def whole(cls, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Labelled:
        """All of some images, in their order."""
        return cls(images, labels, np.arange(len(labels)))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, which: NDArray[np.int64] | slice) -> Labelled:
        """Return some of them, by position; nothing is copied but numbers."""
        return Labelled(self.images, self.labels, self.rows[which])

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Copy the images, shape (N, ...), and the labels, shape (N,)."""
        return self.images[self.rows], self.labels[self.rows]

    def counts(self, n_classes: int) -> tuple[int, ...]:
        """How many there are of each class."""
        return tuple(np.bincount(self.labels[self.rows], minlength=n_classes).tolist())


@dataclass(frozen=True)
class Examples:
    """All of a finite data set."""

    train: Labelled
    validation: Labelled
    test: Labelled

    @classmethod
    def of(cls, pool: Labelled, test: Labelled, held_out: int) -> Examples:
        """Take the last `held_out` of the training pool as validation examples."""
        cut = len(pool) - held_out
        return cls(pool.take(slice(cut)), pool.take(slice(cut, None)), test)
