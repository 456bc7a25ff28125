"""Reading the study: which runs there are, and what is not there yet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from made_up_records import record

from glorot_tutor.checks import UsageError
from glorot_tutor.shapeset import test_set as shapeset_test_set
from glorot_tutor.study import reading
from glorot_tutor.study.experiments import budgets, record_name, search
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.experiments.plans import stages
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import DamagedRecord, NotRecorded, Store

BEST = 0.063


def frames(run, error):
    end = run.updates
    curve = [(0, "test", 90.0, 2), (end, "validation", error, 2), (end, "test", error, 2)]
    letters = "".join(chr(65 + label) for label in shapeset_test_set()[1].tolist())
    wrong = letters[:-100] + "Z" * 100
    return {
        "curve": pd.DataFrame(curve, columns=["update", "split", "error", "nll"]),
        "statistics": pd.DataFrame(
            [
                (update, layer, "activation", statistic, layer + update)
                for update in (0, run.updates)
                for layer in (1, 2)
                for statistic in ("mean", "std")
            ],
            columns=["update", "layer", "quantity", "statistic", "value"],
        ),
        "answers": pd.DataFrame(
            [(run.updates, "test", wrong), (0, "test", letters)],
            columns=["update", "split", "classes"],
        ),
        "outcome": pd.DataFrame({"updates": [run.updates], "diverged_at": [None]}),
    }


@pytest.fixture
def store(tmp_path):
    """All of fig2's plan, with errors that make one rate the best."""
    for number in range(3):
        for run in stages("fig2", "book", Store(tmp_path).look_up)[number].experiments:
            error = 40.0 if run.learning_rate == BEST else 50 + run.learning_rate
            Store(tmp_path).save(run, record(run, frames(run, error)))
    return tmp_path


@pytest.fixture
def study(store):
    return Study(store)


def test_the_runs_are_those_of_the_chosen_rates(tmp_path_factory, study):
    best, second = (study.runs("sigmoid 4", rank=rank) for rank in (0, 1))
    assert {run.learning_rate for run in best} == {BEST}
    assert [(run.seed, run.updates) for run in best] == [(0, 10**6), (1, 300_000), (2, 300_000)]
    assert [(run.seed, run.learning_rate) for run in second] == [(0, 0.0063)]
    assert Study(tmp_path_factory.mktemp("empty")).runs("sigmoid 4") == []


def test_frames_are_gathered_with_model_and_seed(study):
    found = study.gather("curve", ["sigmoid 4"])
    assert set(found["model"]) == {"sigmoid 4"}
    assert len(found) == 9
    ends = reading.errors(found)
    assert ends["sigmoid 4", 1].to_dict() == {0: 90, 300_000: 40}
    tables = reading.by_layer(study.gather("statistics", ["sigmoid 4"]), "activation", "std")
    assert tables["sigmoid 4", 2].loc[300_000].to_dict() == {1: 300_001, 2: 300_002}
    with pytest.raises(NotRecorded, match="no seed of sigmoid 4, tanh is recorded on shapeset"):
        study.gather("curve", ["sigmoid 4", "tanh"])


def test_a_run_that_diverged_is_named_and_left_out(store, study):
    run = study.runs("sigmoid 4")[1]
    diverged = Store(store).get(run)
    diverged.frames["outcome"]["diverged_at"] = 7_000
    Store(store).save(run, diverged)
    assert set(study.gather("curve", ["sigmoid 4"])["seed"]) == {0, 2}
    assert study.pending(["sigmoid 4"]) == (
        "sigmoid 4 at rate 0.063: seed 1 diverged after update 7,000"
    )


def test_a_record_that_ends_early_is_no_evidence(store, study):
    run = study.runs("sigmoid 4")[1]
    early = Store(store).get(run)
    early.frames["statistics"] = early.frames["statistics"].query("update == 0")
    Store(store).save(run, early)
    with pytest.raises(DamagedRecord, match="statistics.csv is damaged, it does not reach its end"):
        study.gather("statistics", ["sigmoid 4"])


def test_a_record_without_one_of_its_frames_is_still_to_come(store, study):
    run = study.runs("sigmoid 4")[1]
    (store / record_name(run) / "statistics.csv").unlink()
    assert study.pending(["sigmoid 4"]) == "sigmoid 4 at rate 0.063: seed 1"


