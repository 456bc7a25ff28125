"""What a run records: when it is looked at, where it is, what it gave, how a network does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor.checks import whole
from glorot_tutor.engines import in_mode
from glorot_tutor.streams import to_input

CURVE = ["update", "split", "nll", "error"]
STATISTICS = ["update", "layer", "quantity", "statistic", "value"]
ANSWERS = ["update", "split", "classes"]

MOST = 10**9
"""Updates of the longest run: 200 times the paper's, and its schedule fits the memory."""

EPOCH = 20_000
"""Updates to a point on the figures' time axis, once learning is under way."""

EARLY = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000)
"""The first updates, where the layers change fastest."""

_TESTED_EARLY = (0, 1_000, 3_000, 10_000)  # an error moves later than the layers do


_BLOCK = 1000  # images evaluated at once


@dataclass(frozen=True)
class Schedule:
    """Updates at which a run is recorded, each ascending.

    Attributes
    ----------
    looks
        Statistics of the network are taken.
    tests
        The error on the test set is.
    landmarks
        The error on the validation set is, and the class that each test example is given.
    """

    looks: tuple[int, ...] = ()
    tests: tuple[int, ...] = ()
    landmarks: tuple[int, ...] = ()

    @classmethod
    def everything_at(cls, *updates: int) -> Schedule:
        """Record all there is at these updates."""
        points = tuple(sorted(set(updates)))
        return cls(points, points, points)

    @property
    def points(self) -> tuple[int, ...]:
        """Updates at which there is something to record, ascending."""
        return tuple(sorted({*self.looks, *self.tests, *self.landmarks}))


def recording_schedule(updates: int, epoch: int = EPOCH) -> Schedule:
    """Return when a run of `updates` updates is recorded.

    It is looked at after `EARLY` updates, twice an epoch for ten epochs, then once an epoch, and
    at its end; it is tested once an epoch, at some early points and at its end; its landmarks are
    the multiples of ten epochs and its end. With the paper's epochs all of it takes less than 3 %
    of the time at 5 x 1,000.

    Raises
    ------
    UsageError
        If `updates` is below 0 or above `MOST`.
    """
    last = whole("updates", updates, 0, MOST)
    epochs = range(epoch, last, epoch)
    looks = {*EARLY, *range(epoch // 2, 10 * epoch, epoch // 2), *epochs}
    tests = {*_TESTED_EARLY, *epochs}
    landmarks = set(range(10 * epoch, last, 10 * epoch))
    return Schedule(*(_until(last, points) for points in (looks, tests, landmarks)))


def _until(last: int, points: set[int]) -> tuple[int, ...]:
    return tuple(sorted({*(point for point in points if point < last), last}))


@dataclass
class State:
    """Where a run is: all that a checkpoint holds besides the weights.

    Attributes
    ----------
    update
        Updates done, and so the position in the stream: update u reads the examples from
        ``u * batch_size`` on.
    diverged_at
        Updates done before the first cost or recorded NLL that was above `engines.LIMIT` or no
        number; None if there was none.
    recorded
        Updates recorded so far.
    curve, statistics, answers
        Rows of the three frames.
    wall, cpu
        Seconds spent, all threads together for the latter.
    threads
        Torch's number of threads in each sitting, from one on in which it was noted; one that
        stayed the same is there once.
    """

    update: int = 0
    diverged_at: int | None = None
    recorded: list[int] = field(default_factory=list)
    curve: list[list[Any]] = field(default_factory=list)
    statistics: list[list[Any]] = field(default_factory=list)
    answers: list[list[Any]] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0
    threads: list[int] = field(default_factory=list)

    def outcome(self) -> Outcome:
        """Give what has been found so far, as frames."""
        return Outcome(
            self.update,
            self.diverged_at,
            pd.DataFrame(self.curve, columns=CURVE),
            pd.DataFrame(self.statistics, columns=STATISTICS),
            pd.DataFrame(self.answers, columns=ANSWERS),
            self.wall,
            self.cpu,
            tuple(self.threads),
        )


@dataclass(frozen=True)
class Outcome:
    """What a run gave.

    Attributes
    ----------
    updates
        Updates done; fewer than asked for only if the run diverged.
    diverged_at
        Update at which it diverged, or None.
    curve
        Columns update, split, nll (nats), error (%).
    statistics
        Columns update, layer, quantity, statistic, value.
    answers
        Columns update, split, classes: a text with the class given to each example in turn, a
        letter each (see `letters`).
    wall, cpu
        Seconds spent in all its sittings.
    threads
        Threads that they had (see `State`).
    """

    updates: int
    diverged_at: int | None
    curve: pd.DataFrame
    statistics: pd.DataFrame
    answers: pd.DataFrame
    wall: float
    cpu: float
    threads: tuple[int, ...] = ()


def evaluate(net: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean negative log-likelihood (nats) and misclassified share (%) on a set of images.

    Parameters
    ----------
    net
        The network.
    images, labels
        uint8, shape (N, ...), and int64, shape (N,), as a `Stream` gives them.
    """
    return score(logits_of(net, images), labels)


@torch.no_grad()
def logits_of(net: nn.Module, images: Tensor) -> Tensor:
    """What the output layer gives for each image, before the softmax: shape (N, n_out), float64.

    The network is in evaluation mode meanwhile, and in its former mode afterwards.
    """
    weight = next(parameter for parameter in net.parameters() if parameter.is_floating_point())
    with in_mode(net, training=False):
        blocks = [
            net(to_input(x, weight.dtype).to(weight.device)).cpu().double()
            for x in images.split(_BLOCK)
        ]
    return torch.cat(blocks)


def score(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean negative log-likelihood (nats) and misclassified share (%)."""
    wrong = (logits.argmax(1) != labels).sum().item()
    return functional.cross_entropy(logits, labels).item(), 100 * wrong / len(labels)


def letters(classes: Iterable[int]) -> str:
    """Write the class of each example as a letter, A for the first class."""
    return "".join(chr(ord("A") + label) for label in classes)
