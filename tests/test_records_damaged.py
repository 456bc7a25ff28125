"""Records that something happened to: one sentence each, and no other record is touched by it."""

from __future__ import annotations

import json
import multiprocessing
import re
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pandas as pd
import pytest
from small_runs import SMALL

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study import claims, provenance, records, runs, schema
from glorot_tutor.study.experiments import (
    AtStart,
    CostSurfaces,
    Options,
    OutputLayer,
    Training,
    record_name,
)
from glorot_tutor.study.reading import Study, planned
from glorot_tutor.study.records import DamagedRecord, NotRecorded, Record, Store
from glorot_tutor.widgets.recorded import RecordedRuns

SURFACES = CostSurfaces(0, points=5)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("measured")
    assert runs.run([SMALL, SURFACES], folder) == []
    return folder


@pytest.fixture
def store(measured, tmp_path):
    return Store(shutil.copytree(measured, tmp_path / "store"))


# ---- names

LONGER = Training("tanh", "normalized", 0.0063, 1_000_000)


def test_every_record_of_the_book_is_whole_and_bears_its_name():
    store = Store()
    assert store.damaged() == []
    assert len(store) == len(store.folders()) >= 300
    for experiment, folder in zip(sorted(store, key=record_name), store.folders(), strict=True):
        assert record_name(experiment) == folder.name


@dataclass(frozen=True)
class Later(Training):
    """A version of the experiment that has learned something."""

    momentum: float = 0.0


def test_a_new_setting_leaves_old_records_and_checkpoints_valid(monkeypatch, tmp_path):
    work = tmp_path / "work"
    assert runs.run([SMALL], tmp_path / "store", work=work) == []
    monkeypatch.setitem(provenance.KINDS, "training", Later)
    for folder in Store().folders():
        experiment = Record.read(folder).experiment
        assert record_name(experiment) == folder.name
        assert experiment in Store()
    settings = asdict(SMALL)
    same, other = Later(**settings), Later(**settings, momentum=0.9)
    assert Store(tmp_path / "store")[same].frames.keys() == SMALL.layout.keys()
    assert record_name(other) != record_name(same) == record_name(SMALL)
    longer = replace(same, updates=400)
    assert runs.workplace(longer, work) == runs.workplace(SMALL, work)
    said = _said(longer, work)
    assert any("resumed after update 300" in line for line in said), said
    with pytest.raises(RunError, match="belongs to another run: momentum"):
        _said(replace(other, updates=400), work, place=runs.workplace(SMALL, work))


def _said(run, work, place=None):
    """What a run says while it goes on from the checkpoints in a folder."""
    lines = []

    class Listens:
        def start(self, *_):
            pass

        show = close = start

        def say(self, sentence):
            lines.append(sentence)

    folder = (place or runs.workplace(run, work)) / "checkpoints"
    run.run(Options(folder=folder, progress=Listens))
    return lines


def test_a_rate_of_1_is_a_rate_of_1_point_0():
    whole, real = (Training("tanh", "standard", rate, 10) for rate in (1, 1.0))
    assert record_name(whole) == record_name(real)


# ---- what is recorded


def test_a_store_is_a_mapping(store):
    assert set(store) == {SMALL, SURFACES}
    assert len(store) == 2
    assert SMALL in store
    assert "tanh" not in store
    assert store[SMALL].provenance == Record.read(store.path(SMALL)).provenance
    other = replace(SMALL, seed=1)
    assert store.get(other) is None
    with pytest.raises(NotRecorded, match="is not recorded in"):
        store[other]
    assert Store(str(store.folder)) == store == Store(store)


@pytest.mark.parametrize("missing", [None, "provenance.json", *(f"{n}.csv" for n in SMALL.layout)])
def test_a_record_that_is_not_whole_is_measured_again(store, missing):
    for path in store.path(SMALL).iterdir():
        if missing in (None, path.name):
            path.unlink()
    assert SMALL not in store
    assert set(store) == {SURFACES}
    assert runs.missing([SMALL, SURFACES], store.folder) == [SMALL]
    assert runs.run([SMALL], store.folder) == []
    assert SMALL in store


