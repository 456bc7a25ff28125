"""How fast it is on this machine: medians, and ratios taken in one run."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import torch

from glorot_tutor.shapeset import Shapeset

BLOCK = 1000


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let torch use `count` threads inside the block, and as many as before after it."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def seconds(work: Callable[[int], object], repeats: int) -> float:
    """Median time of `work(0)`, `work(1)`, ... after one call that is not counted."""
    work(repeats)
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        work(number)
        times.append(time.perf_counter() - start)
    return median(times)


def generator_rate(repeats: int = 30) -> float:
    """Shapeset images a second on one thread, in blocks of 1,000."""
    stream = Shapeset(seed=0)
    with threads(1):
        return BLOCK / seconds(lambda number: stream.read(number * BLOCK, BLOCK), repeats)


def report() -> dict[str, Any]:
    """Measure everything; the keys carry the units."""
    return {
        "machine": {
            "system": platform.system(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
        "shapeset_images_per_second_one_thread": round(generator_rate()),
    }
