"""The training lab's network and images, run by Node, against torch and the package's own."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
import torch
from lab_in_node import BATCH, ask, network, pack, unpack
from pages import ROOT
from scipy import stats
from torch import nn
from torch.nn import functional

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.nets import DeepNet, weight_bound
from glorot_tutor.probes import look
from glorot_tutor.shapeset import SPLITS, Shapeset, class_prior
from glorot_tutor.streams import to_input

UPDATES = 200
COUNT = 20_000  # images on which distributions are tested


def distance(found: str, expected: torch.Tensor) -> float:
    """Relative distance of all entries together; single ones may cancel to nearly 0."""
    a, b = unpack(found).astype(np.float64), expected.detach().double().numpy().ravel()
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# ---- the network against torch


def given(net: DeepNet, batches: int, batch: int = BATCH, **more: Any) -> dict[str, Any]:
    """Images, and the question that puts the network and them to the lab."""
    images, labels = Shapeset(3).read(0, batches * batch)
    config = {"nIn": 1024, "width": net.sizes[1], "depth": net.depth, "nOut": 9, "seed": 0}
    config |= {"activation": net.activation, "initialization": net.initialization, "gain": 1}
    return {
        "config": config,
        "weights": [pack(net.weight(i + 1).detach().numpy()) for i in range(net.depth + 1)],
        "images": pack(to_input(images).numpy()),
        "labels": pack(labels.numpy().astype(np.uint8)),
        "batch": batch,
    } | more


@pytest.mark.parametrize("batch", [1, 7, 10, 23])  # blocks of ten, and what is left of them
@pytest.mark.parametrize("fast", [True, False], ids=["simd", "plain"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_pass_is_that_of_torch(activation: str, fast: bool, batch: int) -> None:
    net = network(activation)
    answer = ask("network", **given(net, 1, batch, fast=fast))
    assert answer["fast"] == fast
    images, labels = Shapeset(3).read(0, batch)
    net.double()
    x = to_input(images).double()
    _, seen = look(net, x, labels)
    logits = net(x)
    costs = functional.cross_entropy(logits, labels, reduction="sum").detach()
    first = answer["first"]
    assert distance(first["z"][-1], logits) < 1e-5
    assert first["cost"] == pytest.approx(float(costs), rel=1e-5)
    assert first["wrong"] == int((logits.argmax(1) != labels).sum())
    for i in range(net.depth):
        assert distance(first["z"][i], seen.activations[i + 1]) < 1e-5
        assert distance(first["d"][i], seen.backprop_gradients[i + 1]) < 1e-5
        assert distance(first["gradients"][i], seen.weight_gradients[i + 1]) < 1e-5


@pytest.mark.parametrize("fast", [True, False], ids=["simd", "plain"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_many_updates_are_those_of_torch(activation: str, fast: bool) -> None:
    # activations that know no bound magnify rounding: they are compared for a shorter time
    bounded = ACTIVATIONS[activation].range[1] < 2
    rate, updates = (0.1, UPDATES) if bounded else (0.02, UPDATES // 4)
    net = network(activation)
    answer = ask("network", **given(net, updates, rate=rate, fast=fast))
    net.double()
    images, labels = Shapeset(3).read(0, updates * BATCH)
    start = [p.detach().clone() for p in net.parameters()]
    sgd = torch.optim.SGD(net.parameters(), rate)
    for x, y in zip(to_input(images).double().split(BATCH), labels.split(BATCH), strict=True):
        sgd.zero_grad()
        functional.cross_entropy(net(x), y).backward()
        sgd.step()
    for i, (before, after) in enumerate(zip(start, net.parameters(), strict=True)):
        found = answer["biases" if i % 2 else "trained"][i // 2]
        assert distance(found, after) < 1e-3
        # and what was learnt, which is little beside the weights drawn
        moved = after.detach() - before
        learnt = torch.from_numpy(unpack(found).copy()).double().view_as(before) - before
        assert float((learnt - moved).norm() / moved.norm()) < 1e-3


# ---- layers with batch normalization or a way past them


class Past(nn.Module):
    """x + size * f(x W + b); size is 1, or learned from 0 on."""

    def __init__(self, branch: nn.Module, learned: bool) -> None:
        super().__init__()
        self.branch = branch
        self.size = nn.Parameter(torch.zeros(())) if learned else 1.0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = x + self.size * self.branch(x)
        return found


def wired(net: DeepNet, wiring: str) -> nn.Sequential:
    """The same weights in torch's own words."""
    layers: list[nn.Module] = []
    for i, (linear, f) in enumerate(zip(net.linears, net.activations, strict=False)):
        norm = [nn.BatchNorm1d(net.sizes[i + 1])] if wiring == "batch_norm" else []
        layer = nn.Sequential(linear, *norm, f)
        skips = i > 0 and wiring in ("residual", "rezero")
        layers.append(Past(layer, wiring == "rezero") if skips else layer)
    return nn.Sequential(*layers, net.linears[-1]).double()


