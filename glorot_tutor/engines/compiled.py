"""The fast engine: lays the network out in memory for the kernels and starts their threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import whole
from glorot_tutor.engines import kernels
from glorot_tutor.engines.activate import NAMES
from glorot_tutor.engines.base import LIMIT
from glorot_tutor.engines.fused import FusedEngine
from glorot_tutor.engines.machine import LARGEST_BATCH, VECTOR_BYTES, ready, rows_at_once
from glorot_tutor.engines.plain import another_function


class CompiledEngine(FusedEngine):
    """The updates of `FusedEngine` in kernels compiled for this processor.

    They work in one block of memory with padded rows. During a run, and while the engine holds
    the weights, the network's parameters are views of it; after that the network has its own,
    contiguous memory back, with the new values in it. The same start and stream give the same
    weights, bit for bit, for any number of threads.

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
        net: nn.Module,
        learning_rate: float,
        cost: str = "nll",
        batch_size: int = 10,
        threads: int = 1,
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        self.threads = min(whole("threads", threads, 1), kernels.GROUPS)
        kind = torch.empty(0, dtype=self.dtype, device="cpu").numpy().dtype
        self._memory = _lay_out(self.net.sizes, kind, batch_size)
        self._homes = _homes(self._memory)
        kernel = NAMES.index(str(ACTIVATIONS[self.net.activation].kernel))
        self._rule = kernels.Rule(self.learning_rate, kernel, cost == "quadratic", LIMIT)
        self._own: list[Tensor] = []  # the network's own memory, while its weights are here
        self._helpers: ThreadPoolExecutor | None = None
        self._process = 0

    @classmethod
    def cannot(cls, net: nn.Module, cost: str = "nll", batch_size: int = 10) -> str:
        """Say why the kernels cannot compute these updates; an empty text if they can."""
        if batch_size > LARGEST_BATCH:
            return f"batches of more than {LARGEST_BATCH} do not fit into the registers"
        return super().cannot(net, cost, batch_size)

    @torch.no_grad()
    def hold(self) -> None:
        """Make the parameters views of the kernels' memory, with the values they have."""
        if self.held:
            return
        super().hold()
        for parameter, home in zip(self._parameters(), self._homes, strict=True):
            self._own.append(parameter.data)
            parameter.data = home.copy_(parameter)

    @torch.no_grad()
    def release(self) -> None:
        """Give the parameters the memory that they came from, with the values of now."""
        super().release()
        own, self._own = self._own, []
        for parameter, home, memory in zip(self._parameters(), self._homes, own, strict=False):
            if parameter.data_ptr() == home.data_ptr():  # else somebody put another one there
                parameter.data = memory
                parameter.copy_(home)

    def _changed(self) -> str:
        if not self.held:
            moved = [home.shape for home in self._homes] != [p.shape for p in self._parameters()]
            return "its layers are of other sizes" if moved else super()._changed()
        pairs = zip(self._parameters(), self._homes, strict=False)
        if not all(p.requires_grad and p.data_ptr() == home.data_ptr() for p, home in pairs):
            return "its parameters were moved or frozen while the engine held them"
        return another_function(self.net)

    def _parameters(self) -> list[Tensor]:
        return [p for linear in self.linears for p in (linear.weight, linear.bias)]

    def _run(self, x: Tensor, y: Tensor) -> Tensor:
        with self.holding():
            costs = np.empty(len(y) // self.batch_size)
            inputs, labels = x.detach().contiguous().numpy(), y.contiguous().numpy()
            self._memory.arrivals[:] = 0
            given = (self._memory, inputs, labels, costs, self._rule)
            ready(kernels.train, *given, 0, self.threads)
            others = [
                self._pool().submit(kernels.train, *given, thread, self.threads)
                for thread in range(1, self.threads)
            ]
            done = kernels.train(*given, 0, self.threads)
            for other in others:
                other.result()
            return torch.from_numpy(costs[:done])

    def _pool(self) -> ThreadPoolExecutor:
        # a fork leaves its parent's threads behind, so the child needs some of its own
        if self._helpers is None or self._process != os.getpid():
            self._helpers, self._process = ThreadPoolExecutor(self.threads), os.getpid()
        return self._helpers


def _lay_out(sizes: list[int], kind: np.dtype[Any], batch: int) -> kernels.Memory:
    lanes, (up, down) = VECTOR_BYTES // kind.itemsize, rows_at_once(batch, kind.itemsize)
    padded = [_up(size, lanes) for size in sizes]
    starts = [0, *accumulate(padded)]
    layers = np.zeros(len(sizes) - 1, kernels.LAYER)
    first = 0
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        height = _up(n_out, down)
        layers[i] = (first, padded[i], height, n_in, n_out, starts[i], starts[i + 1])
        first += _up(height * padded[i], lanes)
    weights, bias = _aligned(first, kind), _aligned(starts[-1], kind)
    z, delta = (_aligned(starts[-1] * batch, kind) for _ in range(2))
    room = _up(max(padded) * batch, kernels.PAGE) + kernels.PAGE
    pulled = _aligned(kernels.GROUPS * room, kind)
    shape = ((0,) * batch, (0,) * up, (0,) * down)
    return kernels.Memory(weights, bias, z, delta, pulled, layers, np.zeros(8, np.int64), shape)


def _homes(memory: kernels.Memory) -> list[Tensor]:
    """Places of each layer's weights and bias, as views of the common memory."""
    weights, biases = torch.from_numpy(memory.W), torch.from_numpy(memory.bias)
    homes = []
    for layer in memory.layers:
        first, stride, rows, n_in, n_out, _, here = (int(number) for number in layer)
        homes.append(weights[first : first + rows * stride].view(rows, stride)[:n_out, :n_in])
        homes.append(biases[here : here + n_out])
    return homes


def _up(number: int, step: int) -> int:
    return -(-number // step) * step


def _aligned(count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    """Zeros from the start of a page on, so that no vector straddles two lines of the cache."""
    # numpy asks for huge pages, which a walk down 1,000 rows needs as much as the cache
    raw = np.zeros(count * kind.itemsize + kernels.PAGE, np.uint8)
    start = -raw.ctypes.data % kernels.PAGE
    return raw[start : start + count * kind.itemsize].view(kind)
