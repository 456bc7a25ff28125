"""Engines that train a network: one to read, one to be fast, with one meaning."""

from __future__ import annotations

from typing import Any

from torch import nn

from glorot_tutor.checks import UsageError, one_of, whole
from glorot_tutor.engines.base import COSTS, DEVICES, LIMIT, RULES, Engine, in_mode, tell_once
from glorot_tutor.engines.fused import FusedEngine

__all__ = ["COSTS", "DEVICES", "ENGINES", "LIMIT", "RULES", "Engine", "in_mode", "make_engine"]

ENGINES = ("autograd", "fused")


def _readable(*given: Any) -> Engine:
    from glorot_tutor.engines.autograd import AutogradEngine  # the fast one does without

    return AutogradEngine(*given)


def make_engine(
    name: str,
    net: nn.Module,
    learning_rate: float,
    cost: str = "nll",
    batch_size: int = 10,
    threads: int = 1,
    device: str = "cpu",
) -> Engine:
    """Build an engine by name.

    `"fused"` is the fastest engine that can compute what is asked for: compiled kernels for a
    plain `DeepNet` and small mini-batches, the same equations in torch for large ones and where
    there is no compiler, and for every other network the readable engine. Where it is not what
    one would expect, a line on standard error (a warning of the logger
    `glorot_tutor.engines`) says why, once.

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
        return _readable(net, learning_rate, cost, batch_size, device)
    if one_of("device", device, DEVICES) != "cpu":
        raise UsageError(f"engine 'fused' runs on the cpu only: choose 'autograd' for {device}.")
    given = one_of("cost", cost, COSTS), whole("batch_size", batch_size, 1)
    if reason := FusedEngine.cannot(net, *given):
        tell_once(f"the readable engine trains this network, for {reason}.")
        return _readable(net, learning_rate, *given)
    try:
        from glorot_tutor.engines.compiled import CompiledEngine
    except ImportError as error:
        tell_once(f"the fast engine runs in torch, without compiled kernels: {error}.")
        return FusedEngine(net, learning_rate, *given)
    if CompiledEngine.cannot(net, *given):
        return FusedEngine(net, learning_rate, *given)
    return CompiledEngine(net, learning_rate, *given, threads)
