"""Each word is said of a network that was made to deserve it, and of no other."""

from __future__ import annotations

import pytest
import torch
from strangers import CLASSES, mlp
from torch import nn

from glorot_tutor import diagnose, diagnosis
from glorot_tutor.nets import DeepNet

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(200, 40, generator=GENERATOR)
Y = torch.randint(CLASSES, (200,), generator=GENERATOR)


def deep(activation: str, initialization: str = "normalized", gain: float = 1.0) -> DeepNet:
    generator = torch.Generator().manual_seed(1)
    return DeepNet(40, (40,) * 5, CLASSES, activation, initialization, generator, gain)


def biased(bias: float, layer: int = 2) -> nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = mlp(3, nn.ReLU, 40, 40)
    for block in net[:3]:
        nn.init.kaiming_normal_(block[0].weight, generator=torch.Generator().manual_seed(3))
    nn.init.constant_(net[layer - 1][0].bias, bias)
    return net


def diverged() -> DeepNet:
    net = deep("tanh")
    nn.init.constant_(net.linears[2].weight, torch.nan)
    return net


def constant() -> nn.Sequential:
    """No class gets any weight, so that no gradient comes down."""
    net = biased(0)
    nn.init.zeros_(net[3].weight)
    return net


MADE = {
    "a tanh network as the paper proposes": (lambda: deep("tanh"), ("healthy",)),
    "rectifiers as He et al. propose": (lambda: biased(0), ("healthy",)),
    "a deep sigmoid": (lambda: deep("sigmoid", "standard"), ("vanishing",)),
    "figure 7": (lambda: deep("tanh", "standard"), ("vanishing",)),
    "gain 3, linear": (lambda: deep("identity", gain=3), ("exploding",)),
    "gain 0.3, linear": (lambda: deep("identity", gain=0.3), ("vanishing",)),
    "gain 20, tanh": (lambda: deep("tanh", gain=20), ("saturated",)),
    "a bias of -100": (lambda: biased(-100), ("dead",)),
    "not a number": (diverged, ("no number",)),
    "no gradient": (constant, ("vanishing",)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", MADE)
def test_the_word_is_the_one_deserved(name: str) -> None:
    make, words = MADE[name]
    found = diagnose(make(), X, Y)
    assert set(words) <= set(found.words), found
    if words[0] in ("healthy", "no number"):
        assert found.words == words
    for finding in found.findings:
        assert finding.sentence in repr(found)
        assert finding.word.split()[0] in finding.sentence.lower()
    assert " at 0x" not in repr(found)
    found.figure.canvas.draw()
    assert [ax.get_xlabel() for ax in found.figure.axes] == [
        "activation", "back-propagated gradient", "weight gradient",
    ]  # fmt: skip


def test_the_numbers_are_those_measured() -> None:
    found = diagnose(deep("tanh", "standard"), X, Y)
    stds = found.statistics[found.statistics["statistic"] == "std"]
    stds = stds.set_index(["quantity", "layer"])["value"]["backprop_gradient"]
    assert stds[1] < stds[5] / diagnosis.RATIO
    assert f"{stds[5]:.3g} in layer 5 to {stds[1]:.3g} in layer 1" in repr(found)


def test_only_the_layer_at_fault_is_named() -> None:
    dead = [f for f in diagnose(biased(-100), X, Y).findings if f.word == "dead"]
    assert dead[0].layers[0] == 2


def frame(stds: dict[str, list[float]]) -> object:
    import pandas as pd

    rows = [
        (layer, quantity, "std", std)
        for quantity, values in stds.items()
        for layer, std in enumerate(values, start=1)
    ]
    return pd.DataFrame(rows, columns=["layer", "quantity", "statistic", "value"])


@pytest.mark.parametrize(
    ("activations", "gradients", "words"),
    [
        ([1, 0.21], [1, 4.9], []),
        ([1, 0.19], [1, 1], ["vanishing"]),
        ([1, 5.1], [1, 1], ["exploding"]),
        ([1, 1], [1, 5.1], ["vanishing"]),
        ([1, 1], [1, 0.19], ["exploding"]),
        ([1, 1], [0, 0], ["vanishing"]),
        ([1], [1], []),
    ],
)
def test_the_thresholds_are_those_stated(activations, gradients, words) -> None:
    stds = {"activation": activations, "backprop_gradient": gradients}
    assert [f.word for f in diagnosis.findings(frame(stds))] == words
