"""Register-blocked products for the Numba engine, written in LLVM's vector instructions.

Both products walk along a few rows of a weight matrix at once and keep everything else in the
processor's vector registers, which no compiler does by itself with plain loops: on the machine
they were written on they run at twice the speed. Layers of a mini-batch are stored *packed*:
value ``k`` of example ``b`` at ``(k // lanes) * lanes * batch + b * lanes + k % lanes``, so that
one running address reaches all examples. Array lengths are multiples of the lanes, the rest 0.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils

from glorot_tutor.engines.machine import VECTOR_BYTES, intrinsic

_INT, _I32 = ir.IntType(64), ir.IntType(32)


class Vectors:
    """Whole vectors of a one-dimensional array, at a running index."""

    def __init__(self, context: Any, builder: Any, array: Any, value: Any) -> None:
        self.builder = builder
        self.item = context.get_data_type(array.dtype)
        self.align = array.dtype.bitwidth // 8
        self.lanes = VECTOR_BYTES // self.align
        self.type = ir.VectorType(self.item, self.lanes)
        self.zero = ir.Constant(self.type, None)
        self.data = context.make_array(array)(context, builder, value).data

    def at(self, index: Any, kind: Any = None) -> Any:
        """Pointer to the vector that starts at `index`, or to a value of another kind."""
        pointer = self.builder.gep(self.data, [index])
        return self.builder.bitcast(pointer, (kind or self.type).as_pointer())

    def load(self, index: Any) -> Any:
        """Read a vector."""
        # Only the alignment of a single number is promised, for arrays come in slices. It costs
        # nothing: the memory itself is laid out so that no vector straddles two cache lines.
        return self.builder.load(self.at(index), align=self.align)

    def store(self, value: Any, index: Any) -> None:
        """Write a vector."""
        self.builder.store(value, self.at(index), align=self.align)

    def prefetch(self, index: Any) -> None:
        """Ask for the cache line of `index` before it is needed."""
        byte = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, _I32, _I32, _I32])
        call = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        # 0: to be read, 3: into the nearest cache, 1: it is data. Nothing is loaded into a
        # register, so an address behind the end of the array does no harm.
        self.builder.call(call, [self.at(index, byte.pointee), _I32(0), _I32(3), _I32(1)])

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """``c + a b`` in every lane."""
        # `contract` lets LLVM fuse the two where the processor can
        product = self.builder.fmul(a, b, flags=["contract"])
        return self.builder.fadd(c, product, flags=["contract"])

    def spread(self, number: Any) -> Any:
        """One number in every lane."""
        first = self.builder.insert_element(self.zero, number, _I32(0))
        return self._shuffle(first, [0] * self.lanes)

    def total(self, value: Any) -> Any:
        """Sum of the lanes, in a fixed order."""
        # Each half is added to the other until one number is left: a few steps where adding lane
        # after lane takes one for each. The order is written down, so that the rounding is too.
        half = self.lanes // 2
        while half:
            other = self._shuffle(value, [lane ^ half for lane in range(self.lanes)])
            value, half = self.builder.fadd(value, other), half // 2
        return self.builder.extract_element(value, _I32(0))

    def _shuffle(self, value: Any, order: list[int]) -> Any:
        mask = ir.Constant(ir.VectorType(_I32, self.lanes), order)
        return self.builder.shuffle_vector(value, self.zero, mask)


class Loop:
    """``for index in range(0, count, step)``, entered once at least, carrying vectors along."""

    def __init__(self, builder: Any, count: Any, step: int, start: list[Any]) -> None:
        self.builder, self.count, self.step = builder, count, step
        # A phi is a register that has one value on entry and another on each turn. So the sums
        # stay in registers: as variables they would be written to memory and read again.
        before = builder.block
        self.body, self.end = builder.append_basic_block(), builder.append_basic_block()
        builder.branch(self.body)
        builder.position_at_end(self.body)
        self.index = builder.phi(_INT)
        self.index.add_incoming(_INT(0), before)
        self.carried = [builder.phi(value.type) for value in start]
        for phi, value in zip(self.carried, start, strict=True):
            phi.add_incoming(value, before)

    def close(self, carried: list[Any]) -> None:
        """End the body: go round again with these vectors, or leave the loop."""
        following = self.builder.add(self.index, _INT(self.step))
        for phi, value in zip([self.index, *self.carried], [following, *carried], strict=True):
            phi.add_incoming(value, self.body)
        self.builder.cbranch(
            self.builder.icmp_signed("<", following, self.count), self.body, self.end
        )
        self.builder.position_at_end(self.end)


class _Tile:
    """Addresses of one tile: `rows` rows of the weights from `first` on, all examples of `z`."""

    def __init__(
        self, builder: Any, weights: Vectors, places: list[Any], batch: int, rows: int
    ) -> None:
        self.builder, self.weights = builder, weights
        self.first, self.stride, self.column = places
        self.batch, self.rows = batch, rows
        self.cells = [(b, r) for b in range(self.batch) for r in range(self.rows)]

    def row(self, r: int, index: Any) -> Any:
        start = self.builder.add(self.first, self.builder.mul(self.stride, _INT(r)))
        return self.builder.add(start, index)

    def example(self, b: int, index: Any) -> Any:
        along = self.builder.mul(self.builder.add(self.column, index), _INT(self.batch))
        return self.builder.add(along, _INT(b * self.weights.lanes))

    def prefetch_ahead(self, index: Any) -> None:
        # rows are too far apart for the processor to guess them, and memory takes as long as
        # one tile's work
        for r in range(self.rows):
            self.weights.prefetch(self.row(r + 2 * self.rows, index))


@intrinsic
def add_products(
    _: Any, W: Any, first: Any, stride: Any, column: Any, count: Any,
    z: Any, s: Any, at: Any, shape: Any,
) -> Any:  # fmt: skip
    """``s[b, k + r] += sum over columns of z[b, l] W[k + r, l]`` for one tile.

    `first` is the index of the tile's first weight in the flat `W`, `at` that of the packed
    ``s[0, k]``; the sum runs over `count` columns from `column` on.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        weights, zs, sums = (
            Vectors(context, builder, array, given[i]) for array, i in ((W, 0), (z, 5), (s, 6))
        )
        # One sum for each pair of example and row, all of them in registers: what is loaded of
        # a row serves all examples, what is loaded of an example serves all rows. The lanes of a
        # sum are added up once, behind the loop.
        batch, rows, _ = _counts(shape)
        tile = _Tile(builder, weights, given[1:4], batch, rows)
        loop = Loop(builder, given[4], weights.lanes, [weights.zero] * len(tile.cells))
        w = [weights.load(tile.row(r, loop.index)) for r in range(tile.rows)]
        zb = [zs.load(tile.example(b, loop.index)) for b in range(tile.batch)]
        chained = [
            zs.fma(w[r], zb[b], c) for (b, r), c in zip(tile.cells, loop.carried, strict=True)
        ]
        tile.prefetch_ahead(loop.index)
        loop.close(chained)
        for (b, r), value in zip(tile.cells, chained, strict=True):
            target = sums.at(builder.add(given[7], _INT(b * weights.lanes + r)), weights.item)
            builder.store(builder.fadd(builder.load(target), weights.total(value)), target)
        return context.get_dummy_value()

    places = [types.intp] * 4
    return types.void(W, *places, z, s, types.intp, shape), generate


