"""Widgets on Python's side: what gets in, what is answered, what goes wrong, what a page gets."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glorot_tutor import checks, cost_surfaces, probes
from glorot_tutor.datasets import places
from glorot_tutor.datasets.published import PUBLISHED
from glorot_tutor.sgd import build
from glorot_tutor.shapeset import monitored_set
from glorot_tutor.streams import to_input
from glorot_tutor.widgets import base
from glorot_tutor.widgets.base import Widget
from glorot_tutor.widgets.explorer import Explorer
from glorot_tutor.widgets.surface import CostSurface


class Doubling(Widget):
    """The smallest widget there can be."""

    _esm = "export default { render() {} }"
    name = "doubling"
    defaults = {"number": 1, "colour": "red"}  # noqa: RUF012
    computes = ("number",)
    asked = 0

    def check(self, settings: dict[str, Any]) -> dict[str, Any]:
        number = checks.whole("number", settings["number"], 0, 9)
        return {"number": number, "colour": checks.one_of("colour", settings["colour"], ["red"])}

    def compute(self, settings: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        if settings["number"] == 8:
            raise MemoryError("too much\nin all")
        return {"double": 2 * settings["number"]}


def test_a_result_follows_the_settings() -> None:
    widget = Doubling()
    assert (widget.settings, widget.result) == (Doubling.defaults, {"double": 2})
    widget.settings = {"number": 4}
    assert widget.settings == {"number": 4, "colour": "red"}
    assert widget.result == {"double": 8}
    assert not widget.busy


def test_what_only_changes_the_looks_computes_nothing() -> None:
    class Coloured(Doubling):
        def check(self, settings: dict[str, Any]) -> dict[str, Any]:
            return settings

    widget = Coloured()
    widget.settings = {"colour": "blue"}
    assert widget.asked == 1
    widget.settings = {"number": 2}
    assert widget.asked == 2


def test_a_name_that_is_no_word_is_refused_too() -> None:
    widget = Doubling(number=3)
    widget.settings = {"size": 3, 4: 3}
    assert widget.settings == {"number": 3, "colour": "red"}
    assert "cannot be set: choose one of number, colour." in widget.problem


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"number": 10}, "number is 10: give a whole number from 0 to 9."),
        ({"number": "3"}, "number is '3': give a whole number"),
        ({"number": None, "colour": "red"}, "number is None"),
        ({"colour": "blue"}, "colour 'blue' is not known: choose one of red."),
        ({"size": 3}, "'size' cannot be set: choose one of number, colour."),
        ({"number": 10**400}, "number is 1000"),
        ({"number": 10**6000}, "number is a number of thousands of digits"),
    ],
)
def test_a_bad_value_never_gets_in(bad: dict[str, Any], words: str) -> None:
    widget = Doubling(number=3)
    sent: list[Any] = []
    widget.send_state = lambda key=None: sent.append(key)  # type: ignore[method-assign]
    widget.settings = bad
    assert widget.settings == {"number": 3, "colour": "red"}
    assert widget.result == {"double": 6}
    assert words in widget.problem
    assert len(widget.problem) < 200
    assert "settings" in sent, "the front end would keep the bad value"
    widget.settings = {"number": 3}  # as it was: the refusal is over all the same
    assert (widget.problem, widget.result) == ("", {"double": 6})
    widget.settings = {"number": 2}
    assert (widget.problem, widget.result) == ("", {"double": 4})
    with pytest.raises(checks.UsageError, match=re.escape(words)):
        Doubling(**bad)


def test_a_bad_message_of_a_front_end_never_gets_in() -> None:
    """Messages come with validation held back until all their values are set."""
    widget = Doubling(number=3)
    widget.set_state({"settings": {"number": 99, "colour": "red"}})
    assert widget.settings == {"number": 3, "colour": "red"}
    assert "number is 99" in widget.problem
    widget.set_state({"settings": {"number": 5, "colour": "red"}})
    assert (widget.result, widget.problem) == ({"double": 10}, "")


def test_a_failure_inside_is_one_sentence() -> None:
    widget = Doubling(number=3)
    widget.settings = {"number": 8}
    assert widget.problem == "This could not be computed (MemoryError: too much)."
    assert widget.result == {"double": 6}
    assert not widget.busy
    assert base.sentence(checks.RunError("No file: fetch it.")) == "No file: fetch it."
    assert base.sentence(ValueError()) == "This could not be computed (ValueError)."


def test_busy_while_it_computes() -> None:
    seen = []

    class Watched(Doubling):
        def compute(self, settings: dict[str, Any]) -> dict[str, Any]:
            seen.append(self.busy)
            return {}

    assert not Watched().busy
    assert seen == [True]


def test_its_text_is_the_same_in_every_run() -> None:
    assert repr(Doubling()) == repr(Doubling()) == "Doubling(number=1, colour='red')"


def test_a_page_gets_a_placeholder_and_a_notebook_the_widget() -> None:
    data, _ = Doubling(number=2)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == "Doubling(number=2, colour='red')"
    found = re.search(r'data-settings="([^"]*)"', data["text/html"])
    assert found
    assert json.loads(html.unescape(found[1])) == {"number": 2, "colour": "red"}
    assert 'class="glorot-widget" data-widget="doubling"' in data["text/html"]
    assert "<p>" in data["text/html"], "nothing stands there without JavaScript"


def test_numbers_travel_short() -> None:
    assert base.rounded([1 / 3, 12345.678, float("nan"), float("inf"), 0]) == [
        0.3333,
        12350,
        None,
        None,
        0,
    ]


# ---- the explorer


def test_the_explorer_measures_what_the_probes_measure() -> None:
    widget = Explorer(initialization="normalized", gain=1.3, depth=3, width=30, seed=2)
    x, y = monitored_set()
    x, y = to_input(x[:50]), y[:50]
    net = build("tanh", "normalized", (30,) * 3, 2, 1.3)
    frame, seen = probes.look(net, x, y)
    table = frame[frame.statistic == "std"].set_index(["quantity", "layer"])["value"]
    found = widget.result["quantities"]
    for name in ("activation", "backprop_gradient"):
        assert found[name]["std"] == pytest.approx(list(table[name]), rel=1e-5)
    assert widget.result["mean_gradient"] == pytest.approx(list(table["weight_gradient"]), rel=1e-5)
    # the gradients of single images, one by one
    for layer, gradient in seen.backprop_gradients.items():
        below = seen.activations[layer - 1] if layer > 1 else x
        every = torch.einsum("ni,no->nio", below.double(), gradient.double())
        std = found["weight_gradient"]["std"][layer - 1]
        assert std == pytest.approx(float(every.std(correction=0)), rel=1e-5)
    singular = probes.jacobian_singular_values(net, x)
    rms = [float(v[0].double().square().mean().sqrt()) for v in singular.values()]
    assert widget.result["jacobian"]["rms"] == pytest.approx(rms, rel=1e-4)
    means = [float(v[0].double().mean()) for v in singular.values()]
    assert widget.result["jacobian"]["mean"] == pytest.approx(means, rel=1e-4)


def test_predictions_are_those_of_the_theory() -> None:
    """Exact on average for straight lines: here within what one draw of many weights allows."""
    found = Explorer(activation="identity", depth=4, width=400).result["quantities"]
    for quantity in found.values():
        ratio = np.array(quantity["std"]) / np.array(quantity["predicted"])
        assert np.abs(ratio - 1).max() < 0.15
    shrinks = found["activation"]["predicted"]
    assert shrinks[3] / shrinks[1] == pytest.approx(1 / 3, rel=1e-5)  # variance by 1/3 a layer


def test_histograms_integrate_to_the_share_inside() -> None:
    found = Explorer(depth=2, width=20).result["quantities"]
    for name, quantity in found.items():
        wide = (quantity["high"] - quantity["low"]) / quantity["bins"]
        for density in quantity["density"]:
            total = sum(density) * wide
            assert 0.97 < total < 1.01, name
            assert len(density) == quantity["bins"]
    assert (found["activation"]["low"], found["activation"]["high"]) == (-1, 1)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"activation": "nosuch"}, "activation 'nosuch' is not known"),
        ({"initialization": "he"}, "initialization 'he' is not known"),
        ({"gain": 0}, "gain is 0: give a number from 0.1 to 4"),
        ({"gain": float("nan")}, "gain is nan"),
        ({"depth": 11}, "depth is 11: give a whole number from 1 to 10"),
        ({"width": 5}, "width is 5: give a whole number from 10 to 1000"),
        ({"data": "imagenet"}, "data 'imagenet' is not known"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 1.5}, "seed is 1.5"),
    ],
)
def test_the_explorer_refuses(bad: dict[str, Any], words: str) -> None:
    widget = Explorer(depth=1, width=10)
    before = widget.result
    widget.settings = bad
    assert words in widget.problem
    assert widget.result is before


def test_the_explorer_offers_the_data_sets_that_are_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path)
    monkeypatch.setenv("GLOROT_TUTOR_DATA", str(tmp_path))
    widget = Explorer(depth=1, width=10)
    assert widget.choices == {"data": ["shapeset"]}
    widget.settings = {"data": "mnist"}
    assert "choose one of shapeset" in widget.problem
    (tmp_path / "mnist").mkdir()
    for file in PUBLISHED["mnist"].files:
        (tmp_path / "mnist" / file.name).touch()
    widget = Explorer(depth=1, width=10)
    assert widget.choices["data"] == ["shapeset", "mnist"]
    widget.settings = {"data": "mnist"}  # they are there, and damaged
    assert "train-images" in widget.problem
    assert widget.result["quantities"]


def test_what_travels_is_small() -> None:
    widget = Explorer(depth=10, width=10)
    assert len(json.dumps(widget.result)) < 25_000


def test_the_time_of_an_answer_is_printed(tell: Any) -> None:
    widget = Explorer(width=300)
    taken = []
    for seed in range(1, 4):
        start = time.perf_counter()
        widget.settings = {"seed": seed}
        taken.append(time.perf_counter() - start)
    tell(f"explorer in Python, 5 x 300: {1000 * min(taken):.0f} ms an answer")
    assert not widget.problem


# ---- the cost surface


def test_the_surface_says_what_the_chapter_says() -> None:
    widget = CostSurface(limit=3, seed=4)
    table = cost_surfaces.flatness(4, 3).set_index("cost")
    for cost, found in widget.result["costs"].items():
        assert found["flat_area"] == table.loc[cost, "flat_area"]
        assert found["median_slope"] == table.loc[cost, "median_slope"]
        x, target = cost_surfaces.random_examples(4)
        whole = cost_surfaces.surface(cost, x, target, 3)
        shown = np.array(found["cost"]).reshape(26, 26)
        assert shown[3, 7] == pytest.approx(whole.cost[12, 28], rel=1e-3)
        w1 = np.array(found["w1"]).reshape(13, 13)
        assert w1[5, 2] == pytest.approx(whole.gradient[0, 42, 18], rel=1e-2)
    assert len(json.dumps(widget.result)) < 25_000


def test_turning_the_surface_computes_nothing() -> None:
    widget = CostSurface()
    before = widget.result
    widget.settings = {"azimuth": 10, "elevation": 60, "gradient": True, "cost": "quadratic"}
    assert widget.result is before
    widget.settings = {"seed": 1}
    assert widget.result != before


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"cost": "hinge"}, "cost 'hinge' is not known: choose one of both, cross-entropy"),
        ({"limit": 11}, "limit is 11: give a whole number from 1 to 10"),
        ({"seed": 10}, "seed is 10"),
        ({"azimuth": 200}, "azimuth is 200"),
        ({"elevation": -1}, "elevation is -1"),
        ({"gradient": 1}, "gradient is 1: give True or False"),
    ],
)
def test_the_surface_refuses(bad: dict[str, Any], words: str) -> None:
    widget = CostSurface()
    widget.settings = bad
    assert words in widget.problem
    assert widget.settings == CostSurface.defaults


def test_a_page_gets_the_examples_of_every_seed() -> None:
    given = CostSurface().given()
    x, target = cost_surfaces.random_examples(7)
    assert given["x"][7] == pytest.approx(x, rel=1e-5)
    assert [sign == "+" for sign in given["target"][7]] == list(target > 0)
    assert len(given["x"]) == 10
