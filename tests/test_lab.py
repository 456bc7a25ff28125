"""The training lab's arithmetic, run by Node, against torch, numpy and the package's own images."""

from __future__ import annotations

import base64
import gzip
import json
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from pages import ROOT, skip_or_fail
from scipy import stats
from torch.nn import functional

from glorot_tutor.nets import DeepNet, weight_bound
from glorot_tutor.probes import histograms, look, statistics
from glorot_tutor.shapeset import SPLITS, Shapeset, class_prior
from glorot_tutor.streams import to_input

FRONT = ROOT / "glorot_tutor" / "widgets"
TOOLS = ROOT / "node_modules"
NODE = shutil.which("node")
ACTIVATIONS = ["sigmoid", "tanh", "softsign"]
BATCH = 10
UPDATES = 200
COUNT = 20_000  # images on which distributions are tested
MOST_BYTES = 150_000  # of all scripts and style sheets of pages, compressed

Floats = NDArray[np.float32]


def ask(question: str, **given: Any) -> Any:
    """Put one question to tests/lab/ask.js."""
    if NODE is None:
        skip_or_fail(
            "No Node found: install it (version 20 or newer) to test the lab's arithmetic."
        )
    text = json.dumps({"ask": question, **given})
    script = str(ROOT / "tests" / "lab" / "ask.js")
    done = subprocess.run([str(NODE), script], input=text, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def pack(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpack(text: str, kind: Any = np.float32) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)


def distance(found: str, expected: torch.Tensor) -> float:
    """Relative distance of all entries together; single ones may cancel to nearly 0."""
    a, b = unpack(found).astype(np.float64), expected.detach().double().numpy().ravel()
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


# ---- the network against torch


def network(activation: str, depth: int = 4, width: int = 60, gain: float = 1.0) -> DeepNet:
    generator = torch.Generator().manual_seed(depth)
    return DeepNet(1024, [width] * depth, 9, activation, "normalized", generator, gain)


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
def test_two_hundred_updates_are_those_of_torch(activation: str, fast: bool) -> None:
    net, rate = network(activation), 0.1
    answer = ask("network", **given(net, UPDATES, rate=rate, fast=fast))
    net.double()
    images, labels = Shapeset(3).read(0, UPDATES * BATCH)
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


# ---- what is measured


@pytest.mark.parametrize("count", [3, 100, 5_001])
def test_statistics_are_those_of_the_probes(count: int) -> None:
    values = np.tanh(np.random.default_rng(count).normal(0.1, 1.2, count)).astype(np.float32)
    values[0] = 1.0  # the end of the range belongs to the last bin
    answer = ask("statistics", values=pack(values), low=-1, high=1)
    layer = {1: torch.from_numpy(values)}
    frame = statistics(layer, "activation").set_index("statistic")["value"]
    for name in ("mean", "std", "p98"):
        assert answer[name] == pytest.approx(frame[name], rel=1e-5, abs=1e-7)
    density = histograms(layer, bins=81, limit=1.0)["density"].to_numpy()
    found = unpack(answer["histogram"]).astype(float)
    assert np.abs(found - density).max() * count * 2 / 81 < 1.5  # one value on an edge at most
    assert found.sum() * 2 / 81 == pytest.approx(1)
    assert (unpack(answer["untouched"]) == values).all()
    outside = ask("statistics", values=pack(values), low=-0.95, high=0.95)["outside"]
    assert outside == pytest.approx((np.abs(values) > np.float32(0.95)).mean())


def settings(*networks: dict[str, Any], batch: int = BATCH, seed: int = 0) -> dict[str, Any]:
    return {"networks": list(networks), "batch": batch, "seed": seed}


def model(activation: str, initialization: str = "standard", **other: Any) -> dict[str, Any]:
    config = {"activation": activation, "initialization": initialization, "gain": 1}
    return config | {"depth": 3, "width": 40, "rate": 0.1} | other


def test_the_same_settings_give_the_same_numbers_alone_or_side_by_side() -> None:
    one, two = model("tanh"), model("sigmoid", rate=0.2, depth=2)
    both = ask("training", settings=settings(one, two), updates=120, fast=True)
    assert both["same"], "a second run in the same memory differs"
    for place, config in enumerate((one, two)):
        alone = ask("training", settings=settings(config), updates=120, fast=True)
        for look_alone, look_both in zip(alone["looks"], both["looks"], strict=True):
            assert look_alone["networks"][0] == look_both["networks"][place]
    other = ask("training", settings=settings(one, seed=1), updates=0, fast=True)["looks"][0]
    assert other["networks"][0]["layers"][0]["std"] != pytest.approx(
        both["looks"][0]["networks"][0]["layers"][0]["std"], rel=1e-6
    )


@pytest.mark.parametrize(("activation", "gain"), [("sigmoid", 4), ("tanh", 4), ("softsign", 40)])
def test_what_the_lab_measures_is_what_the_probes_measure(activation: str, gain: float) -> None:
    """A network of the lab's own weights, on the 100 images that it watches.

    The weights are so large that some units are saturated.
    """
    config = model(activation, "normalized", depth=3, gain=gain)
    seen = ask("training", settings=settings(config, seed=4), updates=0, fast=True)["looks"][0]
    plan = config | {"nIn": 1024, "nOut": 9, "seed": 4}
    drawn = ask("network", config=plan, images="", labels="", batch=1)["drawn"]
    net = network(activation, depth=3, width=40)
    for i, text in enumerate(drawn):
        weight = net.weight(i + 1)
        with torch.no_grad():
            weight.copy_(torch.from_numpy(unpack(text).copy()).view_as(weight))
    images, labels = Shapeset(4, "monitor").read(0, 100)
    frame, _ = look(net, to_input(images), labels)
    expected = frame.set_index(["layer", "quantity", "statistic"])["value"]
    for i, layer in enumerate(seen["networks"][0]["layers"], start=1):
        assert 0 < layer["saturated"] < 1
        for name in ("mean", "std", "p98", "saturated"):
            assert layer[name] == pytest.approx(expected[i, "activation", name], rel=1e-4, abs=1e-6)
        # near softsign's asymptotes 1 - |z|, and so the slope, has lost digits in single precision
        near = 1e-3 if activation == "softsign" else 1e-4
        assert layer["backprop"] == pytest.approx(expected[i, "backprop_gradient", "std"], rel=near)
        assert layer["weight"] == pytest.approx(expected[i, "weight_gradient", "std"], rel=near)


def test_the_error_is_counted_over_the_last_two_thousand_images() -> None:
    looks = ask("training", settings=settings(model("tanh"), batch=50), updates=60, fast=True)
    errors = [look["networks"][0]["error"] for look in looks["looks"]]
    assert errors[0] is None
    # 60 updates hold 3,000 images, so the error moves in steps of 1 in 2,000
    assert errors[-1] * 20 == pytest.approx(round(errors[-1] * 20), abs=1e-9)
    assert 60 < errors[-1] < 95


@pytest.mark.parametrize("fast", [True, False], ids=["simd", "plain"])
def test_the_largest_settings_fit_into_the_memory_set_apart(fast: bool) -> None:
    large = model("tanh", depth=10, width=200)
    answer = ask("training", settings=settings(large, large, batch=100), updates=1, fast=fast)
    assert len(answer["looks"][-1]["networks"][1]["layers"]) == 10


def test_a_long_history_stays_small_and_ends_in_the_present() -> None:
    answer = ask("remembered", count=20_000)
    assert answer["most"] <= 602
    updates = answer["updates"]
    assert (updates[0], updates[-1]) == (0, 19_999)
    assert (np.diff(updates) > 0).all()
    assert not answer["images"]


def test_ten_minutes_of_training_take_no_more_room_than_two() -> None:
    """A looked-at update in every 100, at the speed of a small network on a quick machine."""
    network = model("tanh", depth=10, width=20)
    minute = 60 * 10_000  # updates
    two, ten = (
        ask("longRun", settings=settings(network, network), updates=n * minute) for n in (2, 10)
    )
    assert ten["seen"] > 4.9 * two["seen"]
    assert ten["most"] == two["most"] <= 602
    assert ten["bytes"] < 2.1 * two["bytes"]  # between half full and full
    updates = ten["updates"]
    # the beginning is there too, as densely as the end
    gaps = np.diff(updates)
    assert gaps.max() <= 10 * minute / 250
    assert updates[0] == 0
    assert sum(u < minute for u in updates) >= len(updates) / 15


# ---- settings and the address


def test_presets_are_settings_that_the_address_can_hold() -> None:
    presets = ask("presets")
    texts = []
    for preset in presets.values():
        networks = [
            f"{name}={c['activation']},{c['initialization']},{c['gain']},"
            f"{c['depth']}x{c['width']},{c['rate']}"
            for name, c in zip("ab", preset["settings"]["networks"], strict=False)
        ]
        texts.append("&".join([*networks, f"batch=10&seed={preset['settings']['seed']}&speed=max"]))
    assert ask("address", texts=texts) == texts
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("#a=softsign,normalized,1.5,10x60,0.02&batch=1&seed=12&speed=10", None),
        (
            "#a=sigmoid,standard,2,4x80,1&b=tanh,normalized,1,1x200,0.001&batch=100&seed=0",
            "&speed=max",
        ),
        # what is not allowed is as in the first preset, what is too much is cut
        ("#a=relu,uniform,99,40x1000,7&batch=3&seed=-1&speed=2", "tanh,standard,4,10x200,0.2"),
        ("#a=tanh,standard,,x,&seed=1e99", "tanh,standard,1,5x40,0.2"),
        ("#a=<script>&batch=x&seed=", "tanh,standard,1,5x40,0.2"),
    ],
)
def test_any_address_gives_settings(given: str, understood: str | None) -> None:
    (text,) = ask("address", texts=[given])
    if understood is None:
        assert f"#{text}" == given
    elif understood.startswith("&"):
        assert f"#{text}" == given + understood
    else:
        seed = 2**32 - 1 if "1e99" in given else 0
        assert text == f"a={understood}&batch=10&seed={seed}&speed=max"


