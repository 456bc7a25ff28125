"""Finite data sets: formats, streams, and what is said of damaged files."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_data
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glorot_tutor import datasets, philox
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.datasets import cifar, finite, grey, idx, packed, places, reading, registry
from glorot_tutor.datasets.damage import DamagedError, NotThereError
from glorot_tutor.datasets.finite import FiniteSource, FiniteStream
from glorot_tutor.datasets.labelled import Examples, Labelled
from glorot_tutor.datasets.local import local_examples
from glorot_tutor.datasets.published import PUBLISHED
from glorot_tutor.streams import Source, Stream


@pytest.fixture(autouse=True)
def no_cache(tmp_path, monkeypatch):
    """No test looks into the reader's cache, or writes there."""
    monkeypatch.setattr(places, "cache_folder", lambda: tmp_path / "cache")
    registry._finite.cache_clear()


def bytes_of(content):
    return np.frombuffer(content, np.uint8)


def outcome(call, error):
    """What a call gives, or the sentence of this error; any other error is a failure."""
    try:
        return call(), None
    except error as raised:
        return None, str(raised)


# ---- formats


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


@pytest.fixture(params=[tiny_data.tiny_mnist, tiny_data.tiny_cifar])
def tiny(request, tmp_path, monkeypatch):
    """A publication under its usual name, its files, and the folder that holds them packed."""
    publication, files, packed_files = request.param()
    monkeypatch.setitem(PUBLISHED, publication.name, publication)
    return publication, files, tiny_data.write(tmp_path / "data", packed_files)


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
    with pytest.raises(UsageError, match="choose one of shapeset, shapeset-100k, digits, mnist"):
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


# ---- copies in other forms


@pytest.mark.parametrize("ending", ["", ".gz", ".xz", ".bz2"])
@pytest.mark.parametrize("sub", ["", "mnist"])
def test_a_file_packed_in_another_way_is_as_good(tmp_path, ending, sub):
    publication, files, _ = tiny_data.tiny_mnist()
    pack = {"": bytes, ".gz": functools.partial(gzip.compress, compresslevel=1)}
    pack |= {".xz": lzma.compress, ".bz2": bz2.compress}
    tiny_data.write(tmp_path / sub, {n + ending: pack[ending](c) for n, c in files.items()})
    contents = reading.read(publication, [tmp_path])
    assert {name: bytes(content) for name, content in contents.files.items()} == files


@pytest.mark.parametrize("packing", ["", "gz", "xz", "bz2"])
@pytest.mark.parametrize("inside", ["cifar-10-batches-bin/", "./cifar-10-batches-bin/", "./", ""])
def test_an_archive_packed_in_another_way_is_as_good(tmp_path, packing, inside):
    publication, files, _ = tiny_data.tiny_cifar()
    archive = tiny_data.tar({inside + name: content for name, content in files.items()}, packing)
    name = "cifar-10-batches-bin.tar" + (packing and f".{packing}")
    tiny_data.write(tmp_path, {name: archive})
    contents = reading.read(publication, [tmp_path])
    assert {name: bytes(content) for name, content in contents.files.items()} == files


def test_what_was_unpacked_is_kept_and_read_the_next_time(tiny, tmp_path):
    publication, files, folder = tiny
    registry.published_examples(publication, folder)
    home = tmp_path / "cache" / publication.name
    assert {path.name: path.read_bytes() for path in home.iterdir()} == files
    again = reading.read(publication, [folder, tmp_path / "cache"])
    assert {path.parent for path in again.sources.values()} == {home}
    assert not list(folder.glob("*batch_*"))  # a folder that is named is only read


def test_a_damaged_copy_is_no_harm_where_a_good_one_lies(tiny, tmp_path):
    publication, files, folder = tiny
    name = publication.files[0].name
    home = tiny_data.write(tmp_path / "cache" / publication.name, {name: b"damaged"})
    registry.published_examples(publication, folder)
    assert (home / name).read_bytes() == files[name]


def test_a_cache_that_cannot_be_written_only_costs_time(tiny, tmp_path):
    publication, _, folder = tiny
    (tmp_path / "cache").touch()
    assert len(registry.published_examples(publication, folder).test)
    assert (tmp_path / "cache").read_bytes() == b""


# ---- archives stay in their place


def test_members_with_other_names_are_passed_over(tmp_path):
    publication, files, _ = tiny_data.tiny_cifar()
    bad = b"bad" * 1000
    names = ("/data_batch_1.bin", "../data_batch_1.bin", "x/../../data_batch_1.bin")
    names = (*names, "other/data_batch_1.bin", "cifar-10-batches-bin/../data_batch_1.bin")
    inside = dict.fromkeys(names, bad) | files
    folder = tiny_data.write(tmp_path / "data", {"cifar-10-binary.tar": tiny_data.tar(inside)})
    contents = reading.read(publication, [folder])
    assert {name: bytes(content) for name, content in contents.files.items()} == files
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["cifar-10-binary.tar", "data"]


