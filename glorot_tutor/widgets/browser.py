"""The record browser: any recorded run, any layer, any time, and a second run beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from glorot_tutor import checks
from glorot_tutor.study import records
from glorot_tutor.widgets.base import DIST, Result, Settings, Widget
from glorot_tutor.widgets.recorded import RecordedRuns

LAST = 10**9
"""An update after the end of every run."""

DEEPEST = 100


class Browser(Widget):
    """Scrub through recorded runs: error, histograms and gradients of every layer at any time.

    `settings` are `a` and `b`, the runs by name (a model's name stands for the run at its chosen
    learning rate; an empty `b` for none), `layer` (the only one to draw, 0 for all) and `time`
    (the update to look at; after the end of a run, its end).

    `result` holds the histories of both runs (`histories.history`; None for none) and `index`, all
    runs that there are (`recorded.RecordedRuns.index`).

    Parameters
    ----------
    store
        Folder of records.
    settings
        Some of the settings to begin with.
    """

    _esm = DIST / "browser.js"
    name = "browser"
    defaults = {"a": "tanh", "b": "", "layer": 0, "time": LAST}  # noqa: RUF012
    computes = ("a", "b")

    def __init__(self, store: Path = records.BOOK, **settings: Any) -> None:
        self._runs = RecordedRuns(store)
        super().__init__(**settings)

    def check(self, settings: Settings) -> Settings:
        """Return the settings (see the class), or raise `UsageError`."""
        self._runs.find(settings["a"])
        if settings["b"] != "":
            self._runs.find(settings["b"])
        return {
            "a": settings["a"],
            "b": settings["b"],
            "layer": checks.whole("layer", settings["layer"], 0, DEEPEST),
            "time": checks.whole("time", settings["time"], 0, LAST),
        }

    def compute(self, settings: Settings) -> Result:
        """Read the runs from their records."""
        histories = {key: settings[key] and self._runs.history(settings[key]) for key in ("a", "b")}
        return {"index": self._runs.index(), **{k: v or None for k, v in histories.items()}}
