"""Whether a network is the one that the fast engines compute, or another that looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as torch_module

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.nets import DeepNet


def another_function(net: nn.Module) -> str:
    """Say what makes `net` another function than `DeepNet` computes; empty if nothing does.

    The fast engines read the weights and the activation's name and never call the network, so
    whatever a call would do besides must be found here.
    """
    if not isinstance(net, DeepNet):
        return f"it is a {type(net).__name__}, no DeepNet"
    if _overrides(net):
        return f"{type(net).__name__} has a forward pass of its own"
    return _modules(net) or _hooks(net) or _activation(net) or _chain(net)


def odd_weights(net: nn.Module) -> str:
    """Say why weights cannot be moved by the plain rule on the CPU; empty if they can."""
    parameters = list(net.named_parameters())
    for name, parameter in parameters:
        if not parameter.requires_grad:
            return f"its {name} is frozen"
        if parameter.device.type != "cpu":
            return f"its {name} is on {parameter.device}"
        if parameter.dtype != parameters[0][1].dtype:
            return "its weights are of several dtypes"
        if parameter.dtype not in (torch.float32, torch.float64):
            return f"its weights are {parameter.dtype}"
        if parameter.is_inference():
            return f"its {name} was made in inference mode"
        if type(parameter) is not nn.Parameter or not parameter.is_contiguous():
            return f"its {name} is no contiguous array"
        if parameter._backward_hooks or parameter._post_accumulate_grad_hooks:
            return f"its {name} has a hook"
    return "its layers share weights" if _share(net) else ""


def _overrides(net: DeepNet) -> bool:
    names = ("forward", "__call__", "_call_impl", "_wrapped_call_impl", "weight", "sizes", "depth")
    return (
        any(getattr(type(net), name) is not getattr(DeepNet, name) for name in names)
        or bool({"forward", "_call_impl"} & vars(net).keys())
        or net._compiled_call_impl is not None
    )


def _modules(net: DeepNet) -> str:
    """Modules added, taken out or exchanged; parametrizations make a class of their own too."""
    layers, functions = getattr(net, "linears", ()), getattr(net, "activations", ())
    expected = {"", "linears", "activations"}
    expected |= {f"linears.{i}" for i in range(len(functions) + 1)}
    expected |= {f"activations.{i}" for i in range(len(functions))}
    modules = dict(net.named_modules(remove_duplicate=False))
    if odd := sorted(expected ^ modules.keys()):
        return f"its modules are not those of a DeepNet ({odd[0]})"
    kinds: list[tuple[Any, type[nn.Module]]] = [(linear, nn.Linear) for linear in layers]
    for module, kind in [(layers, nn.ModuleList), (functions, nn.ModuleList), *kinds]:
        if "forward" in vars(module):
            return f"a {kind.__name__} of it has a forward pass of its own"
        if type(module) is not kind:
            return f"a {type(module).__name__} stands where a {kind.__name__} is expected"
    known = {f"linears.{i}.{name}" for i in range(len(layers)) for name in ("weight", "bias")}
    if odd := sorted(known ^ {name for name, _ in net.named_parameters(remove_duplicate=False)}):
        return f"its parameters are not those of a DeepNet ({odd[0]})"
    return ""


def _hooks(net: DeepNet) -> str:
    if torch_module._has_any_global_hook():
        return "a hook is on all modules"
    if torch.is_autocast_enabled("cpu"):
        return "autocast is on"
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    for name, module in net.named_modules():
        if any(getattr(module, kind) for kind in kinds):
            return f"a hook is on {name or 'it'}"
    return ""


def _activation(net: DeepNet) -> str:
    row = ACTIVATIONS.get(net.activation)
    if row is None or row.kernel is None:
        return f"there is no kernel for the activation {net.activation}"
    fresh = row.module()
    for module in net.activations:
        # what torch prints of a module names its settings: a leak, working in place
        if type(module) is not type(fresh) or repr(module) != repr(fresh):
            return f"its activation {net.activation} is replaced by {module!r}"
        if "forward" in vars(module):
            return f"its activation {net.activation} has a forward pass of its own"
    return ""


def _chain(net: DeepNet) -> str:
    shapes = [linear.weight.shape for linear in net.linears if isinstance(linear, nn.Linear)]
    fits = all(below[0] == above[1] for below, above in pairwise(shapes))
    return "" if fits else "its layers do not fit each other"


def _share(net: nn.Module) -> bool:
    """Whether two parameters use the same memory, all of it or some."""
    places = sorted(_places(net))
    return any(end > start for (_, end), (start, _) in pairwise(places))


def _places(net: nn.Module) -> Iterator[tuple[int, int]]:
    for _, parameter in net.named_parameters(remove_duplicate=False):
        yield _place(parameter)


def _place(tensor: Tensor) -> tuple[int, int]:
    return tensor.data_ptr(), tensor.data_ptr() + tensor.nbytes
