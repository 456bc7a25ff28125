import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from glorot_tutor.checks import UsageError
from glorot_tutor.nets import INITIALIZATIONS, DeepNet, weight_bound


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def small(activation: str = "tanh", initialization: str = "standard", **more: float) -> DeepNet:
    return DeepNet(6, [5, 4], 3, activation, initialization, generator(), **more)


def test_bounds_are_equations_1_and_16():
    assert weight_bound("standard", 400, 100) == pytest.approx(1 / 20)
    assert weight_bound("normalized", 400, 200) == pytest.approx(math.sqrt(6) / math.sqrt(600))
    assert weight_bound("standard", 400, 100, gain=3) == pytest.approx(3 / 20)


def test_normalized_initialization_is_torchs_xavier_uniform():
    net = DeepNet(30, [20, 10], 5, "tanh", "normalized", generator(7))
    source = generator(7)
    for linear in net.linears:
        expected = torch.empty(linear.weight.shape)
        nn.init.xavier_uniform_(expected, generator=source)
        torch.testing.assert_close(linear.weight.detach(), expected)


def test_standard_initialization_has_the_bound_of_torchs_own_linear():
    own = nn.Linear(900, 2000).weight
    ours = DeepNet(900, [2000], 2, "tanh", "standard", generator()).linears[0].weight
    for weight in (own, ours):
        assert weight.abs().max().item() == pytest.approx(1 / 30, rel=1e-3)
        assert weight.var().item() == pytest.approx(1 / (3 * 900), rel=0.01)


def test_biases_are_zero_and_sizes_are_kept():
    net = small()
    assert [float(linear.bias.detach().abs().max()) for linear in net.linears] == [0, 0, 0]
    assert net.sizes == [6, 5, 4, 3]
    assert net.depth == 2


FORMULAS = {
    "sigmoid": lambda s: 1 / (1 + torch.exp(-s)),
    "tanh": lambda s: (torch.exp(s) - torch.exp(-s)) / (torch.exp(s) + torch.exp(-s)),
    "softsign": lambda s: s / (1 + s.abs()),
    "identity": lambda s: s,
}


@pytest.mark.parametrize("activation", FORMULAS)
def test_forward_is_the_papers_formula(activation):
    net = small(activation).double()
    x = torch.randn(8, 6, dtype=torch.float64, generator=generator(3))
    z = x
    for linear in net.linears[:-1]:
        z = FORMULAS[activation](z @ linear.weight.T + linear.bias)
    expected = z @ net.linears[-1].weight.T + net.linears[-1].bias
    torch.testing.assert_close(net(x), expected)


def test_same_seed_same_weights_and_the_global_state_is_left_alone():
    before = torch.get_rng_state()
    first, second = small(), small()
    assert torch.equal(torch.get_rng_state(), before)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((6, [5], 3, "nosuch", "standard"), "activation 'nosuch'.*sigmoid, tanh, softsign"),
        ((6, [5], 3, "tanh", "hi"), "initialization 'hi'.*standard, normalized.*he"),
        ((6, [], 3, "tanh", "standard"), "depth is 0.*at least 1"),
        ((6, [5, 0], 3, "tanh", "standard"), "width is 0"),
        ((6, [2.5], 3, "tanh", "standard"), "width is 2.5.*whole number"),
        ((0, [5], 3, "tanh", "standard"), "n_in is 0"),
        ((6, [5], 1, "tanh", "standard"), "n_out is 1"),
    ],
)
def test_wrong_arguments_get_one_sentence(arguments, words):
    with pytest.raises(UsageError, match=words):
        DeepNet(*arguments, generator())


def test_numbers_of_numpy_are_numbers():
    net = DeepNet(np.int64(6), np.array([5, 4]), 3, "tanh", "standard", generator(), np.float32(1))
    assert net.sizes == [6, 5, 4, 3]


def test_layers_are_counted_from_1_to_the_output():
    net = small()
    assert net.weight(3).shape == (3, 4)
    for layer in (0, 4, -1):
        with pytest.raises(UsageError, match=f"layer is {layer}.*from 1 to 3"):
            net.weight(layer)
    with pytest.raises(UsageError, match="fan_in is 0"):
        weight_bound("standard", 0, 3)


@pytest.mark.parametrize("gain", [0, -1, 1e300, float("inf"), float("nan"), "2", True])
def test_a_gain_must_be_positive_and_finite(gain):
    with pytest.raises(UsageError, match="gain is"):
        small(gain=gain)


@pytest.mark.parametrize("given", [None, 0, "seed"])
def test_without_a_generator_nothing_is_drawn(given):
    before = torch.get_rng_state()
    with pytest.raises(UsageError, match=f"generator is {given!r}: give a torch.Generator"):
        DeepNet(6, [5], 3, "tanh", "standard", given)
    assert torch.equal(torch.get_rng_state(), before)


def test_networks_and_inputs_agree_whatever_torchs_default_is(capsys):
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf8")
    (snippet,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    printed = []
    for dtype in (torch.float64, torch.float32):
        torch.set_default_dtype(dtype)
        try:
            exec(snippet.replace("[1000]", "[20]"), {})
        finally:
            torch.set_default_dtype(torch.float32)
        printed.append(capsys.readouterr().out)
    assert "Vanishing gradients" in printed[0]
    assert printed[0] == printed[1]


@pytest.mark.parametrize("initialization", INITIALIZATIONS)
def test_every_initialization_is_that_of_each_layer_drawn_in_turn(initialization):
    net = DeepNet(6, [5, 4], 3, "tanh", initialization, generator(2), gain=1.5)
    source = generator(2)
    for linear in net.linears:
        expected = torch.empty(linear.weight.shape)
        INITIALIZATIONS[initialization].draw(expected, source, 1.5)
        assert torch.equal(linear.weight, expected)
    assert (net.initialization, net.gain) == (initialization, 1.5)


def test_he_is_short_for_he_normal():
    net, twin = small("relu", "he"), small("relu", "he_normal")
    assert torch.equal(net.weight(1), twin.weight(1))
    assert net.initialization == "he_normal"


def test_the_bound_is_a_matter_of_the_papers_two():
    with pytest.raises(UsageError, match="'he_uniform' is not known: choose one of standard, norm"):
        weight_bound("he_uniform", 3, 3)
