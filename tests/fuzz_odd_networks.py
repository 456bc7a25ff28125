"""Odd networks at random, each with examples, the place it is called in, and what plain torch
makes of it: hooks and `backward()` as in any tutorial."""

from __future__ import annotations

import copy
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
from strangers import CLASSES, ResNet, Transformer, TwoInputs, cnn
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.initializations import INITIALIZATIONS
from glorot_tutor.nets import DeepNet

FLOATS = [torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16]
PLACES = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "meta": lambda: torch.device("meta"),
}
LAYERS = (nn.Tanh, nn.ReLU, nn.GELU, *{type(row.module()) for row in ACTIVATIONS.values()})


@dataclass
class Scene:
    """A network and all that it is used with.

    `given` is what the user holds, `net` the module beneath: they differ where it is compiled.
    """

    net: nn.Module
    given: Any
    x: Any
    y: Tensor
    place: str
    odd: set[str]

    def inside(self):
        return PLACES.get(self.place, nullcontext)()

    def as_called(self):
        """Give the place that counts for what is computed: gradients are always made."""
        return self.inside() if self.place == "autocast" else nullcontext()


@contextmanager
def scene(rng):
    """Set up a scene; torch's global settings come back."""
    torch.manual_seed(rng.randrange(10**6))
    default = rng.choice([torch.float32, torch.float32, torch.float64])
    torch.set_default_dtype(default)
    try:
        yield _scene(rng)
        assert torch.get_default_dtype() == default
        assert torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)


def _scene(rng):
    odd = set()
    build = rng.choice([_deep, _deep, _stack, _stack, _picture, _residual, _tokens, _pair])
    net, x = build(rng, rng.choice([0, 2, *[10] * 8]))
    _spoil(rng, net, odd)
    net.to(rng.choice(FLOATS) if rng.random() < 0.98 else torch.complex64)
    if rng.random() < 0.02:
        net.to("meta")
        odd.add("meta")
    x = _as_network(rng, net, x, odd)
    count = len(x[0] if isinstance(x, tuple) else x)
    y = torch.randint(rng.choice([CLASSES] * 8 + [CLASSES + 1]), (count,))
    y = y.to(rng.choice([torch.int64] * 8 + [torch.int32, torch.float32]))
    odd |= {"empty"} if not count else set()
    odd |= {"classes"} if y.is_floating_point() or (y >= CLASSES).any() else set()
    odd |= {"int32"} if y.dtype is torch.int32 else set()
    odd |= {"complex"} if any(p.is_complex() for p in net.parameters()) else set()
    given = net
    if rng.random() < 0.03:
        torch.compiler.reset()
        given = torch.compile(net, backend="eager")
    place = rng.choice([*PLACES, "", "", "", ""])
    return Scene(net, given, x, y, place, odd)


def _as_network(rng, net, x, odd):
    """Convert inputs to the network's dtype, or, now and then, to another one."""
    own = next(p.dtype for p in net.parameters())
    dtype = own if rng.random() < 0.9 else rng.choice(FLOATS)
    if dtype != own:
        odd.add("dtype")
    convert = lambda v: v.to(dtype) if v.is_floating_point() else v  # noqa: E731
    return tuple(map(convert, x)) if isinstance(x, tuple) else convert(x)


def _deep(rng, count):
    widths = [rng.randrange(1, 6) for _ in range(rng.randrange(1, 4))]
    activation, initialization = rng.choice(list(ACTIVATIONS)), rng.choice(list(INITIALIZATIONS))
    if initialization == "orthogonal" or rng.random() < 0.7:
        widths = [widths[0]] * len(widths)
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    net = DeepNet(3, widths, CLASSES, activation, initialization, generator)
    return net, torch.randn(count, 3)


def _stack(rng, count):
    """Linear layers with what one puts between them; layers and activations may be shared."""
    width = rng.randrange(2, 6)
    f = ACTIVATIONS[rng.choice([name for name in ACTIVATIONS if name != "identity"])].module()
    again, of_one = nn.Linear(width, width), rng.random() < 0.3
    parts = [nn.Linear(3, width), f]
    for _ in range(rng.randrange(1, 4)):
        layer = again if rng.random() < 0.2 else nn.Linear(width, width)
        between = [nn.BatchNorm1d(width), nn.LayerNorm(width), nn.Dropout(0.5), nn.Identity()]
        parts += [layer, rng.choice(between), f if of_one else copy.deepcopy(f)]
    if rng.random() < 0.1:
        weight_norm(again)
    return nn.Sequential(*parts, nn.Linear(width, CLASSES)), torch.randn(count, 3)


def _picture(rng, count):
    return cnn(), torch.randn(count, 1, 9, 9)


def _residual(rng, count):
    return ResNet(), torch.randn(count, 1, 5, 5)


def _tokens(rng, count):
    return Transformer(), torch.randint(11, (count, 3))


