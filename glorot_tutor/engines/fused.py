"""Equations 2 and 3 by hand: no graph, no gradient of the weights ever stored."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.engines.base import LIMIT, Engine
from glorot_tutor.engines.plain import another_function, odd_weights
from glorot_tutor.nets import DeepNet

SLOPES = {name: row.slope for name, row in ACTIVATIONS.items() if row.slope is not None}
"""f'(s) as a function of z = f(s), for those that do not need s itself."""


class FusedEngine(Engine):
    """The updates of `AutogradEngine`, written out in torch's matrix products.

    It is what the compiled engine computes, for every batch size and without Numba.
    """

    net: DeepNet

    @classmethod
    def cannot(cls, net: nn.Module, cost: str = "nll", batch_size: int = 10) -> str:
        """Say what makes `net` more than a plain `DeepNet` on the CPU; an empty text if nothing."""
        return another_function(net) or odd_weights(net)

    @property
    def linears(self) -> list[nn.Linear]:
        """The network's weight layers, lowest first."""
        return [cast(nn.Linear, linear) for linear in self.net.linears]

    @torch.no_grad()
    def _run(self, x: Tensor, y: Tensor) -> Tensor:
        costs = []
        for x_batch, y_batch in zip(
            x.split(self.batch_size), y.split(self.batch_size), strict=True
        ):
            zs = self._up(x_batch)
            cost, delta = self._cost(zs.pop(), y_batch)
            if not cost <= LIMIT:
                break
            self._down(zs, delta)
            costs.append(cost)
        return torch.tensor(costs, dtype=torch.float64, device="cpu")

    def _up(self, x: Tensor) -> list[Tensor]:
        """Return z^0 = x, z^1, ..., and the logits."""
        zs = [x]
        for linear, activation in zip(self.linears[:-1], self.net.activations, strict=True):
            zs.append(activation(linear(zs[-1])))
        return [*zs, self.linears[-1](zs[-1])]

    def _cost(self, logits: Tensor, y: Tensor) -> tuple[float, Tensor]:
        """Mean cost, and dCost/ds of the output for each example's own cost."""
        log_p = logits.log_softmax(1)
        p = log_p.exp()
        distance = p - functional.one_hot(y, logits.shape[1])
        if self.cost == "nll":
            return functional.nll_loss(log_p, y).item(), distance
        along = p * distance
        cost = distance.square().sum(1).mean() / 2
        return cost.item(), along - p * along.sum(1, keepdim=True)

    def _down(self, zs: list[Tensor], delta: Tensor) -> None:
        for i in range(len(zs) - 1, -1, -1):
            # eq. 2 takes the weights from before the update
            below = delta @ self.linears[i].weight if i else delta
            self._move(i, zs[i], delta)
            if i:
                delta = below * SLOPES[self.net.activation](zs[i])

    def _move(self, i: int, z: Tensor, delta: Tensor) -> None:
        """Update layer i, 0 being the lowest, by eq. 3: z lies below it, delta is dCost/ds."""
        linear, step = self.linears[i], -self.learning_rate / self.batch_size
        linear.weight.addmm_(delta.T, z, alpha=step)
        linear.bias.add_(delta.sum(0), alpha=step)
