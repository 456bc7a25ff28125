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


def to_input(images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """Take grey values 0..255, shape (N, ...), to network inputs in [-1, 1], shape (N, n_in).

    The map is v / 255 * 2 - 1, as in the authors' generator of Shapeset-3x2.
    """
    return images.flatten(1).to(dtype).mul_(2 / 255).sub_(1)
