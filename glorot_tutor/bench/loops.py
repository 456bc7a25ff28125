"""Compiled loops that do one thing only, as fast as the processor can: multiply, or move weights.

They are written in the vector instructions of the engine's own kernels, so what they reach is
what the kernels could reach if they had nothing else to do.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types

from glorot_tutor.engines.machine import RUNNING_SUMS, VECTOR_BYTES, compiled, intrinsic
from glorot_tutor.engines.tiles import Loop, Vectors

LANES = VECTOR_BYTES // 4
"""Numbers of float32 in a vector."""

CHAINS = RUNNING_SUMS
"""Vectors that are multiplied side by side: enough that none waits for another."""

STEP = 8 * LANES
"""Numbers that a pass over the weights takes at a time; arrays are a multiple of it."""

_BLOCK = 128 * STEP
_INT = ir.IntType(64)


@intrinsic
def _multiply(_: Any, numbers: Any, times: Any) -> Any:
    """``c = a c + b`` so many times for each of the first `CHAINS` vectors; then come a and b."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vectors = Vectors(context, builder, numbers, given[0])
        places = [_INT(LANES * i) for i in range(CHAINS + 2)]
        *chains, a, b = [vectors.load(place) for place in places]
        loop = Loop(builder, given[1], 1, chains)
        sums = [vectors.fma(chain, a, b) for chain in loop.carried]
        loop.close(sums)
        for value, place in zip(sums, places, strict=False):
            vectors.store(value, place)
        return context.get_dummy_value()

    return types.void(numbers, types.intp), generate


@intrinsic
def _read(_: Any, weights: Any, first: Any, count: Any) -> Any:
    """Sum of `count` weights from `first` on."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vectors = Vectors(context, builder, weights, given[0])
        loop = Loop(builder, given[2], STEP, [vectors.zero] * (STEP // LANES))
        sums = [
            builder.fadd(total, vectors.load(_place(builder, given[1], loop.index, i)))
            for i, total in enumerate(loop.carried)
        ]
        loop.close(sums)
        total = sums[0]
        for other in sums[1:]:
            total = builder.fadd(total, other)
        return vectors.total(total)

    return weights.dtype(weights, types.intp, types.intp), generate


@intrinsic
def _rewrite(_: Any, weights: Any, first: Any, count: Any) -> Any:
    """``w = -w`` for `count` weights from `first` on."""

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        vectors = Vectors(context, builder, weights, given[0])
        loop = Loop(builder, given[2], STEP, [])
        for i in range(STEP // LANES):
            place = _place(builder, given[1], loop.index, i)
            vectors.store(builder.fneg(vectors.load(place)), place)
        loop.close([])
        return context.get_dummy_value()

    return types.void(weights, types.intp, types.intp), generate


def _place(builder: Any, first: Any, index: Any, vector: int) -> Any:
    return builder.add(builder.add(first, index), _INT(LANES * vector))


@compiled
def multiply(numbers: Any, times: int) -> None:
    """``c = a c + b``, so many times, for `CHAINS` vectors that stay in registers.

    Parameters
    ----------
    numbers
        float32, shape ((CHAINS + 2) * LANES,): the vectors c, which are replaced, then a and b.
    times
        At least 1.
    """
    _multiply(numbers, times)


@compiled
def sweep(weights: Any, times: int) -> float:
    """Read all weights from first to last, then negate them from last to first.

    An update goes the same way, up and down: what was read last is still in the nearest cache.

    Parameters
    ----------
    weights
        float32, shape (n,), with n a multiple of `STEP`.
    times
        At least 1.

    Returns
    -------
    float
        The sum of all that was read.
    """
    total = 0.0
    for _ in range(times):
        for first in range(0, weights.size, _BLOCK):
            total += _read(weights, first, min(_BLOCK, weights.size - first))
        last = (weights.size - 1) // _BLOCK * _BLOCK
        for first in range(last, -1, -_BLOCK):
            _rewrite(weights, first, min(_BLOCK, weights.size - first))
    return total
