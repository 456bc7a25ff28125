"""What the lab measures while it trains, run by Node: as the probes do, and within its memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from lab_in_node import BATCH, ask, network, pack, unpack

from glorot_tutor.probes import histograms, look, statistics
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.streams import to_input


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


@pytest.mark.parametrize("pair", ["relu he_normal", "gelu orthogonal", "selu lecun_normal"])
def test_what_came_after_the_paper_learns_too(pair: str) -> None:
    activation, initialization = pair.split()
    config = model(activation, initialization, depth=5)
    looks = ask("training", settings=settings(config), updates=2_000, fast=True)["looks"]
    assert looks[-1]["networks"][0]["error"] < 78


@pytest.mark.parametrize(
    ("speed", "seconds", "wanted"), [(1, 0.99, 7), (1, 1.01, 8), (10, 2.05, 27), (100, 3, 307)]
)
def test_it_keeps_pace_with_the_speed_asked_for(speed: int, seconds: float, wanted: int) -> None:
    assert ask("pace", speed=speed, seconds=seconds, update=7) == wanted
    assert ask("pace", speed=speed, seconds=seconds, update=7, until=8) == min(8, wanted)


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


def test_the_time_of_an_update_is_printed(tell: Any) -> None:
    wanted = settings(model("tanh", depth=5, width=100))
    fast, plain = (ask("speed", settings=wanted, fast=fast) for fast in (True, False))
    assert min(fast, plain) > 0
    tell(f"the lab, 5 x 100, batch 10: {fast:.2f} ms an update, {plain:.2f} without SIMD")
