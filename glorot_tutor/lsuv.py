"""Weights scaled by what they do to a batch, not by a formula (Mishkin & Matas 2016)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from torch import Tensor, nn

from glorot_tutor.checks import UsageError

LAYERS = nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d
"""Modules whose weights are scaled."""


def lsuv(net: nn.Module, x: Any) -> None:
    """Scale the weights until what every layer gives on a batch has standard deviation 1.

    Layer-sequential unit-variance initialization: the network is drawn first (its authors take
    `orthogonal`), then each linear layer or convolution in the order of its first use is divided by
    the standard deviation of its output s, over examples and units, given that the layers below are
    scaled already. Biases are divided too, so that one pass is enough: s is linear in both.

    Parameters
    ----------
    net
        Any module; its weights are changed in place.
    x
        Inputs as the network takes them, the examples along the first dimension; some hundreds.

    Raises
    ------
    UsageError
        If a layer gives the same number to all examples and units, or what is no number. The layers
        below it are scaled by then.
    """
    done: set[nn.Module] = set()

    def scale(layer: nn.Module, _: Any, s: Tensor) -> Tensor | None:
        if layer in done:
            return None
        done.add(layer)
        std = s.std(correction=0)
        if not 0 < std < torch.inf:
            raise UsageError(
                f"layer {len(done)} gives outputs of standard deviation {std:.3g}: start from "
                "weights that let the batch through."
            )
        for parameter in layer.parameters(recurse=False):
            parameter.div_(std)
        return s / std

    with ExitStack() as hooks, torch.no_grad():
        for module in net.modules():
            if isinstance(module, LAYERS):
                hooks.enter_context(module.register_forward_hook(scale))
        net(x)
