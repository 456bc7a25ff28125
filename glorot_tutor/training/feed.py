"""Examples made ahead of use, so that training never waits for a generator."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from glorot_tutor.streams import Stream, to_input

_EXAMPLES = 2000  # generators are quick in large blocks; two of them as inputs are 16 MB


class Feed:
    """Network inputs from a stream, in blocks of whole mini-batches.

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
