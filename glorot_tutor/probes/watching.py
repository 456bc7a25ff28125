"""Hooks that keep what the last pass through a network left behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge

from glorot_tutor.checks import UsageError
from glorot_tutor.probes import layers as found_in


class Point(NamedTuple):
    """Where a layer stands in autograd's graph: what s and z are differentiated by."""

    s: GradientEdge | None
    z: GradientEdge | None


@dataclass
class Watch:
    """What the last pass through a network left behind; each attribute is keyed by layer.

    Attributes
    ----------
    net
        The network that is watched: a `DeepNet` or any other module.
    max_bytes
        Bound on what the watch holds: per example and hidden unit three numbers (s, z, dCost/ds),
        and two per weight (autograd's sum and the mean made of it) while `backward` runs. The
        graph of the last pass stays as long as the watch does.
    names
        Name of each layer's module in the network.
    pre_activations, activations
        s and z, shape (N, width) or (N, ...). A layer that is no activation function, but was
        named, has its output in both.
    backprop_gradients
        dCost/ds, the shape of s; filled by `backward`.
    weights
        The weight matrices and kernels between each layer and those before it.
    weight_gradients
        dCost/dW of the mean cost, filled by `backward`; shape (fan_out, fan_in) or that of the
        kernel, flat where several weights feed a layer. A layer that no trainable weight feeds
        has none.
    """

    net: Any
    max_bytes: int
    names: dict[int, str] = field(default_factory=dict)
    pre_activations: dict[int, Tensor] = field(default_factory=dict)
    activations: dict[int, Tensor] = field(default_factory=dict)
    backprop_gradients: dict[int, Tensor] = field(default_factory=dict)
    weights: dict[int, list[nn.Parameter]] = field(default_factory=dict)
    weight_gradients: dict[int, Tensor] = field(default_factory=dict)
    functions: dict[int, str] = field(default_factory=dict)
    """Name in `ACTIVATIONS` of each layer's function, or nothing."""
    points: dict[int, Point] = field(default_factory=dict)
    """For those who differentiate further (see `jacobians`)."""
    hooked: bool = False
    """Whether hooks of others may change what the network does."""
    examples: int = 0
    """Length of the first input of the last pass."""

    def backward(self, costs: Tensor) -> None:
        """Back-propagate `costs`, shape (N,), one cost for each example of the last pass.

        Raises
        ------
        UsageError
            If the costs are not one to an example, or came without a graph (`torch.no_grad`).
        """
        if costs.shape != (self.examples,) or not costs.requires_grad:
            raise UsageError(
                f"costs has shape {tuple(costs.shape)}, requires_grad={costs.requires_grad}: give "
                f"one cost for each of the {self.examples} examples (reduction='none'), computed "
                "from parameters that require a gradient, outside torch.no_grad()."
            )
        self.check_calls()
        edges = {layer: point.s for layer, point in self.points.items()}
        if None in edges.values():
            raise UsageError(
                "some layers ran without a graph: compute them outside torch.no_grad(), and "
                "without reentrant checkpoints (use_reentrant=False)."
            )
        self._find_weights()
        unique = list({id(w): w for some in self.weights.values() for w in some}.values())
        self._hold(2 * sum(w.nbytes for w in unique))
        # autograd.grad, not .backward(): a training run keeps its .grad as it was
        wanted: list[Any] = [*edges.values(), *unique]
        gradients = torch.autograd.grad(costs.sum(), wanted, retain_graph=True, allow_unused=True)
        for layer, signal in zip(edges, gradients, strict=False):
            none = torch.zeros_like(self.pre_activations[layer])  # no way leads to the cost
            self.backprop_gradients[layer] = none if signal is None else signal
        means = {
            id(w): torch.zeros_like(w) if total is None else total.div_(len(costs))
            for w, total in zip(unique, gradients[len(edges) :], strict=True)
        }
        for layer, some in self.weights.items():
            parts = [means[id(w)] for w in some]
            self.weight_gradients[layer] = joined(parts)

    def check_calls(self) -> None:
        """Raise `UsageError` if the last pass called none of the modules that are watched."""
        if not self.points:
            raise UsageError(
                "the pass called none of the modules that are watched: name some that it calls, "
                "as in layers=['conv1', 'fc1']."
            )

    def values(self, quantity: str) -> dict[int, Tensor]:
        """Return the recorded values of one of the first three `QUANTITIES` by layer."""
        recorded = {
            "activation": self.activations,
            "backprop_gradient": self.backprop_gradients,
            "weight_gradient": self.weight_gradients,
        }
        if quantity not in recorded:
            raise UsageError(f"quantity {quantity!r} is not known: choose {', '.join(recorded)}.")
        return recorded[quantity]

    def units(self, layer: int) -> int | None:
        """Return the dimension of a layer's s and z along which each entry has its own weights.

        Where autograd's graph does not tell it is None: each entry is then a unit.
        """
        if self.pre_activations[layer].ndim < 3:
            return 1 if self.pre_activations[layer].ndim == 2 else None
        from glorot_tutor.probes.units import unit_dimension  # a fully connected net needs it not

        edge = self.points[layer].s
        ends = {p.z.node for n, p in self.points.items() if n < layer and p.z is not None}
        shape = self.pre_activations[layer].shape
        return None if edge is None else unit_dimension(edge.node, shape, ends)

    def by_unit(self, layer: int) -> Tensor:
        """Return the activations of a layer, shape (N x places, units).

        Weights that are applied at many places make one unit of all of them: a channel of a
        convolution, a feature of a sequence of tokens.
        """
        return self._laid(self.activations[layer], layer)

    def gradients_by_unit(self, layer: int) -> Tensor:
        """Return a layer's back-propagated gradients, shape (N, units), after `backward`.

        A convolution applies a unit's weights at each pixel that it puts out: what they are told
        is the sum over all of these places. In a fully connected layer there is one.
        """
        gradient = self.values("backprop_gradient")[layer]
        laid = self._laid(gradient, layer)
        return laid.reshape(len(gradient), -1, laid.shape[-1]).sum(1)

    def _laid(self, values: Tensor, layer: int) -> Tensor:
        dimension = self.units(layer)
        if dimension is None or values.ndim < 3 or dimension >= values.ndim:
            return values.reshape(len(values), -1)
        return values.movedim(dimension, -1).flatten(0, -2)

    def start(self, inputs: Any) -> None:
        """Forget the pass before: what it left would not fit to this one."""
        first = found_in.first_tensor(inputs)
        self.examples = 0 if first is None or not first.ndim else len(first)
        for of_a_pass in (
            self.names, self.pre_activations, self.activations, self.backprop_gradients,
            self.weights, self.weight_gradients, self.functions, self.points,
        ):  # fmt: skip
            of_a_pass.clear()

    def add(self, name: str, function: str, s: Tensor, z: Tensor, point: Point) -> None:
        """Record one more layer."""
        self._hold(2 * s.nbytes + z.nbytes)
        layer = len(self.points) + 1
        self.examples = self.examples or len(s)  # where not the whole network was called
        self.names[layer], self.functions[layer], self.points[layer] = name, function, point
        # copies, as s is: what follows may change z in place, as `out += x` does
        self.pre_activations[layer], self.activations[layer] = s, z.detach().clone()

    def _hold(self, more: int) -> None:
        needed = more
        for s, z in zip(self.pre_activations.values(), self.activations.values(), strict=True):
            needed += 2 * s.nbytes + z.nbytes
        if needed > self.max_bytes:
            raise UsageError(
                f"watching {self.examples} examples would hold {needed:,} bytes, more than "
                f"max_bytes={self.max_bytes:,}: pass fewer examples or raise the bound."
            )

    def _find_weights(self) -> None:
        ends = [(p.s.node, p.z.node) for p in self.points.values() if p.s and p.z]
        by_layer = found_in.feeding(*zip(*ends, strict=True))
        self.weights = {
            layer: some for layer, some in zip(self.points, by_layer, strict=True) if some
        }