def remove(store, run):
    folder = store / record_name(run)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_what_is_not_recorded_yet_is_left_out_and_named(store, study):
    first, _, third = study.runs("sigmoid 4")
    best = "sigmoid 4 at rate 0.063"
    assert study.pending(["sigmoid 4"]) == ""
    remove(store, third)
    assert study.pending(["sigmoid 4"]) == f"{best}: seed 2"
    with pytest.raises(NotRecorded, match="sigmoid 4, seed 2"):
        study.right("sigmoid 4", third.seed)
    assert set(study.gather("curve", ["sigmoid 4"])["seed"]) == {0, 1}
    remove(store, first)
    left = f"{best}: seed 0 from 300,000 to 1,000,000 updates"
    assert study.pending(["sigmoid 4"]) == f"{left}, seed 2"
    ends = reading.errors(study.gather("curve", ["sigmoid 4"]))
    assert {seed: error.index.max() for (_, seed), error in ends.items()} == dict.fromkeys(
        (0, 1), 300_000
    )


def test_a_run_is_never_taken_for_a_longer_or_an_early_one(store, study):
    run = study.runs("sigmoid 4")[1]
    given, lookup = budgets.BUDGETS["book"], Store(store).look_up
    assert search.recorded(run, given, lookup) == run
    remove(store, run)
    for updates in (60_000, 1_000_000):
        other = replace(run, updates=updates)
        Store(store).save(other, record(other, frames(other, 40)))
        assert search.recorded(run, given, lookup) is None


def test_the_longest_runs_settle_a_tie_and_nothing_else(store, study):
    _, second = (study.runs("sigmoid 4", rank=rank)[0] for rank in (0, 1))
    Store(store).save(second, record(second, frames(second, 39)))
    assert study.runs("sigmoid 4")[0].learning_rate == BEST
    short = replace(study.runs("sigmoid 4")[0], updates=300_000)
    Store(store).save(short, record(short, frames(short, 50.0063)))
    assert study.runs("sigmoid 4")[0] == second
    assert [run.seed for run in study.runs("sigmoid 4")] == [0, 1, 2]
    assert study.runs("sigmoid 4", rank=1)[0].learning_rate == BEST


def test_a_run_that_could_change_the_choice_is_still_to_come(store, study):
    remove(store, study.runs("sigmoid 4", rank=1)[0])
    left = "seed 0 from 300,000 to 1,000,000 updates"
    assert study.pending(["sigmoid 4"]) == f"sigmoid 4 at rate 0.0063: {left}"


def test_nothing_known_is_all_still_to_come(tmp_path):
    words = "the search for the learning rate of tanh, tanh N"
    assert Study(tmp_path).pending(["tanh", "tanh N"]) == words


def test_statistics_stand_side_by_side(study):
    found = reading.side_by_side(study.gather("statistics", ["sigmoid 4"]), "activation")
    assert list(found) == ["model", "seed", "learning_rate", "update", "layer", "mean", "std"]
    row = found.query("seed == 1 and update == 300_000 and layer == 2").iloc[0]
    assert (row["mean"], row["std"], row["learning_rate"]) == (300_002, 300_002, BEST)
    one = frames(study.runs("sigmoid 4")[0], 40)["statistics"]
    assert list(reading.side_by_side(one, "activation")) == ["update", "layer", "mean", "std"]


def test_models_are_compared_seed_by_seed():
    assert reading.seeds([("a", 0), ("a", 1), ("b", 1), ("b", 2)], ["a", "b"]) == [1]
    assert reading.seeds([("a", 0), ("b", 1)], ["a", "b"]) == []


def test_the_search_is_a_table(study):
    found = study.search("sigmoid 4")
    assert list(found["learning_rate"][found["updates"] == 60_000]) == list(budgets.SIGMOID_RATES)
    assert len(found) == 7
    assert found.loc[found["error"].idxmin(), "learning_rate"] == BEST


def test_the_last_answers_are_compared_with_the_labels(study):
    right = study.right("sigmoid 4", 1)
    assert right.dtype == np.bool_
    assert (right[:-100].all(), right[-100:].any()) == (True, False)
    with pytest.raises(NotRecorded):
        study.right("sigmoid 4", 7)