def test_links_in_an_archive_lead_nowhere(tmp_path):
    secret = tiny_data.write(tmp_path / "elsewhere", {"secret": b"x" * 30730}) / "secret"
    with tarfile.open(tmp_path / "cifar-10-binary.tar", "w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            member = tarfile.TarInfo("data_batch_1.bin")
            member.type, member.linkname = kind, str(secret)
            archive.addfile(member)
    found = list(packed.members(tmp_path / "cifar-10-binary.tar", "x", ["data_batch_1.bin"]))
    assert found == []


# ---- damage


def change(content, place=-1):
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
DAMAGE = {
    "empty": (lambda files: {IMAGES: b""}, "is empty"),
    "empty when unpacked": (lambda files: {IMAGES + ".gz": gzip.compress(b"")}, "is empty"),
    "truncated": (lambda files: {IMAGES: files[IMAGES][:-9]}, "bytes of train-images"),
    "truncated header": (lambda files: {IMAGES: files[IMAGES][:9]}, "ends within its header"),
    "truncated gz": (
        lambda files: {IMAGES + ".gz": gzip.compress(files[IMAGES])[:-9]},
        "ends early",
    ),
    "truncated xz": (
        lambda files: {IMAGES + ".xz": lzma.compress(files[IMAGES])[:-9]},
        "ends early",
    ),
    "no gz": (lambda files: {IMAGES + ".gz": files[IMAGES]}, "cannot be unpacked"),
    "no xz": (lambda files: {IMAGES + ".xz": files[IMAGES]}, "cannot be unpacked"),
    "no bz2": (lambda files: {IMAGES + ".bz2": files[IMAGES]}, "cannot be unpacked"),
    "corrupted": (lambda files: {IMAGES: change(files[IMAGES])}, "differs from the published"),
    "corrupted gz": (
        lambda files: {IMAGES + ".gz": change(gzip.compress(files[IMAGES]), -6)},
        "cannot be unpacked",
    ),
    "longer": (lambda files: {IMAGES: files[IMAGES] + b"x"}, "holds more bytes"),
    "longer when unpacked": (
        lambda files: {IMAGES + ".gz": gzip.compress(files[IMAGES] + bytes(10**6))},
        "holds more bytes",
    ),
    "wrong magic": (lambda files: {IMAGES: change(files[IMAGES], 2)}, "does not begin as an IDX"),
    "a web page": (lambda files: {IMAGES: b"<html>" * 100}, "does not begin as an IDX"),
    "labels for images": (
        lambda files: {IMAGES: files[LABELS], LABELS: files[IMAGES]},
        "holds labels where images are expected",
    ),
    "test for training": (
        lambda files: {IMAGES: files["t10k-images-idx3-ubyte"]},
        "bytes of train-images",
    ),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_damage_is_one_sentence(kind, tmp_path):
    publication, files, _ = tiny_data.tiny_mnist()
    damaged, words = DAMAGE[kind]
    bad = damaged(files)
    good = {name: c for name, c in files.items() if name not in {n.split(".")[0] for n in bad}}
    tiny_data.write(tmp_path, good | bad)
    with pytest.raises(RunError, match=words) as error:
        reading.read(publication, [tmp_path])
    sentence = str(error.value)
    assert str(tmp_path / next(iter(bad))) in sentence
    assert "data fetch mnist" in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda files: {"data_batch_1.bin": files["test_batch.bin"]}, "files are swapped"),
        (lambda files: {"data_batch_1.bin": b"\x0b" + files["data_batch_1.bin"][1:]}, "label 11"),
        (lambda files: {"data_batch_1.bin": files["data_batch_1.bin"][:-1]}, "bytes of data_batch"),
        (lambda files: {"cifar-10-binary.tar.gz": b"x" * 99}, "cannot be unpacked"),
        (lambda files: {"cifar-10-binary.tar": tiny_data.tar(files)[:99999]}, "cannot be unpacked"),
        (
            lambda files: {"cifar-10-binary.tar.xz": tiny_data.tar(files, "xz")[:-99]},
            "cannot be unpacked",
        ),
        (
            lambda files: {"cifar-10-binary.tar.gz": tiny_data.tar(files, "gz")[:-99]},
            "cannot be unpacked",
        ),
    ],
)
def test_each_damage_of_cifar_is_one_sentence(damage, words, tmp_path):
    publication, files, _ = tiny_data.tiny_cifar()
    bad = damage(files)
    rest = {n: c for n, c in files.items() if n not in bad and n != "test_batch.bin"}
    tiny_data.write(tmp_path, bad if ".tar" in next(iter(bad)) else rest | bad)
    with pytest.raises(RunError, match=words) as error:
        reading.read(publication, [tmp_path])
    assert "\n" not in str(error.value)


