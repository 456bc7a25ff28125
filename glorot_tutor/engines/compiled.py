"""The fast engine: lays the network out in memory for the kernels and starts their threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.engines import kernels
from glorot_tutor.engines.activate import NAMES
from glorot_tutor.engines.base import LIMIT, Engine
from glorot_tutor.engines.machine import LARGEST_BATCH, VECTOR_BYTES, rows_at_once
from glorot_tutor.nets import DeepNet


class CompiledEngine(Engine):
    """The updates of `FusedEngine` in kernels compiled for this processor.

    The network's parameters become views of one block of memory with padded rows; they must
    stay where they are, so change them in place (`load_state_dict` does) and not their dtype.
    The same start and stream give the same weights, bit for bit, for any number of threads.

    Parameters
    ----------
    net, learning_rate, cost, batch_size
        See `Engine`; the batch size is `machine.LARGEST_BATCH` at most, and the network lives on
        the CPU.
    threads
        Threads that share each update; more than `kernels.GROUPS` are of no use.
    """

    def __init__(
        self,
        net: DeepNet,
        learning_rate: float,
        cost: str = "nll",
        batch_size: int = 10,
        threads: int = 1,
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        whole("batch_size", batch_size, 1, LARGEST_BATCH)
        self.threads = min(whole("threads", threads, 1), kernels.GROUPS)
        if net.weight(1).device.type != "cpu":
            raise UsageError(
                f"the network is on {net.weight(1).device}: the fused engine needs it on the cpu."
            )
        self._memory = _lay_out(self.linears, net.sizes, batch_size)
        self._homes = [parameter.data_ptr() for parameter in net.parameters()]
        self._rule = kernels.Rule(
            self.learning_rate, NAMES.index(net.activation), cost == "quadratic", LIMIT
        )
        self._helpers = ThreadPoolExecutor(self.threads)

    def _run(self, x: Tensor, y: Tensor) -> Tensor:
        if [parameter.data_ptr() for parameter in self.net.parameters()] != self._homes:
            raise RunError(
                "the network's parameters were moved after the engine was made: make a new one."
            )
        costs = np.empty(len(y) // self.batch_size)
        inputs, labels = x.contiguous().numpy(), y.contiguous().numpy()
        self._memory.arrivals[:] = 0
        given = (self._memory, inputs, labels, costs, self._rule)
        others = [
            self._helpers.submit(kernels.train, *given, thread, self.threads)
            for thread in range(1, self.threads)
        ]
        done = kernels.train(*given, 0, self.threads)
        for other in others:
            other.result()
        return torch.from_numpy(costs[:done])


def _lay_out(linears: list[nn.Linear], sizes: list[int], batch: int) -> kernels.Memory:
    kind = linears[0].weight.detach().numpy().dtype
    lanes, (up, down) = VECTOR_BYTES // kind.itemsize, rows_at_once(batch, kind.itemsize)
    padded = [_up(size, lanes) for size in sizes]
    starts = [0, *accumulate(padded)]
    layers = np.zeros(len(linears), kernels.LAYER)
    first = 0
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        height = _up(n_out, down)
        layers[i] = (first, padded[i], height, n_in, n_out, starts[i], starts[i + 1])
        first += _up(height * padded[i], lanes)
    weights, bias = _aligned(first, kind), _aligned(starts[-1], kind)
    z, delta = (_aligned(starts[-1] * batch, kind) for _ in range(2))
    room = _up(max(padded) * batch, kernels.PAGE) + kernels.PAGE
    pulled = _aligned(kernels.GROUPS * room, kind)
    for linear, layer in zip(linears, layers, strict=True):
        _move_in(linear, layer, torch.from_numpy(weights), torch.from_numpy(bias))
    shape = ((0,) * batch, (0,) * up, (0,) * down)
    return kernels.Memory(weights, bias, z, delta, pulled, layers, np.zeros(8, np.int64), shape)


@torch.no_grad()
def _move_in(linear: nn.Linear, layer: Any, weights: Tensor, biases: Tensor) -> None:
    """Make a layer's parameters views of the common memory, with the values they have."""
    first, stride, rows, n_in, n_out, _, here = (int(number) for number in layer)
    weight = weights[first : first + rows * stride].view(rows, stride)[:n_out, :n_in]
    bias = biases[here : here + n_out]
    linear.weight.data = weight.copy_(linear.weight)
    linear.bias.data = bias.copy_(linear.bias)


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


def _aligned(count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Zeros from the start of a page on, so that no vector straddles two lines of the cache."""
    # numpy asks for huge pages, which a walk down 1,000 rows needs as much as the cache
    raw = np.zeros(count * kind.itemsize + kernels.PAGE, np.uint8)
    start = -raw.ctypes.data % kernels.PAGE
    return raw[start : start + count * kind.itemsize].view(kind)