def test_of_two_trainings_of_the_same_settings_the_longest_counts(store, study):
    """The long one was at 45 % in passing, and all right; the short one had a hundred errors."""
    run = study.runs("sigmoid 4")[0]
    assert run.updates == 1_000_000
    short = replace(run, updates=300_000)
    assert study.trainings("sigmoid 4", 1_000_000)[0].sum() == 9_900
    found = frames(run, 40)
    passed = pd.DataFrame(
        [(end, "test", 45.0, 2.0) for end in (200_000, 300_000)],
        columns=["update", "split", "error", "nll"],
    )
    found["curve"] = pd.concat([found["curve"], passed])
    letters = found["answers"].query("update == 0").assign(update=300_000)
    found["answers"] = pd.concat([letters, found["answers"]])
    Store(store).save(run, record(run, found))
    own = Store(store)[short].frames["curve"]["error"].iloc[-1]
    assert own != 45.0
    # means of the tests so far: the one before the first update was 90 %
    for end, error in ((300_000, (90 + 45 + 45) / 3), (200_000, (90 + 45) / 2)):
        assert study.errors_after(end, ["sigmoid 4"], [0]).loc[0, "sigmoid 4"] == error
    assert study.right("sigmoid 4", 0, updates=300_000).all()
    both = study.trainings("sigmoid 4", 300_000)
    assert [int((~right).sum()) for right in both] == [0, 100]
    with pytest.raises(NotRecorded, match="seed0: no answers are recorded after 200,000"):
        study.right("sigmoid 4", 0, updates=200_000)
    with pytest.raises(NotRecorded, match="sigmoid 4, seed 0: no error is recorded after 7"):
        study.errors_after(7, ["sigmoid 4"], [0])
    # a short run that is the beginning of the long one is no second training
    Store(store).save(short, record(short, frames(short, 45.0) | {"answers": letters}))
    assert len(study.trainings("sigmoid 4", 300_000)) == 1


@pytest.mark.parametrize("model", TABLE)
def test_the_tables_errors_are_means_of_five_tests_in_the_files(model):
    study = Study()
    found = study.errors_after(300_000, TABLE, [0, 1, 2])[model]
    for _, run in study.progress(model):
        curve = pd.read_csv(Store().path(run) / "curve.csv")
        tests = curve[(curve["split"] == "test") & (curve["update"] <= 300_000)]
        assert found[run.seed] == pytest.approx(tests["error"].tail(5).mean(), rel=1e-12)


def test_a_constant_answer_is_one_letter_in_the_files():
    study = Study()
    for model, constant in (("sigmoid", True), ("tanh", False)):
        for _, run in study.progress(model):
            answers = pd.read_csv(Store().path(run) / "answers.csv", dtype=str)
            last = answers.iloc[answers["update"].astype(int).argmax()]["classes"]
            assert (len(set(last)) == 1) == constant == study.is_constant(model, run.seed)


def test_answers_that_a_run_gave_on_its_way_belong_to_the_errors_it_had_then():
    study = Study(data="shapeset-100k")
    curve = study.gather("curve", ["tanh N"]).query("split == 'test'")
    errors = curve.set_index("update")["error"]
    for updates in (100_000, 200_000, None):
        right = study.right("tanh N", updates=updates)
        expected = errors[updates] if updates else errors.iloc[-1]
        assert 100 * (1 - right.mean()) == pytest.approx(expected, abs=0.006)
    with pytest.raises(NotRecorded):
        study.right("tanh N", updates=190_000)


def test_the_priors_error_is_five_sixths():
    assert reading.prior_error() == pytest.approx(250 / 3)


def test_models_are_compared_where_all_of_them_have_got():
    short, long = pd.Series({0: 9.0, 10: 5.0}), pd.Series({0: 9.0, 10: 4.0, 20: 2.0})
    curves = {("a", 0): short, ("b", 0): long, ("a", 1): long, ("b", 1): long, ("b", 2): long}
    reached = reading.reach(curves, ["a", "b"])
    assert reached == {0: 10, 1: 20}
    assert reading.lengths(reached) == {10: [0, 1], 20: [1]}


def test_a_data_set_without_a_plan_is_named():
    with pytest.raises(UsageError, match="budget 'digits' is not known: choose one of shape"):
        Study(data="digits").runs("tanh")
