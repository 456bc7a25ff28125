"""Adam (Kingma and Ba 2015): every weight at a rate of its own, from its gradients' two moments."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from glorot_tutor.engines.autograd import AutogradEngine

MOMENTS = ("exp_avg", "exp_avg_sq")
"""Running means of a weight's gradient and of its square, as torch calls them."""


class AdamEngine(AutogradEngine):
    """Updates by `torch.optim.Adam` with the rates of its authors, beta 0.9 and 0.999.

    The network keeps both moments and the number of updates in buffers, so that they are in its
    checkpoints: a run that is resumed goes on bit for bit.

    Parameters
    ----------
    net, learning_rate, cost, batch_size
        See `Engine`; it computes on the CPU.
    """

    def __init__(
        self, net: nn.Module, learning_rate: float, cost: str = "nll", batch_size: int = 10
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        for i, weight in enumerate(p for p in net.parameters() if p.requires_grad):
            self._keep(f"adam_step_{i}", torch.zeros(()))
            for moment in MOMENTS:
                self._keep(f"adam_{moment}_{i}", torch.zeros_like(weight))

    def _keep(self, name: str, start: Tensor) -> None:
        if not hasattr(self.net, name):
            self.net.register_buffer(name, start.detach())

    def _optimizer(self, trained: list[nn.Parameter]) -> torch.optim.Optimizer:
        # fused: one pass over the weights, which moves the tensors of its state in place
        optimizer = torch.optim.Adam(trained, lr=self.learning_rate, fused=True)
        for i, weight in enumerate(trained):
            state: dict[str, Any] = {"step": self.net.get_buffer(f"adam_step_{i}")}
            state |= {name: self.net.get_buffer(f"adam_{name}_{i}") for name in MOMENTS}
            optimizer.state[weight] = state
        return optimizer
