"""Engines that train a network: one to read, one to be fast, with one meaning."""

from __future__ import annotations

from glorot_tutor.checks import UsageError, one_of, whole
from glorot_tutor.engines.autograd import DEVICES, AutogradEngine
from glorot_tutor.engines.base import COSTS, LIMIT, Engine
from glorot_tutor.engines.fused import FusedEngine
from glorot_tutor.nets import DeepNet

__all__ = ["COSTS", "DEVICES", "ENGINES", "LIMIT", "Engine", "make_engine"]

ENGINES = ("autograd", "fused")


def make_engine(
    name: str,
    net: DeepNet,
    learning_rate: float,
    cost: str = "nll",
    batch_size: int = 10,
    threads: int = 1,
    device: str = "cpu",
) -> Engine:
    """Build an engine by name.

    `"fused"` runs compiled kernels where Numba is installed and the mini-batch is small enough
    for them, and the same equations in torch otherwise.

    Parameters
    ----------
    name
        One of `ENGINES`.
    net, learning_rate, cost, batch_size
        See `Engine`.
    threads
        Threads of the compiled kernels; torch's own number is left alone.
    device
        One of `DEVICES`; the fused engine runs on the CPU only.

    Raises
    ------
    UsageError
        If a name is not known or an argument lies outside its range.
    """
    whole("threads", threads, 1)
    if one_of("engine", name, ENGINES) == "autograd":
        return AutogradEngine(net, learning_rate, cost, batch_size, device)
    if one_of("device", device, DEVICES) != "cpu":
        raise UsageError(f"engine 'fused' runs on the cpu only: choose 'autograd' for {device}.")
    try:
        from glorot_tutor.engines.compiled import CompiledEngine
        from glorot_tutor.engines.machine import LARGEST_BATCH
    except ImportError:
        return FusedEngine(net, learning_rate, cost, batch_size)
    if whole("batch_size", batch_size, 1) > LARGEST_BATCH:
        return FusedEngine(net, learning_rate, cost, batch_size)
    return CompiledEngine(net, learning_rate, cost, batch_size, threads)
