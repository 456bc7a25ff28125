"""The readable loop means what the engines mean."""

from __future__ import annotations

import copy

import pytest
import torch
from strangers import cnn

from glorot_tutor.checks import UsageError
from glorot_tutor.engines import COSTS, make_engine
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import descend
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.streams import to_input

UPDATES, BATCH = 40, 5


def network() -> DeepNet:
    generator = torch.Generator().manual_seed(2)
    return DeepNet(1024, (20, 20), 9, "tanh", "normalized", generator)


@pytest.mark.parametrize(("name", "exact"), [("autograd", True), ("fused", False)])
def test_the_loop_and_the_engines_give_the_same_weights(name: str, exact: bool) -> None:
    by_loop, by_engine = network(), network()
    costs = descend(by_loop, Shapeset(0), 0.05, UPDATES, BATCH)
    images, y = Shapeset(0).read(0, UPDATES * BATCH)
    engine = make_engine(name, by_engine, 0.05, COSTS[0], BATCH)
    expected = engine.run(to_input(images), y)
    tolerance = {"rtol": 0, "atol": 0} if exact else {"rtol": 1e-4, "atol": 1e-5}
    torch.testing.assert_close(torch.tensor(costs, dtype=torch.float64), expected, **tolerance)
    for a, b in zip(by_loop.parameters(), by_engine.parameters(), strict=True):
        torch.testing.assert_close(a, b, **tolerance)


def small_cnn() -> torch.nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Unflatten(1, (1, 32, 32)), *cnn()[:3])
        net = torch.nn.Sequential(net, torch.nn.Flatten(), torch.nn.LazyLinear(9))
        net(torch.zeros(2, 1024))
    net[0][1].requires_grad_(False)
    return net


def test_a_module_of_any_kind_descends_as_by_torchs_own_sgd_and_what_is_frozen_stays() -> None:
    net, other, start = small_cnn(), small_cnn(), small_cnn()
    descend(net, Shapeset(0), 0.05, 5)
    optimizer = torch.optim.SGD([p for p in other.parameters() if p.requires_grad], lr=0.05)
    for update in range(5):
        images, y = Shapeset(0).read(10 * update, 10)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(other(to_input(images)), y).backward()
        optimizer.step()
    for a, b, old in zip(net.parameters(), other.parameters(), start.parameters(), strict=True):
        assert torch.equal(a, b)
        assert torch.equal(a, old) == (not a.requires_grad)


def test_what_a_pass_does_not_use_stays_and_all_frozen_gets_a_sentence() -> None:
    class Aside(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.unused = torch.nn.Linear(1024, 9), torch.nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.used(x)

    net = Aside()
    before = copy.deepcopy(net)
    assert len(descend(net, Shapeset(0), 0.05, 2)) == 2
    assert torch.equal(net.unused.weight, before.unused.weight)
    assert not torch.equal(net.used.weight, before.used.weight)
    with pytest.raises(UsageError, match="none of the network's parameters is to be trained"):
        descend(net.requires_grad_(False), Shapeset(0), 0.05, 2)
