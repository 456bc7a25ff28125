"""No engine trains another network than it was given: each kind against a plain loop in torch."""

from __future__ import annotations

import copy

import pytest
import torch
import torch.nn.utils.prune
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.engines import base, make_engine
from glorot_tutor.engines.autograd import AutogradEngine
from glorot_tutor.engines.base import in_mode
from glorot_tutor.engines.fused import FusedEngine
from glorot_tutor.nets import DeepNet

RATE, BATCH = 0.1, 10


def plain(activation="tanh", kind=DeepNet):
    return kind(6, [8, 8], 4, activation, "normalized", torch.Generator().manual_seed(0))


def examples(updates=20, shape=(6,), dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(updates * BATCH, *shape, generator=generator) * 2 - 1
    return x.to(dtype), (x.flatten(1)[:, :3].sum(1) * 2).long().abs() % 4


def loop(net, x, y):
    """The loop of any tutorial, written out."""
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=RATE)
    net.train()
    for x_batch, y_batch in zip(x.split(BATCH), y.split(BATCH), strict=True):
        optimizer.zero_grad()
        functional.cross_entropy(net(x_batch), y_batch).backward()
        optimizer.step()


class Residual(DeepNet):
    def forward(self, x):
        z = self.activations[0](self.linears[0](x))
        return self.linears[2](z + self.activations[1](self.linears[1](z)))


class WithNorm(DeepNet):
    def __init__(self, *given):
        super().__init__(*given)
        self.norm = nn.BatchNorm1d(8)

    def forward(self, x):
        z = self.norm(self.activations[0](self.linears[0](x)))
        return self.linears[2](self.activations[1](self.linears[1](z)))


def frozen():
    net = plain()
    net.linears[1].weight.requires_grad_(False)
    net.linears[1].weight.grad = torch.ones(8, 8)  # an optimizer given it would use it
    return net


def shared():
    net = plain()
    net.linears.insert(2, net.linears[1])
    net.activations.append(nn.Tanh())
    return net


def tied_memory():
    net = DeepNet(8, [8, 8], 4, "tanh", "normalized", torch.Generator().manual_seed(0))
    net.linears[1].weight.data = net.linears[0].weight.data
    return nn.Sequential(nn.Linear(6, 8), net)


def dropout():
    net = plain()
    net.activations[0] = nn.Sequential(nn.Tanh(), nn.Dropout(0.5))
    return net


def replaced():
    net = plain()
    net.activations[1] = nn.ReLU()
    return net


def leakier():
    net = plain("leaky_relu")
    net.activations[0] = nn.LeakyReLU(0.3)
    return net


def hooked(name, hook):
    net = plain()
    getattr(net.linears[1], name)(hook)
    return net


def hooked_weight():
    net = plain()
    net.weight(1).register_hook(lambda gradient: gradient / 2)
    return net


def patched():
    net = plain()
    net.forward = lambda x: DeepNet.forward(net, x) * 2
    return net


def patched_layer():
    net = plain()
    layer = net.linears[0]
    layer.forward = lambda x: functional.linear(x, layer.weight, layer.bias) / 2
    return net


def normalized_weight():
    net = plain()
    weight_norm(net.linears[1])
    return net


def spectral_norm():
    net = plain()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.nn.utils.parametrizations.spectral_norm(net.linears[1])
    return net


def pruned():
    net = plain()
    torch.nn.utils.prune.ln_structured(net.linears[1], "weight", amount=0.5, n=2, dim=0)
    return net


def another_name():
    net = plain()
    net.activation = "sigmoid"
    return net


def another_class():
    net = plain()
    net.__class__ = Residual
    return net


def without_bias():
    net = plain()
    net.linears[2] = nn.Linear(8, 4, bias=False)
    return net


KINDS = {
    "overridden forward": lambda: plain(kind=Residual),
    "batch normalization": lambda: plain(kind=WithNorm),
    "normalization among the activations": lambda: norm_inside(),
    "frozen": frozen,
    "shared": shared,
    "memory shared": tied_memory,
    "dropout": dropout,
    "replaced activation": replaced,
    "another leak": leakier,
    "forward hook": lambda: hooked("register_forward_hook", lambda m, i, o: o * 2),
    "pre-hook": lambda: hooked("register_forward_pre_hook", lambda m, i: (i[0] * 2,)),
    "backward hook": lambda: hooked("register_full_backward_hook", lambda m, i, o: (i[0] * 2,)),
    "hook on a weight": hooked_weight,
    "patched forward": patched,
    "patched layer": patched_layer,
    "weight normalization": normalized_weight,
    "spectral normalization": spectral_norm,
    "pruned": pruned,
    "another name": another_name,
    "another class": another_class,
    "in parallel": lambda: nn.DataParallel(plain()),
    "traced by torch.fx": lambda: torch.fx.symbolic_trace(plain()),
    "no bias": without_bias,
    "bfloat16": lambda: plain().to(torch.bfloat16),
    "no kernel": lambda: plain("gelu"),
    "sequential": lambda: nn.Sequential(nn.Linear(6, 5), nn.GELU(), nn.Linear(5, 4)),
}


