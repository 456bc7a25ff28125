"""The engines mean the same: against each other, against autograd and against closed forms."""

from __future__ import annotations

import builtins
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch.nn import functional

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.engines import COSTS, make_engine
from glorot_tutor.engines.autograd import AutogradEngine
from glorot_tutor.engines.fused import SLOPES, FusedEngine
from glorot_tutor.nets import ACTIVATIONS, DeepNet

compiled = pytest.importorskip("glorot_tutor.engines.compiled")
activate = pytest.importorskip("glorot_tutor.engines.activate")

COMPILED = activate.NAMES
DTYPES = (torch.float32, torch.float64)
UPDATES = 1000


def build(activation="tanh", sizes=(20, 17, 12, 23, 5), dtype=torch.float32, seed=0):
    generator = torch.Generator().manual_seed(seed)
    net = DeepNet(sizes[0], sizes[1:-1], sizes[-1], activation, "normalized", generator)
    return net.to(dtype)


def examples(count, net, seed=1):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(count, net.sizes[0], generator=generator, dtype=torch.float64) * 2 - 1
    # classes that can be learned, so that the gradients stay alive
    y = (x[:, :3].sum(1) * 2).long().abs() % net.sizes[-1]
    return x.to(net.weight(1).dtype), y


def worst(net, reference):
    """Largest relative difference of a weight; one near 0 counts as a tenth of the typical one."""
    found = 0.0
    for ours, theirs in zip(net.parameters(), reference.parameters(), strict=True):
        scale = theirs.abs().clamp(min=theirs.square().mean().sqrt().item() / 10 + 1e-30)
        found = max(found, ((ours - theirs).abs() / scale).max().item())
    return found


def same(net, other):
    pairs = zip(net.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def run(name, net, batch, updates=UPDATES, cost="nll", threads=1):
    x, y = examples(batch * updates, net)
    kind = {"fused": make_engine, "torch": lambda _, *given: FusedEngine(*given[:4])}.get(name)
    if kind is None:
        return AutogradEngine(net, 0.01, cost, batch).run(x, y)
    return kind("fused", net, 0.01, cost, batch, threads).run(x, y)


@pytest.mark.parametrize("engine", ["fused", "torch"])
@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("activation", COMPILED)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_agrees_with_autograd_after_1000_updates(engine, cost, activation, dtype):
    ours, reference = build(activation, dtype=dtype), build(activation, dtype=dtype)
    costs = run(engine, ours, 10, cost=cost)
    expected = run("autograd", reference, 10, cost=cost)
    bound = 1e-4 if dtype is torch.float32 else 1e-9
    assert worst(ours, reference) < bound
    torch.testing.assert_close(costs, expected, rtol=bound, atol=bound)
    assert worst(reference, build(activation, dtype=dtype)) > 0.01  # they have learned something


@pytest.mark.parametrize(
    ("depth", "batch"),
    [*((depth, batch) for depth in range(1, 6) for batch in (1, 10)), (1, 100), (5, 100)],
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_agrees_for_every_depth_and_batch_size(depth, batch, dtype):
    sizes = (9, *(33, 8, 40, 5, 16)[:depth], 3)
    ours, reference = build("tanh", sizes, dtype), build("tanh", sizes, dtype)
    run("fused", ours, batch)
    run("autograd", reference, batch)
    assert worst(ours, reference) < (1e-4 if dtype is torch.float32 else 1e-9)


def test_a_network_wider_than_the_kernels_portions():
    sizes = (700, 530, 1030, 40)
    ours, reference = build("softsign", sizes), build("softsign", sizes)
    run("fused", ours, 10, updates=20)
    run("autograd", reference, 10, updates=20)
    assert worst(ours, reference) < 1e-4


@settings(max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 40), min_size=2, max_size=5),
    classes=st.integers(2, 40),
    batch=st.sampled_from([1, 10]),
    threads=st.integers(1, 3),
    activation=st.sampled_from(sorted(COMPILED)),
)
def test_any_shape_gives_the_same_bits_for_any_number_of_threads(
    sizes, classes, batch, threads, activation
):
    nets = [build(activation, (*sizes, classes), torch.float64) for _ in range(3)]
    one = run("fused", nets[0], batch, 7)
    several = run("fused", nets[1], batch, 7, threads=threads)
    run("autograd", nets[2], batch, 7)
    assert torch.equal(one, several)
    assert same(nets[0], nets[1])
    assert worst(nets[0], nets[2]) < 1e-9


def test_the_portions_in_which_examples_come_do_not_matter():
    whole, parts = build(), build()
    x, y = examples(60, whole)
    costs = make_engine("fused", whole, 0.1).run(x, y)
    engine = make_engine("fused", parts, 0.1)
    found = [engine.run(x[i:j], y[i:j]) for i, j in ((0, 10), (10, 40), (40, 40), (40, 60))]
    assert torch.equal(costs, torch.cat(found))
    assert same(whole, parts)


