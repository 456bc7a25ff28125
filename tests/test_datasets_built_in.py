"""The data sets that need no files, and what is known of a set without reading any."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from glorot_tutor import datasets
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.datasets import registry
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.shapeset import test_set as shapeset_test_set


def test_the_fixed_examples_are_the_beginning_of_the_stream():
    found = datasets.source("shapeset-100k")
    images, labels = Shapeset(0).read(0, found.epoch)
    assert found.epoch == 100_000
    assert np.array_equal(found.examples.train.images, images.numpy())
    assert np.array_equal(found.examples.train.labels, labels.numpy())
    assert torch.equal(found.test_set()[1], shapeset_test_set()[1])
    first = found.stream(0).read(0, 100)[1]
    assert not torch.equal(first, labels[:100])  # each pass has an order of its own


def test_the_digits_are_dealt_out_once_each():
    found = datasets.source("digits")
    parts = [found.stream(0).read(0, found.epoch), found.validation_set(), found.test_set()]
    assert [len(labels) for _, labels in parts] == [1_197, 300, 300]
    whole = torch.cat([images for images, _ in parts]).flatten(1).numpy()
    expected = np.round(load_digits().data * (255 / 16))
    assert sorted(map(bytes, whole)) == sorted(map(bytes, expected.astype(np.uint8)))
    assert set(torch.cat([labels for _, labels in parts]).tolist()) == set(range(10))


@pytest.mark.parametrize("name", datasets.NAMES)
def test_class_frequencies_are_those_of_the_examples(name):
    shares = np.array(datasets.class_frequencies(name))
    found = datasets.source(name)
    assert len(shares) == found.n_classes
    assert shares.sum() == pytest.approx(1)
    if name in ("shapeset", "shapeset-3x1"):
        labels, error = [found.test_set()[1]], 0.015
    else:
        try:
            labels = [found.stream(0).read(0, found.epoch)[1], found.validation_set()[1]]
        except RunError as absent:
            pytest.skip(str(absent))
        labels, error = [*labels, found.test_set()[1]], 0.005
    counts = np.bincount(torch.cat(labels).numpy(), minlength=len(shares))
    np.testing.assert_allclose(counts / counts.sum(), shares, atol=error)


def test_no_file_is_read_for_them(monkeypatch, tmp_path):
    monkeypatch.setenv("GLOROT_TUTOR_DATA", str(tmp_path))
    registry._finite.cache_clear()
    assert max(datasets.class_frequencies("mnist")) == pytest.approx(7_877 / 70_000, abs=0.01)
    with pytest.raises(UsageError, match="not known"):
        datasets.class_frequencies("emnist")