def _pair(rng, count):
    return TwoInputs(), (torch.randn(count, 3), torch.randn(count, 2))


def _spoil(rng, net, odd):
    """Freeze, hook, patch, diverge: what has happened to a network before it comes to us."""
    net.train(rng.random() < 0.5)
    for module in net.modules():
        if rng.random() < 0.05:
            module.train(rng.random() < 0.5)
    of_all = rng.random()
    for parameter in net.parameters():
        if of_all < 0.05 or rng.random() < 0.1:
            parameter.requires_grad_(False)
        elif rng.random() < 0.1:
            parameter.grad = torch.ones_like(parameter)
    if rng.random() < 0.1:
        next(net.parameters()).data[0] = rng.choice([torch.nan, torch.inf])
        odd.add("diverged")
    linears = [module for module in net.modules() if isinstance(module, nn.Linear)]
    if rng.random() < 0.1:
        rng.choice(linears).register_forward_hook(lambda module, args, output: output * 2)
    if rng.random() < 0.05 and isinstance(net, DeepNet):
        net.activations[0] = nn.Softplus()
    if rng.random() < 0.05:
        net.forward = MethodType(lambda self, *args: type(self).forward(self, *args) / 2, net)


# ---- what plain torch makes of it


def arguments(x):
    return x if isinstance(x, tuple) else (x,)


def first(x, count):
    return tuple(v[:count] for v in x) if isinstance(x, tuple) else x[:count]


def state(net):
    """All of a network that looking at it must leave: values, gradients, modes, hooks, places."""
    values = {name: value.clone() for name, value in net.state_dict().items()}
    grads = {f"{n}.grad": p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    modules = [(m.training, [len(getattr(m, kind)) for kind in kinds]) for m in net.modules()]
    parameters = [(id(p), p.requires_grad, p.dtype, p.device) for p in net.parameters()]
    return values | grads, modules, parameters, [id(b) for b in net.buffers()]


def assert_same(one, other, rtol=0.0, atol=0.0):
    """Fail if two states (see `state`) differ."""
    assert one[1:] == other[1:]
    assert one[0].keys() == other[0].keys()
    for name, value in one[0].items():
        if value.device.type != "meta":
            torch.testing.assert_close(
                value, other[0][name], equal_nan=True, rtol=rtol, atol=atol,
                msg=lambda text, name=name: f"{name}: {text}",
            )  # fmt: skip


@contextmanager
def traced(net):
    """Keep s and z of each call of an activation module, in the graph, for the tutorial's way."""
    own = set(net.activations) if isinstance(net, DeepNet) else set()
    wanted = [m for m in net.modules() if m in own or (isinstance(m, LAYERS)
              and not isinstance(m, nn.Identity))]  # fmt: skip
    s, z = [], []

    def before(module, args):
        value = args[0] if args[0].requires_grad else args[0].detach().requires_grad_()
        s.append(value.clone())
        s[-1].retain_grad()
        return (s[-1].clone(),)  # which the module may change in place

    def after(module, args, output):
        z.append(output.clone())
        return z[-1].clone()

    with ExitStack() as stack:
        for module in wanted:
            stack.callback(module.register_forward_pre_hook(before).remove)
            stack.callback(module.register_forward_hook(after).remove)
        yield s, z


def expected(net, x, y):
    """Activations, dCost/ds and dCost/dW of the mean cost, by `backward()`."""
    for parameter in net.parameters():
        parameter.grad = None
    with traced(net) as (s, z):
        logits = net(*(v.clone() for v in arguments(x)))
        costs = functional.cross_entropy(logits, y.long(), reduction="none")
    costs.sum().backward()
    gradients = [torch.zeros_like(v) if v.grad is None else v.grad for v in s]
    return [v.detach() for v in z], gradients


def expected_singular_values(net, x):
    """By layer, those of dz above / dz below, one entry of one example after the other."""
    leaves = [v.clone().requires_grad_() for v in arguments(x) if v.is_floating_point()]
    rest = [v for v in arguments(x) if not v.is_floating_point()]
    with traced(net) as (_, z):
        net(*(leaf.clone() for leaf in leaves), *rest)
    below, found = leaves, {}
    for layer, above in enumerate(z, start=1):
        if below:
            with torch.autocast("cpu", enabled=False):  # it joins no float64
                found[layer] = [_decomposed(above, below, n) for n in range(len(above))]
        below = [above]
    return found


def _decomposed(above, below, n):
    rows = []
    for entry in above[n].flatten():
        found = torch.autograd.grad(entry, below, retain_graph=True, allow_unused=True)
        parts = [torch.zeros_like(b) if g is None else g for g, b in zip(found, below, strict=True)]
        rows.append(torch.cat([part[n].flatten() for part in parts]))
    jacobian = torch.stack(rows).double()
    if not jacobian.isfinite().all():
        return torch.full((min(jacobian.shape),), torch.nan, dtype=torch.float64)
    return torch.linalg.svdvals(jacobian)
