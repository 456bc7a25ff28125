"""Where a run is, what it gave, and how a network does on a set of images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor.engines import in_mode
from glorot_tutor.streams import to_input

CURVE = ["update", "split", "nll", "error"]
STATISTICS = ["update", "layer", "quantity", "statistic", "value"]
ANSWERS = ["update", "split", "classes"]

_BLOCK = 1000  # images evaluated at once


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
