import functools
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from glorot_tutor import bench, cli
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import budgets, plans, search


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
    words = ("run", "fig5", "--scale", "quick", "--jobs", 1, "--store", tmp_path)
    assert "3 experiments, 3 to run" in call(capsys, *words)[1]
    again = call(capsys, *words)[1]
    assert "3 experiments, 0 to run" in again
    assert again.endswith(f"All of it is recorded in {tmp_path}.\n")


def test_run_chooses_the_rate_before_it_spends_the_full_budget(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(
        budgets.BUDGETS, "quick", budgets.Budget(8, (budgets.Round(5, 30),), {0: 100})
    )
    places = ("--store", tmp_path / "store", "--work", tmp_path / "work")
    words = ("run", "fig10", "--scale", "quick", "--jobs", 1, *places)
    status, text, _ = call(capsys, *words)
    assert status == 0
    assert "grid of learning rates: 5 experiments, 150 updates, 5 to run" in text
    assert "1 to run (all chosen once" in text
    assert len(list((tmp_path / "store").iterdir())) == 6
    assert text.count("30 updates, ") >= 5
    assert "1/1 " in text
    text = call(capsys, *words)[1]
    assert "5 experiments, 150 updates, 0 to run" in text
    assert "1/1 " not in text
    listed = call(capsys, "records", *places)[1]
    assert f"glorot-tutor run fig9 --scale quick --store {tmp_path / 'store'}" in listed
    assert "6 records" in listed
    for record in (tmp_path / "store").iterdir():
        assert "identical" in call(capsys, "verify", record)[1]


def test_run_goes_on_past_a_failure_and_says_so_in_the_end(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(
        budgets.BUDGETS, "quick", budgets.Budget(8, (budgets.Round(5, 10),), {0: 20})
    )
    bad = {"bad": budgets.Model("nosuch", "standard"), "tanh N": budgets.MODELS["tanh N"]}
    monkeypatch.setattr(search, "MODELS", bad)
    plan = functools.partial(plans._learning, models=tuple(bad))
    monkeypatch.setitem(plans.PLANS, "fig10", plan)
    monkeypatch.setattr(runs, "outlook", lambda *_: [])
    places = ("--store", tmp_path / "store", "--work", tmp_path / "work")
    words = ("run", "fig10", "--scale", "quick", "--jobs", 1, "--threads", 1, *places)
    status, _text, err = call(capsys, *words)
    assert status == 1
    assert "5 failed, the first with: nosuch-standard" in err.splitlines()[-1]
    assert len(list((tmp_path / "store").iterdir())) == 6


TRAIN = ("train", "--activation", "tanh", "--init", "normalized", "--depth", 2, "--width", 8)


def test_train_writes_what_it_promises_and_goes_on(tmp_path, capsys):
    out = tmp_path / "run"
    # how many threads are fastest is measured anew each time, and bits are those of one number
    words = (*TRAIN, "--lr", 0.1, "--seed", 3, "--gain", 1.5, "--threads", 1, "--out", out)
    words = (*words, "--updates")
    status, text, err = call(capsys, *words, 30)
    assert status == 0
    assert "30 updates are recorded" in text
    assert "update 30 of 30" in err
    assert {path.name for path in out.iterdir() if path.name[0] != "."} == {
        *("curve.csv", "statistics.csv", "histograms.csv", "answers.csv", "outcome.csv"),
        *("provenance.json", "checkpoints"),
    }
    curve, statistics = pd.read_csv(out / "curve.csv"), pd.read_csv(out / "statistics.csv")
    assert list(curve) == ["update", "split", "nll", "error"]
    assert list(statistics) == ["update", "layer", "quantity", "statistic", "value"]
    assert [path.suffix for path in (out / "checkpoints").iterdir()] == [".safetensors"]
    status, _, err = call(capsys, *words, 30)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "holds a run already: add --resume" in err
    status, _, err = call(capsys, *words, 50, "--resume")
    assert status == 0
    assert "holds no run" not in err
    longer = pd.read_csv(out / "curve.csv")
    assert set(longer["update"]) == {0, 50}
    longer = pd.read_csv(out / "statistics.csv")
    assert set(longer["update"]) == {0, 10, 30, 50}
    pd.testing.assert_frame_equal(longer[longer["update"] <= 30], statistics)
    assert "identical" in call(capsys, "verify", out)[1]


def test_any_row_of_the_tables_is_probed_and_trained(tmp_path, capsys):
    network = ("--activation", "relu", "--init", "he", "--depth", 2, "--width", 8)
    assert call(capsys, "probe", *network, "--out", tmp_path / "probe.csv")[0] == 0
    found = pd.read_csv(tmp_path / "probe.csv").set_index(["quantity", "statistic"])["value"]
    assert (found["activation", "saturated"] == 0).all()
    means = ("--engine", "autograd", "--lr", 0.1, "--updates", 10)
    for name, init in (("he", "he"), ("full", "he_normal")):
        words = ("train", *network[:2], "--init", init, *network[4:], *means)
        assert call(capsys, *words, "--out", tmp_path / name)[0] == 0
    notes = [json.loads((tmp_path / n / "provenance.json").read_text()) for n in ("he", "full")]
    # one run, whichever name was typed
    assert notes[0]["experiment"] == notes[1]["experiment"]
    assert notes[0]["experiment"]["initialization"] == "he_normal"


def test_train_says_that_there_is_nothing_to_resume(tmp_path, capsys):
    words = (*TRAIN, "--lr", 0.1, "--updates", 1, "--out", tmp_path / "mistyped", "--resume")
    status, _, err = call(capsys, *words)
    assert status == 0
    assert "mistyped holds no run to go on with: a new one begins." in err


def test_train_takes_divergence_as_an_outcome(tmp_path, capsys):
    network = ("train", "--activation", "identity", "--init", "normalized", "--width", 8)
    status, text, _ = call(capsys, *network, "--lr", 99, "--updates", 90, "--out", tmp_path)
    assert status == 0
    assert "diverged after update" in text
    found = json.loads((tmp_path / "provenance.json").read_text())
    assert found["outcome"]["diverged_at"] == found["outcome"]["updates"] < 90


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--lr", 0), "learning_rate is 0"),
        (("--updates", -1), "updates is -1"),
        (("--updates", 10**21), "updates is 1000000000000000000000"),
        (("--width", 0), "width is 0"),
        (("--cost", "hinge"), "cost 'hinge'"),
        (("--rule", "lion"), "rule 'lion'"),
        (("--engine", "steam"), "engine 'steam'"),
        (("--device", "cuda"), "engine 'fused' runs on the cpu only"),
        (("--threads", 0), "threads is 0"),
        (("--seed", -1), "seed is -1"),
        (("--data", "imagenet"), "data 'imagenet'"),
        (("--activation", "nosuch"), "activation 'nosuch'"),
    ],
)
def test_train_refuses_before_it_writes(tmp_path, capsys, arguments, words):
    out = tmp_path / "run"
    usual = ("--lr", 0.1, "--updates", 10, "--out", out)
    status, text, err = call(capsys, *TRAIN, *usual, *arguments)
    assert (status, text, len(err.splitlines())) == (2, "", 1)
    assert words in err
    assert not out.exists()


