"""The network of section 2.3: equal or unequal hidden layers under a softmax output."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError, one_of, positive, whole
from glorot_tutor.initializations import INITIALIZATIONS, PAPER, Initialization, Uniform, find

__all__ = ["ACTIVATIONS", "INITIALIZATIONS", "DeepNet", "weight_bound"]


def weight_bound(initialization: str, fan_in: int, fan_out: int, gain: float = 1.0) -> float:
    """Half-width of the uniform distribution that the paper draws the weights of one layer from.

    Parameters
    ----------
    initialization
        `"standard"`, eq. 1: ``1 / sqrt(fan_in)``; or `"normalized"`, eq. 16:
        ``sqrt(6) / sqrt(fan_in + fan_out)``.
    fan_in, fan_out
        Number of units below and above the weights, n_j and n_{j+1}.
    gain
        Free factor on the bound, positive; 1 is the paper's.

    Raises
    ------
    UsageError
        If the name is not known or a number is outside its range.
    """
    rule = INITIALIZATIONS[one_of("initialization", initialization, PAPER)].rule
    fans = whole("fan_in", fan_in, 1), whole("fan_out", fan_out, 1)
    return cast(Uniform, rule).bound(*fans, positive("gain", gain))


class DeepNet(nn.Module):
    """Hidden layers z = f(z W + b) under a softmax output (section 2.3).

    Layer 1 is the first hidden layer and layer ``depth + 1`` the output. `linears[i]` holds
    the paper's W^i (transposed, as torch does: shape ``(fan_out, fan_in)``) and its bias, 0 at
    the start; `activations[i]` takes the pre-activations s^i to the activations z^{i+1}.

    Parameters
    ----------
    n_in
        Inputs of one example.
    widths
        Units of each hidden layer, first to last; they may differ.
    n_out
        Classes.
    activation
        A key of `ACTIVATIONS`, used in every hidden layer.
    initialization
        A key of `INITIALIZATIONS` (or `"he"`, its `"he_normal"`), used for every weight matrix,
        the output's too.
    generator
        Source of the weights; the global random state is neither read nor changed.
    gain
        Free factor on the weights.

    The parameters are float32 whatever torch's default is, as `to_input` gives; `.to()` changes
    them as it does those of any module.

    Raises
    ------
    UsageError
        If a name is not known, a number is outside its range, or there is no generator.
    """

    def __init__(
        self,
        n_in: int,
        widths: Sequence[int],
        n_out: int,
        activation: str,
        initialization: str,
        generator: torch.Generator,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        one_of("activation", activation, ACTIVATIONS)
        whole("depth", len(widths), 1)
        sizes = [whole("n_in", n_in, 1), *(whole("width", w, 1) for w in widths)]
        sizes.append(whole("n_out", n_out, 2))
        if not isinstance(generator, torch.Generator):
            raise UsageError(
                f"generator is {generator!r}: give a torch.Generator, as "
                "torch.Generator().manual_seed(0) is one."
            )
        rule = find(initialization)
        self.activation, self.initialization = activation, rule.name
        self.gain = positive("gain", gain)
        self.linears = nn.ModuleList(
            _linear(fan_in, fan_out, rule, self.gain, generator)
            for fan_in, fan_out in pairwise(sizes)
        )
        self.activations = nn.ModuleList(ACTIVATIONS[activation].module() for _ in widths)

    @property
    def sizes(self) -> list[int]:
        """Units of every layer, input and output included: n_0, n_1, ..., n_{depth+1}."""
        return [self.weight(1).shape[1], *(len(self.weight(i + 1)) for i in range(self.depth + 1))]

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.activations)

    def weight(self, layer: int) -> Tensor:
        """Weights of a layer, 1 ... depth + 1, shape (fan_out, fan_in)."""
        whole("layer", layer, 1, self.depth + 1)
        return cast(nn.Linear, self.linears[layer - 1]).weight

    def forward(self, x: Tensor) -> Tensor:
        """Take inputs of shape (N, n_in) to logits of shape (N, n_out)."""
        for linear, activation in zip(self.linears, self.activations, strict=False):
            x = activation(linear(x))
        logits: Tensor = self.linears[-1](x)
        return logits


def _linear(
    fan_in: int, fan_out: int, rule: Initialization, gain: float, generator: torch.Generator
) -> nn.Linear:
    # nn.Linear would draw its own weights from the global random state first
    linear = torch.nn.utils.skip_init(nn.Linear, fan_in, fan_out, dtype=torch.float32)
    rule.draw(linear.weight, generator, gain)
    nn.init.zeros_(linear.bias)
    return linear
