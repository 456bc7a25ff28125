"""The machine's own limits, and the least that one update asks of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

from glorot_tutor.bench.timing import Contender


@dataclass(frozen=True)
class Work:
    """Least work of one update: floating-point operations, and bytes of weights moved."""

    flop: int
    bytes: int

    def floor(self, flops: float, bandwidth: float) -> float:
        """Seconds below which no update can be, given flop/s and bytes/s (the roofline)."""
        return max(self.flop / flops, self.bytes / bandwidth)


def update_work(sizes: Sequence[int], batch: int = 10, itemsize: int = 4, passes: int = 3) -> Work:
    """Count the work of one update of plain SGD from the sizes of the layers.

    A product and a sum are 2 operations. Each weight takes part in the pre-activations and in
    its own gradient (eq. 3) once for each example, and above the first hidden layer in eq. 2 too.
    What grows with the units and not with the weights is left out.

    Parameters
    ----------
    sizes
        Units of every layer, input and output included.
    batch
        Examples in a mini-batch.
    itemsize
        Bytes of a weight.
    passes
        How often the weights go through the processor, each read or write of all of them being
        one: 3 at least, for they are read on the way up, then read and written on the way down.
    """
    weights = [n_in * n_out for n_in, n_out in pairwise(sizes)]
    products = 3 * sum(weights) - weights[0]
    return Work(2 * batch * products, passes * itemsize * sum(weights))


def product(n: int) -> tuple[Contender, int]:
    """A product of two n x n matrices (float32), and its floating-point operations."""
    a, b = torch.full((n, n), 0.5), torch.full((n, n), 0.25)
    out = torch.empty(n, n)

    def run(times: int) -> None:
        for _ in range(times):
            torch.mm(a, b, out=out)

    return Contender(run), 2 * n**3


def triad(items: int) -> tuple[Contender, int]:
    """``c = a + 2 b`` on arrays of so many float32, and the bytes that it reads and writes."""
    a, b, c = (torch.ones(items) for _ in range(3))

    def run(times: int) -> None:
        for _ in range(times):
            torch.add(a, b, alpha=2, out=c)

    return Contender(run), 3 * 4 * items


def rewrite(items: int) -> tuple[Contender, int]:
    """``w = -w`` on as many float32 as a network has weights, and the bytes read and written.

    Where the network fits into a cache, so does this array: it shows the bandwidth of that cache.
    """
    w = torch.ones(items)

    def run(times: int) -> None:
        for _ in range(times):
            torch.neg(w, out=w)

    return Contender(run), 2 * 4 * items
