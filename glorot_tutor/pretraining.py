"""Denoising auto-encoders (Vincent et al. 2008): hidden layers that learn before any label is seen.

Fine-tuning after them gives the lowest curve of the paper's figure 11 (section 5). One layer after
the other, the first one first, learns to restore its inputs from a noisy copy of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import between, one_of, positive, whole
from glorot_tutor.nets import DeepNet
from glorot_tutor.streams import Stream, to_input

_ENDS = (-1, 0)  # where the values of a layer may begin; all of them end at 1

PRETRAINABLE = tuple(
    name
    for name, row in ACTIVATIONS.items()
    if row.range[0] in _ENDS and row.range[1] == 1 and row.slope is not None
)
"""Activation functions of layers that can be pre-trained: their values are shares of a range."""

BLOCK = 100
"""Updates made at a time: where pre-training can be stopped and gone on with."""


@dataclass(frozen=True)
class Pretraining:
    """How hidden layers are pre-trained.

    Attributes
    ----------
    corruption
        Share of a layer's inputs that is set to 0, each input by chance of its own.
    learning_rate
        Constant.
    updates
        Of each layer.
    batch_size
        Examples of an update.

    Raises
    ------
    UsageError
        If one of them lies outside its range.
    """

    corruption: float = 0.25
    learning_rate: float = 0.01
    updates: int = 100_000
    batch_size: int = 10

    def __post_init__(self) -> None:
        # floats whatever was given, since a record is named by them
        object.__setattr__(self, "corruption", between("corruption", self.corruption, 0, 1))
        object.__setattr__(self, "learning_rate", positive("learning_rate", self.learning_rate))
        whole("updates", self.updates, 1)
        whole("batch_size", self.batch_size, 1)


class Masks:
    """Which inputs the noise spares: a sequence without end, each layer having its own.

    As in a `Stream`, the mask of example n is always the same, so resuming is reading on.

    Parameters
    ----------
    seed
        Whole number from 0 to 2**63 - 1.
    layer
        1 for the first hidden layer.
    n_in
        Inputs of the layer.
    corruption
        Share of them that is not spared, 0 to 1, in steps of 1 / 65,536.
    """

    def __init__(self, seed: int, layer: int, n_in: int, corruption: float) -> None:
        self.key = np.array(
            [whole("seed", seed, 0, 2**63 - 1), whole("layer", layer, 1)], np.uint64
        )
        self.n_in = whole("n_in", n_in, 1)
        self.bound = round(between("corruption", corruption, 0, 1) * 2**16)

    def read(self, start: int, count: int) -> Tensor:
        """Masks of examples ``start .. start + count - 1``, bool, shape (count, n_in)."""
        steps = -(-self.n_in // 16)  # a step of the counter gives 256 bits, an input takes 16
        source = np.random.Philox(key=self.key).advance(start * steps)
        words = source.random_raw(count * steps * 4).astype("<u8").view("<u2")
        return torch.from_numpy(words.reshape(count, -1)[:, : self.n_in] >= self.bound)


class Autoencoder:
    """A hidden layer z = f(x W + b), and the way back y = g(z W' + c) by the same weights.

    Here x are inputs between `low` and 1, and g is the function that has this range: tanh from -1,
    the logistic function from 0. The cost is the cross-entropy of x and y, both taken as shares
    of the range, summed over the inputs.

    Parameters
    ----------
    linear
        The layer's weights W and biases b, changed in place; c begins at 0.
    activation
        One of `PRETRAINABLE`: f.
    low
        -1 or 0.
    """

    def __init__(self, linear: nn.Linear, activation: str, low: float) -> None:
        row = ACTIVATIONS[one_of("activation", activation, PRETRAINABLE)]
        assert row.slope is not None
        self.function, self.slope = row.module(), row.slope
        self.weight, self.bias = linear.weight.detach(), linear.bias.detach()
        self.offset = self.weight.new_zeros(linear.in_features)
        self.low, self.range = low, 1 - low

    def encode(self, x: Tensor) -> Tensor:
        """Take inputs to z, shape (N, fan_out)."""
        z: Tensor = self.function(functional.linear(x, self.weight, self.bias))
        return z

    def cost(self, x: Tensor, noisy: Tensor) -> Tensor:
        """Cross-entropy between inputs and what is restored, in nats; mean over the examples."""
        return self._entropy(x, self._decoded(self.encode(noisy)))

    def least(self, x: Tensor) -> Tensor:
        """Cost where every input is restored without error: the entropy of x, in nats."""
        share = (x - self.low) / self.range
        return -(torch.xlogy(share, share) + torch.xlogy(1 - share, 1 - share)).sum(1).mean()

    def update(self, x: Tensor, noisy: Tensor, learning_rate: float) -> float:
        """Make one step of gradient descent; return the cost before it.

        The slope of the cost by z W' + c is y - x. W has two slopes, one for each way that it is
        used, and they add up.
        """
        z = self.encode(noisy)
        decoded = self._decoded(z)
        cost = self._entropy(x, decoded)
        at_output = (self._squashed(decoded) - x) / len(x)
        at_hidden = at_output @ self.weight.T * self.slope(z)
        # the sum of both products as one product: the weights, which are large, are read once
        left, right = torch.cat([at_hidden, z]), torch.cat([noisy, at_output])
        self.weight.addmm_(left.T, right, alpha=-learning_rate)
        self.bias.sub_(at_hidden.sum(0), alpha=learning_rate)
        self.offset.sub_(at_output.sum(0), alpha=learning_rate)
        return cost.item()

    def _decoded(self, z: Tensor) -> Tensor:
        return z @ self.weight + self.offset

    def _squashed(self, decoded: Tensor) -> Tensor:
        return self.low + self.range * torch.sigmoid(self.range * decoded)

    def _entropy(self, x: Tensor, decoded: Tensor) -> Tensor:
        share = (x - self.low) / self.range
        each = functional.binary_cross_entropy_with_logits(
            self.range * decoded, share, reduction="none"
        )
        return each.sum(1).mean()


class Pretrainer:
    """Takes the hidden layers of a network through pre-training, in place, the first one first.

    The layers below the one that learns stay as they are by then, and give it their values without
    noise. Its updates go on in the stream where those of the layer below have ended; the labels are
    not looked at.

    Parameters
    ----------
    net
        Its activation is one of `PRETRAINABLE`.
    stream
        Where the images come from.
    how
        The settings.
    seed
        Of the noise.
    """

    def __init__(self, net: DeepNet, stream: Stream, how: Pretraining, seed: int) -> None:
        self.low = ACTIVATIONS[one_of("activation", net.activation, PRETRAINABLE)].range[0]
        self.net, self.stream, self.how, self.seed = net, stream, how, seed
        self.go_on(0)

    def go_on(self, done: int, offset: Tensor | None = None) -> None:
        """Go on after so many updates of all layers; `offset` is c of the layer that learns."""
        self.done = done
        self._begin(min(done // self.how.updates, self.net.depth - 1) + 1)
        if offset is not None and done % self.how.updates:  # at 0 a layer begins with its own
            self.coder.offset.copy_(offset)

    @property
    def total(self) -> int:
        """Updates of all layers."""
        return self.net.depth * self.how.updates

    @torch.no_grad()
    def advance(self) -> tuple[int, int, float, float]:
        """Make the next updates, at most `BLOCK` of them.

        Returns
        -------
        update, layer, cost, least
            The updates made by now, those of the layers below counted in; the layer; and in nats,
            as means over these updates, the cost before each and what it would be if the inputs
            were restored without error.
        """
        layer, update = self.done // self.how.updates + 1, self.done % self.how.updates
        if update == 0:
            self._begin(layer)
        size, count = self.how.batch_size, min(BLOCK, self.how.updates - update)
        x = self._inputs(layer, self.done * size, count * size)
        noisy = x * self.masks.read(update * size, count * size)
        costs = [
            self.coder.update(*batch, self.how.learning_rate)
            for batch in zip(x.split(size), noisy.split(size), strict=True)
        ]
        self.done += count
        return self.done, layer, float(np.mean(costs)), self.coder.least(x).item()

    def _begin(self, layer: int) -> None:
        linear = self.net.linears[layer - 1]
        assert isinstance(linear, nn.Linear)
        low = -1 if layer == 1 else self.low  # images are between -1 and 1
        self.coder = Autoencoder(linear, self.net.activation, low)
        self.masks = Masks(self.seed, layer, linear.in_features, self.how.corruption)

    def _inputs(self, layer: int, start: int, count: int) -> Tensor:
        images, _ = self.stream.read(start, count)
        x = to_input(images, self.coder.weight.dtype)
        for linear, activation in zip(
            self.net.linears[: layer - 1], self.net.activations, strict=False
        ):
            x = activation(linear(x))
        return x
