"""The list of records: the commands it names, and whether what is recorded is true."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from small_runs import SMALL, straight

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study import records, runs
from glorot_tutor.study.experiments import AtStart, CostSurfaces, record_name
from glorot_tutor.study.experiments.plans import PLANS
from glorot_tutor.study.records import Record, Store


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    start = AtStart("tanh", "standard", depth=2, width=8, jacobian_examples=1)
    assert runs.run([SMALL, start, CostSurfaces(0)], folder, work=folder / "work") == []
    return folder


def test_the_list_names_the_commands(store):
    listed = runs.listing(store, store / "work").set_index("record")
    assert set(listed.index) == {folder.name for folder in Store(store).folders()}
    small = listed.loc[record_name(SMALL)]
    assert (small["updates"], small["scale"], small["again"]) == (300, "", "")
    assert "--widths" not in small["onward"]
    surfaces = listed.loc[record_name(CostSurfaces(0))]
    assert surfaces["scale"] == "fig5 quick"
    assert surfaces["again"].startswith("glorot-tutor run fig5 --scale quick --store")


def test_the_command_that_goes_on_does_go_on(tmp_path, capsys):
    from glorot_tutor import cli

    equal = replace(SMALL, widths=(12, 12), cost="quadratic")
    runs.run([equal], tmp_path / "store", work=tmp_path / "work")
    (command,) = runs.listing(tmp_path / "store", tmp_path / "work")["onward"]
    assert "--updates 5000000 " in command
    cli.main(command.replace("5000000", "400").split()[1:])
    assert "resumed after update 300" in capsys.readouterr().err
    longer = replace(equal, updates=400)
    again = Record.read(runs.workplace(equal, tmp_path / "work"))
    assert again.experiment == longer
    straight(tmp_path / "straight", longer)
    expected = Store(tmp_path / "straight").get(longer)
    for name in ("curve", "statistics", "histograms"):
        pd.testing.assert_frame_equal(again.frames[name], expected.frames[name], check_exact=True)


def test_good_records_are_verified(store):
    for folder in Store(store).folders():
        assert runs.verify(folder).verdict == "identical"
    found = runs.verify(store / record_name(SMALL), updates=99)
    assert (found.verdict, found.updates) == ("identical", 30)


def tampered(store, folder, name, change):
    """Copy the record of `SMALL`, change a number in one of its frames, and verify it."""
    record = Store(store).get(SMALL)
    frame = record.frames[name]
    frame.iloc[-1, -1] = change(frame.iloc[-1, -1])
    return runs.verify(Store(folder).save(SMALL, record))


@pytest.mark.parametrize("name", ["curve", "statistics", "histograms"])
def test_a_changed_number_is_found(store, tmp_path, name):
    found = tampered(store, tmp_path, name, lambda value: value * 0.5 + 0.1)
    assert found.verdict == "different"
    assert found.where.startswith(f"{name}.csv, update 300")
    assert found.difference > runs.verify.__globals__["TOLERANCE"]


def test_another_processors_rounding_is_allowed(store, tmp_path):
    found = tampered(store, tmp_path, "curve", lambda value: value * (1 + 1e-4))
    assert found.verdict == "within tolerance"
    assert found.difference == pytest.approx(1e-4, rel=0.1)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda f: f.update(answers=f["answers"].assign(classes="A" * 10_000)), "answers.csv, upd"),
        (lambda f: f["outcome"].__setitem__("diverged_at", 7), "outcome.csv, which does not"),
    ],
)
def test_what_contradicts_itself_is_not_verified(store, tmp_path, spoil, where):
    record = Store(store).get(SMALL)
    spoil(record.frames)
    found = runs.verify(Store(tmp_path).save(SMALL, record), updates=30)
    assert found.verdict == "different"
    assert where in found.where


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda f: f.update(answers=f["answers"].iloc[:0]), "answers.csv .* stops at its head"),
        (lambda f: f.pop("answers"), "answers.csv is damaged, it is not there"),
        (lambda f: f.pop("histograms"), "histograms.csv is damaged, it is not there"),
        (lambda f: f.update(curve=pd.concat([f["curve"], f["curve"].tail(1)])), "curve.csv .*line"),
    ],
)
def test_what_is_damaged_is_not_run_again(store, tmp_path, spoil, where):
    record = Store(store).get(SMALL)
    spoil(record.frames)
    with pytest.raises(records.DamagedRecord, match=where):
        runs.verify(Store(tmp_path).save(SMALL, record), updates=30)


def test_lost_rows_and_frames_and_settings_are_found(store, tmp_path):
    record = Store(store).get(SMALL)
    whole = dict(record.frames)
    record.frames["curve"] = whole["curve"].drop(index=0)
    assert runs.verify(Store(tmp_path).save(SMALL, record)).verdict == "different"
    record.frames.update(whole)
    record.provenance["experiment"]["seed"] = 1
    assert "another experiment" in runs.verify(Store(tmp_path).save(SMALL, record)).where
    record.provenance["experiment"]["kind"] = "cooking"
    with pytest.raises(RunError, match="no experiment that this version knows"):
        runs.verify(Store(tmp_path).save(SMALL, record))


def test_a_record_that_claims_more_than_can_be_run_is_not_run(store, tmp_path):
    record = Store(store).get(SMALL)
    endless = replace(SMALL, updates=10**13)
    record.provenance["experiment"]["updates"] = endless.updates
    with pytest.raises(RunError, match="experiment.updates is above 1,000,000,000"):
        runs.verify(Store(tmp_path).save(endless, record))


def test_what_cannot_be_verified_is_said(tmp_path):
    with pytest.raises(RunError, match="holds no record"):
        runs.verify(tmp_path)
    with pytest.raises(UsageError, match="updates is -1"):
        runs.verify(tmp_path, -1)


def test_a_damaged_record_is_named_before_anything_is_run(tmp_path):
    runs.run([SMALL], tmp_path)
    (tmp_path / record_name(SMALL) / "curve.csv").write_bytes(b"")
    with pytest.raises(RunError, match="curve.csv is damaged, it is empty.*remove it, run again"):
        Store(tmp_path).look_up(SMALL)
    assert set(PLANS) >= {"fig2", "fig3", "fig4", "fig9", "fig10", "fig11", "table1"}
