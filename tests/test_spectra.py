"""Spectra before the first update, held against dense matrices and closed forms."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from glorot_tutor.nets import DeepNet
from glorot_tutor.study.experiments import HessianSpectrum, JacobianMeans
from glorot_tutor.study.experiments.spectra import (
    hessian_product,
    largest_eigenvalue,
    mean_eigenvalue,
)


@pytest.fixture(scope="module")
def small():
    generator = torch.Generator().manual_seed(0)
    net = DeepNet(5, [6, 4], 3, "sigmoid", "standard", generator).double()
    x = torch.randn(20, 5, dtype=torch.float64, generator=generator)
    return net, x, torch.randint(3, (20,), generator=generator)


def dense_hessian(net, x, y):
    """The Hessian that torch gives of the cost as a function of one long vector."""
    names = [name for name, _ in net.named_parameters()]
    shapes = [p.shape for p in net.parameters()]

    def cost(vector):
        parts = vector.split([shape.numel() for shape in shapes])
        weights = {n: p.view(s) for n, p, s in zip(names, parts, shapes, strict=True)}
        return functional.cross_entropy(torch.func.functional_call(net, weights, x), y)

    start = torch.cat([p.detach().ravel() for p in net.parameters()])
    return torch.autograd.functional.hessian(cost, start).numpy()


def test_products_and_eigenvalues_are_those_of_the_dense_hessian(small):
    dense = dense_hessian(*small)
    product, size = hessian_product(*small)
    vector = np.random.default_rng(1).standard_normal(size)
    np.testing.assert_allclose(product(vector), dense @ vector, atol=1e-12)
    assert largest_eigenvalue(product, size) == pytest.approx(np.linalg.eigvalsh(dense)[-1])
    mean, error = mean_eigenvalue(product, size, 4_000)
    assert abs(mean - np.trace(dense) / size) < 4 * error
    assert error < abs(mean) / 5


def test_a_spectrum_is_recorded_as_one_row():
    frame = HessianSpectrum("tanh", depth=2, width=5, probes=10).run()["spectrum"]
    (row,) = frame.to_dict("records")
    assert row["parameters"] == 1024 * 5 + 5 + 5 * 5 + 5 + 5 * 9 + 9
    assert row["largest"] > abs(row["mean"])


def test_three_means_of_a_square_uniform_matrix_are_three_numbers():
    """Its singular values are those of the quarter circle law, on 0 to 2 sigma sqrt(n)."""
    run = JacobianMeans("identity", "normalized", depth=3, width=300, examples=1)
    frame = run.run()["means"].set_index("layer")
    assert list(frame.index) == [2, 3]
    edge = 2.0  # n Var[W] = 1
    expected = {
        "arithmetic": edge * 4 / (3 * np.pi),
        "geometric": edge / 2 * np.exp(-0.5),
        "root_mean_square": edge / 2,
    }
    for name, value in expected.items():
        np.testing.assert_allclose(frame[name], value, rtol=0.02)


def test_the_means_of_tanh_are_those_of_its_jacobian():
    run = JacobianMeans("tanh", "standard", depth=2, width=20, examples=1)
    row = run.run()["means"].iloc[0]
    assert row["geometric"] < row["arithmetic"] < row["root_mean_square"]
