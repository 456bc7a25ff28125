"""What every engine offers: updates of plain SGD on mini-batches of consecutive examples."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from glorot_tutor.checks import UsageError, one_of, positive, whole
from glorot_tutor.nets import DeepNet

COSTS = ("nll", "quadratic")
"""Costs of section 4.1, both means over the mini-batch: the negative log-likelihood in nats, and
half the squared distance between the softmax output and the one-hot target."""

LIMIT = 1000.0
"""A cost above this, or one that is no number, means that the run has diverged.

A round number, far above the costs that learning comes back from: the first update of a wide
sigmoid network, whose units all say the same, goes dozens of nats beyond its aim, and the next ones
mend it. Bounded activations hardly ever get here; at too high a rate they err for good instead.
"""


class Engine(ABC):
    """Takes a network through updates theta <- theta - learning_rate * dCost/dtheta (section 2.3).

    The network's own parameters are changed in place: whoever holds the network sees every
    update. Its dtype, float32 or float64, is the one that is computed in.

    Parameters
    ----------
    net
        The network to train.
    learning_rate
        Constant, positive.
    cost
        One of `COSTS`.
    batch_size
        Examples in a mini-batch, at least 1.

    Raises
    ------
    UsageError
        If an argument lies outside its range.
    """

    def __init__(
        self, net: DeepNet, learning_rate: float, cost: str = "nll", batch_size: int = 10
    ) -> None:
        self.net = net
        self.learning_rate = positive("learning_rate", learning_rate)
        self.cost = one_of("cost", cost, COSTS)
        self.batch_size = whole("batch_size", batch_size, 1)
        if self.dtype not in (torch.float32, torch.float64):
            raise UsageError(f"the network is {self.dtype}: make it float32 or float64.")

    @property
    def dtype(self) -> torch.dtype:
        """Of the network's parameters, and of the inputs that `run` takes."""
        return self.net.weight(1).dtype

    @property
    def linears(self) -> list[nn.Linear]:
        """The network's weight layers, lowest first."""
        return [linear for linear in self.net.linears if isinstance(linear, nn.Linear)]

    def run(self, x: Tensor, y: Tensor) -> Tensor:
        """Make one update for each mini-batch of `x` and `y`, in order.

        Parameters
        ----------
        x
            Inputs, shape (updates * batch_size, n_in), of the network's dtype.
        y
            Classes, int64, shape (updates * batch_size,).

        Returns
        -------
        Tensor
            float64, the cost of each mini-batch before its update. Shorter than `updates` if
            the run diverged: then it ends before the first cost that is above `LIMIT` or no
            number, and the weights are those which that cost comes from.

        Raises
        ------
        UsageError
            If the shapes, the dtypes or the classes do not fit the network.
        """
        n_in, n_out = self.net.sizes[0], self.net.sizes[-1]
        if x.shape != (len(y), n_in) or x.dtype != self.dtype or len(y) % self.batch_size:
            raise UsageError(
                f"x is {x.dtype} of shape {tuple(x.shape)}: give {self.dtype} of shape "
                f"({len(y)}, {n_in}), and whole mini-batches of {self.batch_size}."
            )
        if y.dtype != torch.int64 or y.ndim != 1 or ((y < 0) | (y >= n_out)).any():
            raise UsageError(f"y must hold one class for each example, int64, 0 to {n_out - 1}.")
        return self._run(x, y) if len(y) else torch.empty(0, dtype=torch.float64)

    @abstractmethod
    def _run(self, x: Tensor, y: Tensor) -> Tensor: ...
