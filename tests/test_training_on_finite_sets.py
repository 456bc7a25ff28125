"""A finite data set takes Shapeset's place in an experiment, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from glorot_tutor.cli import main
from glorot_tutor.datasets import FiniteSource, registry
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import AtStart, Training, record_name
from glorot_tutor.study.records import Store
from glorot_tutor.study.runs import verify

RUN = Training("tanh", "normalized", 0.1, 12_000, widths=(8,), data="mnist")


def digits() -> Examples:
    """600 images of noise in which a bright row tells the class."""
    draw = np.random.default_rng(0)
    labels = np.arange(600) % 10
    images = draw.integers(0, 60, (600, 28, 28)).astype(np.uint8)
    images[np.arange(600), labels] = 255
    rest = Labelled.whole(images, labels)
    return Examples.of(rest.take(slice(400)), rest.take(slice(400, None)), 100)


@pytest.fixture
def mnist(monkeypatch):
    """Let these images be all there is of MNIST."""
    found = FiniteSource("mnist", tuple("0123456789"), (28, 28), digits)
    monkeypatch.setattr(registry, "_finite", lambda name, folder: found)
    return found


def test_a_finite_set_is_learned_and_recorded_pass_by_pass(mnist, tmp_path):
    assert runs.run([RUN], tmp_path) == []
    record = Store(tmp_path).get(RUN)
    curve = record.frames["curve"].query("split == 'test'").set_index("update")
    assert list(curve.index) == [0, 1_000, 3_000, 5_000, 10_000, 12_000]
    assert curve["error"].iloc[0] > 70
    assert curve["error"].iloc[-1] < 5
    last = record.frames["answers"].iloc[-1]
    labels = "".join(chr(65 + label) for label in mnist.test_set()[1].tolist())
    marks = ["R" if a == b else "W" for a, b in zip(last["classes"], labels, strict=True)]
    assert last["right"] == "".join(marks)
    assert marks.count("W") == pytest.approx(2 * curve["error"].iloc[-1])
    assert runs.verify(tmp_path / record_name(RUN), 100).verdict == "identical"


def test_what_is_learned_from_stands_in_the_name_unless_it_is_shapeset():
    assert RUN.title.startswith("mnist-tanh-normalized-1x8-")
    assert replace(RUN, data="shapeset").title.startswith("tanh-normalized-1x8-")
    assert AtStart("tanh", "standard", data="cifar10").title.startswith("cifar10-tanh-")


def test_a_false_error_in_a_record_is_found_with_the_right_labels(mnist, tmp_path):
    runs.run([replace(RUN, updates=1_000)], tmp_path)
    folder = tmp_path / record_name(replace(RUN, updates=1_000))
    text = (folder / "answers.csv").read_text()
    given = pd.read_csv(folder / "answers.csv")["classes"].iloc[-1]
    (folder / "answers.csv").write_text(text.replace(given, given[:-20] + "A" * 20))
    assert "another error" in verify(folder, 100).where


def test_a_data_set_that_is_not_there_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GLOROT_TUTOR_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    registry._finite.cache_clear()
    network = ["--activation", "tanh", "--init", "standard", "--data", "cifar10"]
    run = ["--lr", "0.1", "--updates", "1", "--out", str(tmp_path / "run")]
    with pytest.raises(SystemExit) as error:
        main(["train", *network, *run])
    assert error.value.code == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "glorot-tutor data fetch cifar10" in said