def test_stray_files_are_passed_over_and_left(store):
    folder = store.path(SMALL)
    before = store[SMALL].frames
    for name in ("._curve.csv", "curve.csv~", "Thumbs.db", "curve (1).csv", "notes.csv"):
        (folder / name).write_bytes(b"\x00\x05 no table")
    (folder / ".#curve.csv").symlink_to("someone@elsewhere.1234")
    assert store.damaged() == []
    assert store[SMALL].frames.keys() == before.keys()
    claims.ledger(store.folder)
    assert {Path(file).name for file, _, _ in store.stamps("curve")} == {"curve.csv"}
    assert len(list(folder.iterdir())) == len(SMALL.layout) + 1 + 6


@pytest.mark.parametrize("call", [
    lambda store: Store(store)[SMALL].frames,
    lambda store: Store(store).look_up(SMALL),
    lambda store: runs.missing([replace(SMALL, seed=1)], store),
    lambda store: Store(store).folders(),
    lambda store: claims.ledger(store),
])  # fmt: skip
def test_a_store_may_be_named_by_a_text(store, call):
    assert len(call(str(store.folder)))


@pytest.mark.parametrize("store", ["", 3, None])
def test_what_names_no_store_gets_one_sentence(store):
    with pytest.raises(UsageError, match="store is .*give the folder"):
        Store(store)


def _save_often(folder, record, barrier):
    barrier.wait()
    for _ in range(40):
        Store(folder).save(SURFACES, record)


