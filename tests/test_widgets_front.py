"""What pages compute for the widgets, run by Node, against what Python answers in notebooks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from lab_in_node import ask, pack

from glorot_tutor import cost_surfaces
from glorot_tutor.sgd import build
from glorot_tutor.widgets import explorer
from glorot_tutor.widgets.base import rounded
from glorot_tutor.widgets.surface import CostSurface

NETWORKS = [
    ("tanh", "standard", 1.0, 5, 100),
    ("sigmoid", "normalized", 1.5, 3, 30),  # 30 is no multiple of 4: rows are padded
    ("softsign", "standard", 2.0, 10, 10),
    ("identity", "normalized", 0.7, 4, 50),
    ("tanh", "normalized", 4.0, 1, 200),
]


def settings(*network: Any, seed: int = 3) -> dict[str, Any]:
    names = ("activation", "initialization", "gain", "depth", "width")
    return dict(zip(names, network, strict=True)) | {"data": "shapeset", "seed": seed}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: "-".join(map(str, n)))
def test_the_explorer_of_a_page_is_that_of_python(network: tuple[Any, ...]) -> None:
    activation, initialization, gain, depth, width = network
    net = build(activation, initialization, (width,) * depth, 3, gain)
    weights = [pack(net.weight(layer + 1).detach().numpy()) for layer in range(depth + 1)]
    found = ask("widget", name="explorer", settings=settings(*network), weights=weights)
    expected = explorer.describe(net, *explorer.images("shapeset"))
    for name, quantity in expected["quantities"].items():
        ours = found["quantities"][name]
        assert ours["std"] == pytest.approx(quantity["std"], rel=1e-5), name
        assert ours["predicted"] == pytest.approx(quantity["predicted"], rel=1e-5), name
        assert (ours["low"], ours["high"]) == pytest.approx((quantity["low"], quantity["high"]))
        wide = (quantity["high"] - quantity["low"]) / quantity["bins"]
        for one, other in zip(ours["density"], quantity["density"], strict=True):
            # few values lie so near an edge that rounding moves them across
            assert np.abs(np.subtract(one, other)).sum() * wide < 0.02, name
    assert found["mean_gradient"] == pytest.approx(expected["mean_gradient"], rel=1e-5)
    for kind, values in expected["jacobian"].items():
        assert found["jacobian"][kind] == pytest.approx(values, rel=1e-5), kind


def test_a_page_without_given_weights_draws_such_a_network() -> None:
    """Its seeds give other weights than torch's, with the same statistics."""
    network = ("tanh", "standard", 1.0, 3, 200)
    found = ask("widget", name="explorer", settings=settings(*network))
    net = build("tanh", "standard", (200,) * 3, 3)
    expected = explorer.describe(net, *explorer.images("shapeset"))
    for name, quantity in expected["quantities"].items():
        ours = found["quantities"][name]["std"]
        assert ours == pytest.approx(quantity["std"], rel=0.15)
        assert ours != pytest.approx(quantity["std"], rel=1e-4)
    again = ask("widget", name="explorer", settings=settings(*network))
    assert again == found
    other = ask("widget", name="explorer", settings=settings(*network, seed=4))
    assert other["quantities"] != found["quantities"]


def test_single_singular_values_are_left_to_python_where_a_page_would_be_slow() -> None:
    wide = ask("widget", name="explorer", settings=settings("tanh", "normalized", 1.0, 2, 210))
    assert wide["jacobian"]["mean"] is None
    assert all(value > 0 for value in wide["jacobian"]["rms"])


