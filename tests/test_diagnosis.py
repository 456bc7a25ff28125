"""Each word is said of a network that was made to deserve it, and of no other."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from strangers import CLASSES, mlp
from torch import nn

from glorot_tutor import diagnose, diagnosis, measure
from glorot_tutor.nets import DeepNet
from glorot_tutor.probes import look

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


def pooled() -> nn.Sequential:
    """Rectifiers as He et al. propose; each layer has a quarter of the places of the one below."""
    parts = []
    for below in (1, 16, 16, 16):
        conv = nn.Conv2d(below, 16, 3, padding=1)
        nn.init.kaiming_normal_(conv.weight, generator=torch.Generator().manual_seed(below))
        nn.init.zeros_(conv.bias)
        parts += [conv, nn.ReLU(), nn.MaxPool2d(2)]
    head = nn.Linear(16, CLASSES)
    nn.init.kaiming_uniform_(head.weight, a=5**0.5, generator=torch.Generator().manual_seed(0))
    return nn.Sequential(*parts, nn.Flatten(), head)


IMAGES = torch.randn(200, 1, 16, 16, generator=torch.Generator().manual_seed(0))


def test_gradients_that_are_spread_over_more_places_do_not_vanish() -> None:
    net = pooled()
    found = diagnose(net, IMAGES, Y)
    stds = found.table["backprop_gradient"]
    assert stds[1] < stds[4] / diagnosis.RATIO, "or nothing is tried"
    assert found.words == ("healthy",)
    assert found.table["weight_gradient"][1] > found.table["weight_gradient"][4] / diagnosis.RATIO
    for conv in net[::3][:4]:
        nn.init.kaiming_uniform_(conv.weight, a=5**0.5, generator=torch.Generator().manual_seed(0))
    words = r"summed over the places that share a weight, their size goes from (\S+) in layer 4"
    (top,) = re.findall(words, repr(diagnose(net, IMAGES, Y)))
    _, seen = look(net, IMAGES, Y)
    # a bias is added at every place: what it is told is the sum over them
    expected = seen.backprop_gradients[4].flatten(2).sum(2).std(correction=0)
    assert float(top) == pytest.approx(float(expected), rel=1e-2)


def test_gradients_that_agree_at_all_places_do_not_vanish() -> None:
    """Below a mean over all places each has a small part of one signal."""
    parts: list[nn.Module] = []
    for below, units in ((1, 16), (16, 32)):
        parts += [nn.Conv2d(below, units, 3, padding=1), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 64), nn.ReLU()]
    net = nn.Sequential(*parts, *head, nn.Linear(64, CLASSES))
    for module in net:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, generator=torch.Generator().manual_seed(0))
    found = diagnose(net, IMAGES, Y)
    stds = found.table["backprop_gradient"]
    assert stds[1] < stds[3] / diagnosis.RATIO, "or nothing is tried"
    assert "vanishing" not in found.words


def test_a_channel_is_dead_if_it_is_so_at_every_place() -> None:
    net = pooled()
    dark = IMAGES.clone()
    dark[:, :, :8] = 0  # half of the places show nothing, in any image
    nn.init.constant_(net[0].bias, -1e-3)  # off where nothing is shown
    assert diagnose(net, dark, Y).table["dead"][1] == 0
    nn.init.constant_(net[0].bias[:5], -100)
    assert diagnose(net, dark, Y).table["dead"][1] == 5 / 16


def test_the_table_holds_what_was_measured_layer_by_layer() -> None:
    net = biased(-100)
    found = diagnose(net, X, Y)
    f = measure(net, X, Y, 0).set_index(["layer", "quantity", "statistic"])["value"]
    assert list(found.table["module"]) == ["0.1", "1.1", "2.1"]
    for quantity in ("activation", "backprop_gradient", "weight_gradient"):
        assert list(found.table[quantity]) == [f[layer, quantity, "std"] for layer in (1, 2, 3)]
    assert list(found.table["dead"]) == [f[layer, "activation", "dead"] for layer in (1, 2, 3)]
    assert "dead" not in diagnose(deep("tanh"), X, Y).table


def test_zeros_are_counted_and_not_drawn() -> None:
    net = biased(0)
    found = diagnose(net, X, Y)
    zero = found.statistics[found.statistics["statistic"] == "zero"]
    _, seen = look(net, X, Y)
    for row in zero.itertuples():
        values = seen.values(row.quantity)[row.layer]
        assert row.value == pytest.approx(float((values == 0).double().mean()))
    share = zero.set_index(["quantity", "layer"])["value"]["activation", 1]
    assert 0.4 < share < 0.6
    h = found.histograms
    h = h[(h["layer"] == 1) & (h["quantity"] == "activation")]
    assert h.loc[h["value"] < 0, "density"].sum() == 0
    assert h["density"].sum() * h["value"].diff().iloc[1] == pytest.approx(0.995, abs=0.002)
    texts = [t.get_text() for t in found.figure.axes[0].texts]
    assert texts[0] == f"std {found.table['activation'][1]:.2g}\n{100 * share:.0f} % are 0"


def test_a_layer_that_has_vanished_can_be_seen() -> None:
    """Its histogram is narrower than a pixel, and there is a line of ink all the same."""
    found = diagnose(deep("sigmoid", "standard", gain=0.1), X, Y)
    canvas = FigureCanvasAgg(found.figure)
    canvas.draw()
    ax = found.figure.axes[1]
    seen = np.asarray(canvas.buffer_rgba())[..., :3]
    left, right = ax.transData.transform([(0, layer + 0.5) for layer in (1, 2)]).astype(int)
    for x, y in (left, right):
        assert seen[seen.shape[0] - y, x - 3 : x + 4].min() < 130


def test_healthy_speaks_of_what_was_looked_at() -> None:
    rectifiers, tanh = (repr(diagnose(net, X, Y)) for net in (biased(0), deep("tanh")))
    assert "25 % is saturated and less than 25 % is dead." in rectifiers
    assert "saturated" in tanh
    assert "dead" not in tanh
    linear = repr(diagnose(biased(0), X, Y, layers=["0.0", "1.0"]))
    assert linear.startswith("Healthy: nothing changes")
    assert "saturated" not in linear


def test_a_notebook_shows_a_list() -> None:
    found = diagnose(deep("sigmoid", "standard"), X, Y)
    html = found._repr_html_()
    assert html.count("<li>") == len(found.findings)
    assert "<strong>Vanishing gradients</strong>: their" in html


def test_rows_of_layers_are_named_by_their_ends() -> None:
    for layers, name in (
        ((3,), "layer 3"),
        ((1, 2), "layers 1, 2"),
        ((1, 3, 4, 5, 9), "layers 1, 3 to 5, 9"),
    ):
        assert diagnosis._named(layers) == name
