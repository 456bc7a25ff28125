import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from glorot_tutor import cli


def call(capsys, *arguments):
    """Exit status, stdout, stderr of one command."""
    status = 0
    try:
        cli.main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


def test_sample_writes_images_and_labels(tmp_path, capsys):
    out = tmp_path / "sample.npz"
    assert call(capsys, "sample", "--n", 20, "--seed", 3, "--out", out)[0] == 0
    with np.load(out) as found:
        assert found["images"].shape == (20, 32, 32)
        assert found["images"].dtype == np.uint8
        assert found["labels"].dtype == np.int64
    assert list(tmp_path.iterdir()) == [out]


def test_probe_writes_the_promised_columns(tmp_path, capsys):
    out = tmp_path / "probe.csv"
    network = ["--activation", "tanh", "--init", "normalized", "--depth", 2, "--width", 16]
    assert call(capsys, "probe", *network, "--seed", 1, "--out", out)[0] == 0
    frame = pd.read_csv(out)
    assert list(frame.columns) == ["layer", "quantity", "statistic", "value"]
    assert set(frame["layer"]) == {1, 2}
    assert set(frame["statistic"]) == {"mean", "std", "p98", "saturated"}


def test_run_prints_its_plan_and_does_nothing_twice(tmp_path, capsys):
    words = ("run", "fig5", "--scale", "quick", "--store", tmp_path)
    assert "3 experiments, 3 to run" in call(capsys, *words)[1]
    assert "3 experiments, 0 to run" in call(capsys, *words)[1]


def test_claims_come_in_three_forms(capsys):
    text = call(capsys, "claims")[1]
    assert "I7: reproduced (section 4.2.2" in text
    table = json.loads(call(capsys, "claims", "--format", "json")[1])
    csv = call(capsys, "claims", "--format", "csv")[1]
    assert len(table) == len(csv.splitlines()) - 1
    assert {"criterion", "measured", "paper_value", "verdict"} <= set(table[0])


def test_bench_writes_what_it_prints(tmp_path, capsys, monkeypatch):
    out = tmp_path / "bench.json"
    status, text, _ = call(capsys, "bench", "--json", out)
    found = json.loads(out.read_text())
    assert status == 0
    assert str(found["shapeset_images_per_second_one_thread"]) in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["probe", "--activation", "relu", "--init", "standard"], "activation 'relu'"),
        (["probe", "--activation", "tanh", "--init", "he"], "initialization 'he'"),
        (["probe", "--activation", "tanh", "--init", "standard", "--depth", "0"], "depth is 0"),
        (["probe", "--activation", "tanh", "--init", "standard", "--width", "-3"], "width is -3"),
        (["probe", "--activation", "tanh", "--init", "standard", "--seed", "-1"], "seed is -1"),
        (["probe", "--activation", "tanh", "--init", "standard", "--data", "x"], "data 'x'"),
        (["probe", "--activation", "tanh"], "Missing option '--init'"),
        (["sample", "--n", "0"], "--n is 0"),
        (["sample", "--n", "many"], "'many' is not a valid integer"),
        (["sample", "--n", "1", "--seed", "-1"], "seed"),
        (["sample", "--sead", "1"], "No such option"),
        (["brew"], "No such command 'brew'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(tmp_path, capsys, arguments, words):
    if arguments[0] in ("probe", "sample"):
        arguments = [*arguments, "--out", tmp_path / "out"]
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["claims", "--format", "xml"], "--format 'xml'"),
        (["claims", "--store", "no-such-folder"], "is not a folder"),
        (["run", "fig99"], "plan 'fig99'"),
        (["run", "fig5", "--scale", "huge"], "scale 'huge'"),
    ],
)
def test_wrong_choices_are_named(capsys, arguments, words):
    status, _, err = call(capsys, *arguments)
    assert status == 2
    assert words in err


def test_a_place_that_cannot_be_written_is_a_failed_run(tmp_path, capsys):
    status, _, err = call(capsys, "sample", "--n", 1, "--out", tmp_path / "none" / "a.npz")
    assert status == 1
    assert "No such file or directory" in err
    assert len(err.splitlines()) == 1
    assert "it is a folder" in call(capsys, "sample", "--n", 1, "--out", tmp_path)[2]


def test_nothing_half_written_stays_behind(tmp_path, capsys, monkeypatch):
    def fail(file, **_):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    out = tmp_path / "a.npz"
    out.write_text("before")
    monkeypatch.setattr(np, "savez_compressed", fail)
    status, _, err = call(capsys, "sample", "--n", 1, "--out", out)
    assert status == 1
    assert "No space left" in err
    assert out.read_text() == "before"
    assert list(tmp_path.iterdir()) == [out]


def test_the_unexpected_has_no_traceback_unless_asked_for(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(np, "savez_compressed", lambda *_, **__: 1 / 0)
    arguments = ("sample", "--n", 1, "--out", tmp_path / "a.npz")
    status, _, err = call(capsys, *arguments)
    assert status == 1
    assert "Traceback" not in err
    assert "Traceback" in call(capsys, "--debug", *arguments)[2]


def test_the_installed_command_answers():
    command = [sys.executable, "-c", "from glorot_tutor.cli import main; main()"]
    done = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True)
    assert "glorot-tutor" in done.stdout
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Usage" in done.stdout + done.stderr