def norm_inside():
    net = plain()
    net.activations[0] = nn.Sequential(nn.BatchNorm1d(8), nn.Tanh())
    return net


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_plain_network_is_trained_as_it_is(kind):
    torch.manual_seed(0)
    net, twin = KINDS[kind](), KINDS[kind]()
    twin.load_state_dict(net.state_dict())
    start = copy.deepcopy(net.state_dict())
    x, y = examples(dtype=next(net.parameters()).dtype)
    engine = make_engine("fused", net, RATE, batch_size=BATCH)
    assert isinstance(engine, AutogradEngine)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        costs = engine.run(x, y)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        loop(twin, x, y)
    assert len(costs) == 20
    for name, value in twin.state_dict().items():
        assert torch.equal(net.state_dict()[name], value), name
    now = net.state_dict()
    moved = {name for name, value in start.items() if not torch.equal(now[name], value)}
    still = {name for name, p in net.named_parameters() if not p.requires_grad}
    still |= {name for name in start if name.endswith("_mask")}
    assert moved == start.keys() - still


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_a_plain_network_goes_to_the_fast_engine_if_its_activation_has_a_kernel(activation, dtype):
    net, twin = plain(activation).to(dtype), plain(activation).to(dtype)
    x, y = examples(dtype=dtype)
    engine = make_engine("fused", net, RATE, batch_size=BATCH)
    assert isinstance(engine, FusedEngine) == (ACTIVATIONS[activation].kernel is not None)
    engine.run(x, y)
    loop(twin, x, y)
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_images_keep_their_shape_and_batch_statistics_move_in_training_mode(name):
    def build():
        return nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4)
        )

    net, twin = build(), build()
    twin.load_state_dict(net.state_dict())
    net.eval()
    net[2].train()
    x, y = examples(shape=(1, 6, 6))
    make_engine(name, net, RATE, batch_size=BATCH).run(x, y)
    loop(twin, x, y)
    assert all(torch.equal(net.state_dict()[name], v) for name, v in twin.state_dict().items())
    assert [module.training for module in net] == [False, False, True, False, False]


def test_evaluation_moves_no_statistics_and_drops_nothing():
    from glorot_tutor.training import evaluate

    net = nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Dropout(0.9))
    images = torch.arange(60, dtype=torch.uint8).view(10, 6)
    before = copy.deepcopy(net.state_dict())
    found = [evaluate(net, images, torch.zeros(10, dtype=torch.int64)) for _ in range(2)]
    assert found[0] == found[1]
    assert all(torch.equal(net.state_dict()[name], before[name]) for name in before)
    assert all(module.training for module in net)


def test_modes_come_back_when_something_fails():
    net = nn.Sequential(nn.Linear(6, 4), nn.Dropout())
    net[1].eval()

    def fail():
        assert not net[0].training
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), in_mode(net, training=False):
        fail()
    assert [net.training, net[0].training, net[1].training] == [True, True, False]


def test_falling_back_is_said_once_and_why(caplog):
    base.tell_once.cache_clear()
    for _ in range(2):
        make_engine("fused", frozen(), RATE)
        make_engine("fused", plain(), RATE)
        make_engine("fused", plain("gelu"), RATE)
    assert caplog.messages == [
        "the readable engine trains this network, for its linears.1.weight is frozen.",
        "the readable engine trains this network, for there is no kernel for the activation gelu.",
    ]


def test_a_hook_that_is_on_all_modules_is_called():
    remove = torch.nn.modules.module.register_module_forward_hook(lambda module, i, o: o)
    try:
        assert isinstance(make_engine("fused", plain(), RATE), AutogradEngine)
    finally:
        remove.remove()
    assert isinstance(make_engine("fused", plain(), RATE), FusedEngine)


@pytest.mark.parametrize("batch", [BATCH, 100])  # compiled, and in torch
def test_what_changes_after_the_engine_is_made_is_refused(batch):
    net = plain()
    x, y = examples()
    engine = make_engine("fused", net, RATE, batch_size=batch)
    start = net.weight(1).clone()
    handle = net.register_forward_hook(lambda module, i, o: o * 2)
    for _ in range(2):
        with pytest.raises(RunError, match="a hook is on it; make a new engine"):
            engine.run(x, y)
        with engine.holding(), pytest.raises(RunError, match="hook"):
            engine.run(x, y)
    handle.remove()
    net.linears[0].weight.requires_grad_(False)
    with pytest.raises(RunError, match="frozen"):
        engine.run(x, y)
    net.linears[0].weight.requires_grad_(True)
    assert torch.equal(net.weight(1), start)
    assert len(engine.run(x, y)) == len(y) / batch


@pytest.mark.parametrize("kind", [DeepNet, Residual])
@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_gradients_that_were_left_do_not_count_and_none_is_left(name, kind):
    net, twin = plain(kind=kind), plain(kind=kind)
    x, y = examples()
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    make_engine(name, net, RATE, batch_size=BATCH).run(x, y)
    loop(twin, x, y)
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert all(parameter.grad is None for parameter in net.parameters())


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("kind", [DeepNet, Residual])
def test_trains_inside_a_block_without_gradients(mode, kind):
    net, twin = plain(kind=kind), plain(kind=kind)
    x, y = examples()
    with mode():
        make_engine("fused", net, RATE, batch_size=BATCH).run(x.clone(), y.clone())
    loop(twin, x, y)
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def all_frozen():
    return plain().requires_grad_(False)