@pytest.mark.parametrize("batch", [10, 23])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])  # gelu's slope needs s
@pytest.mark.parametrize("wiring", ["plain", "batch_norm", "residual", "rezero"])
def test_wired_layers_learn_as_in_torch(wiring: str, activation: str, batch: int) -> None:
    rate, updates = 0.02, 3  # batch normalization magnifies rounding from update to update
    net = network(activation)
    question = given(net, updates, batch, rate=rate, fast=True)
    question["config"]["wiring"] = wiring
    answer = ask("network", **question)
    model = wired(net, wiring)
    seen: list[torch.Tensor] = []
    for layer in model[:-1]:
        layer.register_forward_hook(lambda *of: seen.append(of[2].detach()))
    sgd = torch.optim.SGD(model.parameters(), rate)
    images, labels = Shapeset(3).read(0, updates * batch)
    for k, (x, y) in enumerate(
        zip(to_input(images).double().split(batch), labels.split(batch), strict=True)
    ):
        sgd.zero_grad()
        functional.cross_entropy(model(x), y).backward()
        if k == 0:
            for i in range(net.depth):
                assert distance(answer["first"]["z"][i], seen[i]) < 1e-5
                gradient = net.linears[i].weight.grad
                if wiring != "rezero" or i == 0:  # branches of size 0 have none yet
                    assert distance(answer["first"]["gradients"][i], gradient) < 1e-5
        sgd.step()
    for i, linear in enumerate(net.linears):
        assert distance(answer["trained"][i], linear.weight) < 1e-5
    own = [p for m in model.modules() if isinstance(m, nn.BatchNorm1d) for p in m.parameters()]
    own += [m.size for m in model.modules() if isinstance(m, Past) and wiring == "rezero"]
    found = np.concatenate([unpack(text, np.float64) for text in answer["own"]])
    learned = torch.cat([p.detach().ravel() for p in own]) if own else torch.zeros(0)
    np.testing.assert_allclose(found, learned, rtol=1e-4, atol=1e-5)


def test_weights_follow_the_initialization() -> None:
    plan = {"nIn": 1024, "width": 100, "depth": 2, "nOut": 9, "activation": "tanh"}
    empty = {"images": "", "labels": "", "batch": 1}
    drawn = {
        (init, gain, seed): [
            unpack(layer)
            for layer in ask(
                "network",
                config=plan | {"initialization": init, "gain": gain, "seed": seed},
                **empty,
            )["drawn"]
        ]
        for init, gain, seed in [("standard", 1, 5), ("normalized", 1.5, 5), ("standard", 1, 6)]
    }
    for (init, gain, _), layers in drawn.items():
        for layer, (below, above) in zip(layers, [(1024, 100), (100, 100), (100, 9)], strict=True):
            bound = weight_bound(init, below, above, gain)
            uniform = stats.uniform(-bound, 2 * bound)
            assert stats.kstest(layer, uniform.cdf).pvalue > 1e-3
    first, wider, other = drawn.values()
    ratio = weight_bound("normalized", 100, 100, 1.5) / weight_bound("standard", 100, 100)
    np.testing.assert_allclose(wider[1], ratio * first[1], rtol=1e-5)
    assert abs(np.corrcoef(first[1], other[1])[0, 1]) < 0.05
    assert abs(np.corrcoef(first[1][:900], first[2])[0, 1]) < 0.15


# ---- the images


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize(("seed", "start"), [(0, 0), (2**32 - 1, 123_456_789), (7, 2**33)])
def test_examples_are_those_of_the_package(seed: int, split: str, start: int) -> None:
    answer = ask("examples", seed=seed, split=split, start=start, count=1_500)
    images, labels = Shapeset(seed, split).read(start, 1_500)
    assert (unpack(answer["labels"], np.uint8) == labels.numpy()).all()
    assert (unpack(answer["images"], np.uint8) == images.numpy().ravel()).all()


def test_original_scenes_pixel_for_pixel() -> None:
    lines = (ROOT / "tests/data/shapeset-scenes.jsonl").read_text().splitlines()
    scenes = [json.loads(line) for line in lines]
    assert len(scenes) == 40
    for scene, image in zip(scenes, ask("scenes", scenes=scenes), strict=True):
        assert unpack(image, np.uint8).tobytes().hex() == "".join(scene["rows"]), scene["label"]


def test_distributions_are_those_of_the_law() -> None:
    """The checks of the package's own images, on other numbers of the sequence."""
    answer = ask("examples", seed=11, split="train", start=0, count=COUNT)
    labels = unpack(answer["labels"], np.uint8)
    images = unpack(answer["images"], np.uint8).reshape(COUNT, 32, 32)
    expected = np.array(class_prior(), float) * COUNT
    assert stats.chisquare(np.bincount(labels, minlength=9), expected).pvalue > 1e-3

    inputs = images / 255 * 2 - 1
    means, squares = inputs.mean(axis=(1, 2)), (inputs**2).mean(axis=(1, 2))
    assert means.mean() == pytest.approx(-1 / 510, abs=4 * means.std() / math.sqrt(COUNT))
    error = squares.std() * math.sqrt(1 / COUNT + 1 / 50_000)
    assert inputs.std() ** 2 == pytest.approx(0.6097**2, abs=1e-4 + 4 * error)

    background = images[:, :1, :1]
    covered = images != background
    shares = covered.mean(axis=(1, 2))
    error = shares.std() * math.sqrt(1 / COUNT + 1 / 50_000)
    assert shares.mean() == pytest.approx(0.1925, abs=5e-5 + 4 * error)
    assert not covered[:, [0, -1], :].any()
    assert not covered[:, :, [0, -1]].any()

    rejections = unpack(answer["rejections"], np.uint8)[labels >= 3].astype(float)
    error = rejections.std() / math.sqrt(len(rejections))
    assert rejections.mean() == pytest.approx(0.96, abs=0.01 + 4 * error)
    assert (rejections == 0).mean() == pytest.approx(0.593, abs=0.03)