@pytest.mark.parametrize("n", [1, 2, 3, 40, 101])
def test_eigenvalues_are_those_of_numpy(n: int) -> None:
    half = torch.randn(n, max(1, n // 2), generator=torch.Generator().manual_seed(n)).double()
    square = (half @ half.T).numpy()  # half of them are 0
    found = np.sort(ask("eigenvalues", matrix=square.ravel().tolist(), n=n))
    expected = np.linalg.eigvalsh(square)
    np.testing.assert_allclose(found, expected, atol=1e-12 * max(1, expected[-1]))


@pytest.mark.parametrize(("limit", "seed"), [(5, 0), (1, 3), (10, 9)])
def test_the_surface_of_a_page_is_that_of_python(limit: int, seed: int) -> None:
    widget = CostSurface(limit=limit, seed=seed)
    found = ask("widget", name="surface", settings=widget.settings, given=widget.given())
    x, target = cost_surfaces.random_examples(seed)
    for cost, expected in widget.result["costs"].items():
        ours = found["costs"][cost]
        for name in ("points", "arrows", "lowest", "highest", "flat_area", "median_slope"):
            assert ours[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-9), name
        whole = cost_surfaces.surface(cost, x, target, limit)
        arrays = {"cost": whole.cost[::4, ::4]}
        arrays |= {"w1": whole.gradient[0, 2::8, 2::8], "w2": whole.gradient[1, 2::8, 2::8]}
        for name, values in arrays.items():
            distance = np.linalg.norm(np.array(ours[name]) - values.ravel())
            assert distance < 1e-5 * np.linalg.norm(values), name


def test_addresses_take_what_is_allowed() -> None:
    limits = {
        "gain": {"range": [0.1, 4, 0.1]},
        "seed": {"choices": [0, 1, 2]},
        "kind": {"choices": ["a", "b"]},
        "on": {},
    }
    given = {
        "gain": ["1.234", "99", "-3", "", "x", "NaN"],
        "seed": ["2", "3", "<script>"],
        "kind": ["b", "c"],
        "on": ["true", "false", "1"],
    }
    assert ask("allowed", limits=limits, given=given) == {
        "gain": [1.2, 4, 0.1, None, None, None],
        "seed": [2, None, None],
        "kind": ["b", None],
        "on": [True, False, None],
    }


def test_an_address_names_settings_and_nothing_else() -> None:
    limits = {"gain": {"range": [0.1, 4, 0.1]}, "on": {}}
    fragments = {
        "#explorer.gain=2&explorer.on=true": {"gain": 2, "on": True},
        "#explorer.toString=true&explorer.constructor=true": None,  # every object has them
        "#explorer.gain.x=3&explorer=3&surface.gain=3&gain=3": None,
        "#how-to-read-it": None,
        "": None,
    }
    found = ask("read", widget="explorer", limits=limits, fragments=list(fragments))
    assert found == list(fragments.values())


# ---- what the pictures call the prior


def test_the_prior_is_that_of_the_data() -> None:
    shapeset = ask("errorChart", networks=[{}], low=20, high=88)
    assert shapeset == {"prior": pytest.approx(250 / 3), "range": [10, 90]}
    digits = ask("errorChart", networks=[{"prior": 88.65}], low=20, high=96.1)
    assert digits == {"prior": 88.65, "range": [10, 100]}, "errors lie above the axis"


def look(error: float | None, mean: float | None = 0.5, p98: float | None = 0.5) -> dict[str, Any]:
    return {"error": error, "layers": [{"mean": mean, "p98": p98}]}


@pytest.mark.parametrize(
    ("config", "seen", "happens"),
    [
        ({}, look(78), ["learns"]),
        ({}, look(79), []),
        ({"prior": 88.65}, look(83), ["learns"]),
        ({"prior": 88.65}, look(84), []),
        ({}, look(None), []),  # no error is known yet
        ({}, look(80, mean=0.05), ["trapped"]),
        ({}, look(80, mean=None, p98=None), []),  # no numbers: the run has diverged
        ({"activation": "tanh"}, look(80, mean=0.0, p98=0.96), ["layer 1"]),
        ({"activation": "relu"}, look(80, p98=3.0), []),  # it has no upper end to saturate at
        ({"activation": "elu"}, look(80, p98=3.0), []),
        ({"activation": "lecun_tanh"}, look(80, p98=1.6), []),  # 0.95 of its height is 1.63
        ({"activation": "lecun_tanh"}, look(80, p98=1.65), ["layer 1"]),
    ],
)
def test_what_happens_is_noted_once_it_does(
    config: dict[str, Any], seen: dict[str, Any], happens: list[str]
) -> None:
    config = {"activation": "sigmoid"} | config
    assert ask("happens", config=config, look=seen, update=1000) == happens


@pytest.mark.parametrize("size", [(5, 200), (5, 1000)], ids="{0[0]}x{0[1]}".format)
def test_the_time_of_an_answer_is_printed(size: tuple[int, int], tell: Any) -> None:
    taken = ask("patience", name="explorer", settings=settings("tanh", "standard", 1.0, *size))
    first, last = rounded([taken["first"], taken["last"]], 3)
    tell(f"explorer in Node, {size[0]} x {size[1]}: {first} ms, {last} with the Jacobians")
    # single singular values come in a second answer, and are left to Python in wide networks
    assert taken["answers"] == (2 if size[1] == 200 else 1)