def test_train_does_not_go_on_with_another_run(tmp_path, capsys):
    words = (*TRAIN, "--updates", 10, "--out", tmp_path, "--resume", "--lr")
    assert call(capsys, *words, 0.1)[0] == 0
    status, _, err = call(capsys, *words, 0.2)
    assert status == 1
    assert "belongs to another run: learning rate 0.1 there, 0.2 here." in err


def test_a_shorter_run_does_not_take_the_place_of_a_longer_one(tmp_path, capsys):
    words = (*TRAIN, "--lr", 0.1, "--out", tmp_path, "--threads", 1, "--updates")
    assert call(capsys, *words, 40)[0] == 0
    before = (tmp_path / "curve.csv").read_text()
    status, _, err = call(capsys, *words, 20, "--resume")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "at update 40 already" in err
    assert (tmp_path / "curve.csv").read_text() == before


@pytest.mark.parametrize("place", ["--store", "--work"])
def test_run_sees_at_once_where_it_cannot_write(tmp_path, capsys, place):
    (tmp_path / "file").touch()
    places = {"--store": tmp_path / "store", "--work": tmp_path / "work"}
    places[place] = tmp_path / "file" / "folder"
    words = [word for pair in places.items() for word in pair]
    status, text, err = call(capsys, "run", "fig5", "--scale", "quick", *words)
    assert (status, text) == (2, "")
    assert f"{places[place]} needs a folder" in err


