"""Damaged data sets: each damage is found, and is one sentence that names the file."""

from __future__ import annotations

import gzip
import lzma
import os
from dataclasses import replace

import pytest
import tiny_data
from hypothesis import given
from hypothesis import strategies as st
from tiny_data import outcome

from glorot_tutor.checks import RunError
from glorot_tutor.datasets import packed, reading, registry
from glorot_tutor.datasets.damage import NotThereError

pytestmark = pytest.mark.usefixtures("no_cache")


def change(content, place=-1):
    changed = bytearray(content)
    changed[place] ^= 1
    return bytes(changed)


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
DAMAGE = {
    "empty": (lambda files: {IMAGES: b""}, "is empty"),
    "empty when unpacked": (lambda files: {IMAGES + ".gz": gzip.compress(b"")}, "is empty"),
    "truncated": (lambda files: {IMAGES: files[IMAGES][:-9]}, "bytes of train-images"),
    "truncated header": (
        lambda files: {IMAGES: files[IMAGES][:9]},
        "holds 9 bytes of train",
    ),
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
    "wrong magic": (lambda files: {IMAGES: change(files[IMAGES], 2)}, "differs from the published"),
    "a web page": (lambda files: {IMAGES: b"<html>" * 100}, "holds 600 bytes of train-images"),
    "labels for images": (
        lambda files: {IMAGES: files[LABELS], LABELS: files[IMAGES]},
        "holds 38 bytes of train-images-idx3-ubyte where 616 are expected",
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
        (
            lambda files: {"data_batch_1.bin": b"\x0b" + files["data_batch_1.bin"][1:]},
            "differs from",
        ),
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
