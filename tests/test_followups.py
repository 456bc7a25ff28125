"""Normalization, skips and scales: the networks of later papers, what is measured in them."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_runs import SMALL, numbers, straight
from torch.nn import functional

from glorot_tutor.checks import RunError
from glorot_tutor.datasets import source
from glorot_tutor.engines.adam import AdamEngine
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import Drift, Growth, Stretch, Sweep, depths
from glorot_tutor.study.experiments.normalizing import mean_squares, observer, top_inputs
from glorot_tutor.study.experiments.stacks import (
    BASE,
    BLOCKS,
    batch_normalized,
    end_to_end,
    stacked,
)


def net(activation="tanh", widths=(8, 8, 8), law="normalized", seed=0):
    return DeepNet(6, widths, 4, activation, law, torch.Generator().manual_seed(seed))


def examples(count=40, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(count, 6, generator=generator),
        torch.randint(4, (count,), generator=generator),
    )


# ---- how they are trained


def test_adam_is_torchs_and_goes_on_where_it_was():
    ours, theirs = net(), net()
    x, y = examples()
    optimizer = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for start in range(0, 40, 10):
        optimizer.zero_grad()
        functional.cross_entropy(theirs(x[start : start + 10]), y[start : start + 10]).backward()
        optimizer.step()
    AdamEngine(ours, 0.01).run(x[:20], y[:20])
    again = net(seed=5)
    second = AdamEngine(again, 0.01)
    again.load_state_dict(ours.state_dict())
    second.run(x[20:], y[20:])
    for a, b in zip(again.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("setting", [{"rule": "adam", "learning_rate": 1e-3}, {"batch_norm": True}])
def test_a_resumed_training_is_the_one_that_was_never_stopped(setting, tmp_path):
    run = replace(SMALL, **setting)
    whole = straight(tmp_path / "whole", run)
    for updates in (120, run.updates):
        short = replace(run, updates=updates)
        assert runs.run([short], tmp_path / "store", work=tmp_path / "work") == []
    assert numbers(tmp_path / "store", run) == whole
    assert numbers(tmp_path / "store", run) != straight(tmp_path / "plain", SMALL)


def test_a_look_at_a_normalized_network_leaves_no_trace():
    run = replace(SMALL, batch_norm=True)
    normalized = batch_normalized(build(run.activation, run.initialization, run.widths, 0))
    before = copy.deepcopy(normalized.state_dict())
    frame = observer(source("shapeset"))(normalized)
    assert {"activation", "backprop_gradient", "weight_gradient"} < set(frame["quantity"])
    for name, value in normalized.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert normalized.training


# ---- the networks


def test_branches_are_what_their_names_say():
    x = examples()[0]
    for kind in BLOCKS:
        plain = net()
        z = torch.tanh(plain.linears[0](x))
        for linear in plain.linears[1:-1]:
            branch = torch.tanh(linear(z))
            z = {
                "plain": branch,
                "residual": z + branch,
                "layer norm": functional.layer_norm(branch, (8,)),
                "rezero": z,
            }[kind]
        torch.testing.assert_close(stacked(kind, plain)(x), plain.linears[-1](z))


def test_a_branch_that_starts_at_0_is_learned():
    found = stacked("rezero", net())
    x, y = examples()
    functional.cross_entropy(found(x), y).backward()
    sizes = [block.size for block in list(found)[1:-1]]
    assert all(float(size.grad) != 0 for size in sizes)
    assert all(not block.branch[0].weight.grad.any() for block in list(found)[1:-1])


def test_singular_values_of_blocks():
    x = examples(1)[0].double()
    plain = net().double()
    torch.testing.assert_close(end_to_end("plain", plain, x), depths.end_to_end(plain, x))
    torch.testing.assert_close(
        end_to_end("rezero", net().double(), x), torch.ones(8, dtype=torch.float64)
    )
    run = Stretch("residual", "identity", "orthogonal", 2, 16, data="digits")
    weight = run.deepnet().weight(2).detach().double()
    values = np.linalg.svd(np.eye(16) + weight.numpy(), compute_uv=False)
    np.testing.assert_allclose(run.run()["spectrum"]["singular_value"], values, rtol=1e-6)


@pytest.mark.parametrize("width", [BASE, 4 * BASE])
def test_mup_is_a_rate_for_each_kind_of_weight(width):
    """Its updates are those of a plain network whose rates follow table 3 of the paper."""
    ours, theirs = (net("relu", (width, width)).double() for _ in range(2))
    ratio = width / BASE
    with torch.no_grad():
        theirs.linears[-1].weight.div_(ratio**0.5)
    ours = stacked("mup", ours)
    rates = [ratio, 1, 1 / ratio]
    x, y = examples()
    x = x.double()
    for _ in range(3):
        for network in (ours, theirs):
            network.zero_grad()
            functional.cross_entropy(network(x), y).backward()
        with torch.no_grad():
            for parameter in ours.parameters():
                parameter.sub_(parameter.grad, alpha=0.1)
            for linear, rate in zip(theirs.linears, rates, strict=True):
                linear.weight.sub_(linear.weight.grad, alpha=0.1 * rate)
                hidden = linear is not theirs.linears[-1]
                linear.bias.sub_(linear.bias.grad, alpha=0.1 * (ratio if hidden else 1))
    torch.testing.assert_close(ours(x), theirs(x))


# ---- what is measured


def test_a_sweep_is_the_mean_cost_of_its_mini_batches_and_ends_at_its_goal():
    run = Sweep(
        "plain", "tanh", "normalized", 2, 20, (0.1, 0.001, 1e5), 400, 50, 1.0, data="digits"
    )
    curves = dict(iter(run.run()["curve"].groupby("learning_rate")))
    first = curves[0.1]
    assert first["loss"].iloc[-1] <= 1.0 < first["loss"].iloc[-2]
    assert curves[0.001]["update"].max() == first["update"].max() < 400
    assert 1e5 not in curves  # it has diverged
    network, feed = run.build(), source("digits").stream(0)
    costs = []
    for update in range(50):
        images, y = feed.read(update * 10, 10)
        loss = functional.cross_entropy(network(to_input(images)), y)
        gradients = torch.autograd.grad(loss, list(network.parameters()))
        with torch.no_grad():
            for weight, gradient in zip(network.parameters(), gradients, strict=True):
                weight.sub_(gradient, alpha=0.1)
        costs.append(loss.item())
    np.testing.assert_allclose(first["loss"].iloc[0], np.mean(costs), rtol=1e-5)


def test_gradients_grow_as_the_derivation_says():
    generator = torch.Generator().manual_seed(0)
    logs = []
    for _ in range(4):
        linear = DeepNet(400, (400,) * 12, 9, "identity", "lecun_normal", generator)
        x, y = torch.randn(8, 400, generator=generator), torch.arange(8)
        found = np.array(list(mean_squares(batch_normalized(linear), x, y).values()))
        logs.append(np.log(found[2] / found[-1]) / 9)
    assert np.exp(np.mean(logs)) == pytest.approx(6 / 5, rel=0.03)


def test_mean_squares_are_those_of_autograd():
    run = Growth(6, depth=2, width=12, data="digits")
    found = run.run()["gradients"].set_index("layer")["mean_square"]
    net = batch_normalized(build("identity", "lecun_normal", (12, 12), 0, data="digits")).double()
    images, y = source("digits").stream(0).read(0, 6)
    s1 = net.linears[0](to_input(images, torch.float64))
    s2 = net.linears[1](net.activations[0](s1))
    cost = functional.cross_entropy(net.linears[2](net.activations[1](s2)), y, reduction="sum")
    for layer, gradient in enumerate(torch.autograd.grad(cost, [s1, s2]), 1):
        assert found[layer] == pytest.approx(float(gradient.square().mean()), rel=1e-3)


@pytest.mark.parametrize("norm", [False, True])
def test_what_goes_into_the_top_sigmoids(norm):
    network = net("sigmoid")
    x = examples()[0]
    if norm:
        batch_normalized(network).train()
        network(x)  # its averages move
    network.eval()
    z = x
    for linear, activation in zip(network.linears[:-1], network.activations, strict=True):
        s = linear(z)
        s = activation[0](s) if norm else s
        z = torch.sigmoid(s)
    torch.testing.assert_close(top_inputs(network.train(norm), x), s)
    assert network.training == norm


def test_a_drift_is_looked_at_evenly_and_one_that_diverges_says_so():
    found = Drift(True, 0.3, 100, width=12, data="digits").run()
    assert set(found["inputs"].groupby("update").size()) == {10}
    assert list(found["curve"]["update"]) == list(range(10, 101, 10))
    assert (found["inputs"]["p15"] <= found["inputs"]["p85"]).all()
    with pytest.raises(RunError, match="diverged"):
        Drift(False, 1e6, 100, width=12, data="digits").run()