# ---- speed, and what the page loads


def test_the_time_of_an_update_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = settings(model("tanh", depth=5, width=100))
    fast, plain = (ask("speed", settings=wanted, fast=fast) for fast in (True, False))
    with capsys.disabled():
        # how fast is printed, not judged: other tests run beside this one
        print(f" [5 x 100, batch 10: {fast:.2f} ms an update, {plain:.2f} without SIMD] ", end="")


def test_the_front_end_is_small_and_asks_no_other_host() -> None:
    parts = sorted(FRONT.glob("dist/*"))
    pages = [part for part in parts if part.stem in ("lab", "widgets")]
    assert len(pages) == 4
    assert sum(len(gzip.compress(part.read_bytes())) for part in pages) <= MOST_BYTES
    for part in parts:
        hosts = set(re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+", part.read_text()))
        assert not hosts, f"{part.name} names {hosts}"


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_licence_of_the_drawing_library_comes_along() -> None:
    assert "MIT License" in (FRONT / "front" / "vendor" / "uPlot.LICENSE").read_text()
    assert "uPlot" in (FRONT / "dist" / "lab.js").read_text()[:200]


@pytest.mark.skipif(not TOOLS.exists(), reason="run `npm ci` to compare the bundle with a new one")
def test_what_is_committed_is_what_a_build_gives(tmp_path: Path) -> None:
    subprocess.run([str(NODE), str(ROOT / "tests" / "lab" / "build.js"), str(tmp_path)], check=True)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    # four files are vendored, the rest is the bundles
    assert {path.name for path in built[:-4]} == {path.name for path in FRONT.glob("dist/*")}
    for path in built:
        assert (FRONT / path).read_bytes() == (tmp_path / path).read_bytes(), (
            f"run `npm run build`: {path}"
        )
