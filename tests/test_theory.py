import math

import pytest
import torch

from glorot_tutor import theory
from glorot_tutor.checks import UsageError
from glorot_tutor.comparisons import compare_with_theory
from glorot_tutor.nets import DeepNet

UNEQUAL = [40, 90, 30, 60, 20, 7]


def average_over_draws(sizes, initialization, gain=1.0, draws=300):
    """Variances in linear networks, averaged over draws of weights, inputs and targets."""
    total = None
    for seed in range(draws):
        generator = torch.Generator().manual_seed(seed)
        net = DeepNet(
            sizes[0], sizes[1:-1], sizes[-1], "identity", initialization, generator, gain
        ).double()
        x = torch.randn(20, sizes[0], dtype=torch.float64, generator=generator)
        y = torch.randint(sizes[-1], (20,), generator=generator)
        frame = compare_with_theory(net, x, y)
        squares = frame.set_index(["quantity", "layer"]) ** 2
        total = squares if total is None else total + squares
    return total / draws


@pytest.mark.parametrize("initialization", ["standard", "normalized"])
def test_equations_5_to_7_hold_on_average_in_linear_networks_of_unequal_widths(initialization):
    mean = average_over_draws(UNEQUAL, initialization)
    ratio = mean["measured"] / mean["predicted"]
    assert ratio.between(0.85, 1.15).all(), ratio
    # the comparison separates the corrected bounds from the printed ones
    var_w = theory.weight_variances(UNEQUAL, initialization)
    top = len(var_w) - 1
    for layer in range(1, top + 1):
        i = layer - 1
        extra = UNEQUAL[i + 1] * var_w[i]
        if not 0.8 < extra < 1.2:
            printed = mean.loc[("backprop_gradient", layer), "predicted"] * extra
            measured = mean.loc[("backprop_gradient", layer), "measured"]
            corrected = ratio["backprop_gradient", layer]
            assert abs(math.log(printed / measured)) > abs(math.log(corrected))


def test_products_by_hand():
    sizes, var_w = [2, 3, 5, 7], [0.5, 0.25, 0.1]
    assert theory.activation_variances(sizes, var_w, 4) == pytest.approx([4, 4, 3])
    assert theory.backprop_variances(sizes, var_w, 2) == pytest.approx([1.75, 1.4, 2])
    assert theory.weight_gradient_variances(sizes, var_w, 4, 2) == pytest.approx([7, 5.6, 6])


@pytest.mark.parametrize(("initialization", "factor"), [("standard", 1 / 3), ("normalized", 1)])
def test_equal_widths_are_equations_13_to_15(initialization, factor):
    depth, n = 4, 50
    sizes = [n] * (depth + 2)
    var_w = theory.weight_variances(sizes, initialization)
    assert theory.shrinkage(initialization) == pytest.approx(factor)
    assert n * var_w[0] == pytest.approx(factor)
    for i, variance in enumerate(theory.backprop_variances(sizes, var_w, 3)):
        expected = theory.equal_width_backprop_variance(factor, depth, i, 3)
        assert variance == pytest.approx(expected)
    expected = theory.equal_width_weight_gradient_variance(factor, depth, 2, 3)
    for variance in theory.weight_gradient_variances(sizes, var_w, 2, 3):
        assert variance == pytest.approx(expected)


def test_gain_acts_as_its_square():
    assert theory.shrinkage("normalized", gain=1.5) == pytest.approx(2.25)


def test_impossible_questions_get_a_sentence():
    with pytest.raises(UsageError, match="sizes has 1 entries"):
        theory.weight_variances([5], "standard")
    with pytest.raises(UsageError, match="2 sizes and 4 variances"):
        theory.activation_variances([1, 3], [1, 3, 4, 1], 1)
    with pytest.raises(UsageError, match="4 sizes and 2 variances"):
        theory.backprop_variances([1, 3, 2, 2], [1, 3], 1)
    with pytest.raises(UsageError, match="i is 6.*from 0 to 5"):
        theory.equal_width_backprop_variance(1, 5, 6, 1)