def test_one_update_of_one_weight_is_the_textbook_step():
    # one input, one linear unit, two classes: dCost/ds = p - y, and the chain rule by hand
    net = build("identity", (1, 1, 2), torch.float64)
    (w,), (v, u) = net.weight(1)[0].tolist(), net.weight(2)[:, 0].tolist()
    make_engine("fused", net, 0.5, batch_size=1).run(
        torch.tensor([[0.8]], dtype=torch.float64), torch.tensor([1])
    )
    z = 0.8 * w
    p = np.exp(v * z) / (np.exp(v * z) + np.exp(u * z))
    assert net.weight(2)[:, 0].tolist() == pytest.approx([v - 0.5 * p * z, u + 0.5 * p * z])
    assert net.weight(1).item() == pytest.approx(w - 0.5 * (p * v - p * u) * 0.8)


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_the_quadratic_cost_is_half_the_squared_distance(name):
    net = build(dtype=torch.float64)
    x, y = examples(10, net)
    expected = (net(x).softmax(1) - functional.one_hot(y, 5)).square().sum(1).mean().item() / 2
    found = make_engine(name, net, 0.01, "quadratic").run(x, y)
    assert found.tolist() == [pytest.approx(expected)]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("activation", COMPILED)
def test_activation_functions_and_slopes_are_exact_to_the_last_digits(activation, dtype):
    s = torch.cat([torch.linspace(-85, 85, 4001), torch.logspace(-30, 1, 500)]).double()
    z = s.to(dtype).numpy().copy()
    activate.activate(z, activate.NAMES.index(activation))
    exact = ACTIVATIONS[activation].module()(s.to(dtype).double())
    eps = torch.finfo(dtype).eps
    assert torch.allclose(torch.from_numpy(z).double(), exact, rtol=4 * eps, atol=1e-37)
    slope = np.ones_like(z)
    activate.derive(z, slope, activate.NAMES.index(activation))
    by_autograd = s.clone().requires_grad_()
    ACTIVATIONS[activation].module()(by_autograd).sum().backward()
    for found in (torch.from_numpy(slope), SLOPES[activation](torch.from_numpy(z))):
        assert torch.allclose(found.double(), by_autograd.grad, atol=8 * eps)


def test_not_a_number_stays_visible():
    for activation in activate.NAMES:
        z = np.array([np.nan, np.inf, -np.inf] * 8, np.float32)
        activate.activate(z, activate.NAMES.index(activation))
        assert np.isnan(z[::3]).all()


@pytest.mark.parametrize("name", ["autograd", "fused", "torch"])
@pytest.mark.parametrize("value", [1e6, float("nan"), float("inf")])
def test_divergence_ends_the_run_with_the_weights_it_came_from(name, value):
    net, twin = build("identity"), build("identity")
    x, y = examples(30, net)
    x[10:20] *= value
    y[10:20] = net(x[10:20]).argmin(1)  # as wrong as can be
    engines = [
        FusedEngine(n, 0.01) if name == "torch" else make_engine(name, n, 0.01) for n in (net, twin)
    ]
    assert torch.equal(engines[0].run(x, y), engines[1].run(x[:10], y[:10]))
    assert same(net, twin)


def test_parameters_are_shared_with_the_network():
    net = build()
    x, y = examples(200, net)
    engine = make_engine("fused", net, 0.1)
    state = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    first = engine.run(x, y)
    assert not torch.equal(net.weight(1), state["linears.0.weight"])
    net.load_state_dict(state)
    assert torch.equal(engine.run(x, y), first)
    logits = net(x[:10])  # the network itself sees the engine's weights
    again = functional.cross_entropy(logits, y[:10])
    assert engine.run(x[:10], y[:10]).item() == pytest.approx(again.item(), rel=1e-5)


def test_parameters_that_moved_while_they_are_held_are_refused_and_kept():
    net = build()
    engine = make_engine("fused", net, 0.1)
    moved = torch.ones_like(net.weight(1))
    with engine.holding():
        net.linears[0].weight.data = moved
        with pytest.raises(RunError, match="were moved"):
            engine.run(*examples(10, net))
    assert net.weight(1).data_ptr() == moved.data_ptr()
    assert (net.weight(1) == 1).all()