def test_verify_tells_a_changed_record(tmp_path, capsys):
    assert call(capsys, *TRAIN, "--lr", 0.1, "--updates", 10, "--out", tmp_path)[0] == 0
    curve = pd.read_csv(tmp_path / "curve.csv")
    last = (curve["update"] == 10) & (curve["split"] == "test")
    curve.loc[last, "error"] /= 2
    curve.to_csv(tmp_path / "curve.csv", index=False)
    status, _, err = call(capsys, "verify", tmp_path)
    assert status == 1
    assert "different in curve.csv, update 10, split test: error" in err
    assert call(capsys, "verify", tmp_path / "none")[0] == 1
    assert call(capsys, "verify", tmp_path, "--updates", -1)[0] == 2
    assert call(capsys, "records", "--store", tmp_path / "none")[0] == 2


def test_claims_come_in_three_forms(capsys):
    text = call(capsys, "claims")[1]
    assert "I7: reproduced (section 4.2.2" in text
    table = json.loads(call(capsys, "claims", "--format", "json")[1])
    csv = call(capsys, "claims", "--format", "csv")[1]
    assert len(table) == len(csv.splitlines()) - 1
    assert {"criterion", "measured", "paper_value", "verdict"} <= set(table[0])
    after = json.loads(call(capsys, "claims", "--part", "later", "--format", "json")[1])
    assert {"A11", "A12", "M1"} <= {row["id"] for row in after}
    assert {row["id"] for row in after}.isdisjoint(row["id"] for row in table)


def test_bench_writes_what_it_prints(tmp_path, capsys, monkeypatch):
    out = tmp_path / "bench.json"
    found = {"a": 1}
    monkeypatch.setattr(bench, "report", lambda size: found | {"quick": size is bench.QUICK})
    monkeypatch.setattr(bench, "lines", lambda report: [f"a: {report['a']}"])
    status, text, _ = call(capsys, "bench", "--quick", "--json", out)
    assert (status, text.splitlines()[-1]) == (0, "a: 1")
    assert "measures nothing" in text
    assert json.loads(out.read_text()) == {"a": 1, "quick": True}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["probe", "--activation", "nosuch", "--init", "standard"], "activation 'nosuch'"),
        (["probe", "--activation", "tanh", "--init", "hi"], "initialization 'hi'"),
        (["probe", "--activation", "tanh", "--init", "standard", "--depth", "0"], "depth is 0"),
        (["probe", "--activation", "tanh", "--init", "standard", "--width", "-3"], "width is -3"),
        (["probe", "--activation", "tanh", "--init", "standard", "--seed", "-1"], "seed is -1"),
        (["probe", "--activation", "tanh", "--init", "standard", "--data", "x"], "data 'x'"),
        (["probe", "--activation", "tanh"], "Missing option '--init'"),
        (["sample", "--n", "0"], "--n is 0"),
        (["sample", "--n", "1", "--out", "a.txt"], "does not end in .npz"),
        (["sample", "--n", "many"], "'many' is not a valid integer"),
        (["sample", "--n", "1", "--seed", "-1"], "seed"),
        (["sample", "--sead", "1"], "No such option"),
        (["brew"], "No such command 'brew'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(tmp_path, capsys, arguments, words):
    if arguments[0] in ("probe", "sample") and "--out" not in arguments:
        arguments = [*arguments, "--out", tmp_path / "out.npz"]
    status, out, err = call(capsys, *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["claims", "--format", "xml"], "--format 'xml'"),
        (["claims", "--part", "before"], "--part 'before'"),
        (["claims", "--store", "no-such-folder"], "is not a folder"),
        (["run", "fig99"], "plan 'fig99'"),
        (["run", "fig5", "--scale", "huge"], "scale 'huge'"),
        (["run", "fig5", "--jobs", "0"], "--jobs is 0"),
    ],
)
def test_wrong_choices_are_named(capsys, arguments, words):
    status, _, err = call(capsys, *arguments)
    assert status == 2
    assert words in err


