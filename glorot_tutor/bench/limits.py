"""The machine's own limits, and the least that one update asks of it.

A limit is what the processor can do, not what some library makes of it: multiplications and
additions of numbers that lie in registers, and passes over an array of the weights' size.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.bench.timing import Clock, Contender, alternate
from glorot_tutor.checks import RunError

NOISE = 5.0
"""Per cent by which an update may seem to pass the limit: two measurements, each a little off."""

_TIMES = 2**14
_PAGE = 4096


@dataclass(frozen=True)
class Work:
    """Least work of one update: floating-point operations, and bytes of weights moved."""

    flop: int
    bytes: int

    def floor(self, flops: float, bandwidth: float) -> float:
        """Seconds below which no update can be, given flop/s and bytes/s (the roofline)."""
        return max(self.flop / flops, self.bytes / bandwidth)


@dataclass(frozen=True)
class Limits:
    """What the processor can do with so many threads.

    Attributes
    ----------
    vector_bits
        Width of the vectors that were multiplied.
    flops
        Floating-point operations a second, from registers.
    bandwidth
        Bytes a second, read and written, of an array of the weights' size: that of the cache
        which holds it, or of the memory if none does.
    memory
        The same of an array that no cache holds.
    """

    vector_bits: int
    flops: float
    bandwidth: float
    memory: float

    def share(self, work: Work, seconds: float) -> float:
        """Per cent of the limit that an update of so many seconds reaches."""
        return 100 * work.floor(self.flops, self.bandwidth) / seconds


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


def measure(
    items: int,
    threads: int = 1,
    far: int = 2**24,
    rounds: int = 300,
    burst: float = 0.003,
    clock: Clock = time.perf_counter,
) -> Limits:
    """Measure the machine's limits: the quickest of many short bursts.

    A short burst is over before another program gets its turn on the core, so on a busy machine
    some of them go undisturbed.

    Parameters
    ----------
    items
        Weights of the network, float32.
    threads
        Threads that work at the same time.
    far
        Items of an array that is larger than all caches.
    rounds
        Bursts of each loop.
    burst
        Seconds to a burst.
    clock
        Gives the time in seconds.

    Raises
    ------
    ImportError
        Where Numba is missing, which compiles the loops.
    """
    from glorot_tutor.bench.loops import LANES

    with ThreadPoolExecutor(threads) as pool:
        loops = {
            "products": products(threads, pool),
            "weights": passes(items, threads, pool),
            "memory": passes(far, threads, pool),
        }
        contenders = {name: contender for name, (contender, _) in loops.items()}
        times = alternate(contenders, rounds, burst, clock)
    rates = [amount / times.best(name) for name, (_, amount) in loops.items()]
    return Limits(32 * LANES, *rates)


def products(threads: int, pool: ThreadPoolExecutor) -> tuple[Contender, int]:
    """Multiplications with additions from registers, and the operations to a piece of them."""
    from glorot_tutor.bench import loops

    def numbers() -> NDArray[np.float32]:
        c, a, b = [1.0] * loops.CHAINS, 0.5, 1.0
        return _aligned(np.repeat([*c, a, b], loops.LANES))

    own = [numbers() for _ in range(threads)]
    run = _together(pool, loops.multiply, own, _TIMES)
    return Contender(run), 2 * threads * _TIMES * loops.CHAINS * loops.LANES


def passes(items: int, threads: int, pool: ThreadPoolExecutor) -> tuple[Contender, int]:
    """Three passes over an array, as an update makes them, and the bytes read and written.

    Each thread has its part of the array, as each has its part of the weights.
    """
    from glorot_tutor.bench import loops

    part = -(-items // (threads * loops.STEP)) * loops.STEP
    own = [_aligned(np.ones(part)) for _ in range(threads)]
    return Contender(_together(pool, loops.sweep, own)), 3 * 4 * part * threads


def _together(
    pool: ThreadPoolExecutor, loop: Callable[..., Any], own: Iterable[Any], times: int = 1
) -> Callable[[int], None]:
    mine, *theirs = own

    def run(pieces: int) -> None:
        others = [pool.submit(loop, part, times * pieces) for part in theirs]
        loop(mine, times * pieces)  # here, for a short burst should not begin with waiting
        for other in others:
            other.result()

    return run


def _aligned(values: NDArray[Any]) -> NDArray[np.float32]:
    """Copy to float32 from the start of a page on, where no vector straddles two cache lines."""
    raw = np.zeros(4 * values.size + _PAGE, np.uint8)
    start = -raw.ctypes.data % _PAGE
    aligned = raw[start : start + 4 * values.size].view(np.float32)
    aligned[:] = values
    return aligned


def check(shares: Iterable[float]) -> None:
    """See to it that no share of a limit, in per cent, is above 100 by more than `NOISE`.

    Raises
    ------
    RunError
        If one is: then the limit is none.
    """
    if (highest := max(shares)) > 100 + NOISE:
        raise RunError(
            f"an update reached {highest:.0f} % of the machine's limit, and 100 % is the most: "
            "the limit was measured too low; measure again while nothing else runs."
        )
