"""What the instruments say of other people's networks, beside autograd by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from strangers import CLASSES, Functional, ResNet, Transformer, TwoInputs, cnn, mlp
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor import probes
from glorot_tutor.checks import UsageError
from glorot_tutor.probes import look, measure, spectra

N = 6


def given(make: Callable[[], nn.Module], *shapes: tuple[int, ...]) -> tuple[Any, ...]:
    """A network, its inputs and classes, in double precision, always the same."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        inputs = tuple(torch.randn(N, *shape, dtype=torch.float64) for shape in shapes)
        net = make().double()
        y = torch.randint(CLASSES, (N,))
    return net, inputs[0] if len(inputs) == 1 else inputs, y


def by_hand(cost: Tensor, *variables: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(cost, variables, retain_graph=True))


def same(found: dict[int, Tensor], *expected: Tensor) -> None:
    assert list(found) == list(range(1, len(expected) + 1))
    for values, wanted in zip(found.values(), expected, strict=True):
        torch.testing.assert_close(values, wanted.detach())


def test_a_residual_block() -> None:
    net, x, y = given(ResNet, (1, 5, 5))
    _, seen = look(net, x, y)
    block = net.block
    s1 = net.stem[1](net.stem[0](x))
    z1 = torch.tanh(s1)
    s2 = block.norm1(block.conv1(z1))
    z2 = torch.relu(s2)
    s3 = block.norm2(block.conv2(z2)) + z1
    z3 = torch.relu(s3)
    costs = functional.cross_entropy(net.head(z3.mean((2, 3))), y, reduction="none")
    assert seen.names == {1: "stem.2", 2: "block.relu", 3: "block.relu"}
    same(seen.pre_activations, s1, s2, s3)
    same(seen.activations, z1, z2, z3)
    same(seen.backprop_gradients, *by_hand(costs.sum(), s1, s2, s3))
    weights = net.stem[0].weight, block.conv1.weight, block.conv2.weight
    same(seen.weight_gradients, *by_hand(costs.mean(), *weights))


def test_a_cnn_with_batch_normalization_and_dropout() -> None:
    net, x, y = given(cnn, (1, 9, 9))
    with torch.random.fork_rng():
        frame, seen = look(net, x, y)
        s1 = net[1](net[0](x))
        z1 = net[2](s1)
        s2 = net[5](net[4](net[3](z1)))
        z2 = net[6](s2)
        costs = functional.cross_entropy(net[8](z2.flatten(1)), y, reduction="none")
    same(seen.activations, z1, z2)
    same(seen.backprop_gradients, *by_hand(costs.sum(), s1, s2))
    same(seen.weight_gradients, *by_hand(costs.mean(), net[0].weight, net[4].weight))
    dead = frame[frame["statistic"] == "dead"].set_index("layer")["value"]
    off = [(z <= 0).all(3).all(2).all(0).double().mean() for z in (z1, z2)]  # of the channels
    assert list(dead) == [float(share) for share in off]


def test_a_transformer_block() -> None:
    net, _, y = given(Transformer, (1,))
    tokens = torch.arange(5 * N).reshape(N, 5) % 11
    _, seen = look(net, tokens, y)
    x = net.embedding(tokens)
    h = net.norm1(x)
    x = x + net.attention(h, h, h, need_weights=False)[0]
    s = net.up(net.norm2(x))
    z = functional.gelu(s)
    logits = net.head((x + net.down(z)).mean(1))
    costs = functional.cross_entropy(logits, y, reduction="none")
    same(seen.activations, z)
    same(seen.backprop_gradients, *by_hand(costs.sum(), s))
    attention = net.attention
    feeding = net.embedding.weight, attention.in_proj_weight, attention.out_proj.weight
    assert {w.shape for w in seen.weights[1]} == {w.shape for w in (*feeding, net.up.weight)}
    expected = by_hand(costs.mean(), *feeding, net.up.weight)
    flat = torch.cat([gradient.flatten() for gradient in expected])
    torch.testing.assert_close(seen.weight_gradients[1].sort()[0], flat.sort()[0])
    assert spectra(net, tokens).network is None  # tokens are no numbers to differentiate by


def test_one_activation_and_one_weight_used_more_than_once_with_two_inputs() -> None:
    net, x, y = given(TwoInputs, (3,), (2,))
    _, seen = look(net, x, y)
    s1 = net.left(x[0]) + net.right(x[1])
    s2 = net.middle(torch.tanh(s1))
    s3 = net.middle(torch.tanh(s2))
    costs = functional.cross_entropy(net.head(torch.tanh(s3)), y, reduction="none")
    same(seen.activations, *map(torch.tanh, (s1, s2, s3)))
    same(seen.backprop_gradients, *by_hand(costs.sum(), s1, s2, s3))
    (shared,) = by_hand(costs.mean(), net.middle.weight)  # what a step of SGD would apply
    torch.testing.assert_close(seen.weight_gradients[2], shared)
    torch.testing.assert_close(seen.weight_gradients[3], shared)
    named, _ = look(net, {"right": x[1], "left": x[0]}, y)
    assert named.equals(look(net, x, y)[0])


