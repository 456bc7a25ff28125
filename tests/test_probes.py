import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch.nn import functional

from glorot_tutor import probes
from glorot_tutor.checks import UsageError
from glorot_tutor.nets import DeepNet

SLOPES = {
    "sigmoid": lambda z: z * (1 - z),
    "tanh": lambda z: 1 - z**2,
    "softsign": lambda z: (1 - z.abs()) ** 2,
    "identity": torch.ones_like,
}


def build(activation="tanh", seed=0, sizes=(6, 8, 5, 4, 3)):
    generator = torch.Generator().manual_seed(seed)
    net = DeepNet(sizes[0], sizes[1:-1], sizes[-1], activation, "normalized", generator).double()
    x = torch.randn(10, sizes[0], dtype=torch.float64, generator=generator)
    y = torch.randint(sizes[-1], (10,), generator=generator)
    return net, x, y


def look(net, x, y):
    with probes.watch(net) as seen:
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
    return seen


@pytest.mark.parametrize("activation", SLOPES)
def test_gradients_are_equations_2_and_3_by_hand(activation):
    net, x, y = build(activation)
    seen = look(net, x, y)
    delta = net(x).softmax(1) - functional.one_hot(y, 3)
    for layer in (3, 2, 1):
        above = net.linears[layer].weight
        delta = SLOPES[activation](seen.activations[layer]) * (delta @ above)  # eq. 2
        below = seen.activations.get(layer - 1, x)
        torch.testing.assert_close(seen.backprop_gradients[layer], delta)
        torch.testing.assert_close(seen.weight_gradients[layer], delta.T @ below / 10)  # eq. 3


def test_weight_gradients_are_what_sgd_would_apply():
    net, x, y = build()
    seen = look(net, x, y)
    functional.cross_entropy(net(x), y).backward()
    for layer, gradient in seen.weight_gradients.items():
        torch.testing.assert_close(gradient, net.linears[layer - 1].weight.grad)


@pytest.mark.parametrize("activation", ["softsign", "relu"])  # of relu, whole rows are 0
def test_singular_values_are_those_of_the_autograd_jacobian(activation):
    net, x, _ = build(activation)
    found = probes.jacobian_singular_values(net, x[:3])
    for example in range(3):
        z = x[example]
        for layer, values in found.items():
            linear, activation = net.linears[layer - 1], net.activations[layer - 1]
            jacobian = torch.autograd.functional.jacobian(lambda z: activation(linear(z)), z)  # noqa: B023
            expected = np.linalg.svd(jacobian.numpy(), compute_uv=False)
            np.testing.assert_allclose(values[example].numpy(), expected, atol=1e-14)
            z = activation(linear(z)).detach()


def test_a_layer_that_is_off_has_singular_values_of_zero():
    net, x, _ = build("relu")
    net.linears[1].bias.data.fill_(-100)
    found = probes.jacobian_singular_values(net, x[:2])
    assert found[2].shape == (2, 5)
    assert not found[2].any()


def test_example_weight_gradient_std_is_that_of_all_outer_products():
    net, x, y = build()
    seen = look(net, x, y)
    found = probes.example_weight_gradient_std(seen, x)
    for layer, spread in found.items():
        gradients = []
        for example in range(len(x)):
            net.zero_grad()
            functional.cross_entropy(net(x[example, None]), y[example, None]).backward()
            gradients.append(net.linears[layer - 1].weight.grad.clone())
        assert spread == pytest.approx(torch.stack(gradients).std(correction=0).item())


def test_looking_changes_nothing_bit_for_bit():
    net, x, y = build()
    functional.cross_entropy(net(x), y).backward()
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    grads = {name: p.grad.clone() for name, p in net.named_parameters()}
    state = torch.get_rng_state()
    probes.measure(net, x, y)
    assert torch.equal(torch.get_rng_state(), state)
    for name, p in net.named_parameters():
        assert torch.equal(p, before[name])
        assert torch.equal(p.grad, grads[name])
    assert net.training


def test_training_with_and_without_looking_is_the_same_bit_for_bit():
    def train(look_on_the_way):
        net, x, y = build(seed=5)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(20):
            optimizer.zero_grad()
            functional.cross_entropy(net(x), y).backward()
            if look_on_the_way:
                probes.measure(net, x, y)
            optimizer.step()
        return list(net.parameters())

    for a, b in zip(train(False), train(True), strict=True):
        assert torch.equal(a, b)


def test_hooks_come_off_when_the_block_fails():
    net, x, _ = build()
    with pytest.raises(ZeroDivisionError), probes.watch(net) as seen:
        1 / 0  # noqa: B018
    net(x)
    assert seen.activations == {}
    assert all(not module._forward_hooks for module in net.activations)


def test_memory_has_a_bound():
    net, x, y = build()
    weights = 6 * 8 + 8 * 5 + 5 * 4
    needed = (3 * len(x) * (8 + 5 + 4) + 2 * weights) * 8
    with probes.watch(net, max_bytes=needed) as seen:
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
    for least, most in ((0, needed - 2 * weights * 8), (needed - 2 * weights * 8, needed)):
        with probes.watch(net, max_bytes=most - 1) as seen:
            with pytest.raises(UsageError, match=f"max_bytes={most - 1:,}"):
                seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
            assert (len(seen.activations) == 3) == (least > 0)  # the pass itself fits