def joined(tensors: list[Tensor]) -> Tensor:
    """Return one tensor as it is, several as one that is flat."""
    with torch.autocast(tensors[0].device.type, enabled=False):  # it joins no float64
        return tensors[0] if len(tensors) == 1 else torch.cat([t.flatten() for t in tensors])


@contextmanager
def watch(
    net: nn.Module, max_bytes: int = 2**30, layers: Sequence[str] | None = None
) -> Iterator[Watch]:
    """Watch the passes made through `net` inside the block; the hooks always come off.

    Each call of an activation module is a layer, in the order of the calls: one module that is
    called twice makes two. Functions such as `torch.relu` cannot be seen by hooks: name the
    modules before them in `layers`. A compiled network runs as it is written while it is watched.

    Parameters
    ----------
    net
        A `DeepNet`, or any module whose examples lie along the first dimension.
    max_bytes
        See `Watch`.
    layers
        Names of the modules to watch, as in `net.named_modules()`; by default all activation
        functions. Of those named that are none, the output is watched.

    Raises
    ------
    UsageError
        If nothing in the network can be watched, or a pass or its gradients would hold more than
        `max_bytes`.
    """
    if len(getattr(net, "device_ids", None) or ()) > 1:  # of DataParallel: one copy on each
        raise UsageError("the passes of a network on several devices mix: watch its .module.")
    as_written, net = found_in.eagerly(net), found_in.beneath(net)
    seen = Watch(net, max_bytes, hooked=found_in.hooked(net))
    with as_written, ExitStack() as stack:
        for module, name in found_in.layers_of(net, layers).items():
            layer = _Layer(seen, name, module)
            for handle in layer.attach(module):
                stack.callback(handle.remove)
        start = net.register_forward_pre_hook(
            lambda _, args, kwargs: seen.start((args, kwargs)), with_kwargs=True, prepend=True
        )
        stack.callback(start.remove)
        yield seen