@pytest.mark.parametrize("command", ["sample", "probe"])
def test_a_place_where_no_file_can_be_is_wrong_usage(tmp_path, capsys, command):
    network = ("--activation", "tanh", "--init", "standard", "--depth", 1, "--width", 2)
    arguments = (command, *(("--n", 1) if command == "sample" else network), "--out")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    (tmp_path / "link").symlink_to(pipe)
    long = tmp_path / ("x" * 300)
    for out in (tmp_path / "none" / "a.npz", tmp_path, pipe, tmp_path / "link", long, ""):
        status, _, err = call(capsys, *arguments, out)
        assert (status, len(err.splitlines())) == (2, 1)
        assert ("cannot write" if out else "names nothing") in err
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "link"}


def test_a_link_to_a_file_is_followed(tmp_path, capsys):
    (tmp_path / "b.npz").write_text("")
    (tmp_path / "a.npz").symlink_to(tmp_path / "b.npz")
    assert call(capsys, "sample", "--n", 1, "--out", tmp_path / "a.npz")[0] == 0
    assert (tmp_path / "a.npz").is_symlink()
    assert (tmp_path / "b.npz").stat().st_size > 0


def test_numbers_beyond_all_bounds_are_no_result(tmp_path, capsys):
    network = ["--activation", "identity", "--init", "standard", "--depth", 9, "--width", 4]
    out = tmp_path / "a.csv"
    status, _, err = call(capsys, "probe", *network, "--gain", 1e8, "--out", out)
    assert status == 1
    assert "beyond all bounds" in err
    assert not out.exists()


def test_a_terminated_command_leaves_no_file(tmp_path):
    script = "from glorot_tutor.cli import main; main()"
    arguments = ["sample", "--n", "1000000", "--out", str(tmp_path / "a.npz")]
    process = subprocess.Popen([sys.executable, "-c", script, *arguments])
    while process.poll() is None and not list(tmp_path.iterdir()):
        time.sleep(0.1)  # until it writes
    process.terminate()
    assert process.wait(60) == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


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


MODULE = f"{sys.executable} -m glorot_tutor"
SMALLEST = " ".join(map(str, (*TRAIN, "--lr", 0.1, "--updates", 10, "--threads", 1)))


@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", ">/dev/full", "| true"])
def test_a_run_is_recorded_where_nothing_can_be_shown(tmp_path, where):
    command = f"set -o pipefail; {MODULE} {SMALLEST} --out run {where}"
    assert subprocess.run(["bash", "-c", command], cwd=tmp_path).returncode == 0
    assert (tmp_path / "run" / "provenance.json").exists()


def test_a_reader_who_has_seen_enough_is_no_fault(tmp_path):
    command = f"set -o pipefail; {MODULE} data list --data-dir . | true"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_end_of_a_file_is_not_ctrl_c(capsys, monkeypatch, tmp_path):
    def end(*_, **__):
        raise EOFError("Ran out of input")

    monkeypatch.setattr(np, "savez_compressed", end)
    status, _, err = call(capsys, "sample", "--n", 1, "--out", tmp_path / "a.npz")
    assert status == 1
    assert "Ran out of input" in err
    assert "stopped" not in err


@pytest.mark.parametrize(
    "words", [(*TRAIN, "--lr", 1, "--updates", 1, "--out"), ("claims", "--store")]
)
def test_a_folder_without_a_name_is_wrong_usage(capsys, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, _, err = call(capsys, *words, "")
    assert (status, len(err.splitlines())) == (2, 1)
    assert "'' names nothing" in err
    assert list(tmp_path.iterdir()) == []


def test_a_run_needs_a_folder(capsys, tmp_path):
    (tmp_path / "file").write_text("before")
    out = tmp_path / "file"
    status, _, err = call(capsys, *TRAIN, "--lr", 1, "--updates", 1, "--out", out)
    assert (status, len(err.splitlines())) == (2, 1)
    assert "needs a folder" in err


def test_a_pipe_is_refused_before_anything_is_computed(tmp_path):
    command = f"{MODULE} probe --activation tanh --init standard --out /dev/stdout | cat >/dev/null"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "name a file" in done.stderr


def test_nobodys_home_is_a_sentence(capsys):
    status, text, _ = call(capsys, "data", "list", "--data-dir", "~nosuchuser/x")
    assert status == 0
    assert "nosuchuser" in text
