"""Recorded runs in a small form: held against the tables of their records."""

from __future__ import annotations

import base64
import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study import records
from glorot_tutor.study.experiments import Training, record_name
from glorot_tutor.study.experiments.budgets import MODELS, PASSES
from glorot_tutor.study.records import Record
from glorot_tutor.widgets import histories
from glorot_tutor.widgets.browser import Browser
from glorot_tutor.widgets.recorded import RecordedRuns, model_of

RUNS = RecordedRuns()
DIGITS = 5.1e-4  # relative: four significant digits
STATISTICS = {  # in the words of the front end, and of the paper's instruments
    "mean": "activation,mean",
    "std": "activation,std",
    "p98": "activation,p98",
    "saturated": "activation,saturated",
    "backprop": "backprop_gradient,std",
    "weight": "weight_gradient,std",
}


def unpack(text, shape, highest):
    """Densities that `pack` wrote, as near as its steps are: the front end does the same."""
    heights = np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)
    return highest * (heights / histories.STEPS) ** 2


def rows(name: str, frame: str) -> list[list[str]]:
    """Lines of a record's table, read as text."""
    folder = records.BOOK / record_name(RUNS.runs[name])
    return list(csv.reader((folder / f"{frame}.csv").read_text().splitlines()))


@pytest.mark.parametrize("name", RUNS.runs)
def test_numbers_are_those_of_the_record(name: str) -> None:
    found = RUNS.history(name)
    lines = {",".join(line[:4]): float(line[4]) for line in rows(name, "statistics")[1:]}
    for number, layer in enumerate(found["layers"], start=1):
        for key, column in STATISTICS.items():
            wanted = [lines[f"{update},{number},{column}"] for update in found["looks"]]
            assert layer[key] == pytest.approx(wanted, rel=DIGITS, abs=1e-300), (number, key)
    (end,) = rows(name, "outcome")[1:]
    assert [found["updates"], found["diverged"] or ""] == [
        int(end[0]),
        end[1] and int(float(end[1])),
    ]
    told = found["errors"]["test"]
    for update, split, _, error in rows(name, "curve")[1:]:
        if split == "test":
            place = told["updates"].index(int(update))
            assert told["error"][place] == pytest.approx(float(error), rel=DIGITS)


@pytest.mark.parametrize("name", RUNS.runs)
def test_histograms_are_those_of_the_record(name: str) -> None:
    found = RUNS.history(name)
    head, *lines = rows(name, "histograms")
    bins = found["bins"]
    centres = [float(text) for text in head[2:]]
    inside = [bins["low"] < centre < bins["high"] for centre in centres]
    assert sum(inside) == bins["count"]
    for line in lines:
        values = np.array([float(v) for v in line[2:]])
        assert not values[~np.array(inside)].any(), "something lies outside the bins that are shown"
        shape = len(found["looks"]), bins["count"]
        text = found["layers"][int(line[1]) - 1]["histograms"]
        place = found["looks"].index(int(line[0]))
        told = unpack(text, shape, bins["most"])[place]
        heights = np.abs(np.sqrt(told) - np.sqrt(values[inside]))
        assert heights.max() <= 0.51 / histories.STEPS * np.sqrt(bins["most"])


@pytest.mark.parametrize("name", RUNS.runs)
def test_a_history_is_small(name: str) -> None:
    assert len(json.dumps(RUNS.history(name))) <= histories.MOST_BYTES


@pytest.mark.parametrize("depth", [1, 5, 10])
def test_a_long_and_deep_run_is_small_too(depth: int) -> None:
    run = Training("tanh", "standard", 0.02, 5_000_000, (1000,) * depth)
    looks = run.schedule.looks
    rng = np.random.default_rng(0)
    keys = [("activation", s) for s in ("mean", "std", "p98", "saturated")]
    keys += [("backprop_gradient", "std"), ("weight_gradient", "std")]
    places = [(u, i) for u in looks for i in range(1, depth + 1)]
    statistics = pd.DataFrame(
        [(u, i, q, s, -rng.random() / 3e5) for u, i in places for q, s in keys],
        columns=["update", "layer", "quantity", "statistic", "value"],
    )
    centres = [f"{c:.3f}" for c in np.linspace(-0.975, 0.975, 40)]
    shapes = pd.DataFrame(rng.random((len(places), 40)), columns=centres)
    shapes.insert(0, "layer", [i for _, i in places])
    shapes.insert(0, "update", [u for u, _ in places])
    curve = pd.DataFrame(
        [(u, "test", rng.random() * 9, rng.random() * 80) for u in run.schedule.tests],
        columns=["update", "split", "nll", "error"],
    )
    outcome = pd.DataFrame({"updates": [run.updates], "diverged_at": [np.nan]})
    frames = {"statistics": statistics, "histograms": shapes, "curve": curve, "outcome": outcome}
    found = histories.history(run, Record(frames, {}))
    assert len(json.dumps(found)) <= histories.MOST_BYTES
    assert (found["looks"][0], found["looks"][-1]) == (0, run.updates)
    assert len(found["looks"]) >= min(len(looks), 150)


