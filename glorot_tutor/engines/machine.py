"""What the compiled kernels need from the processor and from Numba."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import uuid4

import llvmlite.binding as llvm
import numba
from filelock import FileLock, Timeout
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.caching import FunctionCache
from numba.extending import intrinsic as _intrinsic

from glorot_tutor.engines.base import tell_once

if getattr(numba.config, "DISABLE_JIT", False):
    raise ImportError("NUMBA_DISABLE_JIT is set")

Function = TypeVar("Function", bound=Callable[..., Any])

_INT = ir.IntType(64)
_PATIENCE = 4096
_SOURCES = ("machine", "tiles", "activate", "kernels", "../activations")


def _registers() -> tuple[int, int]:
    """Bytes of a vector register, and how many running sums fit beside the operands."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, 24
    return (32, 12) if features.get("avx2") else (16, 24)


VECTOR_BYTES, RUNNING_SUMS = _registers()

LARGEST_BATCH = RUNNING_SUMS
"""Examples whose sums fit into the registers; larger mini-batches suit a library's products."""


def rows_at_once(batch: int, itemsize: int) -> tuple[int, int]:
    """Rows of the weights in one tile, going up and down: powers of two.

    Both divide the lanes of a vector. Going up, the sums of all rows stay in the registers; going
    down, two rows share what is loaded and stored of the layer below, which is worth more.
    """
    rows = 1
    while 2 * rows * batch <= RUNNING_SUMS and 2 * rows <= min(8, VECTOR_BYTES // itemsize):
        rows *= 2
    return rows, max(rows, 2)


def _checksum() -> str:
    texts = (Path(__file__).parent.joinpath(f"{name}.py").read_bytes() for name in _SOURCES)
    return f"{zlib.crc32(b''.join(texts)):08x}"


_VERSION = _checksum()


def compiled(function: Function) -> Function:
    """Compile with Numba, without the interpreter lock, and keep the result on disk."""
    # Numba renews what it kept when the function's own file changes; with this name also when
    # one of the files does that the function is built from
    function.__qualname__ += f"-{_VERSION}"
    # `contract` lets a product and a sum be fused; nothing else of the arithmetic is relaxed
    jit: Any = numba.njit(nogil=True, error_model="numpy", fastmath={"contract"})(function)
    try:
        jit._cache = _Kept(function)
    except RuntimeError:  # of no folder that can be written to
        tell_once("compiled kernels cannot be kept: set NUMBA_CACHE_DIR to a folder of yours.")
    return cast(Function, jit)


class _Kept(FunctionCache):
    """Compiled code on disk; what a kill has cut off is removed, and compiled anew.

    Two processes may compile at once all the same (see `ready`): for two dtypes, or where there is
    no lock. Numba counts the files of a function's dtypes: both would give the same number to
    another dtype, and an index could name the code of the wrong one. So each process has names of
    its own.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._name = self._impl.filename_base
        self._cache_file._data_name_pattern = f"{self._name}.{uuid4().hex}.{{number:d}}.nbc"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # a pickle that is cut off raises whatever it likes
            tell_once(f"a damaged file of compiled kernels in {self.cache_path} is made anew.")
            with suppress(OSError):
                for path in Path(self.cache_path).glob(f"{self._name}.*"):
                    path.unlink(missing_ok=True)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except Exception as error:  # the code runs, kept or not
            tell_once(f"compiled kernels cannot be kept in {self.cache_path}: {error}.")


def ready(kernel: Any, *given: Any) -> None:
    """Compile a kernel for such arguments; while another process does, wait for what it keeps.

    Without the lock both compile: 12 seconds of a processor each, where the second one needs 1 to
    read what the first has kept. The system frees the lock of a process that is killed.
    """
    signature = tuple(map(kernel.typeof_pyval, given))
    if signature in kernel.overloads:
        return
    with _alone(kernel._cache.cache_path):
        kernel.compile(signature)


@contextmanager
def _alone(folder: str | None) -> Iterator[None]:
    """Keep other processes waiting, where the folder allows it; else they work side by side."""
    with ExitStack() as stack:
        if folder is not None:
            with suppress(OSError, NotImplementedError, Timeout):
                Path(folder).mkdir(parents=True, exist_ok=True)
                stack.enter_context(FileLock(Path(folder) / ".lock", timeout=_LONGEST))
        yield


_LONGEST = 300.0  # seconds; compiling takes less on any machine that is not stuck


def intrinsic(function: Callable[..., Any]) -> Any:
    """Declare a function whose instructions are written out; it sees constants as such."""
    return _intrinsic(prefer_literal=True)(function)


@intrinsic
def meet(_: Any, arrivals: Any, goal: Any) -> Any:
    """Count this thread in at ``arrivals[0]`` and wait until `goal` have come.

    A thread looks again and again for some microseconds, which is how long its partners take;
    after that it offers its core to others between two looks.
    """

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        # The counter is never set back: the goal rises by the number of threads with each meeting.
        # So a quick thread may come to the next meeting while a slow one still looks at this one.
        place = context.make_array(arrivals)(context, builder, given[0]).data
        # `acq_rel` here and `acquire` below: all that a thread wrote before it came is seen by
        # all after they have met. Without them the processor or LLVM might put writes off.
        builder.atomic_rmw("add", place, _INT(1), "acq_rel")
        before = builder.block
        look, wait, rest, end = (builder.append_basic_block() for _ in range(4))
        builder.branch(look)
        builder.position_at_end(look)
        looks = builder.phi(_INT)
        come = builder.load_atomic(place, "acquire", 8)
        builder.cbranch(builder.icmp_signed(">=", come, given[1]), end, wait)
        builder.position_at_end(wait)
        # The count begins at 0 on entry only and never again, not even after a rest. A thread
        # whose patience is at an end has partners without a core, which need this one's.
        more = builder.add(looks, _INT(1))
        for value, block in ((_INT(0), before), (more, wait), (more, rest)):
            looks.add_incoming(value, block)
        builder.cbranch(builder.icmp_signed(">", more, _INT(_PATIENCE)), rest, look)
        builder.position_at_end(rest)
        _offer_core(builder)
        builder.branch(look)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.void(arrivals, types.intp), generate


def _offer_core(builder: Any) -> None:
    if os.name == "posix":
        kind = ir.FunctionType(ir.IntType(32), [])
        builder.call(cgutils.get_or_insert_function(builder.module, kind, "sched_yield"), [])


@intrinsic
def power_of_two(_: Any, exponent: Any) -> Any:
    """2 to a whole, not too large `exponent` given as a float: its bits, put together."""
    mantissa, bias, size = (23, 127, 32) if exponent == types.float32 else (52, 1023, 64)

    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        whole = ir.IntType(size)
        bits = builder.add(builder.fptosi(given[0], whole), whole(bias))
        return builder.bitcast(builder.shl(bits, whole(mantissa)), given[0].type)

    return exponent(exponent), generate