def test_parameters_may_move_between_runs():
    net, twin = build(), build()
    engine, reference = make_engine("fused", net, 0.1), make_engine("fused", twin, 0.1)
    x, y = examples(40, net)
    for part in (slice(0, 20), slice(20, 40)):
        net.linears[0].weight.data = net.linears[0].weight.data.clone() / 2
        with torch.no_grad():
            twin.weight(1).div_(2)
        assert torch.equal(engine.run(x[part], y[part]), reference.run(x[part], y[part]))
    assert same(net, twin)
    net.linears[1].weight.data = net.weight(2).data.double()
    with pytest.raises(RunError, match="of several dtypes; make a new engine"):
        engine.run(x, y)


@pytest.mark.parametrize("hold", [True, False])
def test_after_the_engine_the_weights_are_ordinary(tmp_path, hold):
    net, twin = build(), build()
    before = [(p.data_ptr(), p.stride()) for p in net.parameters()]
    engine, x, y = make_engine("fused", net, 0.1), *examples(40, net)
    if hold:
        with engine.holding(), engine.holding():
            engine.run(x, y)
    else:
        engine.run(x, y)
    make_engine("autograd", twin, 0.1).run(x, y)
    assert worst(net, twin) < 1e-4
    assert [(p.data_ptr(), p.stride()) for p in net.parameters()] == before
    save_file(net.state_dict(), tmp_path / "weights.safetensors")
    loaded = load_file(tmp_path / "weights.safetensors")
    assert all(torch.equal(loaded[name], value) for name, value in net.state_dict().items())
    vector = torch.nn.utils.parameters_to_vector(net.parameters())
    for name, network in (("trained", net), ("drawn", build())):
        torch.save(network.state_dict(), tmp_path / name)
    sizes = [(tmp_path / name).stat().st_size for name in ("trained", "drawn")]
    assert abs(sizes[0] - sizes[1]) < 100
    assert len(vector) == sum(p.numel() for p in net.parameters())


def test_weights_that_are_held_are_seen_and_can_be_changed():
    net, twin = build(), build()
    x, y = examples(40, net)
    with make_engine("fused", net, 0.1).holding():
        pass
    assert same(net, twin)
    engine, reference = make_engine("fused", net, 0.1), make_engine("fused", twin, 0.1)
    with engine.holding():
        for part in (slice(0, 20), slice(20, 40)):
            assert torch.equal(engine.run(x[part], y[part]), reference.run(x[part], y[part]))
            assert torch.equal(net(x), twin(x))
            with torch.no_grad():
                net.weight(2).mul_(1.5)
                twin.weight(2).mul_(1.5)
    assert same(net, twin)


def test_a_graph_from_before_the_run_is_not_differentiated_with_later_weights():
    net = build()
    cost = net(examples(10, net)[0]).sum()
    make_engine("fused", net, 0.1).run(*examples(10, net))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        cost.backward()


def test_without_numba_torch_takes_over(monkeypatch):
    there = builtins.__import__

    def without(name, *args, **kwargs):
        if name.split(".")[0] in ("numba", "llvmlite"):
            raise ImportError(name)
        return there(name, *args, **kwargs)

    for module in ("compiled", "kernels", "machine", "tiles", "activate"):
        monkeypatch.delitem(sys.modules, f"glorot_tutor.engines.{module}", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)
    assert type(make_engine("fused", build(), 0.1)) is FusedEngine


def test_large_batches_go_to_torch_and_small_ones_to_the_kernels():
    assert type(make_engine("fused", build(), 0.1, batch_size=100)) is FusedEngine
    assert type(make_engine("fused", build(), 0.1, batch_size=10)) is compiled.CompiledEngine


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "fast"}, "choose one of autograd, fused"),
        ({"learning_rate": -1.0}, "give a positive number below 1e\\+09"),
        ({"cost": "hinge"}, "choose one of nll, quadratic"),
        ({"batch_size": 0}, "of at least 1"),
        ({"threads": 0}, "of at least 1"),
        ({"device": "tpu"}, "choose one of cpu, cuda, mps"),
        ({"device": "cuda"}, "choose 'autograd'"),
    ],
)
def test_wrong_settings_are_refused_with_a_sentence(change, words):
    settings = {"name": "fused", "net": build(), "learning_rate": 0.1} | change
    with pytest.raises(UsageError, match=words):
        make_engine(**settings)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_named():
    with pytest.raises(UsageError, match="torch finds cpu"):
        make_engine("autograd", build(), 0.1, device="cuda")


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_wrong_examples_are_refused_with_a_sentence(name):
    net = build()
    x, y = examples(20, net)
    engine = make_engine(name, net, 0.1)
    wrong = [(x[:15], y[:15]), (x[:, :5], y), (x.double(), y), (x, y + 5), (x, y - 5), (x, y.int())]
    for inputs, classes in wrong:
        with pytest.raises(UsageError):
            engine.run(inputs, classes)
    assert len(engine.run(x[:0], y[:0])) == 0
