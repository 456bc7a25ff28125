"""Expectations against closed forms, scipy's integrals and sums over wide networks."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy import integrate
from test_activations import FORMULAS
from torch import nn

from glorot_tutor import mean_field, theory
from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError
from glorot_tutor.comparisons import compare_with_theory
from glorot_tutor.nets import DeepNet

VARIANCES = (1e-6, 0.1, 1.0, 7.0, 1e4)


class Erf(nn.Module):
    def forward(self, s):
        return torch.erf(s)


CLOSED = {
    "identity": lambda q: (0, q, 1),
    "relu": lambda q: (math.sqrt(q / (2 * math.pi)), q / 2, 1 / 2),
    "leaky_relu": lambda q: (
        0.99 * math.sqrt(q / (2 * math.pi)),
        (1 + 1e-4) * q / 2,
        (1 + 1e-4) / 2,
    ),
}


@pytest.mark.parametrize("q", VARIANCES)
@pytest.mark.parametrize("name", CLOSED)
def test_piecewise_linear_functions_have_closed_forms(name, q):
    assert tuple(mean_field.moments(name, q)) == pytest.approx(CLOSED[name](q), rel=1e-12)


@pytest.mark.parametrize("q", VARIANCES)
def test_a_module_of_ones_own_has_its_closed_form(q):
    # Williams (1998); the slope is 2 / sqrt(pi) exp(-s^2)
    square = 2 / math.pi * math.asin(2 * q / (1 + 2 * q))
    expected = (0, square, 4 / math.pi / math.sqrt(1 + 4 * q))
    assert tuple(mean_field.moments(Erf(), q)) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("q", VARIANCES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values_are_scipys_integrals(name, q):
    def expectation(function):
        def integrand(x):
            return function(np.float64(math.sqrt(q) * x)) * math.exp(-(x**2) / 2)

        # both halves apart, and apart again where f turns at large q
        ends = (-40, -1, -10 / max(math.sqrt(q), 10), 0, 10 / max(math.sqrt(q), 10), 1, 40)
        parts = (
            integrate.quad(integrand, low, high, epsabs=1e-15, epsrel=1e-12, limit=200)[0]
            for low, high in pairwise(ends)
        )
        return sum(parts) / math.sqrt(2 * math.pi)

    f = FORMULAS[name]
    found = mean_field.moments(name, q)
    assert found.mean == pytest.approx(expectation(f), rel=1e-8, abs=1e-9)
    assert found.square == pytest.approx(expectation(lambda s: f(s) ** 2), rel=1e-8)


@pytest.mark.parametrize("name", [name for name, row in ACTIVATIONS.items() if row.slope])
def test_values_are_those_of_a_million_draws(name):
    row, q = ACTIVATIONS[name], 1.7
    s = torch.randn(10**6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    z = row.module()(math.sqrt(q) * s)
    draws = (z, z.square(), row.slope(z).square())
    for found, values in zip(mean_field.moments(name, q), draws, strict=True):
        assert found == pytest.approx(float(values.mean()), abs=5e-3 * float(values.std()) + 1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_variance_map_rises(name):
    squares = [mean_field.moments(name, q).square for q in np.logspace(-9, 9, 200)]
    assert (np.diff(squares) > 0).all()


@pytest.mark.parametrize(
    ("name", "n_var_w", "chi", "xi"),
    [
        ("tanh", 1 / 3, 1 / 3, 0.91),
        ("tanh", 1, 1, math.inf),
        ("sigmoid", 1 / 3, 0.020, 0.26),
        ("sigmoid", 1, 0.056, 0.35),
        ("sigmoid", 16, 0.40, 1.09),
    ],
)
def test_depth_scales_of_the_papers_networks(name, n_var_w, chi, xi):
    found = mean_field.chi(name, n_var_w)
    assert found == pytest.approx(chi, rel=0.02)
    assert mean_field.depth_scale(found) == pytest.approx(xi, abs=0.005)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("n_var_w", [0.5, 1.0, 1.5, 3.0])
@pytest.mark.parametrize("var_b", [0, 0.05])
def test_layer_after_layer_leads_to_the_fixed_point(name, n_var_w, var_b):
    found = mean_field.fixed_point(name, n_var_w, var_b)
    if 0 < found < math.inf:
        assert mean_field.variance_map(name, n_var_w, found, var_b) == pytest.approx(found)
    q = 1.0
    for _ in range(300):
        q = min(mean_field.variance_map(name, n_var_w, q, var_b), 1e15)
    if math.isinf(found):
        assert q > 100
    elif mean_field.chi(name, n_var_w, var_b) < 0.99:  # nearer to 1 it takes many layers more
        assert q == pytest.approx(found, rel=1e-6, abs=1e-8)


def test_rectifiers_and_self_normalizing_networks_stand_where_they_should():
    assert mean_field.chi("relu", 2) == pytest.approx(1)  # He et al. (2015)
    assert mean_field.fixed_point("relu", 2) == 1
    assert mean_field.fixed_point("relu", 2, start=5.0) == 5
    assert mean_field.fixed_point("relu", 1.9) == 0
    assert mean_field.fixed_point("relu", 2.1) == math.inf
    assert mean_field.fixed_point("relu", 1, var_b=3) == pytest.approx(6)
    for start in (0.3, 1.0, 4.0):  # Klambauer et al. (2017): mean 0 and variance 1
        assert mean_field.fixed_point("selu", 1, start=start) == pytest.approx(1)
    assert mean_field.moments("selu", 1) == pytest.approx((0, 1, 1.0716), abs=1e-4)


def test_a_depth_scale_is_where_chi_to_its_power_is_1_over_e():
    for factor in (0.2, 0.9, 1.1):
        change = factor ** mean_field.depth_scale(factor)
        assert change == pytest.approx(math.e if factor > 1 else 1 / math.e)
    assert mean_field.depth_scale(0) == 0


def average(sizes, activation, initialization, gain, draws=8):
    """Measured and predicted variances, averaged over draws of weights, inputs and targets."""
    total = 0
    for seed in range(draws):
        generator = torch.Generator().manual_seed(seed)
        net = DeepNet(
            sizes[0], sizes[1:-1], sizes[-1], activation, initialization, generator, gain
        ).double()
        x = torch.randn(60, sizes[0], dtype=torch.float64, generator=generator)
        y = torch.randint(sizes[-1], (60,), generator=generator)
        frame = compare_with_theory(net, x, y, "wide")
        total = total + frame.set_index(["quantity", "layer"]) ** 2 / draws
    return total


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_wide_networks_are_as_predicted(activation):
    initialization = "orthogonal" if activation == "softsign" else "he_uniform"
    found = average([400, 300, 500, 350, 40], activation, initialization, 1.2)
    ratio = found["measured"] / found["predicted"]
    assert ratio.between(0.85, 1.18).all(), ratio


def test_where_the_slope_is_1_both_theories_agree():
    generator = torch.Generator().manual_seed(0)
    net = DeepNet(30, [20, 40, 10], 5, "identity", "normalized", generator)
    x, y = torch.randn(9, 30, generator=generator), torch.arange(9) % 5
    frames = [compare_with_theory(net, x, y, assumed) for assumed in ("linear", "wide")]
    assert list(frames[0]["predicted"]) == pytest.approx(list(frames[1]["predicted"]))
    with pytest.raises(UsageError, match="assumed 'narrow' is not known: choose one of linear, wi"):
        compare_with_theory(net, x, y, "narrow")


def test_saturating_networks_are_predicted_where_the_papers_theory_fails():
    found = average([300] * 5 + [20], "tanh", "normalized", 2.0)
    wide = found["measured"] / found["predicted"]
    var_w = theory.weight_variances([300] * 5 + [20], "normalized", 2.0)
    linear = theory.activation_variances([300] * 5 + [20], var_w, 1.0)[1:]
    assert wide["activation"].between(0.95, 1.05).all()
    assert float(found["measured"]["activation"].iloc[-1]) < linear[-1] / 100


def test_impossible_questions_get_a_sentence():
    with pytest.raises(UsageError, match="activation 'nosuch'"):
        mean_field.moments("nosuch", 1)
    with pytest.raises(UsageError, match="q is -1"):
        mean_field.moments("tanh", -1)
    with pytest.raises(UsageError, match="n_var_w is nan"):
        mean_field.fixed_point("tanh", math.nan)
    with pytest.raises(UsageError, match="2 sizes and 4 variances"):
        mean_field.layer_moments([1, 3], [1, 3, 4, 1], "tanh", 1)


PAIRS = [(1.0, 1.0, 0.5), (0.3, 2.0, 0.9), (2.0, 0.5, -0.7), (1.0, 1.0, 1.0), (1e-4, 4.0, 0.0)]


@pytest.mark.parametrize(("a", "b", "c"), PAIRS)
def test_the_covariance_map_is_the_closed_form_of_erf(a, b, c):
    # Williams (1997)
    cross = c * math.sqrt(a * b)
    found = mean_field.covariance_map(Erf(), 1.5, np.array([[a, cross], [cross, b]]), 0.1)
    sizes = np.sqrt([1 + 2 * a, 1 + 2 * b])
    inside = 2 * np.array([[a, cross], [cross, b]]) / np.outer(sizes, sizes)
    np.testing.assert_allclose(found, 1.5 * 2 / np.pi * np.arcsin(inside) + 0.1, rtol=1e-9)


@pytest.mark.parametrize(("a", "b", "c"), PAIRS)
def test_the_covariance_map_is_the_arc_cosine_kernel_of_relu(a, b, c):
    # Cho and Saul (2009)
    cross = c * math.sqrt(a * b)
    found = mean_field.covariance_map("relu", 2.0, np.array([[a, cross], [cross, b]]))
    kernel = math.sqrt(a * b) * (math.sqrt(1 - c**2) + c * (math.pi - math.acos(c))) / math.pi
    np.testing.assert_allclose(found, [[a, kernel], [kernel, b]], rtol=1e-9)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softsign"])
def test_an_image_stays_correlated_with_itself(activation):
    same = np.full((2, 2), 0.7)
    found = mean_field.covariance_map(activation, 1.3, same, 0.2)
    np.testing.assert_allclose(found, mean_field.variance_map(activation, 1.3, 0.7, 0.2), rtol=1e-9)


@pytest.mark.parametrize(
    ("activation", "factor", "q"),
    [("tanh", 0.8, 0.05), ("tanh", 1.3, 2.0), ("softsign", 0.8, 1.0), ("sigmoid", 0.1, 1.0)],
)
def test_a_line_of_the_phase_diagram_has_one_chi(activation, factor, q):
    n_var_w, var_b = mean_field.variances_at(activation, factor, q)
    assert mean_field.fixed_point(activation, n_var_w, var_b) == pytest.approx(q)
    assert mean_field.chi(activation, n_var_w, var_b) == pytest.approx(factor)


def test_two_images_draw_near_at_the_rate_of_chi():
    n_var_w, var_b = mean_field.variances_at("tanh", 0.8, 1.0)
    near = np.array([[1, 1 - 1e-6], [1 - 1e-6, 1]])
    found = mean_field.covariance_map("tanh", n_var_w, near, var_b)
    assert (1 - found[0, 1] / found[0, 0]) / 1e-6 == pytest.approx(0.8, rel=1e-3)


def test_a_covariance_needs_variances():
    with pytest.raises(UsageError, match="variance is -1"):
        mean_field.covariance_map("tanh", 1.0, np.array([[-1.0, 0], [0, 1]]))


def test_a_covariance_that_variances_do_not_allow_is_refused():
    with pytest.raises(UsageError, match="covariance"):
        mean_field.covariance_map("tanh", 1.0, np.array([[1.0, 2.0], [2.0, 1.0]]))
