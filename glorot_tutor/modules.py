"""Activation functions that torch has no module for."""

from __future__ import annotations

from torch import Tensor, nn


class ScaledTanh(nn.Module):
    """Take pre-activations s to height * tanh(rate * s), entry by entry."""

    def __init__(self, height: float, rate: float) -> None:
        super().__init__()
        self.height, self.rate = height, rate

    def forward(self, s: Tensor) -> Tensor:
        """Take s to z, same shape."""
        return self.height * (self.rate * s).tanh()

    def extra_repr(self) -> str:
        """Name both numbers."""
        return f"height={self.height:g}, rate={self.rate:g}"
