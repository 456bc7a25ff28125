"""Two runs side by side, each in a process of its own on one thread."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from types import TracebackType

import torch

from glorot_tutor.bench import contenders
from glorot_tutor.bench.timing import Contender
from glorot_tutor.engines import make_engine

RUNS = 2

_works: dict[str, Callable[[int], object]] = {}  # in the two processes; empty in the parent
_endings: list[Callable[[], None]] = []


class Pair:
    """Two processes that train a network each; a context manager, which ends them.

    Parameters
    ----------
    width
        Units in each of the five hidden layers.
    """

    def __init__(self, width: int) -> None:
        # a pool each: one of two would be free to give both tasks to one process
        context = multiprocessing.get_context("spawn")
        self._pools = [ProcessPoolExecutor(1, context, _begin, (width,)) for _ in range(RUNS)]

    def contender(self, data: str, unit: int = 1) -> Contender:
        """Updates of both runs at once, on `"fixed"` or `"generated"` examples.

        A piece of work is one update in each of the two.
        """
        return Contender(partial(self._run, data), unit)

    def _run(self, data: str, updates: int) -> None:
        for done in [pool.submit(_train, data, updates) for pool in self._pools]:
            done.result()

    def __enter__(self) -> Pair:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for pool in self._pools:
            pool.submit(_end)
            pool.shutdown()


def _begin(width: int) -> None:
    torch.set_num_threads(1)
    engine = make_engine("fused", contenders.draw(width), contenders.RATE)
    generated, close = contenders.on_generated_examples(engine)
    _works["fixed"] = contenders.on_fixed_examples(engine).run
    _works["generated"] = generated.run
    _endings.append(close)


def _train(data: str, updates: int) -> None:
    _works[data](updates)


def _end() -> None:
    for close in _endings:
        close()