@given(data=st.data())
def test_no_change_of_a_packed_file_goes_unnoticed(data, tmp_path_factory):
    publication, files, packed_files = tiny_data.tiny_mnist()
    name = data.draw(st.sampled_from(sorted(packed_files)))
    content = bytearray(packed_files[name])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    folder = tmp_path_factory.mktemp("changed")
    tiny_data.write(folder, packed_files | {name: bytes(content[:cut])})
    contents, sentence = outcome(lambda: reading.read(publication, [folder]), RunError)
    if contents is None:
        assert name in sentence
    else:  # the header of a gzip file holds a date and a name: the content is what counts
        assert {name: bytes(c) for name, c in contents.files.items()} == files


def test_one_missing_file_is_named(tmp_path):
    publication, files, _ = tiny_data.tiny_mnist()
    tiny_data.write(tmp_path, {name: c for name, c in files.items() if name != LABELS})
    with pytest.raises(NotThereError, match=f"{LABELS} of mnist is not in {tmp_path}"):
        reading.read(publication, [tmp_path])


def test_what_cannot_be_read_is_said(tmp_path, monkeypatch):
    publication, files, _ = tiny_data.tiny_mnist()
    tiny_data.write(tmp_path, files)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setitem(packed.PACKINGS, "", refuse)
    with pytest.raises(RunError, match=r"cannot be read \(Permission denied\)"):
        reading.read(publication, [tmp_path])


def test_folders_and_pipes_are_not_opened(tmp_path):
    publication, files, _ = tiny_data.tiny_mnist()
    tiny_data.write(tmp_path, {name: c for name, c in files.items() if name != LABELS})
    os.mkfifo(tmp_path / LABELS)
    (tmp_path / (LABELS + ".gz")).mkdir()
    with pytest.raises(RunError, match=r"is no ordinary file \(1 more like it\)"):
        reading.read(publication, [tmp_path])


def test_class_counts_are_compared(tmp_path):
    publication, files, _ = tiny_data.tiny_mnist()
    tiny_data.write(tmp_path, files)
    wrong = replace(publication, counts=(publication.counts[0], (2,) * 9 + (3,)))
    with pytest.raises(RunError, match="other counts than published"):
        registry.published_examples(wrong, tmp_path)


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
    with pytest.raises(RunError, match="glorot-tutor data build") as error:
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


# ---- the real files

FOLDERS = [os.environ.get(places.VARIABLE), Path(__file__).parents[2] / "shared" / "data"]


def real(name):
    """Folder that holds a data set; the test is skipped where there is none."""
    for folder in filter(None, FOLDERS):
        if registry.is_in(name, Path(folder)):
            return Path(folder)
    pytest.skip(f"{name} is neither in GLOROT_TUTOR_DATA nor in ../shared/data")


SIZES = {
    "mnist": (50_000, 10_000, 10_000),
    "fashion-mnist": (50_000, 10_000, 10_000),
    "cifar10": (40_000, 10_000, 10_000),
    "tiny-imagenet-9": (25_650, 2_850, 2_850),
}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """A cache for all tests of the real files: CIFAR-10 takes ten seconds to unpack."""
    return tmp_path_factory.mktemp("unpacked")


def real_examples(name, cache):
    if name in PUBLISHED:
        return registry.published_examples(PUBLISHED[name], real(name), cache)
    return local_examples(name, real(name))


LIMITS = {"mnist": 0.5, "cifar10": 2.0}
MEASURE = """
import resource, sys, time
from glorot_tutor.datasets import registry
from glorot_tutor.datasets.published import PUBLISHED
from pathlib import Path
name, folder, cache = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, start = peak(), time.process_time()
found = registry.published_examples(PUBLISHED[name], folder, cache)
arrays = found.train.images.nbytes + found.test.images.nbytes
print(time.process_time() - start, (peak() - before) / arrays)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs")
@pytest.mark.parametrize("name", LIMITS)
def test_loading_is_quick_and_small(name, unpacked):
    """Processor time, so that other work on the machine does not count; the second loading."""
    command = [sys.executable, "-c", MEASURE, name, str(real(name)), str(unpacked)]
    for number in range(2):
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, memory = map(float, run.stdout.split())
        assert memory < 1.5
        assert number == 0 or seconds < LIMITS[name]


@pytest.mark.parametrize("name", SIZES)
def test_the_real_files_are_what_they_should_be(name, unpacked):
    found = real_examples(name, unpacked)
    assert (len(found.train), len(found.validation), len(found.test)) == SIZES[name]
    # all grey values occur, and an image is no noise: neighbours are alike
    images = found.test.take(slice(None, None, 10)).arrays()[0].astype(float)
    assert images.min() == 0
    assert images.max() == 255
    assert np.abs(np.diff(images, axis=-1)).mean() < np.abs(np.diff(images, axis=0)).mean() / 2


def test_rows_and_columns_of_mnist_are_not_swapped(unpacked):
    images, labels = real_examples("mnist", unpacked).test.arrays()
    high, wide = (np.ptp(np.argwhere(images[labels == 1].mean(0) > 64)[:, axis]) for axis in (0, 1))
    assert high > 2 * wide
