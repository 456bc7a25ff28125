"""Finite data sets: streams that order their examples, and the sources that hand them out."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_data import bytes_of

from glorot_tutor import datasets
from glorot_tutor.checks import UsageError
from glorot_tutor.datasets import cifar, finite, idx, places, registry
from glorot_tutor.datasets.damage import NotThereError
from glorot_tutor.datasets.finite import FiniteSource, FiniteStream
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.shapeset import philox
from glorot_tutor.streams import Source, Stream

pytestmark = pytest.mark.usefixtures("no_cache")


# ---- streams


def some(n, seed=0):
    rng = np.random.default_rng(seed)
    return Labelled.whole(np.arange(n, dtype=np.uint8).reshape(n, 1, 1), rng.integers(0, 3, n))


@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 2**63 - 1),
    start=st.integers(0, 200),
    count=st.integers(0, 60),
)
@settings(max_examples=40)
def test_an_example_is_the_same_however_it_is_read(n, seed, start, count):
    examples = some(n)
    images, labels = FiniteStream(examples, 3, seed).read(start, count)
    one_by_one = FiniteStream(examples, 3, seed)
    singles = [one_by_one.read(k, 1)[0].item() for k in range(start, start + count)]
    assert images.flatten().tolist() == singles
    assert labels.tolist() == [examples.labels[k] for k in singles]
    assert (images.dtype, labels.dtype) == (torch.uint8, torch.int64)
    assert images.shape == (count, 1, 1)


@given(n=st.integers(1, 200), seed=st.integers(0, 2**63 - 1), epoch=st.integers(0, 10**12))
def test_an_epoch_is_every_example_once(n, seed, epoch):
    images, _ = FiniteStream(some(n), 3, seed).read(epoch * n, n)
    assert sorted(images.flatten().tolist()) == list(range(n))


def test_epochs_and_seeds_differ_in_their_order():
    orders = [
        tuple(FiniteStream(some(200), 3, seed).read(200 * epoch, 200)[0].flatten().tolist())
        for seed in range(5)
        for epoch in range(5)
    ]
    assert len(set(orders)) == 25


def test_every_order_is_as_likely():
    stream = FiniteStream(some(3), 3, 0)
    epochs = stream.read(0, 3 * 6000)[0].view(6000, 3)
    _, counts = torch.unique(epochs, dim=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 1000).abs() < 5 * 29).all()  # five standard deviations


def test_the_order_is_the_same_on_every_machine():
    """A checkpoint goes on elsewhere only if it is; computed apart, with Python's integers."""
    words = philox.draw(3, 4, np.arange(20, 30), 0)
    keys = [(int(a) << 32) + int(b) for a, b in zip(words[0], words[1], strict=True)]
    expected = sorted(range(10), key=keys.__getitem__)
    assert FiniteStream(some(10), 3, 3).read(20, 10)[0].flatten().tolist() == expected
    assert expected == [4, 8, 1, 3, 2, 5, 9, 6, 0, 7]


@pytest.mark.parametrize("given", [(-1, 1), (0, -1), (0.5, 1), (2**63, 1)])
def test_a_stream_refuses_what_is_no_position(given):
    with pytest.raises(UsageError):
        FiniteStream(some(3), 3, 0).read(*given)
    with pytest.raises(UsageError):
        FiniteStream(some(3), 3, -1)


# ---- sources


def test_every_source_has_the_same_interface(tiny):
    publication, _, folder = tiny
    for name in ("shapeset", publication.name):
        source: Source = datasets.source(name, folder)
        assert source.name == name
        assert len(source.classes) == source.n_classes
        stream: Stream = source.stream(3)
        assert (stream.n_in, stream.n_classes) == (source.n_in, source.n_classes)
        images, labels = stream.read(0, 4)
        assert images.flatten(1).shape == (4, source.n_in)
        for examples in (source.validation_set(), source.test_set(), source.monitored_set()):
            assert examples[0].dtype == torch.uint8
            assert examples[1].dtype == torch.int64
            assert examples[0].shape[1:] == images.shape[1:]
            assert labels.max() < source.n_classes


def test_the_splits_are_the_published_files_in_their_order(tmp_path):
    publication, files, packed_files = tiny_data.tiny_mnist()
    tiny_data.write(tmp_path / "mnist", packed_files)
    found = registry.published_examples(publication, tmp_path)
    published = {name: idx.parse(bytes_of(content)) for name, content in files.items()}
    pool = published["train-images-idx3-ubyte"]
    assert (found.train.arrays()[0] == pool[:20]).all()
    assert (found.validation.arrays()[0] == pool[20:]).all()
    assert (found.test.arrays()[0] == published["t10k-images-idx3-ubyte"]).all()
    assert (found.test.arrays()[1] == published["t10k-labels-idx1-ubyte"]).all()
    assert found.train.images is found.validation.images


def test_the_batches_of_cifar_are_split_as_said(tmp_path):
    publication, files, packed_files = tiny_data.tiny_cifar()
    tiny_data.write(tmp_path, packed_files)
    found = registry.published_examples(publication, tmp_path)
    for part, names in (
        (found.train, [f"data_batch_{k}.bin" for k in (1, 2, 3, 4)]),
        (found.validation, ["data_batch_5.bin"]),
        (found.test, ["test_batch.bin"]),
    ):
        rows = np.concatenate([bytes_of(files[name]).reshape(-1, cifar.ROW) for name in names])
        images, labels = part.arrays()
        assert (images.reshape(len(rows), -1) == rows[:, 1:]).all()
        assert (labels == rows[:, 0]).all()


def test_monitored_examples_are_300_different_test_examples():
    images = np.arange(1000, dtype=np.int64).view(np.uint8).reshape(1000, 8)
    labels = np.arange(1000) % 3
    parts = Labelled.whole(images, labels)
    source = FiniteSource("x", ("a", "b", "c"), (8,), lambda: Examples.of(parts, parts, 5))
    seen = source.monitored_set()[0].numpy().view(np.int64).flatten()
    assert len(set(seen.tolist())) == finite.MONITORED == 300
    assert 400 < seen.mean() < 600
    assert (source.monitored_set()[0].numpy().view(np.int64).flatten() == seen).all()


def test_a_source_reads_nothing_before_it_is_asked(tmp_path):
    source = datasets.source("cifar10", tmp_path)
    assert (source.n_in, source.n_classes) == (3072, 10)
    with pytest.raises(NotThereError, match="glorot-tutor data fetch cifar10"):
        source.test_set()


@pytest.mark.parametrize("name", ["imagenet", "", "MNIST", None])
def test_unknown_names_are_refused(name, tmp_path):
    names = "shapeset, shapeset-3x1, shapeset-100k, digits, mnist"
    with pytest.raises(UsageError, match=f"choose one of {names}"):
        datasets.source(name, tmp_path)


def test_the_folder_is_the_one_given_or_the_environments_or_the_cache(tmp_path, monkeypatch):
    monkeypatch.delenv(places.VARIABLE, raising=False)
    assert places.data_folder() == tmp_path / "cache"
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "a"))
    assert places.data_folder() == tmp_path / "a"
    assert places.data_folder(tmp_path / "b") == tmp_path / "b"
    (tmp_path / "file").touch()
    for bad in (tmp_path / "file", "", "x" * 5000):
        with pytest.raises(UsageError):
            places.data_folder(bad)
