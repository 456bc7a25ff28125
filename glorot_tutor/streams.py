"""What every source of examples offers, whether generated without end or read from files."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor


class Stream(Protocol):
    """A sequence of labelled images in which example n is always the same.

    A stream has no position of its own: whoever reads it says from where, so resuming is
    reading on from a number.
    """

    n_in: int
    """Inputs of one example (pixels times channels)."""
    n_classes: int
    """Number of classes."""

    def read(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Return examples ``start .. start + count - 1``.

        Returns
        -------
        images
            uint8, shape (count, ...), screen orientation [row, column].
        labels
            int64, shape (count,).
        """
        ...


class Source(Protocol):
    """A data set: a stream to learn from, and sets of examples that never change.

    `glorot_tutor.datasets.source` gives one by name. What is known without reading any file is an
    attribute; the rest may read files.
    """

    name: str
    """As the command line spells it."""
    classes: tuple[str, ...]
    """What each label means."""
    n_in: int
    """Inputs of one example (pixels times channels)."""
    n_classes: int
    """Number of classes."""

    @property
    def epoch(self) -> int | None:
        """Training examples of one pass; None if they are generated without end."""
        ...

    def stream(self, seed: int) -> Stream:
        """Return the training examples in the order that belongs to a seed."""
        ...

    def validation_set(self) -> tuple[Tensor, Tensor]:
        """Images (uint8) and labels (int64) on which settings are chosen."""
        ...

    def test_set(self) -> tuple[Tensor, Tensor]:
        """Images (uint8) and labels (int64) on which errors are reported."""
        ...

    def monitored_set(self) -> tuple[Tensor, Tensor]:
        """Images and labels of the 300 test examples on which activations are watched."""
        ...


def to_input(images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Take grey values 0..255, shape (N, ...), to network inputs in [-1, 1], shape (N, n_in).

    The map is v / 255 * 2 - 1, as in the authors' generator of Shapeset-3x2.
    """
    return images.flatten(1).to(dtype).mul_(2 / 255).sub_(1)
