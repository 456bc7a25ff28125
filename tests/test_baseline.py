"""The support vector machine: what a library solves whole, solved pair by pair."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVC

from glorot_tutor.checks import UsageError
from glorot_tutor.datasets import source
from glorot_tutor.shapeset import test_set as shapeset_test_set
from glorot_tutor.shapeset import validation_set
from glorot_tutor.streams import to_input
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import SupportVectors, baseline
from glorot_tutor.study.records import Store

SMALL = SupportVectors(300, 150, costs=(1.0, 10.0), gammas=(0.001, 0.003))


@pytest.fixture(scope="module")
def shapes():
    images, labels = source(SMALL.data).stream(0).read(0, 1_400)
    return to_input(images).double().numpy(), labels.numpy()


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    assert runs.run([SMALL], store) == []
    return Store(store).get(SMALL)


@pytest.mark.parametrize(("cost", "gamma"), [(1.0, 0.001), (10.0, 0.003), (100.0, 0.03)])
def test_pair_by_pair_is_what_the_library_solves_whole(shapes, cost, gamma):
    x, y = shapes
    whole = SVC(C=cost, gamma=gamma).fit(x[:600], y[:600])
    machines, given = baseline.fit(x[:600], y[:600], [x[600:1_000], x[1_000:]], cost, gamma)
    assert np.array_equal(np.concatenate(given), whole.predict(x[600:]))
    assert len(machines) == 9 * 8 / 2
    counts = np.bincount(y[:600])
    assert machines["examples"].tolist() == [counts[a] + counts[b] for a, b in pairs(9)]
    assert (machines["support_vectors"] <= machines["examples"]).all()


def pairs(n):
    return [(a, b) for a in range(n) for b in range(a + 1, n)]


def test_a_kernel_made_in_blocks_is_gaussian(shapes, monkeypatch):
    monkeypatch.setattr(baseline, "_BLOCK", 7)
    a, b = shapes[0][:20], shapes[0][20:31]
    expected = np.exp(-0.01 * ((a[:, None] - b[None]) ** 2).sum(-1))
    np.testing.assert_allclose(baseline.kernel(a, b, 0.01), expected, rtol=1e-9, atol=1e-12)


def test_the_best_of_the_search_is_fitted_to_all_examples(record, shapes):
    search = record.frames["search"]
    assert set(zip(search["cost"], search["gamma"], strict=True)) == {
        (cost, gamma) for cost in SMALL.costs for gamma in SMALL.gammas
    }
    best = search.sort_values(["error", "cost", "gamma"]).iloc[0]
    x, y = shapes[0][:300], shapes[1][:300]
    whole = SVC(C=best["cost"], gamma=best["gamma"]).fit(x, y)
    images, labels = shapeset_test_set()
    classes = whole.predict(to_input(images).double().numpy())
    errors = record.frames["errors"].set_index("split")["error"]
    assert errors["test"] == pytest.approx(100 * np.mean(classes != labels.numpy()))
    letters = record.frames["answers"]["classes"].iloc[0]
    assert letters == "".join(chr(65 + label) for label in classes)


def test_a_search_runs_on_the_subset_alone(record, shapes):
    first = record.frames["search"].iloc[0]
    part = SVC(C=first["cost"], gamma=first["gamma"]).fit(shapes[0][:150], shapes[1][:150])
    images, labels = validation_set()
    wrong = part.predict(to_input(images).double().numpy()) != labels.numpy()
    assert first["error"] == pytest.approx(100 * wrong.mean())


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (SupportVectors(100_001), "examples is 100001"),
        (SupportVectors(300, 400), "subset is 400"),
        (SupportVectors(300, 9), "subset 9 holds not every class"),
        (SupportVectors(300, 150, costs=(0.0,)), "cost is 0.0"),
    ],
)
def test_bad_settings_are_refused_in_a_sentence(machine, words):
    with pytest.raises(UsageError, match=words):
        machine.run()