def test_costs_must_be_one_to_an_example_with_a_graph():
    net, x, y = build()
    with probes.watch(net) as seen, pytest.raises(UsageError, match="one cost for each"):
        seen.backward(functional.cross_entropy(net(x), y))
    with probes.watch(net) as seen, pytest.raises(UsageError, match="each of the 10 examples"):
        seen.backward(functional.cross_entropy(net(x)[:3], y[:3], reduction="none"))
    with torch.no_grad(), probes.watch(net) as seen, pytest.raises(UsageError, match="no_grad"):
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))


def test_a_second_pass_leaves_nothing_of_the_first():
    net, x, y = build()
    with probes.watch(net) as seen:
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
        net(x[:2])
    assert len(seen.activations[1]) == 2
    assert seen.backprop_gradients == seen.weight_gradients == {}


def test_values_that_cannot_be_binned_get_a_sentence():
    with pytest.raises(UsageError, match="values is empty"):
        probes.histograms({})
    with pytest.raises(UsageError, match="limit is -1"):
        probes.histograms({1: torch.ones(2)}, limit=-1)
    flat = probes.histograms({1: torch.zeros(4)}, bins=2)
    assert flat["density"].sum() == 1


def test_what_is_no_number_lies_outside_every_histogram():
    odd = {1: torch.tensor([1.0, -4.0, torch.nan, torch.inf]), 2: torch.full((3,), torch.nan)}
    frame = probes.histograms(odd, bins=2)
    assert list(frame["value"]) == [-2, 2, -2, 2]  # up to 4, the largest that is finite
    assert list(frame["density"]) == [1 / 16, 1 / 16, 0, 0]


def test_an_unknown_quantity_is_named():
    seen = look(*build())
    with pytest.raises(UsageError, match="'weights'.*activation, backprop_gradient"):
        seen.values("weights")


finite = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    elements=st.floats(-1e3, 1e3, allow_nan=False),
)


@settings(deadline=None, max_examples=60)
@given(finite)
def test_statistics_agree_with_numpy(v):
    frame = probes.statistics({2: torch.from_numpy(v)}, "activation", "tanh")
    found = frame.set_index("statistic")["value"]
    assert set(frame["layer"]) == {2}
    assert found["mean"] == pytest.approx(v.mean(), abs=1e-9)
    assert found["std"] == pytest.approx(np.sqrt(((v - v.mean()) ** 2).mean()), abs=1e-9)
    ordered, place = np.sort(np.abs(v).ravel()), 0.98 * (v.size - 1)
    low, high = ordered[int(place)], ordered[int(np.ceil(place))]
    assert found["p98"] == pytest.approx(low + (high - low) * (place - int(place)), abs=1e-9)
    assert found["saturated"] == sum(abs(a) > 0.95 for a in v.flat) / v.size


@pytest.mark.parametrize(("activation", "share"), [("sigmoid", 0.5), ("identity", 0.0)])
def test_saturated_share_knows_the_asymptotes(activation, share):
    values = torch.tensor([[0.01, 0.5, 0.96, 0.3]])
    found = probes.statistics({1: values}, "activation", activation).set_index("statistic")["value"]
    assert found["saturated"] == share


@settings(deadline=None, max_examples=30)
@given(finite.filter(lambda v: np.abs(v).max() > 1e-6), st.integers(1, 40))
def test_histograms_integrate_to_one(v, bins):
    frame = probes.histograms({1: torch.from_numpy(v)}, bins)
    width = 2 * np.abs(v).max() / bins
    assert len(frame) == bins
    assert frame["density"].sum() * width == pytest.approx(1)


def test_histogram_density_is_the_share_inside_the_limits():
    values = torch.tensor([-2.0, -0.5, 0.5, 2.0])
    frame = probes.histograms({1: values}, bins=4, limit=1)
    assert list(frame["value"]) == [-0.75, -0.25, 0.25, 0.75]
    # bins are closed on the left: -0.5 lies in the second, 0.5 in the fourth, +-2 outside
    assert list(frame["density"]) == [0.0, 0.5, 0.0, 0.5]


def test_measure_has_every_quantity_and_layer_once():
    net, x, y = build()
    frame = probes.measure(net, x, y, jacobian_examples=2)
    assert list(frame.columns) == ["layer", "quantity", "statistic", "value"]
    assert set(frame["quantity"]) == set(probes.QUANTITIES)
    assert not frame.duplicated(["layer", "quantity", "statistic"]).any()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 3 * (4 + 3 + 3 + 3)
    without = probes.measure(net, x, y, jacobian_examples=0)
    assert set(without["quantity"]) == set(probes.QUANTITIES[:3])


def test_the_root_mean_square_is_that_of_all_singular_values():
    net, x, _ = build("softsign")
    with probes.watch(net) as seen:
        net(x)
    found = probes.jacobian_rms(seen)
    for layer, values in probes.jacobian_singular_values(net, x).items():
        assert found[layer] == pytest.approx(values.square().mean().sqrt().item())
