"""Which dimension of a layer's values counts its units, as autograd's graph tells."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Sequence
from typing import Any

from torch import nn

_RESHAPES = {"View", "UnsafeView", "ReshapeAlias", "Unsqueeze", "Squeeze"}
_PRODUCTS = {"Mm", "Addmm"}
_LAST = {"Linear", "Embedding"}
_OVER_PLACES = ("Pool", "Upsample", "ReflectionPad", "ReplicationPad")
_ENTRYWISE = {
    *("Add", "Sub", "Mul", "Div", "Clone", "ToCopy", "Neg", "Alias", "NativeDropout"),
    *("NativeBatchNorm", "CudnnBatchNorm", "NativeLayerNorm", "NativeGroupNorm"),
    *("Relu", "LeakyRelu", "Gelu", "Silu", "Elu", "Tanh", "Sigmoid", "Softplus", "Hardtanh"),
}
"""Their output has the shape of their input, and each entry its place: broadcast ones have not."""

_Factors = tuple[tuple[int | None, int], ...]
"""Dimensions of the values that one dimension became, slowest first, each with its length."""

_Order = tuple[_Factors, ...]
"""The factors of each dimension of a tensor on the way."""


def unit_dimension(node: Any, shape: Sequence[int], ends: Container[Any] = ()) -> int | None:
    """Find the dimension of a layer's values along which each entry has weights of its own.

    From the values down to the nearest products with weights, transposed and reshaped dimensions
    are followed. A convolution puts its channels into dimension 1, a linear map or an embedding
    its features into the last, whatever other dimensions have the same length.

    Parameters
    ----------
    node
        Of the graph, that made the values.
    shape
        Of the values.
    ends
        Nodes that belong to earlier layers.

    Returns
    -------
    int or None
        None where no way is known to lead there, or two disagree.
    """
    start: _Order = tuple(((dim, length),) for dim, length in enumerate(shape))
    ahead, reached, seen = deque([(node, start)]), set(), {(node, start)}
    while ahead:
        step, order = ahead.popleft()
        if step in ends:
            continue
        kind = _kind(step)
        if kind == "Convolution":
            reached.add(order[1])
        elif kind in _LAST or (kind in _PRODUCTS and _of_weights(step.next_functions[-1][0])):
            reached.add(order[-1])
        else:
            for below in (other for other, _ in step.next_functions if other is not None):
                before = _before(kind, step, _shape(step), _shape(below), order)
                if before is not None and (below, before) not in seen:
                    seen.add((below, before))
                    ahead.append((below, before))
    alone = next(iter(reached)) if len(reached) == 1 else ()
    return alone[0][0] if len(alone) == 1 else None


def _kind(step: Any) -> str:
    return str(step.name()).partition("Backward")[0]


def _shape(step: Any) -> tuple[int, ...]:
    """Shape of what a node has put out."""
    variable = getattr(step, "variable", None)
    return tuple(step._input_metadata[0].shape if variable is None else variable.shape)


def _before(
    kind: str, step: Any, shape: tuple[int, ...], below: tuple[int, ...], order: _Order
) -> _Order | None:
    """Order of the dimensions before a step; None if they cannot be followed."""
    if kind in _ENTRYWISE:
        return order if shape == below else None
    if kind in _RESHAPES:
        return _regrouped(order, below)
    if kind in ("T", "Transpose"):
        first, second = (0, -1) if kind == "T" else (step._saved_dim0, step._saved_dim1)
        return _permuted(order, _swapped(len(order), _signed(first), _signed(second)))
    if kind == "Permute":
        return _permuted(order, [_signed(dim) % len(order) for dim in step._saved_dims])
    if any(word in kind for word in _OVER_PLACES) and shape[:2] == below[:2]:
        return *order[:2], *(((None, length),) for length in below[2:])
    return None


def _signed(dimension: int) -> int:
    """Negative dimensions are kept as they are in 64 bits without a sign."""
    return dimension - 2**64 if dimension >= 2**63 else dimension


def _swapped(ndim: int, first: int, second: int) -> list[int]:
    dims = list(range(ndim))
    dims[first], dims[second] = dims[second], dims[first]
    return dims


def _permuted(order: _Order, dims: Sequence[int]) -> _Order:
    before: list[_Factors] = [()] * len(order)
    for after, dim in enumerate(dims):
        before[dim] = order[after]
    return tuple(before)


def _regrouped(order: _Order, below: tuple[int, ...]) -> _Order | None:
    """Entries keep their sequence where they are reshaped, so the factors keep theirs."""
    factors = deque(factor for some in order for factor in some if factor[1] != 1)
    found = []
    for size in below:
        some: list[tuple[int | None, int]] = []
        while size > 1:
            dim, length = factors.popleft() if factors else (None, 0)
            if length and size % length == 0:
                some.append((dim, length))
                size //= length
            elif length and length % size == 0:  # a part of a dimension is none of the values'
                some.append((None, size))
                factors.appendleft((None, length // size))
                size = 1
            else:
                return None
        found.append(tuple(some))
    return tuple(found)


def _of_weights(node: Any) -> bool:
    """Whether parameters, and nothing else, were made into a factor: examples are none."""
    ahead, seen = [node], set()
    while ahead:
        step = ahead.pop()
        if step is None:
            return False
        variable = getattr(step, "variable", None)
        if variable is not None and not isinstance(variable, nn.Parameter):
            return False
        if step not in seen:
            seen.add(step)
            ahead += [other for other, _ in step.next_functions]
    return True
