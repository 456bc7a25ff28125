"""Weights that are scaled on a batch (Mishkin & Matas 2016)."""

import pytest
import torch
from torch import nn

from glorot_tutor.checks import UsageError
from glorot_tutor.lsuv import lsuv
from glorot_tutor.nets import DeepNet


def batch(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_every_layer_gives_standard_deviation_1_by_hand(activation):
    net = DeepNet(20, (30, 40, 30), 5, activation, "orthogonal", torch.Generator().manual_seed(0))
    before = [linear.weight.detach().clone() for linear in net.linears]
    x = batch(200, 20)
    lsuv(net, x)
    f, z = net.activations[0], x
    for linear, weight in zip(net.linears, before, strict=True):
        s = z @ weight.T  # what the weights gave as they were drawn
        torch.testing.assert_close(linear.weight, weight / s.std(correction=0))
        s = linear(z).detach()
        assert float(s.std(correction=0)) == pytest.approx(1, rel=1e-5)
        z = f(s)


def test_any_network_is_scaled_in_the_order_in_which_it_computes():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.twice = nn.Linear(4, 3), nn.Linear(4, 4)
            self.first = nn.Conv1d(1, 2, 3)

        def forward(self, x):
            return self.last(self.twice(torch.relu(self.twice(self.first(x).flatten(1)))))

    net, x = Backwards(), batch(100, 1, 4) * 7 + 2
    lsuv(net, x)
    one, s = dict.fromkeys((net.first, net.last), 1), {}
    for layer in one:
        layer.register_forward_hook(lambda layer, _, out: s.update({layer: float(out.std())}))
    with torch.no_grad():
        net(x)
    assert s == pytest.approx(one, rel=0.02)
    first_use = net.twice(net.first(x).flatten(1))
    assert float(first_use.std(correction=0)) == pytest.approx(1, rel=1e-5)


def test_biases_are_scaled_with_the_weights_and_no_hook_is_left():
    layer, x = nn.Linear(3, 2), batch(50, 3)
    expected = layer(x) / layer(x).std(correction=0)
    lsuv(layer, x)
    torch.testing.assert_close(layer(x), expected)
    assert not layer._forward_hooks


def test_a_layer_that_lets_nothing_through_is_refused():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    nn.init.zeros_(net[2].weight)
    nn.init.zeros_(net[2].bias)
    with pytest.raises(UsageError, match=r"layer 2 gives outputs of standard deviation 0"):
        lsuv(net, batch(9, 3))
    assert not any(module._forward_hooks for module in net.modules())
