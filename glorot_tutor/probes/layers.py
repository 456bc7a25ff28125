"""Which modules of a network are its layers, and which weights feed each of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import activation as kinds
from torch.nn.modules.module import _has_any_global_hook

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError
from glorot_tutor.nets import DeepNet

_NO_LAYERS = {"MultiheadAttention", "Softmin", "Softmax", "Softmax2d", "LogSoftmax"}
_KINDS = tuple(getattr(kinds, name) for name in kinds.__all__ if name not in _NO_LAYERS)

# nn.Identity is a layer of the linear DeepNet alone: elsewhere it stands for nothing at all
_OF_TABLE = {type(row.module()): name for name, row in ACTIVATIONS.items() if name != "identity"}


_PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)


def beneath(net: Any) -> nn.Module:
    """Return the module that a compiled or a parallel one was made from, any other as it is.

    Raises
    ------
    UsageError
        If it is no module of torch's, or one that no hook can look into.
    """
    while hasattr(net, "_orig_mod") or isinstance(net, _PARALLEL):
        net = net.module if isinstance(net, _PARALLEL) else net._orig_mod  # of torch.compile
    if isinstance(net, torch.jit.ScriptModule):
        raise UsageError("a scripted network cannot be watched: pass the module it was made from.")
    if not isinstance(net, nn.Module):
        raise UsageError(f"net is of type {type(net).__name__}: give a torch.nn.Module.")
    return net


def eagerly(net: nn.Module) -> AbstractContextManager[Any]:
    """Run compiled modules as they are written: compiled code calls no hooks."""
    modules = list(net.modules()) if isinstance(net, nn.Module) else []
    if any(m._compiled_call_impl is not None or hasattr(m, "_orig_mod") for m in modules):
        return torch.compiler.set_stance("force_eager")
    return nullcontext()


def hooked(net: nn.Module) -> bool:
    """Whether a hook may change what a network does."""
    return bool(_has_any_global_hook()) or any(
        module._forward_hooks or module._forward_pre_hooks for module in net.modules()
    )


def layers_of(net: nn.Module, names: Sequence[str] | None = None) -> dict[nn.Module, str]:
    """Return the modules that are watched, each with its name.

    Raises
    ------
    UsageError
        If there is no activation module, or a name is not one of a module.
    """
    modules = dict(net.named_modules(remove_duplicate=False))
    if names is not None:
        unknown = [name for name in names if name not in modules]
        if unknown or isinstance(names, str) or not names:
            some = ", ".join(name for name in modules if name)
            raise UsageError(f"layers is {names!r}: give a list of names of modules, from {some}.")
        return {modules[name]: name for name in names}
    scripted = next((n for n, m in modules.items() if isinstance(m, torch.jit.ScriptModule)), "")
    if scripted:
        raise UsageError(
            f"module {scripted!r} is scripted, and no hook can look into it: put the module that "
            "it was made from there, or name modules to watch, as in layers=['conv1', 'fc1']."
        )
    own = _own(net)
    inside = {part for f in own for part in f.modules()} - own  # they are parts of one function
    chosen = {
        m: n for n, m in modules.items() if m in own or (is_activation(m) and m not in inside)
    }
    if not chosen:
        raise UsageError(
            f"{type(net).__name__} holds no activation module, and functions such as torch.relu "
            "cannot be seen: name modules whose outputs to watch, as in layers=['conv1', 'fc1']."
        )
    return chosen


def _own(net: nn.Module) -> set[nn.Module]:
    return set(net.activations) if isinstance(net, DeepNet) else set()


def is_activation(module: nn.Module) -> bool:
    """Whether a module is one of torch's activation functions, or of the project's table."""
    return isinstance(module, _KINDS) or type(module) in _OF_TABLE


def takes_pre_activations(net: nn.Module, module: nn.Module) -> bool:
    """Whether the input of a layer's module is s; of others (a linear map, say) the output is."""
    if module in _own(net) or is_activation(module):
        return True
    return not (any(True for _ in module.children()) or any(True for _ in module.parameters()))


def activation_name(net: nn.Module, module: nn.Module) -> str:
    """Name of a layer's activation function in `ACTIVATIONS`, or nothing."""
    names = [str(net.activation)] if module in _own(net) else []  # which it may not be any more
    names += [_OF_TABLE[type(module)]] if type(module) in _OF_TABLE else []
    return next((name for name in names if _is_that_of(name, module)), "")


def _is_that_of(name: str, module: nn.Module) -> bool:
    row = ACTIVATIONS.get(name)
    fresh = row.module() if row else None
    return type(module) is type(fresh) and _settings(module) == _settings(fresh)


def _settings(module: nn.Module) -> dict[str, Any]:
    """Numbers of an activation function: an ELU that goes down to -2 saturates elsewhere."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {n: v for n, v in public.items() if n not in ("training", "inplace", "approximate")}


def feeding(below: Iterable[Any], above: Iterable[Any]) -> list[list[nn.Parameter]]:
    """Find the weights (of two dimensions or more) between each layer and those before it.

    They are read off autograd's graph, from a layer's s down to the z of earlier layers, so that
    it does not matter whether the weights belong to a linear map, a convolution or attention. The
    nearest stands first. Two layers that use one weight both have it.

    Parameters
    ----------
    below, above
        Nodes of the graph that made s and z of each layer, in the order of the calls.
    """
    weights_of, passed = [], set()
    for node, end in zip(below, above, strict=True):
        weights, ahead = {}, deque([node])
        while ahead:
            step = ahead.popleft()
            variable = getattr(step if step not in passed else _copied(step), "variable", None)
            if isinstance(variable, nn.Parameter) and variable.ndim > 1:
                weights[id(variable)] = variable
            if variable is not None or step in passed:
                continue  # what a skip connection leads back to belongs to an earlier layer
            passed.add(step)
            ahead += [other for other, _ in step.next_functions if other is not None]
        passed.add(end)
        weights_of.append(list(weights.values()))
    return weights_of


def _copied(step: Any) -> Any:
    """Go up a chain: autocast keeps one copy of a weight for all calls that use it."""
    while len(step.next_functions) == 1 and step.next_functions[0][0] is not None:
        step = step.next_functions[0][0]
    return step


def first_tensor(values: Any) -> Tensor | None:
    """Return the first tensor in arguments or outputs, however nested in tuples and dicts."""
    if isinstance(values, Tensor):
        return values
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, tuple | list):
        return None
    return next((t for t in map(first_tensor, values) if t is not None), None)