def test_packing_keeps_the_heights_that_are_drawn() -> None:
    values = np.array([[0.0, 1.0, 20.0], [0.5, 25.0, np.nan]])
    back = unpack(histories.pack(values, 20.0), (2, 3), 20.0)
    wanted = np.array([[0.0, 1.0, 20.0], [0.5, 20.0, 0.0]])
    assert np.abs(np.sqrt(back) - np.sqrt(wanted)).max() <= 0.5 / 255 * np.sqrt(20)


def test_what_was_never_looked_at_is_refused() -> None:
    name, run = next(iter(RUNS.runs.items()))
    frames = Record.read(records.BOOK / record_name(run)).frames
    for missing in ("histograms", "statistics"):
        less = {**frames, missing: frames[missing].iloc[:0]}
        with pytest.raises(RunError, match=re.escape(run.title)):
            histories.history(run, Record(less, {}))
    assert name == run.stem


# ---- which runs


def test_the_longest_record_of_each_run_is_taken() -> None:
    lengths: dict[str, int] = {}
    for folder in records.BOOK.glob("training-*"):
        settings = json.loads((folder / "provenance.json").read_text())["experiment"]
        name = folder.name.removeprefix("training-").rpartition("-")[0].rpartition("-")[0]
        lengths[name] = max(settings["updates"], lengths.get(name, 0))
    assert {name: run.updates for name, run in RUNS.runs.items()} == lengths


def test_a_models_name_stands_for_its_chosen_run() -> None:
    from glorot_tutor.study import Study

    for model, name in RUNS.chosen.items():
        line, _, data = model.partition(" on ")
        known = line in MODELS and data in ("", *PASSES)
        planned = Study(data=data or "shapeset").progress(line) if known else []
        run = RUNS.runs[name]
        assert model_of(run) == model
        if planned and planned[0][1] is not None:
            assert run.learning_rate == planned[0][0].learning_rate
            assert run.seed == 0
        assert RUNS.find(model) == name
        assert RUNS.history(model) == RUNS.history(name)
    other = Training("tanh", "standard", 0.02, 1, (30,) * 5)
    assert model_of(other) == "tanh-standard-5x30"


def test_the_files_of_a_page_hold_the_histories(tmp_path: Path) -> None:
    files = RUNS.write(tmp_path)
    assert {path.name for path in files} == {path.name for path in tmp_path.iterdir()}
    told: dict[str, Any] = {}
    for path in files:
        call = re.fullmatch(r'glorotHistory\("([^"]*)",(.*)\);\n', path.read_text())
        assert call, path
        told[call[1]] = json.loads(call[2])
        assert len(path.read_bytes()) <= histories.MOST_BYTES
    assert told.pop("") == RUNS.index()
    assert told == {name: RUNS.history(name) for name in RUNS.runs}


# ---- the widget


def test_the_browser_answers_with_the_histories() -> None:
    widget = Browser(a="tanh", b="softsign")
    assert widget.result["a"] == RUNS.history("tanh")
    assert widget.result["b"] == RUNS.history("softsign")
    before = widget.result
    widget.settings = {"time": 10_000, "layer": 2}
    assert widget.result is before, "a time needs no other numbers"
    widget.settings = {"b": "", "a": RUNS.chosen["sigmoid 4"]}
    assert widget.result["b"] is None
    assert widget.result["a"]["model"] == "sigmoid 4"
    assert repr(widget).startswith("Browser(a='sigmoid-standard-4x1000-")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"a": "relu"}, "no run 'relu' is recorded: choose one of sigmoid, "),
        ({"a": ""}, "no run '' is recorded"),
        ({"a": ["tanh"]}, "no run ['tanh'] is recorded"),
        ({"b": 3}, "no run 3 is recorded"),
        ({"time": -1}, "time is -1: give a whole number from 0"),
        ({"layer": "2"}, "layer is '2'"),
    ],
)
def test_the_browser_refuses(bad: dict[str, Any], words: str) -> None:
    widget = Browser()
    widget.settings = bad
    assert words in widget.problem
    assert widget.settings == Browser.defaults


def test_a_store_without_runs_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no run 'tanh' is recorded: choose one of none"):
        Browser(tmp_path)
