"""Passes through a network that leave no trace: what it is given, and what is kept as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional
from torch.nn.parameter import is_lazy

from glorot_tutor.checks import UsageError
from glorot_tutor.probes.layers import first_tensor

Cost = Callable[[Any, Any], Tensor]
"""Takes what a network returns, and the targets, to one cost for each example, shape (N,)."""


class Inputs:
    """What a network is called with: a tensor, a tuple of arguments or a dict of them.

    Inputs made under inference mode are copied, and those of another floating dtype than the
    network's converted: neither could be differentiated through.

    Raises
    ------
    UsageError
        If there is no example, or the inputs differ in their number.
    """

    def __init__(self, x: Any, net: nn.Module) -> None:
        self.net = net
        self.keys = list(x) if isinstance(x, dict) else None
        values = list(x.values()) if isinstance(x, dict) else x
        self.values = list(values) if isinstance(values, tuple | list) else [values]
        tensors = [v for v in self.values if isinstance(v, Tensor) and v.ndim]
        lengths = {len(v) for v in tensors}
        if len(lengths) != 1 or 0 in lengths:
            raise UsageError(
                f"x holds inputs of {sorted(lengths)} examples: give one example at least, along "
                "the first dimension of a tensor, or of several in a tuple or a dict."
            )
        if any(v.layout is not torch.strided for v in tensors):
            raise UsageError("x is sparse: give x.to_dense().")
        self.count = lengths.pop()
        dtype = next((p.dtype for p in net.parameters() if p.is_floating_point()), None)
        self.values = [_usable(v, dtype) if isinstance(v, Tensor) else v for v in self.values]

    def first(self, count: int) -> Inputs:
        """Return those of the first examples."""
        some = [v[:count] if isinstance(v, Tensor) and v.ndim else v for v in self.values]
        return Inputs(
            some if self.keys is None else dict(zip(self.keys, some, strict=True)), self.net
        )

    @property
    def arguments(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and named arguments of the network's call."""
        if self.keys is None:
            return tuple(self.values), {}
        return (), dict(zip(self.keys, self.values, strict=True))


def _usable(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    if tensor.is_floating_point() and dtype is not None:
        tensor = tensor.to(dtype)
    with torch.inference_mode(False):
        return tensor.clone() if tensor.is_inference() else tensor


@contextmanager
def untouched(net: nn.Module, trainable: bool) -> Iterator[Callable[[Inputs], Any]]:
    """Give a function that calls `net` without a trace, ready to be differentiated.

    The call sees its parameters through aliases, of which all or none are `trainable`, so that it
    does not matter which are frozen; and copies of its buffers, so that the averages of batch
    normalization stay. Dropout draws from a random state that is put back.
    """
    if any(map(is_lazy, net.parameters())):
        raise UsageError("the network's lazy modules have no weights yet: call it once first.")
    if any(p.is_meta or p.is_complex() for p in net.parameters()):
        raise UsageError(
            "the network's weights are complex, or on the device meta: give them real numbers."
        )
    devices = {t.device for t in net.parameters() if t.device.type == "cuda"}
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.random.fork_rng(sorted(devices, key=str)),
    ):
        state: dict[str, Tensor] = {n: b.clone() for n, b in net.named_buffers()}
        aliases = {p: _alias(p, trainable) for p in net.parameters()}
        # by one name for each place: torch would put an alias back in a place that has two
        for path, module in net.named_modules():
            for name, parameter in module.named_parameters(path, recurse=False):
                state[name] = aliases[parameter]

        def call(inputs: Inputs) -> Any:
            args, kwargs = inputs.arguments
            return functional_call(net, state, args, kwargs, tie_weights=False)

        yield call


def _alias(parameter: Tensor, trainable: bool) -> nn.Parameter:
    usable = parameter.clone() if parameter.is_inference() else parameter.detach()
    return nn.Parameter(usable, requires_grad=trainable and usable.is_floating_point())


def nll(output: Any, y: Any) -> Tensor:
    """Negative log-likelihood of each example (nats), the paper's cost.

    Raises
    ------
    UsageError
        If the network returns no logits of shape (N, classes), or the classes do not fit.
    """
    logits = first_tensor(output)
    if logits is None or logits.ndim != 2:
        given = "no tensor" if logits is None else f"shape {tuple(logits.shape)}"
        raise UsageError(
            f"the network returns {given}, not logits of shape (N, classes): give its cost as "
            "cost=, a function of output and y with one value for each example."
        )
    fits = isinstance(y, Tensor) and y.shape == logits.shape[:1] and not y.is_floating_point()
    if not fits or ((y < 0) | (y >= logits.shape[1])).any():
        raise UsageError(
            f"y must hold one class for each of {len(logits)} examples, whole numbers from 0 to "
            f"{logits.shape[1] - 1}: other targets need a cost= of their own."
        )
    return functional.cross_entropy(logits, y.long(), reduction="none")
