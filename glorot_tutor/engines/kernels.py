"""Whole updates in one compiled call, shared by several threads (equations 2 and 3).

The rows of every weight matrix are dealt out in `GROUPS` groups, and a thread works on the same
groups on the way up and down: its weights stay in its own core's cache. Going down, each group
gives a sum of its own; these are added in one order. So the results do not depend on the number
of threads, bit for bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glorot_tutor.engines.activate import activate, derive
from glorot_tutor.engines.machine import VECTOR_BYTES, compiled, meet
from glorot_tutor.engines.tiles import add_products, pull_and_update

LAYER = np.dtype(
    [(name, np.int64) for name in ("first", "stride", "rows", "n_in", "n_out", "below", "here")]
)
"""One weight matrix: index of its first weight, numbers from row to row, rows (padded), real
sizes, and where the units below and above it start in the packed arrays, in units."""


GROUPS = 4
"""Groups of rows, and so the most threads that have something to do."""

PAGE = 4096


class Memory(NamedTuple):
    """Everything that the kernels work on; all arrays are one-dimensional and padded with 0."""

    W: NDArray[Any]
    bias: NDArray[Any]
    z: NDArray[Any]
    delta: NDArray[Any]
    pulled: NDArray[Any]
    layers: NDArray[Any]
    arrivals: NDArray[np.int64]
    shape: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
    """Examples in a mini-batch and rows in a tile, going up and down, as the lengths of tuples of
    zeros: the lengths are part of the type, so each combination is compiled for itself."""


class Rule(NamedTuple):
    """How to learn: `activation` counts as in `activate`, `limit` is the highest cost allowed."""

    learning_rate: float
    activation: int
    quadratic: bool
    limit: float


# columns taken at a time, in bytes of a row: so the packed examples stay in the nearest cache
_CHUNK_UP, _CHUNK_DOWN = 2048, 1024


@compiled
def _share(count: int, thread: int, threads: int) -> tuple[int, int]:
    return count * thread // threads, count * (thread + 1) // threads


@compiled
def _units(n_out: int, group: int, groups: int, lanes: int) -> tuple[int, int]:
    """Units, padding included, of `groups` groups from `group` on."""
    # Whole blocks of lanes are dealt out, so a group's packed values lie in one piece. A border
    # inside a block would let two threads write to one cache line.
    blocks = (n_out + lanes - 1) // lanes
    return blocks * group // GROUPS * lanes, blocks * (group + groups) // GROUPS * lanes


@compiled
def _place(unit: int, batch: int, lanes: int) -> int:
    """Index of example 0's value of `unit` in a packed array; example b lies b lanes on."""
    return (unit - unit % lanes) * batch + unit % lanes


@compiled
def _lanes(memory: Memory) -> int:
    return VECTOR_BYTES // memory.W.itemsize


