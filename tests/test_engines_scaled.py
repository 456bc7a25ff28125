"""Rates of weights from their curvature: against automatic differentiation, on small networks."""

from __future__ import annotations

import pytest
import torch
from torch.func import functional_call, grad, hessian, jacrev, vmap
from torch.nn import functional

from glorot_tutor.checks import UsageError
from glorot_tutor.engines.scaled import EVERY, LEAST, MEMORY, ScaledEngine
from glorot_tutor.nets import DeepNet


def small(activation="tanh", seed=0):
    net = DeepNet(6, [5, 4], 3, activation, "normalized", torch.Generator().manual_seed(seed))
    return net.double()


def batch(count=10, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(count, 6, generator=generator, dtype=torch.float64)
    return x, torch.randint(3, (count,), generator=generator)


def cost_of(net):
    def cost(parameters, x, y):
        logits = functional_call(net, parameters, (x[None],))
        return functional.cross_entropy(logits, y[None])

    return cost


def estimated(net, x, y, rule):
    engine = ScaledEngine(net, 0.1, batch_size=len(y), rule=rule)
    with torch.no_grad():
        zs = engine._up(x)
        _, delta = engine._cost(zs.pop(), y)
        return engine.estimate(zs, delta)


def joined(net, values):
    """Weights and biases of each layer side by side."""
    return [
        torch.cat([values[f"linears.{i}.weight"], values[f"linears.{i}.bias"][:, None]], 1)
        for i in range(len(net.linears))
    ]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softsign"])
def test_the_variance_is_the_mean_square_of_gradients_of_examples(activation):
    net, (x, y) = small(activation), batch()
    found = estimated(net, x, y, "variance")
    each = vmap(grad(cost_of(net)), (None, 0, 0))(dict(net.named_parameters()), x, y)
    expected = joined(net, {name: g.square().mean(0) for name, g in each.items()})
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other)


def test_the_output_layer_has_the_diagonal_of_the_exact_hessian():
    net, (x, y) = small(), batch()
    *_, found = estimated(net, x, y, "hessian")
    given = dict(net.named_parameters())
    names = ("linears.2.weight", "linears.2.bias")

    def cost(*last):
        return functional.cross_entropy(
            functional_call(net, given | dict(zip(names, last, strict=True)), (x,)), y
        )

    exact = hessian(cost, (0, 1))(*(given[name].detach() for name in names))
    size = given[names[0]].numel()
    torch.testing.assert_close(
        found[:, :-1].flatten(), exact[0][0].reshape(size, size).diagonal().detach()
    )
    torch.testing.assert_close(found[:, -1], exact[1][1].diagonal().detach())


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softsign"])
def test_below_squared_jacobians_take_it_down(activation):
    net, (x, y) = small(activation), batch()
    found = estimated(net, x, y, "hessian")
    expected = [torch.zeros_like(c) for c in found]
    for example in x:
        z = [example]
        for linear, f in zip(net.linears[:-1], net.activations, strict=True):
            z.append(f(linear(z[-1])))
        p = net.linears[-1](z[-1]).softmax(0)
        h = p * (1 - p)  # of the logits
        for i in (2, 1, 0):
            column = torch.cat([z[i], torch.ones(1, dtype=torch.float64)])
            expected[i] += torch.outer(h, column.square()) / len(x)
            if i:
                # of the pre-activations below: through one activation and one matrix
                s = net.linears[i - 1](z[i - 1])
                through = jacrev(lambda s, i=i: net.linears[i](net.activations[i - 1](s)))(s)
                h = h @ through.square()
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other.detach())


@pytest.mark.parametrize("rule", ["hessian", "variance"])
def test_an_update_divides_each_gradient_by_its_curvature(rule):
    net, (x, y) = small(), batch()
    before = joined(net, {k: p.detach().clone() for k, p in net.named_parameters()})
    functional.cross_entropy(net(x), y).backward()
    gradients = joined(net, {k: p.grad for k, p in net.named_parameters()})
    c = estimated(small(), x, y, rule)
    mean = torch.cat([one.flatten() for one in c]).mean()
    ScaledEngine(net, 0.1, rule=rule).run(x, y)
    after = joined(net, dict(net.named_parameters()))
    for start, end, g, one in zip(before, after, gradients, c, strict=True):
        torch.testing.assert_close(end.detach(), start - 0.1 / (one / mean + LEAST) * g)


@pytest.mark.parametrize("rule", ["hessian", "variance"])
def test_what_is_known_of_curvatures_is_kept_with_the_network(rule):
    x, y = batch(10 * 4 * EVERY)
    whole, net = small(), small()
    ScaledEngine(whole, 0.05, rule=rule).run(x, y)
    cut = 10 * (EVERY + 3)
    ScaledEngine(net, 0.05, rule=rule).run(x[:cut], y[:cut])
    again = small(seed=5)
    engine = ScaledEngine(again, 0.05, rule=rule)
    again.load_state_dict(net.state_dict())
    engine.run(x[cut:], y[cut:])
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_the_first_estimates_are_averaged_evenly():
    x, y = batch(10 * (2 * EVERY + 1))
    net = small()
    engine = ScaledEngine(net, 1e-12)  # the weights stay
    engine.run(x, y)
    each = [slice(10 * EVERY * n, 10 * EVERY * n + 10) for n in range(3)]
    parts = [estimated(small(), x[some], y[some], "hessian") for some in each]
    for found, *of_batches in zip(engine.curvatures, *parts, strict=True):
        torch.testing.assert_close(found, sum(of_batches) / 3, rtol=1e-6, atol=1e-12)
    assert MEMORY > 3


def test_other_costs_and_rules_are_refused():
    with pytest.raises(UsageError, match="curvatures of the quadratic cost"):
        ScaledEngine(small(), 0.1, "quadratic")
    with pytest.raises(UsageError, match="rule"):
        ScaledEngine(small(), 0.1, rule="sgd")


def test_each_rule_has_an_average_of_its_own():
    net, (x, y) = small(), batch()
    ScaledEngine(net, 1e-12, rule="hessian").run(x, y)
    second = ScaledEngine(net, 1e-12, rule="variance")
    second.run(x, y)
    for found, expected in zip(
        second.curvatures, estimated(small(), x, y, "variance"), strict=True
    ):
        torch.testing.assert_close(found, expected)


def test_a_network_that_is_certain_stays_as_it_is():
    net, (x, y) = small("relu"), batch()
    with torch.no_grad():
        net.linears[-1].bias[0] = 1e4
    before = [p.detach().clone() for p in net.parameters()]
    ScaledEngine(net, 0.1).run(x, torch.zeros_like(y))
    for start, end in zip(before, net.parameters(), strict=True):
        assert torch.equal(start, end)