class Steps(nn.Module):
    """A function of some modules, before an activation, and three logits made of what it gives."""

    def __init__(self, function: Callable[..., Tensor], *modules: nn.Module) -> None:
        super().__init__()
        self.function, self.steps, self.f = function, nn.ModuleList(modules), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.f(self.function(x, *self.steps)).flatten(1)[:, :3]


def conv(n_out: int = 5) -> nn.Conv2d:
    return nn.Conv2d(2, n_out, 3, padding=1)


IMAGES, TOKENS = (2, 5, 5), (5, 4)
CHAINS: dict[str, tuple[tuple[int, ...], int | None, Callable[..., Tensor], list[nn.Module]]] = {
    "channels": (IMAGES, 1, lambda x, c: c(x), [conv()]),
    "a transposed convolution": (IMAGES, 1, lambda x, c: c(x),
        [nn.ConvTranspose2d(2, 4, 3, groups=2)]),
    "channels last, as many as rows": (IMAGES, 3, lambda x, c: c(x).permute(0, -2, -1, 1),
        [conv()]),
    "channels and columns exchanged": (IMAGES, 3, lambda x, c: c(x).transpose(1, -1), [conv()]),
    "a map of channels that came last": (IMAGES, 1,
        lambda x, a: a(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), [nn.Linear(2, 5)]),
    "pixels in a row": (IMAGES, 2, lambda x, c: c(x).flatten(2).transpose(1, 2), [conv()]),
    "normalized, pooled and a skip": (IMAGES, 1,
        lambda x, c, n: functional.max_pool2d(n(c(x)) + c(x), 2), [conv(6), nn.GroupNorm(2, 6)]),
    "normalized one by one": (IMAGES, 1, lambda x, c, n: n(c(x)), [conv(), nn.InstanceNorm2d(5)]),
    "a kernel with a norm": (IMAGES, 1, lambda x, c: c(x),
        [nn.utils.parametrizations.spectral_norm(conv())]),
    "tokens, as many as features": (TOKENS, 2, lambda x, a: a(x), [nn.Linear(4, 5)]),
    "tokens without biases": (TOKENS, 2, lambda x, a: a(x), [nn.Linear(4, 5, bias=False)]),
    "a weight with a norm": (TOKENS, 2, lambda x, a: a(x),
        [nn.utils.parametrizations.weight_norm(nn.Linear(4, 5))]),
    "mixed along the tokens": (TOKENS, 1, lambda x, a: a(x.transpose(1, 2)).transpose(1, 2),
        [nn.Linear(5, 4)]),
    "places of tokens": (TOKENS, 2, lambda x, a, e: a(x) + e.weight,
        [nn.Linear(4, 5), nn.Embedding(5, 5)]),
    "attention": (TOKENS, 2, lambda x, a: a(x, x, x)[0],
        [nn.MultiheadAttention(4, 2, batch_first=True)]),
    # from here on an entry is a unit of its own
    "folded into images": (IMAGES, None, lambda x, a: a(x.flatten(1)).view(-1, 5, 2, 2),
        [nn.Linear(50, 20)]),
    "pixels made of channels": (IMAGES, None, lambda x, c: functional.pixel_shuffle(c(x), 2),
        [conv(8)]),
    "two ways that disagree": (IMAGES, None, lambda x, c: c(x) + c(x).transpose(1, 2), [conv()]),
    "two heads": (TOKENS, None, lambda x, a: a(x).view(-1, 5, 2, 4).transpose(1, 2),
        [nn.Linear(4, 8)]),
    "weights on the left": (TOKENS, None,
        lambda x, a: (a.weight @ x.reshape(-1, 4).T).view(5, -1, 5).permute(1, 0, 2),
        [nn.Linear(4, 5)]),
    "products of examples": (TOKENS, None,
        lambda x, a, b: (a(x).reshape(-1, 5) @ b(x).reshape(-1, 5)[:5].T).view(-1, 5, 5),
        [nn.Linear(4, 5), nn.Linear(4, 5)]),
    "recurrent": (TOKENS, None, lambda x, a: a(x)[0], [nn.LSTM(4, 5, batch_first=True)]),
}  # fmt: skip


