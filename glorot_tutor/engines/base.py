"""What every engine offers: updates of plain SGD on mini-batches of consecutive examples."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from glorot_tutor.checks import RunError, UsageError, one_of, positive, whole
from glorot_tutor.engines.plain import another_function

COSTS = ("nll", "quadratic")
"""Costs of section 4.1, both means over the mini-batch: the negative log-likelihood in nats, and
half the squared distance between the softmax output and the one-hot target."""

SCALED = ("hessian", "variance")
"""Rules that give each weight a rate by its curvature (see `ScaledEngine`)."""

RULES = ("sgd", *SCALED, "adam")
"""How an update follows from the gradient: one rate for all weights, or one for each (see
`ScaledEngine` and `AdamEngine`)."""

DEVICES = ("cpu", "cuda", "mps")
"""Where the readable engine can compute."""

LIMIT = 1000.0
"""A cost above this, or one that is no number, means that the run has diverged.

A round number, far above the costs that learning comes back from: the first update of a wide
sigmoid network, whose units all say the same, goes dozens of nats beyond its aim, and the next ones
mend it. Bounded activations hardly ever get here; at too high a rate they err for good instead.
"""


@cache
def tell_once(sentence: str) -> None:
    """Log a warning, which goes to standard error if nobody listens; the same one only once."""
    logging.getLogger("glorot_tutor.engines").warning(sentence)


@contextmanager
def in_mode(net: nn.Module, training: bool) -> Iterator[None]:
    """Put a network into training or evaluation mode, and each module back into its own after."""
    before = [(module, module.training) for module in net.modules()]
    net.train(training)
    try:
        yield
    finally:
        for module, mode in before:
            module.training = mode


@contextmanager
def undone_if_it_fails(net: nn.Module) -> Iterator[None]:
    """Put all that training moves back if the block raises: a refusal must leave no trace.

    That a network's output does not fit is seen only after its forward pass, which moves the
    averages of batch normalization and draws from the random state.
    """
    trained = [p for p in net.parameters() if p.requires_grad]
    state = {t: t.detach().clone() for t in [*trained, *net.buffers()] if not t.is_inference()}
    buffers = [(module, dict(module._buffers)) for module in net.modules()]
    gradients = {p: p.grad for p in trained}
    devices = {t.device for t in state if t.device.type == "cuda"}
    chance = torch.get_rng_state(), {d: torch.cuda.get_rng_state(d) for d in devices}
    try:
        yield
    except BaseException:
        for module, kept in buffers:  # a module may have put another tensor in the place of one
            module._buffers.update(kept)
        with torch.no_grad():
            for tensor, value in state.items():
                tensor.copy_(value)
        for parameter, gradient in gradients.items():
            parameter.grad = gradient
        torch.set_rng_state(chance[0])
        for device, of_device in chance[1].items():
            torch.cuda.set_rng_state(of_device, device)
        raise


class Engine(ABC):
    """Takes a network through updates theta <- theta - learning_rate * dCost/dtheta (section 2.3).

    The network's own parameters are changed in place: whoever holds the network sees every
    update. Its dtype is the one that is computed in.

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
        If an argument lies outside its range, or the engine cannot compute these updates.
    """

    def __init__(
        self, net: nn.Module, learning_rate: float, cost: str = "nll", batch_size: int = 10
    ) -> None:
        check_module(net)
        self.net: Any = net
        self.held = False
        self.learning_rate = positive("learning_rate", learning_rate)
        self.cost = one_of("cost", cost, COSTS)
        self.batch_size = whole("batch_size", batch_size, 1)
        if reason := self.cannot(net, self.cost, self.batch_size):
            raise UsageError(f"{type(self).__name__} cannot train this network: {reason}.")

    @classmethod
    @abstractmethod
    def cannot(cls, net: nn.Module, cost: str = "nll", batch_size: int = 10) -> str:
        """Say why this engine cannot compute these updates; an empty text if it can."""

    @property
    def dtype(self) -> torch.dtype:
        """Of the network's parameters, and of the inputs that `run` takes."""
        return next(p.dtype for p in self.net.parameters() if p.is_floating_point())

    def hold(self) -> None:
        """Keep the weights in the engine's own memory from run to run, where it has such memory.

        Otherwise each run fetches them and hands them back, which costs about as much as an
        update or two. The network shows its weights as they are meanwhile, but they must not
        be moved or change their dtype.
        """
        self.held = True

    def release(self) -> None:
        """Give the network its weights back, in the memory where they were before `hold`."""
        self.held = False

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Hold the weights inside the block; inside another such block nothing changes."""
        if self.held:
            yield
            return
        self.hold()
        try:
            yield
        finally:
            self.release()

    def run(self, x: Tensor, y: Tensor) -> Tensor:
        """Make one update for each mini-batch of `x` and `y`, in order.

        The network is in training mode meanwhile, and in its former mode afterwards.

        Parameters
        ----------
        x
            Inputs, shape (updates * batch_size, ...), of the network's dtype.
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
        RunError
            If the network was changed, and is one that the engine cannot compute.

        When it is refused, the network is as it was before.
        """
        self._check(x, y)
        if not len(y):
            return torch.empty(0, dtype=torch.float64, device="cpu")
        if reason := self._changed():
            raise RunError(
                f"the network was changed after the engine was made: {reason}; make a new engine."
            )
        with in_mode(self.net, training=True):
            costs = self._run(x, y)
        for parameter in self.net.parameters():
            if parameter.requires_grad:
                parameter.grad = None  # what a backward pass of somebody else's has left
        return costs

    def _check(self, x: Tensor, y: Tensor) -> None:
        if not (isinstance(x, Tensor) and isinstance(y, Tensor) and x.ndim and y.ndim):
            raise UsageError(
                "x and y must be tensors, with the examples along the first dimension."
            )
        if torch.strided != x.layout or torch.strided != y.layout:
            raise UsageError("x or y is sparse: give x.to_dense() and y.to_dense().")
        known = not another_function(self.net)
        shape = (self.net.sizes[0],) if known else tuple(x.shape[1:])
        fits = x.shape == (len(y), *shape) and not len(y) % self.batch_size
        if not fits or (x.dtype != self.dtype and (known or x.is_floating_point())):
            raise UsageError(
                f"x is {x.dtype} of shape {tuple(x.shape)}: give {self.dtype} of shape "
                f"{(len(y), *shape)}, and whole mini-batches of {self.batch_size}."
            )
        check_classes(y, self.net.sizes[-1] if known else None)

    def _changed(self) -> str:
        return self.cannot(self.net, self.cost, self.batch_size)

    @abstractmethod
    def _run(self, x: Tensor, y: Tensor) -> Tensor: ...


def check_module(net: Any) -> None:
    """Raise `UsageError` if `net` is no module: a compiled module compiled again is a function."""
    if not isinstance(net, nn.Module):
        raise UsageError(f"net is of type {type(net).__name__}: give a torch.nn.Module.")


def check_classes(y: Tensor, count: int | None = None) -> None:
    """Raise `UsageError` if `y` does not hold one class of `count` for each example."""
    highest = "" if count is None else f" to {count - 1}"
    wrong = y.dtype != torch.int64 or y.ndim != 1
    if wrong or (y < 0).any() or (count is not None and (y >= count).any()):
        raise UsageError(f"y must hold one class for each example, int64, from 0{highest}.")
