"""Networks and batches in odd states: right where it can be, else one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from strangers import CLASSES, ResNet, Transformer, TwoInputs, cnn, mlp
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor import probes
from glorot_tutor.checks import UsageError
from glorot_tutor.nets import DeepNet
from glorot_tutor.probes import look, measure, spectra

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(6, 6, generator=GENERATOR)
Y = torch.randint(CLASSES, (6,), generator=GENERATOR)


def deep(activation: str = "tanh") -> DeepNet:
    generator = torch.Generator().manual_seed(1)
    return DeepNet(6, (8, 5), CLASSES, activation, "normalized", generator)


def stacked() -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return mlp(2, nn.Tanh)


BOTH = pytest.mark.parametrize("make", [deep, stacked])


@BOTH
def test_parallel_networks_are_looked_at_as_one(make):
    net = make()
    parallel = nn.DataParallel(net)
    assert measure(parallel, X, Y).equals(measure(net, X, Y))
    with probes.watch(parallel) as seen:
        parallel(X)
    assert len(seen.activations) == 2
    parallel.device_ids = [0, 1]
    with pytest.raises(UsageError, match="several devices"), probes.watch(parallel):
        pass


@BOTH
def test_compiled_networks_are_looked_at_as_they_are_written(make):
    net = make()
    plain = measure(net, X, Y)
    compiled = torch.compile(make(), backend="eager")
    compiled(X)
    assert measure(compiled, X, Y).equals(plain)
    with probes.watch(compiled) as seen:
        compiled(X)
    assert len(seen.activations) == 2
    partly = nn.Sequential(compiled, nn.Tanh())
    partly(X)
    with probes.watch(partly) as seen:
        partly(X)
    assert len(seen.activations) == 3
    net.compile(backend="eager")
    net(X)
    assert measure(net, X, Y).equals(plain)
    assert probes.jacobian_singular_values(net, X).keys() == {1, 2}
    assert net._compiled_call_impl is not None


def test_what_cannot_be_watched_is_said():
    with pytest.raises(UsageError, match="scripted network cannot be watched"):
        measure(torch.jit.trace(stacked(), X), X, Y)
    with pytest.raises(
        UsageError, match=r"net is of type builtin_function_or_method: give a torch\.nn\.Module"
    ):
        measure(torch.relu, X, Y)
    partly = stacked()
    partly[1] = torch.jit.script(nn.Tanh())
    with pytest.raises(UsageError, match="module '1' is scripted, and no hook can look into it"):
        measure(partly, X, Y)
    assert set(measure(partly, X, Y, layers=["0"])["layer"]) == {1}
    with pytest.raises(UsageError, match=r"x is sparse: give x\.to_dense"):
        measure(stacked(), X.to_sparse(), Y)
    lazy = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    with pytest.raises(UsageError, match="lazy modules have no weights yet: call it once"):
        measure(lazy, X, Y)


@BOTH
@pytest.mark.parametrize("frozen", ["first", "all"])
def test_frozen_weights_are_looked_at_like_any_other(make, frozen):
    net = make()
    plain = measure(net, X, Y)
    weights = list(net.parameters())
    for parameter in weights if frozen == "all" else weights[:2]:
        parameter.requires_grad_(False)
    assert measure(net, X, Y).equals(plain)
    assert [p.requires_grad for p in weights] == [frozen == "first" and i > 1 for i in range(6)]


def test_a_watch_sees_gradients_through_frozen_layers():
    net = stacked()
    _, expected = look(net, X, Y)
    net[0].requires_grad_(False)
    with probes.watch(net) as seen:
        seen.backward(functional.cross_entropy(net(X), Y, reduction="none"))
    for layer, signal in expected.backprop_gradients.items():
        assert torch.equal(seen.backprop_gradients[layer], signal)
    assert list(seen.weight_gradients) == [2]  # no step of SGD changes the first
    assert torch.equal(seen.weight_gradients[2], expected.weight_gradients[2])


@BOTH
def test_inference_mode_does_not_hinder(make):
    net = make()
    plain = measure(net, X, Y)
    with torch.inference_mode():
        x, y = X.clone(), Y.clone()
        assert measure(net, x, y).equals(plain)
        assert measure(make(), x, y).equals(plain)  # its parameters are of that mode too
    assert measure(net, x, y).equals(plain)
    with torch.no_grad():
        assert measure(net, X, Y).equals(plain)
    spectra(net, x)
    with torch.inference_mode(), probes.watch(net) as seen:
        costs = functional.cross_entropy(net(X), Y, reduction="none")
    with pytest.raises(UsageError, match="requires_grad=False: give one cost"):
        seen.backward(costs)


@BOTH
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision(make, dtype):
    full, half = measure(make(), X, Y), measure(make().to(dtype), X, Y)
    keys = ["layer", "quantity", "statistic"]
    assert full[keys].equals(half[keys])
    np.testing.assert_allclose(half["value"], full["value"], atol=0.03)
    whole = half.loc[(half["quantity"] == "activation") & (half["statistic"] == "mean"), "value"]
    _, seen = look(make().to(dtype), X, Y)
    means = [float(z.double().mean()) for z in seen.activations.values()]
    assert list(whole) == means  # taken in float64
    assert probes.histograms(seen.activations)["density"].notna().all()


@BOTH
def test_batches_that_do_not_fit_get_a_sentence(make):
    net = make()
    for x, y, words in (
        (X[:0], Y[:0], "x holds inputs of .*0.* examples: give one"),
        ((X, X[:2]), Y, r"x holds inputs of \[2, 6\] examples"),
        (X, Y + CLASSES, "whole numbers from 0 to 3"),
        (X, Y - CLASSES, "whole numbers from 0 to 3"),
        (X, Y[:2], "one class for each of 6 examples"),
        (X, Y.double(), "other targets need a cost="),
        (X, Y.tolist(), "other targets need a cost="),
    ):
        with pytest.raises(UsageError, match=words):
            measure(net, x, y)
    with pytest.raises(UsageError, match="one cost for each of the 6 examples"):
        measure(net, X, Y, cost=functional.cross_entropy)
    with pytest.raises(UsageError, match=r"network returns shape \(6, 12\).*|cost=") as error:
        measure(nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Unflatten(1, (3, 1))), X, Y)
    assert "logits of shape (N, classes)" in str(error.value)


@BOTH
def test_small_whole_numbers_are_classes_too(make):
    plain = measure(make(), X, Y)
    for dtype in (torch.int32, torch.uint8, torch.int16):
        assert measure(make(), X, Y.to(dtype)).equals(plain)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("make", [deep, stacked, lambda: deep("relu")])
def test_a_network_that_is_no_number_is_nan(make):
    net = make()
    for parameter in net.parameters():
        nn.init.constant_(parameter, torch.nan)
    frame = measure(net, X, Y)
    assert len(frame) == len(measure(make(), X, Y))
    assert frame["value"].isna().all()
    assert spectra(net, X).network.values.isnan().all()
    assert np.isnan(spectra(net, X, largest=1).network.rms)


def test_float64_by_default_in_a_process_of_its_own():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    snippet = readme.split("```python\n")[1].split("```")[0]
    code = f"import torch; torch.set_default_dtype(torch.float64)\n{snippet}"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_inputs_take_the_dtype_of_the_network():
    net = stacked().double()
    assert measure(net, X, Y).equals(measure(net, X.double(), Y))


def test_an_activation_with_other_limits_is_not_judged_by_those_of_the_table():
    def words(kind):
        frame = measure(mlp(1, kind), X, Y, 0)
        return set(frame["statistic"]) - {"mean", "std", "p98"}

    assert words(nn.ELU) == {"saturated"}
    assert words(lambda: nn.ELU(alpha=2.0)) == set()
    assert words(lambda: nn.ReLU(inplace=True)) == {"saturated", "dead"}
    assert words(nn.Mish) == set()


def test_a_function_put_in_the_place_of_another_is_judged_as_what_it_is():
    net = DeepNet(4, [6, 5, 5], 3, "tanh", "normalized", torch.Generator().manual_seed(0))
    net.activations[0] = nn.ReLU()
    net.activations[1] = nn.Sequential(nn.Tanh(), nn.Dropout(0))  # one function of two parts
    net.activations[2].forward = lambda s: 2 * s
    x = torch.randn(7, 4)
    _, seen = probes.look(net, x, torch.arange(7) % 3)
    assert seen.functions == {1: "relu", 2: "", 3: ""}
    z = x
    for layer, f in enumerate(net.activations, start=1):
        s = net.linears[layer - 1](z)
        z = f(s)
        assert torch.equal(seen.pre_activations[layer], s)
        assert torch.equal(seen.activations[layer], z)
    net = DeepNet(4, [6], 3, "tanh", "normalized", torch.Generator().manual_seed(0))
    net.activation = "relu"  # a name alone changes nothing
    assert probes.look(net, x, torch.arange(7) % 3)[1].functions == {1: "tanh"}


def test_a_layer_that_leads_nowhere_has_no_gradient():
    class Aside(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.f = nn.Linear(6, 5), nn.Linear(6, CLASSES), nn.Tanh()

        def forward(self, x):
            self.f(self.first(x))
            return self.second(x)

    _, seen = look(Aside(), X, Y)
    assert not seen.backprop_gradients[1].any()
    assert not seen.weight_gradients[1].any()


def test_layers_that_ran_without_a_graph_are_said():
    net = stacked()
    with probes.watch(net) as seen:
        with torch.no_grad():
            h = net[0](X)
        costs = functional.cross_entropy(net[2](net[1](h)), Y, reduction="none")
        with pytest.raises(UsageError, match="some layers ran without a graph"):
            seen.backward(costs)


def test_a_pass_that_fails_leaves_no_hook_and_the_next_is_right():
    net = stacked()
    plain = measure(net, X, Y)
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        measure(net, X[:, :3], Y)
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in net.modules())
    with probes.watch(net) as seen:
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            net(X[:, :3])
        seen.backward(functional.cross_entropy(net(X), Y, reduction="none"))
    assert (
        probes.statistics(seen.weight_gradients, "weight_gradient")["value"]
        .isin(plain["value"])
        .all()
    )


KINDS = [nn.ReLU, nn.Sigmoid, nn.PReLU, nn.SiLU, nn.Hardtanh, nn.Softplus, nn.RReLU]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("kind", KINDS)
def test_any_activation_in_any_mode(kind, dtype):
    for frozen in (0, 1, 3):
        for training in (True, False):
            net = mlp(2, kind).to(dtype).train(training)
            for parameter in list(net.parameters())[:frozen]:
                parameter.requires_grad_(False)
            with torch.inference_mode(training):
                frame = measure(net, X, Y, 2)
            assert set(frame["layer"]) == {1, 2}
            assert set(frame["quantity"]) == set(probes.QUANTITIES)
            assert frame["value"].notna().all()


def test_convolutions_and_tokens_of_half_precision() -> None:
    images = torch.randn(6, 1, 9, 9, generator=GENERATOR)
    for net, x in ((ResNet(), images), (cnn(), images), (Transformer(), torch.ones(6, 3).long())):
        frame = measure(net.bfloat16(), x, Y, 2)
        assert frame["value"].notna().all()


def test_time_first_gets_a_sentence() -> None:
    class TimeFirst(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear, self.f = nn.Linear(6, CLASSES), nn.Tanh()

        def forward(self, x: Tensor) -> Tensor:
            return self.f(self.linear(x.transpose(0, 1))).mean(0)

    x = torch.randn(6, 3, 6, generator=GENERATOR)
    with pytest.raises(UsageError, match="first dimension must be that of the 4 examples"):
        measure(TimeFirst(), x, Y)


def test_a_network_that_looks_plain_is_looked_at_as_it_is() -> None:
    """Jacobians of a `DeepNet` by its equation only where nothing has changed what it does."""
    net = deep()
    layer = net.linears[0]
    before = probes.jacobian_singular_values(net, X)
    layer.forward = lambda x: functional.linear(x, layer.weight, layer.bias) / 2
    patched = probes.jacobian_singular_values(net, X)
    del layer.forward
    with torch.no_grad():
        layer.weight /= 2
        layer.bias /= 2
    halved = probes.jacobian_singular_values(net, X)
    for number, values in halved.items():
        torch.testing.assert_close(patched[number].float(), values)
    assert not torch.allclose(before[1], halved[1])


@pytest.mark.parametrize("everywhere", [False, True])
def test_equations_of_a_plain_network_are_not_those_of_one_with_hooks(everywhere: bool) -> None:
    net = deep()
    double = lambda module, args, output: output * 2  # noqa: E731
    add = torch.nn.modules.module.register_module_forward_hook
    handle = add(double) if everywhere else net.linears[0].register_forward_hook(double)
    try:
        _, seen = look(net, X, Y)
    finally:
        handle.remove()
    with pytest.raises(UsageError, match="that of a plain DeepNet"):
        probes.jacobian_rms(seen)
    with pytest.raises(UsageError, match="that of a plain DeepNet"):
        probes.example_weight_gradient_std(seen, X)
    _, seen = look(net, X, Y)
    assert len(probes.jacobian_rms(seen)) == 2


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_under_autocast(dtype: torch.dtype) -> None:
    """What autocast computes in half precision is measured so, whatever the weights are."""
    inputs = (torch.randn(6, 3, generator=GENERATOR), torch.randn(6, 2, generator=GENERATOR))
    torch.manual_seed(0)
    net = TwoInputs().to(dtype)
    plain = measure(net, inputs, Y)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = measure(net, inputs, Y)
    assert found[["layer", "quantity", "statistic"]].equals(
        plain[["layer", "quantity", "statistic"]]
    )
    assert (found["value"] - plain["value"]).abs().max() < 0.05
    assert found["value"].equals(plain["value"]) == (dtype == torch.float64)  # which stays so


@pytest.mark.parametrize("change", [lambda n: n.to("meta"), lambda n: n.to(torch.complex64)])
@pytest.mark.filterwarnings("ignore:Complex modules")
def test_weights_without_real_numbers_get_a_sentence(change: Any) -> None:
    with pytest.raises(UsageError, match="give them real numbers"):
        measure(change(stacked()), X, Y)


def test_another_default_device_changes_nothing() -> None:
    net = stacked()
    with torch.device("meta"):
        found = measure(net, X, Y)
    assert found.equals(measure(net, X, Y))