def test_processes_that_save_one_record_at_once_all_succeed(store):
    context = multiprocessing.get_context("fork")
    barrier, record = context.Barrier(2), store[SURFACES]
    both = [
        context.Process(target=_save_often, args=(store.folder, record, barrier)) for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    assert store[SURFACES].provenance == record.provenance
    assert {path.name for path in store.folder.iterdir()} == {record_name(e) for e in store}


# ---- damage


def lines(change):
    """Change a file's list of lines."""
    return lambda text: "\n".join(change(text.splitlines())) + "\n"


def entry(*path, value=None, drop=False):
    """Change one value of a JSON file."""

    def change(text):
        found = json.loads(text)
        *way, last = path
        at = found
        for name in way:
            at = at[name]
        if drop:
            del at[last]
        else:
            at[last] = value
        return json.dumps(found)

    return change


DAMAGES = [
    ("curve.csv", lambda t: "", "it is empty"),
    ("curve.csv", lambda t: t[:-4], "it is cut off"),
    ("curve.csv", lambda t: t.replace("update", "time", 1), "its column update is missing"),
    ("curve.csv", lambda t: t.replace("nll,", "", 1), "more cells than it has columns"),
    ("curve.csv", lines(lambda ls: [*ls[:2], "<<<<<<< HEAD", *ls[2:]]), "line 3: update is '<<<<"),
    ("curve.csv", lines(lambda ls: [*ls, ls[-1]]), "update 300, split test is there a second time"),
    ("curve.csv", lines(lambda ls: ls[:-2]), "does not reach its end"),
    ("curve.csv", lines(lambda ls: [*ls[:1], "0,test,,80", *ls[2:]]), "line 2: nll is empty"),
    ("curve.csv", lines(lambda ls: [*ls[:1], "0,test,2,180", *ls[2:]]), "line 2: error is '180"),
    ("curve.csv", lines(lambda ls: [*ls[:1], "0,exam,2,80", *ls[2:]]), "line 2: split is 'exam'"),
    ("curve.csv", lines(lambda ls: [ls[0], *ls[:0:-1]]), "comes too late"),
    ("curve.csv", lines(lambda ls: [*ls[:2], ls[2] + ",1", *ls[3:]]), "Expected 4 fields in line"),
    ("statistics.csv", lines(lambda ls: [*ls[:5], *ls[6:]]), "rows of update 10 are not those of"),
    ("statistics.csv", lines(lambda ls: [*ls[:-1], "300,2,a,b,inf"]), "value is 'inf', not a fin"),
    ("statistics.csv", lambda t: re.sub(",std,.*", ",std,-5", t, count=1), "std is '-5.0', below"),
    ("histograms.csv", lines(lambda ls: [ls[0] + ",more", *(f"{x},1" for x in ls[1:])]), "'more'"),
    ("outcome.csv", lines(lambda ls: [*ls, ls[-1]]), "it has 2 rows, where 1 belongs"),
    ("answers.csv", lambda t: t.replace(",test,", ",test,?", 1), "classes is '?"),
    ("provenance.json", lambda t: "[]", "expected `object`, got `array`"),
    ("provenance.json", lambda t: "null", "expected `object`, got `null`"),
    ("provenance.json", lambda t: t[:40], "line 3: "),
    ("provenance.json", lambda t: t.replace("0.05", "NaN", 1), "NaN is no number"),
    ("provenance.json", lambda t: "[" * 100_000, "it is no JSON"),
    ("provenance.json", lambda t: "<<<<<<< HEAD\n" + t, "line 1: expecting value"),
    ("provenance.json", entry("outcome", drop=True), "outcome is missing"),
    ("provenance.json", entry("means", value=[]), "means: expected `object`, got `array`"),
    ("provenance.json", entry("seconds", value=None), "seconds: expected `object`, got `null`"),
    ("provenance.json", entry("experiment", "widths", value=5), "widths: expected `array`, got"),
    ("provenance.json", entry("experiment", "gain", drop=True), "experiment.gain is missing"),
    ("provenance.json", entry("experiment", "warmth", value=1), "experiment.warmth: it describes"),
    ("provenance.json", entry("experiment", "kind", value=[]), "experiment.kind is []"),
    ("provenance.json", entry("experiment", "seed", value="0"), "seed: expected `int`, got `str`"),
    ("provenance.json", entry("experiment", "seed", value=1), "describes another experiment"),
    ("provenance.json", entry("outcome", "updates", value=30), "outcome.updates is 30, the"),
    ("provenance.json", entry("outcome", "updates", value=10**30), "outcome.updates: "),
]  # fmt: skip


@pytest.mark.parametrize(("name", "change", "words"), DAMAGES)
def test_every_damage_gets_one_sentence(store, name, change, words):
    path = store.path(SMALL) / name
    path.write_text(change(path.read_text()))
    with pytest.raises(DamagedRecord) as caught:
        store[SMALL]
    assert caught.value.file == path
    assert words.replace("`", "") in caught.value.what
    assert str(caught.value).startswith(f"{path} is damaged, ")
    assert "\n" not in str(caught.value)
    assert [error.file for error in store.damaged()] == [path]
    assert SURFACES in set(store)
    listed = runs.listing(store.folder, store.folder / "work")
    if "another experiment" not in words:
        assert (listed["damaged"] != "").sum() == 1
        assert any(str(path) in line for line in runs.lines(listed))


def test_what_is_not_known_may_be_empty_and_a_wild_run_have_no_numbers(store):
    record = store[SMALL]
    record.provenance["outcome"]["diverged_at"] = 300
    record.provenance["seconds"] = {"wall": None, "cpu": None}
    record.frames["statistics"].loc[3:5, "value"] = float("nan")
    record.frames["outcome"] = pd.DataFrame(
        {"updates": [300], "diverged_at": [300], "wall": [None], "cpu": [None]}
    )
    store.save(SMALL, record)
    assert store[SMALL].frames["statistics"]["value"].isna().sum() == 3


def test_a_frame_is_made_as_its_layout_says():
    """What an experiment measures can be read again: the short ones of each kind."""
    for experiment in (OutputLayer(0.2, updates=20, depth=1, width=4), SURFACES):
        for name, frame in experiment.run().items():
            text = records.as_text(frame).encode()
            assert len(schema.parse(text, experiment.layout[name])) == len(frame)


def test_a_long_frame_is_packed_and_reads_back_the_same(tmp_path, monkeypatch):
    record = Store().shared(LONGER)
    plain = Store(tmp_path / "plain").save(LONGER, record)
    monkeypatch.setattr(records.store, "LONG", 100_000)
    folder = Store(tmp_path / "packed").save(LONGER, record)
    names = {path.name for path in folder.iterdir()}
    assert "statistics.csv.xz" in names
    assert "curve.csv" in names
    for name, frame in Record.read(folder).frames.items():
        pd.testing.assert_frame_equal(frame, Record.read(plain).frames[name])
        pd.testing.assert_frame_equal(frame, record.frames[name])
    assert LONGER in Store(tmp_path / "packed")


def test_a_packed_frame_that_is_damaged_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(records.store, "LONG", 100_000)
    store = Store(tmp_path)
    folder = store.save(LONGER, Store().shared(LONGER))
    packed = folder / "statistics.csv.xz"
    content = packed.read_bytes()
    for spoiled in (b"", content[:-20], content[:500], b"update,layer", content[:3000] + b"x" * 9):
        packed.write_bytes(spoiled)
        (fault,) = store.damaged()
        assert fault.file == packed
        assert "it is cut off" in fault.what
    packed.write_bytes(content)
    (folder / "statistics.csv").write_bytes(b"")
    with pytest.raises(RunError, match=r"csv.xz is damaged, statistics.csv is there too"):
        store[LONGER]


def test_what_a_run_writes_for_its_reader_is_never_packed(tmp_path):
    Store().shared(LONGER).write(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".csv", ".json"}


def test_a_damaged_record_hides_no_other_run_from_the_browser(store):
    other = replace(SMALL, seed=1)
    store.save(other, replace_experiment(store[SMALL], other))
    for name in ("answers.csv", "curve.csv"):
        (store.path(SMALL) / name).write_text("")
        runs_of = RecordedRuns(store.folder)
        assert runs_of.history(other.stem)["name"] == other.stem
        with pytest.raises(DamagedRecord, match=name):
            runs_of.history(SMALL.stem)
        store.save(SMALL, replace_experiment(store[other], SMALL))


def replace_experiment(record, experiment):
    """Say of a record that another experiment measured it."""
    about = record.provenance | {"experiment": provenance.settings(experiment)}
    return records.Record(record.frames, about)


def test_rates_are_chosen_anew_when_it_turns_out_that_a_run_diverged(store, monkeypatch):
    """The choice rests on the outcomes too, not on the curves alone."""
    seen = []
    monkeypatch.setattr(planned, "_chosen", lambda study, model, ends: seen.append(ends) or [])
    for text in ("", "changed"):
        outcome = store.path(SMALL) / "outcome.csv"
        outcome.write_text(outcome.read_text() + text)
        Study(store.folder).runs("tanh")
    assert seen[0] != seen[1]


# ---- what a record says of itself


def test_a_run_that_went_on_with_another_number_of_threads_says_both(tmp_path):
    shorter, work = replace(SMALL, updates=100), tmp_path / "work"
    for run, threads in ((shorter, 1), (SMALL, 2)):
        assert runs.run([run], tmp_path, work=work, options=Options(threads=threads)) == []
    first, both = (Store(tmp_path)[run] for run in (shorter, SMALL))
    assert first.provenance["means"]["threads"] == 1
    assert "threads_before" not in first.provenance["means"]
    assert "threads" not in first.frames["outcome"]
    assert both.provenance["means"]["threads"] == 2
    assert both.provenance["means"]["threads_before"] == [1]
    assert both.frames["outcome"]["threads"].tolist() == ["1 2"]
    assert runs.listing(tmp_path, work)["damaged"].tolist() == ["", ""]


def test_numbers_without_bounds_are_refused_rather_than_recorded_as_damage(tmp_path):
    experiment = AtStart("relu", "standard", depth=20, width=4, gain=1e8)
    with pytest.raises(RunError, match="grew beyond all bounds .* nothing of it is recorded"):
        records.measure(experiment)
    (failure,) = runs.run([experiment], tmp_path)
    assert "grew beyond all bounds" in failure
    assert not Store(tmp_path).folders()
