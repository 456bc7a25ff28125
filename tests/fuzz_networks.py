"""Odd networks at random: instruments and engines refuse them in a sentence, or do them right."""

from __future__ import annotations

import copy
from contextlib import nullcontext

import torch
from torch import nn
from torch.nn import functional

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.diagnosis import diagnose
from glorot_tutor.engines import ENGINES, LIMIT, make_engine
from glorot_tutor.initializations import INITIALIZATIONS
from glorot_tutor.nets import DeepNet
from glorot_tutor.probes import measure

DTYPES = [torch.float32, torch.float32, torch.float64, torch.float16, torch.bfloat16]
RATE = 0.1


def networks(rng):
    """A network is measured, diagnosed and moved by one update; what must not move does not."""
    torch.manual_seed(rng.randrange(10**6))
    default = rng.choice([torch.float32, torch.float64])
    torch.set_default_dtype(default)
    try:
        net = _network(rng)
        x, y = _examples(rng, net)
        copies = {name: copy.deepcopy(net) for name in ENGINES}
        with rng.choice([nullcontext, nullcontext, torch.no_grad, torch.inference_mode])():
            done = [_looked_at(look, net, x, y) for look in (measure, diagnose)]
            done += [_trained(name, copies[name], x, y) for name in ENGINES]
        return all(done)
    finally:
        assert torch.get_default_dtype() == default
        torch.set_default_dtype(torch.float32)


def _network(rng):
    width = rng.randrange(2, 6)
    activation, initialization = rng.choice(list(ACTIVATIONS)), rng.choice(list(INITIALIZATIONS))
    generator = torch.Generator().manual_seed(rng.randrange(10**6))
    depth = rng.randrange(1, 4)
    if rng.random() < 0.5:
        net = DeepNet(3, [width] * depth, 4, activation, initialization, generator)
    else:
        between, shared = nn.Linear(width, width), rng.random() < 0.3
        parts = [nn.Linear(3, width), ACTIVATIONS[activation].module()]
        for _ in range(depth):
            odd = rng.choice([nn.BatchNorm1d(width), nn.Dropout(0.5), nn.Identity()])
            layer = between if shared else nn.Linear(width, width)
            parts += [layer, odd, ACTIVATIONS[activation].module()]
        net = nn.Sequential(*parts, nn.Linear(width, 4))
    net.to(rng.choice(DTYPES))
    for parameter in net.parameters():
        if rng.random() < 0.1:
            parameter.requires_grad_(False)
        elif rng.random() < 0.1:
            parameter.grad = torch.ones_like(parameter)
    if rng.random() < 0.1:
        next(net.parameters()).data[0] = torch.nan
    return net.train(rng.random() < 0.5)


def _examples(rng, net):
    count = rng.choice([0, 2, 10, 10, 10])
    x = torch.randn(count, 3).to(rng.choice([*DTYPES, next(net.parameters()).dtype]))
    y = torch.randint(rng.choice([4, 4, 4, 5]), (count,))
    return x, y.to(rng.choice([torch.int64, torch.int64, torch.int64, torch.int32, torch.float32]))


def _state(net):
    found = {name: value.clone() for name, value in net.state_dict().items()}
    found |= {f"{n}.grad": p.grad.clone() for n, p in net.named_parameters() if p.grad is not None}
    modes = [module.training for module in net.modules()]
    return found, modes, [p.requires_grad for p in net.parameters()]


def _same(one, other, **near):
    assert one[1:] == other[1:]
    assert one[0].keys() == other[0].keys()
    for name, value in one[0].items():
        torch.testing.assert_close(value, other[0][name], equal_nan=True, **near)


def _looked_at(look, net, x, y):
    before, chance = _state(net), torch.get_rng_state()
    try:
        look(net, x, y)
    except (RunError, UsageError):
        return False
    finally:
        _same(_state(net), before, rtol=0, atol=0)
        assert torch.equal(torch.get_rng_state(), chance)
    return True


def _trained(name, net, x, y):
    with torch.inference_mode(False):
        twin = copy.deepcopy(net)
    before = _state(net)
    torch.manual_seed(7)
    try:
        costs = make_engine(name, net, RATE, batch_size=max(1, len(y))).run(x, y)
    except (RunError, UsageError):
        _same(_state(net), before, rtol=0, atol=0)
        return False
    chance = torch.get_rng_state()
    torch.manual_seed(7)
    if len(y):
        assert len(costs) == _loop(twin, x, y)
    now, expected = _state(net), _state(twin)
    if len(costs):
        assert not [key for key in now[0] if key.endswith(".grad")]
        near = {"rtol": 1e-3, "atol": 1e-4}
        weights = {k: v for k, v in expected[0].items() if not k.endswith(".grad")}
        _same(now, (weights, *expected[1:]), **near)
        assert torch.equal(torch.get_rng_state(), chance)
    return True


def _loop(net, x, y):
    """One update of any tutorial; return how many were made."""
    before = [(module, module.training) for module in net.modules()]
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=RATE)
    net.train()
    with torch.inference_mode(False), torch.enable_grad():
        optimizer.zero_grad()
        cost = functional.cross_entropy(net(x.clone()), y.clone())
        made = bool(cost.item() <= LIMIT)
        if made:
            cost.backward()
            optimizer.step()
            optimizer.zero_grad()
    for module, mode in before:
        module.training = mode
    return int(made)
