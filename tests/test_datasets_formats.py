"""Files of data sets: what was written is read, and anything else is a sentence."""

from __future__ import annotations

import numpy as np
import pytest
import tiny_data
from hypothesis import given
from hypothesis import strategies as st
from tiny_data import bytes_of, outcome

from glorot_tutor import datasets
from glorot_tutor.checks import RunError
from glorot_tutor.datasets import cifar, grey, idx
from glorot_tutor.datasets.damage import DamagedError, NotThereError
from glorot_tutor.datasets.local import local_examples

pytestmark = pytest.mark.usefixtures("no_cache")


# ---- IDX and CIFAR


@given(
    st.one_of(
        st.tuples(st.integers(0, 9)),
        st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)),
    ),
    st.integers(0, 2**32 - 1),
)
def test_idx_files_give_back_what_was_written(shape, seed):
    array = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    found = idx.parse(bytes_of(tiny_data.idx(array)))
    assert found.shape == array.shape
    assert (found == array).all()


@given(st.binary(max_size=60))
def test_any_bytes_are_an_idx_file_or_a_sentence(content):
    found, sentence = outcome(lambda: idx.parse(bytes_of(content)), DamagedError)
    assert sentence or tiny_data.idx(found) == content


@given(st.data())
def test_a_damaged_idx_header_is_never_taken_for_another_array(data):
    good = tiny_data.idx(np.zeros((3, 4, 2), np.uint8))
    place = data.draw(st.integers(0, 15))
    content = bytearray(good)
    content[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedError):
        idx.parse(bytes_of(bytes(content)))


@given(st.binary(max_size=20), st.integers(0, 3))
def test_any_bytes_are_cifar_rows_or_a_sentence(start, n):
    content = (start + bytes(n * cifar.ROW))[: n * cifar.ROW + len(start) % 2]
    found, sentence = outcome(lambda: cifar.parse(bytes_of(content)), DamagedError)
    if sentence is None:
        assert len(content) == len(found) * cifar.ROW
        assert (found.labels < 10).all()
        assert found.labels.tolist() == list(content[:: cifar.ROW])
    else:
        assert "holds the label" in sentence or "whole number of examples" in sentence


def test_cifar_pixels_keep_their_planes():
    row = np.zeros(cifar.ROW, np.uint8)
    row[0], row[1 + 1024 + 32 + 5] = 7, 200  # green, second row, sixth column
    found = cifar.parse(row)
    assert found.labels.tolist() == [7]
    assert np.argwhere(found.images).tolist() == [[0, 1, 1, 5]]
    assert np.shares_memory(found.images, row)


# ---- .npz files of grey photographs


def photographs(n=60, n_classes=10, **changes):
    rng = np.random.default_rng(0)
    arrays = {
        "images": rng.integers(0, 256, (n, 37, 37), np.uint8),
        "labels": np.arange(n) % n_classes,
        "split": np.arange(n) // 10 % 3,
    }
    return arrays | changes


def test_small_imagenet_is_read_as_written(tmp_path):
    home = tmp_path / "small-imagenet"
    home.mkdir()
    arrays = photographs()
    np.savez_compressed(home / "small-imagenet-37x37-grey.npz", **arrays)
    source = datasets.source("small-imagenet", tmp_path)
    assert (source.n_in, source.n_classes) == (1369, 10)
    images, labels = source.test_set()
    test = arrays["split"] == 2
    assert (images.numpy() == arrays["images"][test]).all()
    assert labels.tolist() == arrays["labels"][test].tolist()
    assert datasets.source("small-imagenet", home).epoch == (arrays["split"] == 0).sum()


@pytest.mark.parametrize(
    "arrays",
    [
        photographs(images=np.zeros((60, 36, 37), np.uint8)),
        photographs(images=np.zeros((60, 37, 37))),
        photographs(images=np.zeros((59, 37, 37), np.uint8)),
        photographs(labels=np.full(60, 10)),
        photographs(labels=np.full(60, -1)),
        photographs(labels=np.zeros(60)),
        photographs(split=np.zeros(60, int)),
        photographs(split=np.arange(60)),
        photographs(labels=np.array([{}] * 60)),
        {"images": np.zeros((60, 37, 37), np.uint8)},
    ],
)
def test_other_arrays_are_refused(tmp_path, arrays):
    path = tmp_path / "small-imagenet-37x37-grey.npz"
    np.savez(path, **arrays)
    with pytest.raises(RunError, match=r"small_imagenet/build\.py") as error:
        local_examples("small-imagenet", tmp_path)
    assert str(path) in str(error.value)


@given(data=st.data())
def test_no_damage_of_an_npz_is_more_than_a_sentence(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("npz")
    path = folder / "small-imagenet-37x37-grey.npz"
    arrays = photographs(n=30)
    np.savez(path, **arrays)
    content = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(content[:cut])
    found, sentence = outcome(lambda: local_examples("small-imagenet", folder), RunError)
    if found is None:
        assert str(path) in sentence
    else:  # the changed byte is a date or the like
        assert (found.test.arrays()[0] == arrays["images"][arrays["split"] == 2]).all()
        assert (found.test.arrays()[1] == arrays["labels"][arrays["split"] == 2]).all()


def test_an_npz_that_is_not_there_is_said(tmp_path):
    with pytest.raises(NotThereError, match="from your own copy of ImageNet"):
        local_examples("small-imagenet", tmp_path)
    with pytest.raises(NotThereError, match="is not handed out"):
        local_examples("tiny-imagenet-9", tmp_path)


def test_the_stand_in_has_nine_classes_and_mirrors_its_test_set(tmp_path):
    wnids = np.repeat([f"n{k:08}" for k in range(18)], 8)
    labels = np.repeat([k for k in range(10) if k != 8] * 2, 8)
    split = np.tile([0, 0, 0, 0, 0, 0, 1, 1], 18)
    images = np.arange(144, dtype=np.uint8)[:, None, None] + np.zeros((37, 37), np.uint8)
    path = tmp_path / "tiny-imagenet-37x37-grey.npz"
    np.savez(path, images=images, labels=labels, split=split, wnids=wnids)
    source = datasets.source("tiny-imagenet-9", tmp_path)
    assert source.n_classes == 9
    assert "flowers" not in source.classes
    shown = source.validation_set()[0][:, 0, 0].numpy()
    assert (shown % 8).tolist() == [4, 5] * 18
    assert (source.test_set()[0][:, 0, 0].numpy() % 8).tolist() == [6, 7] * 18
    assert source.epoch == 72
    fruits = source.test_set()[1].numpy() == 8
    assert (labels[split == 1][fruits] == grey.CLASSES.index("fruits")).all()
    np.savez(path, images=images, labels=labels % 8, split=split, wnids=wnids)
    with pytest.raises(RunError, match="nine classes"):
        local_examples("tiny-imagenet-9", tmp_path)