class _Layer:
    """The hooks on one module."""

    def __init__(self, seen: Watch, name: str, module: nn.Module) -> None:
        self.seen, self.name = seen, name
        self.function = found_in.activation_name(seen.net, module)
        self.in_place = bool(getattr(module, "inplace", False))
        self.takes_s = found_in.takes_pre_activations(seen.net, module)
        self.s: list[tuple[Tensor, GradientEdge | None]] = []  # of calls that are under way

    def attach(self, module: nn.Module) -> list[Any]:
        after = module.register_forward_hook(self.record)
        if not self.takes_s:
            return [after]
        return [after, module.register_forward_pre_hook(self.prepare, with_kwargs=True)]

    def prepare(self, module: nn.Module, args: Any, kwargs: Any) -> Any:
        """Keep s and its place in the graph before the module may change it in place."""
        s = found_in.first_tensor((args, kwargs))
        if s is None:
            raise UsageError(f"module {self.name!r} is called without a tensor: watch another.")
        again = _with_graph(s, self.in_place)
        self.s.append((again.detach().clone(), _edge(again)))
        if again is not s:  # differentiable from here on
            args = tuple(again if a is s else a for a in args)
            return args, {key: again if a is s else a for key, a in kwargs.items()}
        return None

    def record(self, module: nn.Module, args: Any, output: Any) -> Any:
        z = found_in.first_tensor(output)
        if z is None:
            raise UsageError(f"module {self.name!r} returns no tensor: watch another.")
        again = _with_graph(z) if z is output else z
        s, edge = self.s.pop() if self.takes_s else (again.detach().clone(), _edge(again))
        self.seen.add(self.name, self.function, s, again, Point(edge, _edge(again)))
        return again if again is not z else None


def _with_graph(tensor: Tensor, in_place: bool = False) -> Tensor:
    """Return a tensor that can be differentiated by: a new one where nothing below is trainable."""
    if tensor.requires_grad or not torch.is_grad_enabled() or not tensor.is_floating_point():
        return tensor
    leaf = tensor.detach().requires_grad_()
    return leaf.clone() if in_place else leaf  # no leaf may be changed in place


def _edge(tensor: Tensor) -> GradientEdge | None:
    return get_gradient_edge(tensor) if tensor.requires_grad else None
