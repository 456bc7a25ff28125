"""Every row of the table against autograd, a formula written a second time, and its own limits."""

from __future__ import annotations

import io
import math
from math import inf

import numpy as np
import pytest
import torch
from scipy import special

from glorot_tutor.activations import ACTIVATIONS, PAPER
from glorot_tutor.nets import DeepNet

FORMULAS = {
    "sigmoid": lambda s: special.expit(s),
    "tanh": lambda s: 1 - 2 * special.expit(-2 * s),
    "softsign": lambda s: s / (1 + np.abs(s)),
    "identity": lambda s: s,
    "relu": lambda s: np.maximum(s, 0),
    "leaky_relu": lambda s: np.maximum(s, s / 100),
    "elu": lambda s: np.where(s > 0, s, np.expm1(np.minimum(s, 0))),
    "selu": lambda s: np.where(
        s > 0, 1.0507009873554805 * s, 1.7580993408473766 * np.expm1(np.minimum(s, 0))
    ),
    "gelu": lambda s: s * special.ndtr(s),
    "lecun_tanh": lambda s: 1.7159 * (1 - 2 * special.expit(-4 * s / 3)),
}

ASYMPTOTES = {
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
    "softsign": (-1, 1),
    "elu": (-1, inf),
    "selu": (-1.7580993408473766, inf),
    "lecun_tanh": (-1.7159, 1.7159),
}
"""Values that z comes near to and does not leave; a rectifier's 0 is not saturation."""


def grid() -> torch.Tensor:
    steep = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    return torch.cat([steep, torch.logspace(-12, 0, 50, dtype=torch.float64)]).requires_grad_()


def test_the_table_is_in_the_order_that_its_readers_expect():
    assert list(ACTIVATIONS) == list(FORMULAS)
    assert all(name == row.name for name, row in ACTIVATIONS.items())
    assert set(PAPER) < set(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_modules_compute_the_formula(name):
    s = grid().detach()
    expected = torch.from_numpy(FORMULAS[name](s.numpy()))
    torch.testing.assert_close(ACTIVATIONS[name].module()(s), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.slope])
def test_slopes_from_z_are_those_of_autograd(name):
    s = grid()
    z = ACTIVATIONS[name].module()(s)
    z.sum().backward()
    torch.testing.assert_close(ACTIVATIONS[name].slope(z.detach()), s.grad, rtol=1e-9, atol=1e-12)


def test_a_missing_slope_means_that_z_does_not_tell_s():
    for name, row in ACTIVATIONS.items():
        z = row.module()(torch.linspace(-5, 5, 1001, dtype=torch.float64))
        assert bool((z.diff() >= 0).all()) is (row.slope is not None), name


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_fill_the_range_and_do_not_leave_it(name):
    row = ACTIVATIONS[name]
    far = torch.logspace(-3, 8, 20_001, dtype=torch.float64)
    z = row.module()(torch.cat([-far, far]))
    for found, limit in ((float(z.min()), row.range[0]), (float(z.max()), row.range[1])):
        if math.isinf(limit):
            assert abs(found) > 1e5
            assert found * limit > 0
        else:
            assert found == pytest.approx(limit, abs=1e-6)
    assert row.range[0] - 1e-15 <= float(z.min())
    assert float(z.max()) <= row.range[1] + 1e-15


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_saturation_begins_at_95_percent_of_an_asymptote_and_nowhere_else(name):
    row = ACTIVATIONS[name]
    low, high = ASYMPTOTES.get(name, (-inf, inf))
    if name == "sigmoid":  # tanh on another scale, but the same 5 % of a limit at either end
        assert row.unsaturated == (0.05, 0.95)
    else:
        assert row.unsaturated == (pytest.approx(0.95 * low), pytest.approx(0.95 * high))
    s = torch.tensor([-1e4, 0.0, 1e4], dtype=torch.float64, requires_grad=True)
    z = row.module()(s)
    saturated = (z < row.unsaturated[0]) | (z > row.unsaturated[1])
    assert saturated.tolist() == [low > -inf, False, high < inf]
    z.sum().backward()
    assert (s.grad[saturated].abs() < 1e-7).all()  # what is saturated lets no gradient pass


@pytest.mark.parametrize("name", ["relu", "leaky_relu"])
def test_a_dead_unit_is_above_0_on_no_example(name):
    s = torch.tensor([[-1.0, -1.0, 0.0, 2.0], [-2.0, 0.5, 0.0, 3.0]], requires_grad=True)
    z = ACTIVATIONS[name].module()(s)
    dead = ACTIVATIONS[name].dead(z)
    assert dead.tolist() == [True, False, True, False]
    z.sum().backward()
    assert torch.equal(dead, (s.grad < 0.5).all(0))


def test_only_piecewise_linear_rectifiers_have_dead_units():
    # the others have a slope that fades: what it comes to near their limits is saturation
    kinked = [name for name, row in ACTIVATIONS.items() if row.dead]
    assert kinked == ["relu", "leaky_relu"]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_bins_of_histograms_hold_nearly_all(name):
    low, high = ACTIVATIONS[name].bins
    s = torch.randn(100_000, generator=torch.Generator().manual_seed(0)) / math.sqrt(3)
    z = ACTIVATIONS[name].module()(s)
    assert float(((z >= low) & (z <= high)).double().mean()) > 0.9
    # 0 is an edge of one of 40 bins: silent units and negative ones are told apart
    assert (-low * 40 / (high - low)) % 1 == pytest.approx(0, abs=1e-9)


def test_no_two_look_alike():
    assert len({row.colour for row in ACTIVATIONS.values()}) == len(ACTIVATIONS)
    assert len({row.marker for row in ACTIVATIONS.values()}) == len(ACTIVATIONS)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_networks_are_made_of_the_module_and_can_be_stored(name):
    net = DeepNet(6, [5, 4], 3, name, "normalized", torch.Generator().manual_seed(0))
    file = io.BytesIO()
    torch.save(net, file)
    file.seek(0)
    # no other pickle is read than one that holds these classes
    made_of = {type(module) for module in net.modules()} | {set}
    with torch.serialization.safe_globals(list(made_of)):
        again = torch.load(file, weights_only=True)
    x = torch.randn(7, 6, generator=torch.Generator().manual_seed(1))
    assert torch.equal(net(x), again(x))
    assert repr(ACTIVATIONS[name].module()) in repr(net)