def lazy():
    return nn.Sequential(nn.LazyLinear(4))


def made_for_inference():
    with torch.inference_mode():
        return plain()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (all_frozen, "none of its parameters is to be trained"),
        (nn.Tanh, "none of its parameters is to be trained"),
        (lazy, "call it once first"),
        (made_for_inference, "inference mode"),
        (lambda: plain().to(torch.complex64), "complex"),
    ],
)
def test_what_cannot_be_trained_is_said_in_a_sentence(build, words):
    for name in ("autograd", "fused"):
        with pytest.raises(UsageError, match=words):
            make_engine(name, build(), RATE)


def test_logits_and_classes_that_do_not_fit_are_named():
    x, y = examples()
    engine = make_engine("fused", nn.Sequential(nn.Linear(6, 3)), RATE, batch_size=BATCH)
    with pytest.raises(UsageError, match="int64, from 0 to 2"):
        engine.run(x, y.clamp(min=3))
    net = nn.Sequential(nn.Linear(6, 3), nn.Flatten(0))
    with pytest.raises(UsageError, match="gives \\(30,\\) for 10 examples"):
        make_engine("fused", net, RATE, batch_size=BATCH).run(x, y)


def with_averages():
    return nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 4))


@pytest.mark.parametrize("late", [0, 15])  # in the first mini-batch, and after an update
def test_a_refusal_leaves_everything_as_it_was(late):
    net = with_averages()
    net[0].bias.requires_grad_(False)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    before, gradients = copy.deepcopy(net.state_dict()), [p.grad for p in net.parameters()]
    x, y = examples()
    y[late] = 4
    engine, chance = make_engine("autograd", net, RATE, batch_size=BATCH), torch.get_rng_state()
    with pytest.raises(UsageError, match="int64, from 0 to 3"):
        engine.run(x, y)
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())
    assert all(p.grad is g for p, g in zip(net.parameters(), gradients, strict=True))
    assert torch.equal(torch.get_rng_state(), chance)
    y[late] = 3
    assert len(engine.run(x, y)) == 20
    assert not torch.equal(net[1].running_mean, before["1.running_mean"])


def test_what_a_network_raises_itself_leaves_no_trace_either():
    net = with_averages()
    net[3].register_forward_hook(lambda module, args, output: output.view(3, -1))
    before = copy.deepcopy(net.state_dict())
    x, y = examples()
    with pytest.raises(RuntimeError, match="is invalid for input of size"):
        make_engine("autograd", net, RATE, batch_size=BATCH).run(x, y)
    assert all(torch.equal(net.state_dict()[name], value) for name, value in before.items())


def test_under_autocast_the_network_computes_as_autocast_says():
    nets = [plain() for _ in range(3)]
    x, y = examples()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        engine = make_engine("fused", nets[0], RATE, batch_size=BATCH)
        engine.run(x, y)
        loop(nets[1], x, y)
    loop(nets[2], x, y)
    assert torch.equal(nets[0].weight(1), nets[1].weight(1))
    assert not torch.equal(nets[0].weight(1), nets[2].weight(1))
    engine = make_engine("fused", nets[2], RATE, batch_size=BATCH)
    with (
        torch.autocast("cpu", dtype=torch.bfloat16),
        pytest.raises(RunError, match="autocast is on"),
    ):
        engine.run(x, y)


@pytest.mark.parametrize("name", ["autograd", "fused"])
@pytest.mark.parametrize("batch", [BATCH, 100])
def test_another_default_device_changes_nothing(name, batch):
    net, twin = plain(), plain()
    x, y = examples()
    with torch.device("meta"):
        costs = make_engine(name, net, RATE, batch_size=batch).run(x, y)
        none = make_engine(name, net, RATE, batch_size=batch).run(x[:0], y[:0])
    assert costs.device.type == none.device.type == "cpu"
    make_engine(name, twin, RATE, batch_size=batch).run(x, y)
    assert torch.equal(net.weight(1), twin.weight(1))


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_inputs_that_are_no_tensor_get_a_sentence(name):
    engine = make_engine(name, plain(), RATE, batch_size=BATCH)
    x, y = examples()
    for given in ((x, [0] * len(y)), ((x, x), y), (x.numpy(), y), (x, torch.tensor(0))):
        with pytest.raises(UsageError, match="must be tensors"):
            engine.run(*given)
    with pytest.raises(UsageError, match="is sparse: give"):
        engine.run(x.to_sparse(), y)
    with pytest.raises(UsageError, match="net is of type builtin_function_or_method"):
        make_engine(name, torch.relu, RATE)


def test_a_network_on_the_device_meta_is_refused():
    with pytest.raises(UsageError, match="holds no numbers"):
        make_engine("fused", plain().to("meta"), RATE)
