"""Second-order information (section 5): every weight at a rate of its own.

The paper names two sources of it and shows no numbers: the diagonal of the Hessian, as LeCun et al.
(1998) estimate it by propagating squared slopes back, and the variance of the gradients.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from glorot_tutor.checks import one_of
from glorot_tutor.engines.base import SCALED
from glorot_tutor.engines.fused import SLOPES, FusedEngine

LEAST = 0.1
"""Added to each weight's curvature, as a share of the mean one: no rate is more than ten times the
learning rate."""

EVERY = 10
"""Updates from one estimate to the next; each looks at one mini-batch."""

MEMORY = 100
"""Estimates that the running mean goes back, about; the first ones are averaged evenly."""


class ScaledEngine(FusedEngine):
    """Updates theta <- theta - learning_rate / (c / mean(c) + LEAST) dCost/dtheta.

    c is a running mean of each weight's curvature, and mean(c) that over all weights, so that the
    learning rate is on the scale of plain descent's. By the rule `hessian` c is the diagonal of
    the Hessian without second derivatives of f, each layer's curvatures taken as independent:
    h_s = p (1 - p) at the softmax output, h_z = W^2 h_s and h_s = f'(s)^2 h_z on the way down,
    c = h_s z^2 for a weight, averaged over examples. By the rule `variance` it is the mean square
    of the gradients of single examples.

    The network keeps c and the number of updates in buffers, so that they are in its
    checkpoints.

    Parameters
    ----------
    net, learning_rate, cost, batch_size
        See `Engine`.
    rule
        One of `SCALED`.
    """

    def __init__(
        self,
        net: nn.Module,
        learning_rate: float,
        cost: str = "nll",
        batch_size: int = 10,
        rule: str = SCALED[0],
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        self.rule = one_of("rule", rule, SCALED)
        self._seen = f"{self.rule}_updates"
        for i, linear in enumerate(self.linears):
            if not hasattr(net, f"{self.rule}_{i}"):
                # the bias is the last column, as the weight of an input that is always 1
                shape = len(linear.weight), linear.weight.shape[1] + 1
                net.register_buffer(f"{self.rule}_{i}", linear.weight.new_zeros(shape))
        if not hasattr(net, self._seen):
            net.register_buffer(self._seen, torch.zeros((), dtype=torch.int64))
        self._rates: list[Tensor] = []

    @classmethod
    def cannot(cls, net: nn.Module, cost: str = "nll", batch_size: int = 10) -> str:
        """Say what makes `net` more than a plain `DeepNet`; the log-likelihood is the only cost."""
        if cost != "nll":
            return f"curvatures of the {cost} cost are not worked out here"
        return super().cannot(net, cost, batch_size)

    @property
    def curvatures(self) -> list[Tensor]:
        """Running means c by layer, lowest first, shape (fan_out, fan_in + 1): biases last."""
        return [self.net.get_buffer(f"{self.rule}_{i}") for i in range(len(self.linears))]

    @torch.no_grad()
    def _down(self, zs: list[Tensor], delta: Tensor) -> None:
        seen = self.net.get_buffer(self._seen)
        if not int(seen) % EVERY:
            share = 1 / min(int(seen) // EVERY + 1, MEMORY)
            for c, now in zip(self.curvatures, self.estimate(zs, delta), strict=True):
                c.lerp_(now, share)
            self._rates = []
        seen += 1
        self._rates = self._rates or self._scaled()
        super()._down(zs, delta)

    def _move(self, i: int, z: Tensor, delta: Tensor) -> None:
        linear, rate = self.linears[i], self._rates[i]
        linear.weight.addcmul_(rate[:, :-1], delta.T @ z, value=-1 / self.batch_size)
        linear.bias.addcmul_(rate[:, -1], delta.sum(0), value=-1 / self.batch_size)

    def estimate(self, zs: list[Tensor], delta: Tensor) -> list[Tensor]:
        """Curvatures of one mini-batch, by layer.

        Parameters
        ----------
        zs
            z^0 = x to the top hidden layer's activations, each of shape (N, n).
        delta
            dCost/ds of the output, the predicted probabilities less the one-hot target.
        """
        found = []
        # whichever class is right, |delta| is p or 1 - p
        h = delta.square() if self.rule == "variance" else delta.abs() * (1 - delta.abs())
        for i in range(len(zs) - 1, -1, -1):
            z = torch.nn.functional.pad(zs[i], (0, 1), value=1.0)
            found.append(h.T @ z.square() / len(z))
            if i:
                weight, slope = self.linears[i].weight, SLOPES[self.net.activation](zs[i])
                if self.rule == "variance":
                    delta = delta @ weight * slope
                    h = delta.square()
                else:
                    h = h @ weight.square() * slope.square()
        return found[::-1]

    def _scaled(self) -> list[Tensor]:
        total = torch.stack([c.sum() for c in self.curvatures]).sum()
        mean = total / sum(c.numel() for c in self.curvatures)
        tiny = torch.finfo(mean.dtype).tiny  # of a network that is certain of everything it is 0
        return [self.learning_rate / (c / mean.clamp(tiny) + LEAST) for c in self.curvatures]