@intrinsic
def pull_and_update(
    _: Any, W: Any, first: Any, stride: Any, column: Any, count: Any,
    z: Any, below: Any, delta: Any, at: Any, rate: Any, shape: Any, pull: Any,
) -> Any:  # fmt: skip
    """``below[b, l] += delta[b, k] W[k, l]``, then ``W[k, l] += rate * delta[b, k] z[b, l]``.

    Eq. 2 without its factor f' (left out where `pull` is 0) and eq. 3 in one pass over the
    weights, for a tile as in `add_products`; `at` is the index of the packed ``delta[0, k]``.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        arrays = ((W, 0), (z, 5), (below, 6), (delta, 7))
        vectors = [Vectors(context, builder, array, given[i]) for array, i in arrays]
        weights, deltas = vectors[0], vectors[3]
        batch, rows_up, rows = _counts(shape)
        tile = _Tile(builder, weights, given[1:4], batch, rows)
        # Every delta of the tile is spread over a vector before the loop. It is the same for all
        # columns, and the loop then consists of whole vectors only.
        d = {}
        for b, r in tile.cells:
            place = builder.add(given[8], _INT(b * weights.lanes + r))
            d[b, r] = deltas.spread(builder.load(deltas.at(place, weights.item)))
        factor = weights.spread(given[9])
        loop = Loop(builder, given[4], weights.lanes, [])
        chains = max(1, 2 // rows_up)  # where one row was too few to keep the processor busy
        _pull_and_update_columns(tile, vectors, d, factor, loop.index, pull.literal_value, chains)
        tile.prefetch_ahead(loop.index)
        loop.close([])
        return context.get_dummy_value()

    places = [types.intp] * 4
    given = (W, *places, z, below, delta, types.intp, W.dtype, shape, pull)
    return types.void(*given), generate


def _counts(shape: Any) -> tuple[int, int, int]:
    """Examples, and rows of a tile going up and down, from the type of `kernels.Memory.shape`."""
    batch, up, down = (kind.count for kind in shape.types)
    return batch, up, down


def _pull_and_update_columns(
    tile: _Tile,
    vectors: list[Vectors],
    d: dict[Any, Any],
    factor: Any,
    index: Any,
    pull: bool,
    chains: int,
) -> None:
    """Handle as many columns as a vector has lanes, from `index` on.

    The examples of a row are summed in so many chains, which do not wait for each other.
    """
    weights, zs, pulled, _ = vectors
    # The rows are loaded once, before either equation. Eq. 2 wants the weights from before the
    # update, which these registers still hold when the new ones are stored.
    w = [weights.load(tile.row(r, index)) for r in range(tile.rows)]
    gradient = [[weights.zero] * tile.rows for _ in range(chains)]
    for b in range(tile.batch):
        place = tile.example(b, index)
        zb = zs.load(place)
        gradient[b % chains] = [zs.fma(d[b, r], zb, g) for r, g in enumerate(gradient[b % chains])]
        if pull:
            total = pulled.load(place)
            for r in range(tile.rows):
                total = pulled.fma(d[b, r], w[r], total)
            pulled.store(total, place)
    for r in range(tile.rows):
        total = reduce(tile.builder.fadd, [chain[r] for chain in gradient])
        weights.store(weights.fma(factor, total, w[r]), tile.row(r, index))
