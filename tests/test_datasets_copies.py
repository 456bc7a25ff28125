"""Copies of data sets in other forms: packed in any way, unpacked once, from the right place."""

from __future__ import annotations

import bz2
import functools
import gzip
import lzma
import tarfile

import pytest
import tiny_data

from glorot_tutor.datasets import packed, reading, registry

pytestmark = pytest.mark.usefixtures("no_cache")


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