@pytest.mark.parametrize("name", CHAINS)
def test_a_unit_is_what_has_weights_of_its_own(name: str) -> None:
    shape, dimension, function, modules = CHAINS[name]
    net, x, _ = given(lambda: Steps(function, *modules), shape)
    _, seen = look(net, x, torch.zeros(N, dtype=torch.int64))
    z, units = seen.activations[1], seen.by_unit(1)
    assert seen.units(1) == dimension
    if dimension is None:
        assert torch.equal(units, z.flatten(1))
        return
    assert units.shape == (z.numel() // z.shape[dimension], z.shape[dimension])
    for number, values in enumerate(z.unbind(dimension)):
        assert torch.equal(units[:, number], values.flatten())


def test_frozen_and_other_weights_do_not_move_a_units_dimension() -> None:
    net, x, _ = given(lambda: nn.Sequential(conv(), nn.ReLU(), nn.Flatten()), IMAGES)
    net.requires_grad_(False)
    x.requires_grad_()
    with probes.watch(net) as seen:
        seen.backward(net(x).sum(1))
    assert seen.units(1) == 1
    assert seen.by_unit(1).shape == (N * 25, 5)


def test_modules_that_no_pass_calls_are_said() -> None:
    class Unused(Functional):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()  # while the pass takes torch.relu

    net, x, y = given(Unused, (3,))
    for see in (look, measure, probes.jacobian_singular_values):
        with pytest.raises(UsageError, match="called none of the modules"):
            see(net, x, y) if see is not probes.jacobian_singular_values else see(net, x)
    assert set(measure(net, x, y, layers=["fc1"])["layer"]) == {1}


def jacobian(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    found = torch.autograd.functional.jacobian(function, x)
    return found.reshape(function(x).numel(), x.numel())


def test_jacobians_go_through_batch_normalization_and_skips() -> None:
    net, x, _ = given(ResNet, (1, 4, 4))
    x = x[:3]
    found = spectra(net, x)
    block = net.block
    z1 = net.stem(x).detach()

    def second(z: Tensor) -> Tensor:
        return torch.relu(block.norm1(block.conv1(z)))

    def third(z: Tensor) -> Tensor:  # from z2, while the skip stays
        return torch.relu(block.norm2(block.conv2(z)) + z1)

    steps = [(net.stem, x), (second, z1), (third, second(z1).detach()), (net, x)]
    for (function, start), spectrum in zip(
        steps, [*found.layers.values(), found.network], strict=True
    ):
        whole = jacobian(function, start).reshape(3, -1, 3, start[0].numel())
        for i in range(3):
            own = np.linalg.svd(whole[i, :, i].numpy(), compute_uv=False)
            np.testing.assert_allclose(spectrum.values[i], own, atol=1e-12)
        assert spectrum.error == 0


def test_jacobians_by_two_inputs_stand_side_by_side() -> None:
    net, x, _ = given(TwoInputs, (3,), (2,))
    found = spectra(net, x, examples=2)
    slope = 1 - found_z(net, x) ** 2
    weight = torch.cat([net.left.weight, net.right.weight], 1).detach()
    for i in range(2):
        own = torch.linalg.svdvals(slope[i, :, None] * weight)
        torch.testing.assert_close(found.layers[1].values[i], own)


def found_z(net: nn.Module, x: Any) -> Tensor:
    with probes.watch(net) as seen:
        net(*x)
    return seen.activations[1]


def test_random_projections_are_right_within_their_error() -> None:
    net, x, _ = given(lambda: mlp(3, nn.Tanh, 40), (6,))
    exact, guessed = spectra(net, x), spectra(net, x, largest=1, directions=100)
    pairs = zip([*exact.layers.values()], [*guessed.layers.values()], strict=True)
    for true, found in [*pairs, (exact.network, guessed.network)]:
        assert found.values is None
        assert 0 < found.error < 0.1 * found.rms
        assert abs(found.rms - true.rms) < 4 * found.error
    again = spectra(net, x, largest=1, directions=100)
    assert again == guessed
    assert spectra(net, x, largest=1, directions=100, seed=1).network != guessed.network


def test_the_stated_error_is_the_spread_over_seeds() -> None:
    net, x, _ = given(lambda: mlp(1, nn.Tanh, 30), (6,))
    found = [spectra(net, x, 1, largest=1, directions=16, seed=s).layers[1] for s in range(150)]
    spread = np.std([s.rms for s in found])
    assert np.mean([s.error for s in found]) == pytest.approx(spread, rel=0.25)


def test_jacobians_of_a_deepnet_that_is_none_any_more_are_not_those_of_its_weights() -> None:
    from glorot_tutor.nets import DeepNet

    class Normalized(DeepNet):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x / x.norm(dim=1, keepdim=True))

    sizes = 6, (8, 5), CLASSES, "tanh", "normalized"
    plain = DeepNet(*sizes, torch.Generator().manual_seed(0)).double()
    other = Normalized(*sizes, torch.Generator().manual_seed(0)).double()
    x = 3 * torch.randn(2, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = probes.jacobian_singular_values(other, x)[1]
    for i in range(2):
        first = jacobian(lambda x: other.activations[0](other.linears[0](x / x.norm())), x[i])
        np.testing.assert_allclose(found[i], np.linalg.svd(first, compute_uv=False), atol=1e-12)
    assert not torch.allclose(found, probes.jacobian_singular_values(plain, x)[1])
    with probes.watch(other) as seen:
        other(x)
    with pytest.raises(UsageError, match="plain DeepNet: .*spectra"):
        probes.jacobian_rms(seen)


def test_the_autograd_way_gives_what_equation_17_gives() -> None:
    from glorot_tutor.nets import DeepNet

    generator = torch.Generator().manual_seed(0)
    net = DeepNet(6, (8, 5), CLASSES, "softsign", "normalized", generator).double()
    x = torch.randn(3, 6, dtype=torch.float64, generator=generator)
    by_equation = probes.jacobian_singular_values(net, x)
    for layer, spectrum in spectra(net, x).layers.items():
        torch.testing.assert_close(spectrum.values, by_equation[layer])


def test_functions_cannot_be_seen_but_what_goes_into_them_can() -> None:
    net, x, y = given(Functional, (3,))
    with pytest.raises(UsageError, match=r"torch.relu cannot be seen: name modules"):
        measure(net, x, y)
    _, seen = look(net, x, y, layers=["fc1"])
    s = net.fc1(x)
    costs = functional.cross_entropy(net.fc2(torch.relu(s)), y, reduction="none")
    same(seen.pre_activations, s)
    same(seen.backprop_gradients, *by_hand(costs.sum(), s))
    same(seen.weight_gradients, *by_hand(costs.mean(), net.fc1.weight))
    for names in (["fc3"], [], "fc1"):
        with pytest.raises(UsageError, match="list of names of modules, from fc1, fc2"):
            measure(net, x, y, layers=names)


def test_a_cost_of_ones_own() -> None:
    net, x, y = given(lambda: mlp(2, nn.Tanh), (6,))
    wanted = functional.one_hot(y, CLASSES).double()

    def squared(output: Tensor, y: Tensor) -> Tensor:
        return (output - y).square().sum(1)

    _, seen = look(net, x, wanted, cost=squared)
    (expected,) = by_hand(squared(net(x), wanted).mean(), net[0][0].weight)
    torch.testing.assert_close(seen.weight_gradients[1], expected)


def test_the_update_ratio_is_that_of_a_step() -> None:
    net, x, y = given(lambda: mlp(2, nn.Tanh), (6,))
    frame = measure(net, x, y, 0, learning_rate=0.1)
    found = frame[frame["statistic"] == "update_ratio"].set_index("layer")["value"]
    before = [net[i][0].weight.detach().clone() for i in range(2)]
    functional.cross_entropy(net(x), y).backward()
    torch.optim.SGD(net.parameters(), lr=0.1).step()
    for layer, old in enumerate(before, start=1):
        step = (net[layer - 1][0].weight - old).norm() / old.norm()
        assert found[layer] == pytest.approx(step.item())


def test_looking_takes_one_pass_forward_and_one_back() -> None:
    net, x, y = given(cnn, (1, 9, 9))
    passes = []
    net[0].register_forward_hook(lambda *_: passes.append("forward"))
    net[0].weight.requires_grad_(False)  # an alias is differentiated by
    net[8].register_full_backward_hook(lambda *_: passes.append("back"))
    measure(net, x, y, jacobian_examples=0)
    assert passes == ["forward", "back"]


NETWORKS = [(ResNet, (1, 5, 5)), (cnn, (1, 9, 9)), (lambda: mlp(3, nn.ELU), (6,))]


@pytest.mark.parametrize(("make", "shape"), NETWORKS, ids=["resnet", "cnn", "mlp"])
@pytest.mark.parametrize("training", [True, False])
def test_looking_leaves_everything_as_it_was(make: Any, shape: Any, training: bool) -> None:
    net, x, y = given(make, shape)
    net.train(training)
    next(net.parameters()).requires_grad_(False)
    functional.cross_entropy(net(x), y).backward()

    def state() -> list[Any]:
        grads = [None if p.grad is None else p.grad.clone() for p in net.parameters()]
        flags = [p.requires_grad for p in net.parameters()]
        values = [v.clone() for v in net.state_dict().values()]
        hooks = [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in net.modules()]
        return [
            torch.get_rng_state(),
            *values,
            *grads,
            flags,
            hooks,
            [m.training for m in net.modules()],
        ]

    before = state()
    measure(net, x, y)
    spectra(net, x, 2)
    for old, new in zip(before, state(), strict=True):
        assert torch.equal(old, new) if isinstance(old, Tensor) else old == new
