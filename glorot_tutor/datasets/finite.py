"""A finite data set as a stream: epoch after epoch, each in an order of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from glorot_tutor.checks import whole
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.datasets.order import MONITOR, ORDER, shuffled

MONITORED = 300
"""Test examples on which activations are watched (section 3)."""


class FiniteStream:
    """The training examples of a finite data set, without end; a `Stream`.

    Examples ``k * epoch .. (k + 1) * epoch - 1`` are every training example exactly once, in an
    order that depends on the seed and k alone.

    Parameters
    ----------
    examples
        The training examples, at least one.
    n_classes
        Number of classes.
    seed
        Whole number from 0 to 2**63 - 1.

    Raises
    ------
    UsageError
        If the seed is none of these.
    """

    def __init__(self, examples: Labelled, n_classes: int, seed: int) -> None:
        self.seed = whole("seed", seed, 0, 2**63 - 1)
        self.n_in = int(np.prod(examples.images.shape[1:]))
        self.n_classes = n_classes
        self.epoch = len(examples)
        self._examples = examples
        self._order = -1, np.empty(0, np.int64)

    def __repr__(self) -> str:
        return f"FiniteStream({self.epoch:,} examples, seed={self.seed})"

    def read(self, start: int, count: int) -> tuple[Tensor, Tensor]:
        """Return examples ``start .. start + count - 1``.

        Returns
        -------
        images
            uint8, shape (count, ...), as in the data set.
        labels
            int64, shape (count,).

        Raises
        ------
        UsageError
            If `start` or `count` is not a whole number of at least 0.
        """
        start = whole("start", start, 0, 2**63 - 1)
        end = start + whole("count", count, 0, 2**63 - 1 - start)
        chosen = [np.empty(0, np.int64)]
        while start < end:
            number, skipped = divmod(start, self.epoch)
            chosen.append(self._epoch(number)[skipped : skipped + end - start])
            start += len(chosen[-1])
        images, labels = self._examples.take(np.concatenate(chosen)).arrays()
        return torch.from_numpy(images), torch.from_numpy(labels)

    def _epoch(self, number: int) -> NDArray[np.int64]:
        kept, order = self._order
        if kept != number:
            order = shuffled(self.seed, ORDER, number * self.epoch, self.epoch)
            # one assignment: a second thread sees the old pair or the new one
            self._order = number, order
        return order


class FiniteSource:
    """A finite data set by name; a `Source` whose files are read when first needed.

    Parameters
    ----------
    name
        As the command line spells it.
    classes
        What each label means.
    shape
        Of one image: [row, column] or [channel, row, column].
    load
        Reads the examples; may raise `RunError`.
    """

    def __init__(
        self,
        name: str,
        classes: tuple[str, ...],
        shape: tuple[int, ...],
        load: Callable[[], Examples],
    ) -> None:
        self.name, self.classes, self.shape = name, classes, shape
        self.n_in, self.n_classes = int(np.prod(shape)), len(classes)
        self._load = load

    def __repr__(self) -> str:
        return f"FiniteSource({self.name!r})"

    @cached_property
    def examples(self) -> Examples:
        """Everything in the data set; raises `RunError` where the files are missing or damaged."""
        return self._load()

    @property
    def epoch(self) -> int:
        """Training examples of one pass."""
        return len(self.examples.train)

    def stream(self, seed: int) -> FiniteStream:
        """Return the training examples in the order that belongs to a seed."""
        return FiniteStream(self.examples.train, self.n_classes, seed)

    def validation_set(self) -> tuple[Tensor, Tensor]:
        """Images (uint8, shape (N, ...)) and labels (int64) of the validation examples."""
        return _tensors(self.examples.validation)

    def test_set(self) -> tuple[Tensor, Tensor]:
        """Images (uint8, shape (N, ...)) and labels (int64) of the test examples."""
        return _tensors(self.examples.test)

    def monitored_set(self) -> tuple[Tensor, Tensor]:
        """Images and labels of 300 test examples, or of all if there are fewer.

        They are drawn, the same for everybody: the first half of MNIST's test examples is easier
        than the second.
        """
        test = self.examples.test
        return _tensors(test.take(shuffled(0, MONITOR, 0, len(test))[:MONITORED]))


def _tensors(examples: Labelled) -> tuple[Tensor, Tensor]:
    images, labels = examples.arrays()
    return torch.from_numpy(images), torch.from_numpy(labels)
