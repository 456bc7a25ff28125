"""Widgets on Python's side: what gets in, what is answered, what goes wrong, what a page gets."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest

from glorot_tutor import checks
from glorot_tutor.widgets import base
from glorot_tutor.widgets.base import Widget


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


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"number": 10}, "number is 10: give a whole number from 0 to 9."),
        ({"number": "3"}, "number is '3': give a whole number"),
        ({"number": None, "colour": "red"}, "number is None"),
        ({"colour": "blue"}, "colour 'blue' is not known: choose one of red."),
        ({"size": 3}, "'size' cannot be set: choose one of number, colour."),
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
    assert "settings" in sent, "the front end would keep the bad value"
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