@compiled
def _pack(memory: Memory, x: NDArray[Any], thread: int, threads: int) -> None:
    """Lay out one mini-batch, shape (batch, n_in), as the packed z^0."""
    batch, lanes = len(memory.shape[0]), _lanes(memory)
    start, stop = _share(memory.layers[0].stride // lanes, thread, threads)
    for block in range(start, stop):
        for b in range(batch):
            given = x[b, block * lanes : (block + 1) * lanes]
            packed = memory.z[(block * batch + b) * lanes :][: given.size]
            for lane in range(given.size):
                packed[lane] = given[lane]


@compiled
def _up(memory: Memory, i: int, group: int, groups: int) -> tuple[int, int]:
    """s^i = z^i W^i + b^i for some groups' units; returns their range in the packed array."""
    layer, batch, lanes = memory.layers[i], len(memory.shape[0]), _lanes(memory)
    start, stop = _units(layer.n_out, group, groups, lanes)
    for unit in range(start, stop):
        at = _place(layer.here + unit, batch, lanes)
        for b in range(batch):
            memory.z[at + b * lanes] = memory.bias[layer.here + unit]
    chunk, rows = _CHUNK_UP // memory.W.itemsize, len(memory.shape[1])
    for column in range(0, layer.stride, chunk):
        count = min(chunk, layer.stride - column)
        for k in range(start, min(stop, layer.rows), rows):
            first = layer.first + k * layer.stride + column
            at = _place(layer.here + k, batch, lanes)
            add_products(
                memory.W, first, layer.stride, layer.below + column, count,
                memory.z, memory.z, at, memory.shape,
            )  # fmt: skip
    return (layer.here + start) * batch, (layer.here + stop) * batch


@compiled
def _clear_padding(memory: Memory, i: int, start: int, stop: int) -> None:
    """Put back the 0 of units that do not exist, where f(0) is not 0."""
    layer, batch, lanes = memory.layers[i], len(memory.shape[0]), _lanes(memory)
    used = layer.n_out % lanes
    last = (layer.here + layer.n_out - used) * batch
    if used and start <= last < stop:
        for b in range(batch):
            memory.z[last + b * lanes + used : last + (b + 1) * lanes] = 0


@compiled
def _down(memory: Memory, i: int, rate: Any, group: int) -> None:
    """Equations 2 and 3 for the rows of one group: its part of the sums, and its update."""
    layer, batch, lanes = memory.layers[i], len(memory.shape[0]), _lanes(memory)
    # Columns outside, rows inside: a chunk of the layer below and its sums stay in the nearest
    # cache while all rows pass over it. Row after row would fetch both anew for each.
    chunk, rows = _CHUNK_DOWN // memory.W.itemsize, len(memory.shape[2])
    start, stop = _units(layer.n_out, group, 1, lanes)
    z, pulled = memory.z[layer.below * batch :], _pulled(memory, i, group)
    for column in range(0, layer.stride, chunk):
        count = min(chunk, layer.stride - column)
        pulled[column * batch : (column + count) * batch] = 0
        for k in range(start, min(stop, layer.rows), rows):
            first = layer.first + k * layer.stride + column
            at = _place(layer.here + k, batch, lanes)
            # twice the same call, for `pull` is a constant to the compiler: the first layer has
            # nothing below that wants a gradient, and its loop does half the work
            if i:
                pull_and_update(
                    memory.W, first, layer.stride, column, count,
                    z, pulled, memory.delta, at, rate, memory.shape, True,
                )  # fmt: skip
            else:
                pull_and_update(
                    memory.W, first, layer.stride, column, count,
                    z, pulled, memory.delta, at, rate, memory.shape, False,
                )  # fmt: skip


@compiled
def _pulled(memory: Memory, i: int, group: int) -> NDArray[Any]:
    """Where a group's sums go, half a page from z: else the processor confuses their addresses."""
    size = memory.W.itemsize
    room = memory.pulled.size // GROUPS
    shift = (memory.layers[i].below * len(memory.shape[0]) + PAGE // 2 // size) % (PAGE // size)
    return memory.pulled[group * room + shift : (group + 1) * room]


@compiled
def _gather(memory: Memory, i: int, activation: int, thread: int, threads: int) -> None:
    """Add the groups' sums to dCost/ds^{i-1} for this thread's share of the units."""
    layer, batch, lanes = memory.layers[i], len(memory.shape[0]), _lanes(memory)
    start, stop = _share(layer.stride // lanes, thread, threads)
    begin, end = start * lanes * batch, stop * lanes * batch
    below = layer.below * batch
    delta = memory.delta[below + begin : below + end]
    # Group after group, whoever made them: floating-point sums depend on their order, and this
    # one is the same for any number of threads.
    delta[:] = _pulled(memory, i, 0)[begin:end]
    for group in range(1, GROUPS):
        part = _pulled(memory, i, group)[begin:end]
        for j in range(delta.size):
            delta[j] += part[j]
    derive(memory.z[below + begin : below + end], delta, activation)


@compiled
def _move_bias(memory: Memory, i: int, rate: Any, group: int) -> None:
    layer, batch, lanes = memory.layers[i], len(memory.shape[0]), _lanes(memory)
    start, stop = _units(layer.n_out, group, 1, lanes)
    for unit in range(layer.here + start, layer.here + stop, lanes):
        bias = memory.bias[unit : unit + lanes]
        for b in range(batch):
            delta = memory.delta[unit * batch + b * lanes :][:lanes]
            for lane in range(lanes):
                bias[lane] += rate * delta[lane]


@compiled
def _cost(memory: Memory, labels: NDArray[np.int64], quadratic: bool) -> float:
    """Mean cost of one mini-batch, and delta = dCost/ds of every example's own cost."""
    layer, batch, lanes = memory.layers[-1], len(memory.shape[0]), _lanes(memory)
    total = 0.0
    for b in range(batch):
        # The highest logit is taken off first, and exp cannot overflow. The probabilities wait
        # in delta, from which both costs and both derivatives are made.
        highest, normalizer, dot, square = -np.inf, 0.0, 0.0, 0.0
        for k in range(layer.n_out):
            highest = max(highest, memory.z[_place(layer.here + k, batch, lanes) + b * lanes])
        for k in range(layer.n_out):
            at = _place(layer.here + k, batch, lanes) + b * lanes
            memory.delta[at] = math.exp(memory.z[at] - highest)
            normalizer += memory.delta[at]
        truth = _place(layer.here + labels[b], batch, lanes) + b * lanes
        nll = math.log(normalizer) + highest - memory.z[truth]
        for k in range(layer.n_out):
            at = _place(layer.here + k, batch, lanes) + b * lanes
            p = memory.delta[at] / normalizer
            memory.delta[at] = p - (k == labels[b])
            dot += p * memory.delta[at]
            square += memory.delta[at] ** 2
        if quadratic:
            for k in range(layer.n_out):
                at = _place(layer.here + k, batch, lanes) + b * lanes
                memory.delta[at] = (memory.delta[at] + (k == labels[b])) * (memory.delta[at] - dot)
        total += square / 2 if quadratic else nll
    return total / batch


@compiled
def _meet(memory: Memory, meetings: int, threads: int) -> int:
    if threads > 1:
        meet(memory.arrivals, (meetings + 1) * threads)
    return meetings + 1


@compiled
def _forward(
    memory: Memory, x: NDArray[Any], activation: int, meetings: int, thread: int, threads: int
) -> int:
    """Take one mini-batch to the logits; returns how often the threads have met since the start."""
    group, end = _share(GROUPS, thread, threads)
    _pack(memory, x, thread, threads)
    meetings = _meet(memory, meetings, threads)
    for i in range(len(memory.layers)):
        start, stop = _up(memory, i, group, end - group)
        if i < len(memory.layers) - 1:
            activate(memory.z[start:stop], activation)
            _clear_padding(memory, i, start, stop)
        meetings = _meet(memory, meetings, threads)
    return meetings


@compiled
def train(
    memory: Memory,
    x: NDArray[Any],
    labels: NDArray[np.int64],
    costs: NDArray[np.float64],
    rule: Rule,
    thread: int,
    threads: int,
) -> int:
    """One update after another on mini-batches of consecutive examples.

    Every thread runs this with its own number. Returns the updates done: fewer than asked for
    if a cost exceeded `limit` or was no number, in which case the weights are those it came from.
    """
    # The threads meet after every step whose results others read: a layer's z, the costs, a
    # group's sums and the delta made of them. Between two meetings each writes to its own share.
    batch, meetings = len(memory.shape[0]), 0
    step = memory.W.dtype.type(-rule.learning_rate / batch)
    for update in range(len(costs)):
        examples = slice(update * batch, (update + 1) * batch)
        meetings = _forward(memory, x[examples], rule.activation, meetings, thread, threads)
        if thread == 0:
            costs[update] = _cost(memory, labels[examples], rule.quadratic)
        meetings = _meet(memory, meetings, threads)
        if not costs[update] <= rule.limit:
            return update
        for i in range(len(memory.layers) - 1, -1, -1):
            for group in range(*_share(GROUPS, thread, threads)):
                _down(memory, i, step, group)
                _move_bias(memory, i, step, group)
            meetings = _meet(memory, meetings, threads)
            if i:
                _gather(memory, i, rule.activation, thread, threads)
                meetings = _meet(memory, meetings, threads)
    return len(costs)
