"""What every source of examples offers, generated or read from files, and how it is fed."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import torch
from torch import Tensor

_EXAMPLES = 2000  # generators are quick in large blocks; two of them as inputs are 16 MB


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


class Feed:
    """Network inputs from a stream, made ahead of use so that training never waits for them.

    While one block is used, a thread of its own makes the next. What is read depends on the
    update's number alone, so it does not matter when or in which portions it is asked for.

    Parameters
    ----------
    stream
        Where the examples come from; update u takes those from ``u * batch_size`` on.
    batch_size
        Examples to an update.
    dtype
        Of the inputs.
    """

    def __init__(self, stream: Stream, batch_size: int, dtype: torch.dtype) -> None:
        self.stream, self.batch_size, self.dtype = stream, batch_size, dtype
        self.block = max(1, _EXAMPLES // batch_size)
        self._maker = ThreadPoolExecutor(1)
        self._blocks: dict[int, Future[tuple[Tensor, Tensor]]] = {}

    def read(self, update: int, most: int) -> tuple[Tensor, Tensor]:
        """Return inputs and classes of `most` updates from `update` on, or of fewer.

        Returns
        -------
        x
            Shape (n * batch_size, n_in), values in [-1, 1], for n updates, 1 at least.
        y
            int64, shape (n * batch_size,).
        """
        number, skipped = divmod(update, self.block)
        for wanted in (number, number + 1):
            if wanted not in self._blocks:
                self._blocks[wanted] = self._maker.submit(self._make, wanted)
        self._blocks = {key: made for key, made in self._blocks.items() if key >= number}
        x, y = self._blocks[number].result()
        some = slice(skipped * self.batch_size, (skipped + most) * self.batch_size)
        return x[some], y[some]

    def close(self) -> None:
        """End the thread; a block being made is finished first."""
        self._maker.shutdown(cancel_futures=True)

    def _make(self, number: int) -> tuple[Tensor, Tensor]:
        count = self.block * self.batch_size
        images, labels = self.stream.read(number * count, count)
        return to_input(images, self.dtype), labels
