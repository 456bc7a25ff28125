"""Table 1 in HTML: what is measured, what leads, and what is not there."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from made_up_records import record

from glorot_tutor.study import paper, tables
from glorot_tutor.study.experiments import record_name
from glorot_tutor.study.experiments.budgets import TABLE
from glorot_tutor.study.experiments.plans import stages
from glorot_tutor.study.reading import Study
from glorot_tutor.study.records import DamagedRecord, NotRecorded, Store

ERRORS = {"softsign": 2.0, "softsign N": 2.1, "tanh": 9.0, "tanh N": 1.0, "sigmoid": 30.0}
NAMES = {
    ("sigmoid", "standard"): "sigmoid",
    ("tanh", "standard"): "tanh",
    ("tanh", "normalized"): "tanh N",
    ("softsign", "standard"): "softsign",
    ("softsign", "normalized"): "softsign N",
}


def frames(run):
    model = NAMES[run.activation, run.initialization]
    error = ERRORS[model] + run.seed / 10 + abs(run.learning_rate - 0.02)
    rows = [(run.updates, split, error, 0.1) for split in ("validation", "test")]
    wrong = round(10_000 * error / 100)
    marks = ["W"] * wrong + ["R"] * (10_000 - wrong)
    marks = np.random.default_rng(TABLE.index(model)).permutation(marks)
    return {
        "curve": pd.DataFrame(rows, columns=["update", "split", "error", "nll"]),
        "answers": pd.DataFrame(
            {
                "update": [run.updates],
                "split": "test",
                "classes": ("A" if model == "sigmoid" else "AB") * 5_000,
                "right": "".join(marks),
            }
        ),
        "outcome": pd.DataFrame({"updates": [run.updates], "diverged_at": [None]}),
    }


def fill(store, data):
    """Record all that the plan has for one finite set."""
    lookup = Store(store).look_up
    for number in range(9):
        for run in stages("table1", "book", lookup)[3 + number].experiments:
            if run.data == data:
                Store(store).save(run, record(run, frames(run)))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    fill(folder, "mnist")
    return folder


def test_a_column_has_means_intervals_and_leaders(store):
    found = tables.measured(Study(store, data="mnist"))
    assert (found.updates, found.seeds) == (50_000, 3)
    assert set(found.errors) == set(TABLE)
    for model, error in found.errors.items():
        rates = [run.learning_rate for run in Study(store, data="mnist").runs(model)]
        assert error.mean == pytest.approx(ERRORS[model] + 0.1 + abs(rates[0] - 0.02))
        assert error.half == pytest.approx(4.303 * 0.1 / 3**0.5, rel=1e-3)
    # the same distance in every seed: the sigmoid is behind all, softsign N behind softsign
    assert found.leaders == ("tanh N",)
    assert found.constant == dict.fromkeys(TABLE, 0) | {"sigmoid": 3}
    with pytest.raises(NotRecorded):
        tables.measured(Study(store, data="cifar10"))


def test_every_cell_is_a_number_or_says_that_there_is_none(store):
    table = tables.table1(Study(store))
    assert list(table.index) == list(TABLE)
    assert table.shape == (5, 8)
    assert not table.isna().any().any()
    here = table.xs("here", axis=1, level=1)
    mnist = next(name for name in here if name.startswith("MNIST"))
    assert mnist.endswith("<small>50,000 updates, 3\u00a0seeds</small>")
    assert here.loc["tanh N", mnist].startswith("<strong>1.")
    printed = tables.Printed(table)
    assert "MNIST 50,000 updates, 3\u00a0seeds" in repr(printed)
    assert re.search(r"^tanh N .* 1\.64 +\*1\.\d\d\* ±", repr(printed), re.M)
    assert printed._repr_html_() == table.to_html(escape=False)
    assert "±\u00a00.25" in here.loc["tanh", mnist]
    assert here.loc["sigmoid", mnist].endswith("<small>constant</small>")
    assert here[mnist].str.contains("strong").sum() == 1
    rest = here.drop(columns=mnist)
    assert (rest == tables.MISSING).all().all()
    printed = paper.table1().set_index("model")["cifar10"]
    assert table.loc["tanh N", ("CIFAR-10", "paper")] == f"{printed['Tanh N']:.2f}"


def test_a_model_that_is_missing_leaves_the_others_standing(store, tmp_path):
    for folder in Store(store).folders():
        if "tanh-standard" not in folder.name:
            (tmp_path / folder.name).symlink_to(folder)
    found = tables.measured(Study(tmp_path, data="mnist"))
    assert set(found.errors) == set(TABLE) - {"tanh"}
    assert (found.updates, found.seeds) == (50_000, 3)
    here = tables.table1(Study(tmp_path)).xs("here", axis=1, level=1).filter(like="MNIST")
    assert here.loc["tanh"].item() == tables.MISSING


def test_a_damaged_record_is_named_and_nobody_leads(store, tmp_path):
    shutil.copytree(store, tmp_path, dirs_exist_ok=True)
    study = Study(tmp_path, data="mnist")
    path = tmp_path / record_name(study.runs("tanh N")[1]) / "curve.csv"
    head, *rows = path.read_text().splitlines()
    number = next(n for n, row in enumerate(rows) if ",test," in row)
    cells = dict(zip(head.split(","), rows[number].split(","), strict=True)) | {"error": ""}
    rows[number] = ",".join(cells.values())
    path.write_text("\n".join([head, *rows, ""]))
    with pytest.raises(DamagedRecord, match=rf"curve\.csv.* line {number + 2}: error"):
        tables.measured(study)
    table = tables.table1(Study(tmp_path))
    here = table.xs("here", axis=1, level=1).filter(like="MNIST")
    assert (here == tables.MISSING).all(axis=None)
    assert f"line {number + 2}: error" in here.columns[0]
    assert "strong" not in repr(table)
