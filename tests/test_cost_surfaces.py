import numpy as np
import pytest
import torch
from torch.nn import functional

from glorot_tutor import cost_surfaces
from glorot_tutor.checks import UsageError


def torch_cost(cost, x, target, w):
    """The same network and costs written with torch's own losses."""
    p, q = (1 + torch.tanh(w[1] * torch.tanh(w[0] * x))) / 2, (1 + target) / 2
    if cost == "quadratic":
        return functional.mse_loss(p, q)
    return functional.binary_cross_entropy(p, q)


@pytest.mark.parametrize("cost", cost_surfaces.COSTS)
def test_values_and_slopes_are_those_of_autograd(cost):
    x, target = cost_surfaces.random_examples(3, 17)
    found = cost_surfaces.surface(cost, x, target, limit=2, points=9)
    for i, j in [(0, 0), (2, 7), (4, 4), (8, 1), (5, 6)]:
        w = torch.tensor([found.weights[i], found.weights[j]], requires_grad=True)
        value = torch_cost(cost, torch.from_numpy(x), torch.from_numpy(target), w)
        slope = torch.autograd.grad(value, w)[0].norm()
        assert found.cost[i, j] == pytest.approx(value.item(), rel=1e-9)
        assert found.slope[i, j] == pytest.approx(slope.item(), rel=1e-9, abs=1e-12)


def test_the_cross_entropy_lies_above_the_quadratic_cost_everywhere():
    """On the scale of the probability: -log p >= 1 - p >= (1 - p)^2."""
    for seed in range(3):
        x, target = cost_surfaces.random_examples(seed)
        black, red = (cost_surfaces.surface(c, x, target, points=21) for c in cost_surfaces.COSTS)
        assert (black.cost > red.cost).all()
        assert red.cost.max() <= 1


def test_flatness_counts_what_the_surface_shows():
    frame = cost_surfaces.flatness(seed=1, points=21).set_index("cost")
    x, target = cost_surfaces.random_examples(1)
    for cost in cost_surfaces.COSTS:
        slope = cost_surfaces.surface(cost, x, target, points=21).slope
        flat = sum(value < slope.max() / 100 for value in slope.flat) / 21**2
        assert frame.loc[cost, "flat_area"] == pytest.approx(flat)
        assert frame.loc[cost, "median_slope"] == pytest.approx(np.quantile(slope, 0.5))


def test_examples_are_reproducible_and_balanced():
    x, target = cost_surfaces.random_examples(0, 20_000)
    again, _ = cost_surfaces.random_examples(0, 20_000)
    assert np.array_equal(x, again)
    assert abs(target.mean()) < 0.03
    assert x.std() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: cost_surfaces.surface("hinge", x, x), "cost 'hinge'.*cross-entropy, quadratic"),
        (lambda x: cost_surfaces.surface("quadratic", x, x, limit=0), "limit is 0"),
        (lambda x: cost_surfaces.surface("quadratic", x, x, points=1), "points is 1"),
        (lambda x: cost_surfaces.surface("quadratic", x, 0 * x), "other values than -1 and 1"),
        (lambda x: cost_surfaces.random_examples(-1), "seed is -1"),
        (lambda x: cost_surfaces.random_examples(0, 0), "examples is 0"),
    ],
)
def test_wrong_arguments_get_one_sentence(call, words):
    with pytest.raises(UsageError, match=words):
        call(np.ones(3))
