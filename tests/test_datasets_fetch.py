"""Getting data sets: from good and bad mirrors, without a network, two at once, on the shell."""

from __future__ import annotations

import errno
import multiprocessing
import os
import re
import socket
import threading
import time
from dataclasses import replace

import pooch
import pytest
import tiny_data

from glorot_tutor import cli
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.datasets import fetching, places
from glorot_tutor.datasets.published import CIFAR10, MNIST, PUBLISHED


@pytest.fixture(autouse=True)
def no_cache(no_cache, monkeypatch):
    """Neither does it look where the environment says."""
    monkeypatch.delenv(places.VARIABLE, raising=False)


def silent(_):
    pass


def left_in(folder):
    """Everything in a folder but locks."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix != ".lock"}


def kept(folder, publication):
    home = folder / publication.name
    return {path.name: path.read_bytes() for path in home.iterdir()}


def published_by(make, server, *kinds):
    return make(tuple(server.mirror(kind) for kind in kinds))[0]


@pytest.mark.parametrize("make", [tiny_data.tiny_mnist, tiny_data.tiny_cifar])
def test_what_is_fetched_is_verified_unpacked_and_fetched_once(make, tmp_path):
    _, files, packed = make()
    with tiny_data.serving(packed) as server:
        publication = published_by(make, server, "good")
        lines = []
        fetching.fetch(publication, tmp_path, lines.append)
        assert kept(tmp_path, publication) == files
        assert left_in(tmp_path) == {publication.name, *(f"{publication.name}/{n}" for n in files)}
        assert sorted(server.asked) == sorted(f"/good/{name}" for name in packed)
        assert "verified" in lines[-1]
        fetching.fetch(publication, tmp_path, lines.append)
        assert len(server.asked) == len(packed)
        assert "already" in lines[-1]


@pytest.mark.parametrize("kind", ["damaged", "short", "empty", "missing"])
def test_a_bad_mirror_is_followed_by_the_next(kind, tmp_path):
    _, files, packed = tiny_data.tiny_mnist()
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, kind, "good", "never")
        fetching.fetch(publication, tmp_path, silent)
        assert kept(tmp_path, publication) == files
        assert {path.split("/")[1] for path in server.asked} == {kind, "good"}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("damaged", "sends another file than published"),
        ("short", "broke off"),
        ("empty", "sends another file than published"),
        ("missing", "answers 404"),
    ],
)
def test_bad_mirrors_alone_leave_nothing_and_a_sentence(kind, words, tmp_path):
    packed = tiny_data.tiny_mnist()[2]
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, kind)
        with pytest.raises(RunError, match=words) as error:
            fetching.fetch(publication, tmp_path, silent)
    assert str(error.value).startswith("cannot fetch train-images-idx3-ubyte.gz: 127.0.0.1:")
    assert left_in(tmp_path) == set()


def test_a_published_hash_of_other_content_is_not_enough(tmp_path):
    """What counts is the content: a wrong sum of the packed file cannot let it through."""
    packed = tiny_data.tiny_mnist()[2]
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, "good")
        wrong = replace(publication.files[0], sha256="0" * 64)
        publication = replace(publication, files=(wrong, *publication.files[1:]))
        with pytest.raises(RunError, match="differs from the published"):
            fetching.fetch(publication, tmp_path, silent)
    assert left_in(tmp_path) == set()


def test_without_a_network_is_said(tmp_path):
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        mirrors = (f"http://127.0.0.1:{taken.getsockname()[1]}/", "http://no.such.host.invalid/")
        publication = tiny_data.tiny_mnist(mirrors)[0]
        with pytest.raises(RunError, match="cannot be reached; no.such.host.invalid cannot be"):
            fetching.fetch(publication, tmp_path, silent)
    assert left_in(tmp_path) == set()


def test_a_server_that_does_not_answer_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    _, files, packed = tiny_data.tiny_cifar()
    with tiny_data.serving(packed) as slow, tiny_data.serving(packed) as quick:
        slow.gate.clear()
        publication = tiny_data.tiny_cifar((slow.mirror("good"), quick.mirror("good")))[0]
        fetching.fetch(publication, tmp_path, silent)
        only = tiny_data.tiny_cifar((slow.mirror("good"),))[0]
        with pytest.raises(RunError, match="does not answer"):
            fetching.fetch(only, tmp_path / "other", silent)
    assert kept(tmp_path, publication) == files


def test_files_that_are_there_need_no_network(tmp_path):
    publication, _, packed = tiny_data.tiny_cifar(("http://no.such.host.invalid/",))
    tiny_data.write(tmp_path, packed)
    fetching.fetch(publication, tmp_path, silent)
    assert left_in(tmp_path) == set(packed)


def test_damaged_files_that_are_there_are_replaced(tmp_path):
    _, files, packed = tiny_data.tiny_mnist()
    name = next(iter(files))
    tiny_data.write(tmp_path / "mnist", {name: b"damaged"})
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, "good")
        fetching.fetch(publication, tmp_path, silent)
    assert kept(tmp_path, publication) == files


# ---- disks


class FullFile:
    """An open file on a disk without room."""

    def __init__(self, *_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("where", ["download", "unpacked"])
def test_a_full_disk_leaves_nothing_and_a_sentence(where, tmp_path, monkeypatch):
    packed = tiny_data.tiny_mnist()[2]
    if where == "download":
        monkeypatch.setattr(pooch.HTTPDownloader, "__call__", FullFile)
    else:
        monkeypatch.setattr("pathlib.Path.write_bytes", FullFile)
    with tiny_data.serving({}) as server:
        server.files |= packed
        publication = published_by(tiny_data.tiny_mnist, server, "good", "good")
        with pytest.raises(RunError, match="No space left on device") as error:
            fetching.fetch(publication, tmp_path, silent)
    assert "cannot write" in str(error.value)
    assert left_in(tmp_path) <= {"mnist"}
    assert not list((tmp_path / "mnist").glob("*"))


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_fetched(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    packed = tiny_data.tiny_mnist()[2]
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, "good")
        (tmp_path / "file").touch()
        with pytest.raises(UsageError, match="needs a folder"):
            fetching.fetch(publication, tmp_path / "file" / "data", silent)
        monkeypatch.setattr("tempfile.TemporaryFile", refuse)
        with pytest.raises(RunError, match="Read-only file system"):
            fetching.fetch(publication, tmp_path, silent)
        assert server.asked == []


# ---- two at once


def fetch_in_a_process(make, mirror, folder):
    fetching.fetch(make((mirror,))[0], folder, silent)


def test_two_processes_fetch_once(tmp_path):
    _, files, packed = tiny_data.tiny_mnist()
    context = multiprocessing.get_context("spawn")
    with tiny_data.serving(packed) as server:
        server.gate.clear()
        arguments = (tiny_data.tiny_mnist, server.mirror("good"), tmp_path)
        both = [context.Process(target=fetch_in_a_process, args=arguments) for _ in range(2)]
        for process in both:
            process.start()
        while not server.asked:
            time.sleep(0.02)
        server.gate.set()
        for process in both:
            process.join(30)
        assert [process.exitcode for process in both] == [0, 0]
        assert sorted(server.asked) == sorted(f"/good/{name}" for name in packed)
    assert kept(tmp_path, MNIST) == files


def test_the_second_says_that_it_waits(tmp_path):
    packed = tiny_data.tiny_mnist()[2]
    waits = threading.Event()

    def hear(line):
        if "another process is fetching mnist" in line:
            waits.set()

    with tiny_data.serving(packed) as server:
        server.gate.clear()
        publication = published_by(tiny_data.tiny_mnist, server, "good")
        both = [
            threading.Thread(target=fetching.fetch, args=(publication, tmp_path, hear))
            for _ in range(2)
        ]
        for thread in both:
            thread.start()
        assert waits.wait(20)
        server.gate.set()
        for thread in both:
            thread.join(20)
    assert len(server.asked) == len(packed)


def test_what_a_killed_process_left_is_cleared(tmp_path):
    packed = tiny_data.tiny_mnist()[2]
    tiny_data.write(tmp_path / ".fetch-mnist-killed", {"half": b"x"})
    with tiny_data.serving(packed) as server:
        fetching.fetch(published_by(tiny_data.tiny_mnist, server, "good"), tmp_path, silent)
    assert not list(tmp_path.glob(".fetch*"))


# ---- what was published


@pytest.mark.parametrize("publication", PUBLISHED.values(), ids=PUBLISHED)
def test_publications_are_consistent(publication):
    train, test = publication.counts
    assert sum(test) == publication.held_out == 10_000
    assert sum(train) == 60_000 - 10_000 * (publication is CIFAR10)
    assert len(train) == len(test) == len(publication.classes) == 10
    assert len({file.sha256 for file in publication.files}) == len(publication.files)
    assert all(len(file.sha256) == 64 for file in publication.files)
    assert all(re.fullmatch("md5:[0-9a-f]{32}", md5) for md5 in publication.registry.values())
    assert all(m.startswith("http") and m.endswith("/") for m in publication.mirrors)


# ---- the command


def call(capsys, *arguments):
    """Exit status, stdout, stderr of one command."""
    status = 0
    try:
        cli.main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    return status, *capsys.readouterr()


def listed(capsys, *where):
    """State of each data set by name, as the command lists them."""
    _, *lines = call(capsys, "data", "list", *where)[1].splitlines()
    return {name: state for name, state, *_ in map(str.split, lines)}


def test_fetch_verify_and_list_on_the_command_line(tmp_path, capsys, monkeypatch):
    packed = tiny_data.tiny_mnist()[2]
    with tiny_data.serving(packed) as server:
        publication = published_by(tiny_data.tiny_mnist, server, "good")
        monkeypatch.setitem(PUBLISHED, "mnist", publication)
        where = ("--data-dir", tmp_path / "data")
        status, _, err = call(capsys, "data", "verify", "mnist", *where)
        assert status == 1
        assert "mnist is not in" in err
        assert listed(capsys, *where)["mnist"] == "missing"
        status, _, err = call(capsys, "data", "fetch", "mnist", *where)
        assert status == 0
        assert f"fetching {server.mirror('good')}train-images-idx3-ubyte.gz" in err
    status, out, _ = call(capsys, "data", "verify", "mnist", *where)
    assert status == 0
    assert "mnist: good, 20 train, 10 validation, 20 test examples" in out
    assert listed(capsys, *where)["mnist"] == "there"
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "data"))
    assert call(capsys, "data", "verify", "mnist")[0] == 0
    (tmp_path / "data" / "mnist" / "train-labels-idx1-ubyte").write_bytes(b"x")
    status, out, err = call(capsys, "data", "verify", "mnist")
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "train-labels-idx1-ubyte holds 1 bytes of train-labels" in err
    assert listed(capsys, "--data-dir", tmp_path / "none")["mnist"] == "missing"


def test_verify_looks_at_the_named_folder_only(tmp_path, capsys, monkeypatch):
    publication, files, _ = tiny_data.tiny_mnist()
    monkeypatch.setitem(PUBLISHED, "mnist", publication)
    tiny_data.write(tmp_path / "cache" / "mnist", files)
    assert call(capsys, "data", "verify", "mnist")[0] == 0
    assert call(capsys, "data", "verify", "mnist", "--data-dir", tmp_path / "other")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fetch", "imagenet"), "data set 'imagenet' is not known"),
        (("verify", "imagenet"), "data set 'imagenet' is not known"),
        (("fetch", "shapeset"), "needs no files"),
        (("verify", "shapeset"), "needs no files"),
        (("fetch", "small-imagenet"), "python extras/small_imagenet/build.py"),
        (("fetch", "tiny-imagenet-9"), "is not handed out"),
        (("fetch", "mnist", "--data-dir", "{file}"), "is no folder"),
        (("list", "--data-dir", "{file}"), "is no folder"),
        (("fetch",), "Missing argument"),
        (("build", "small-imagenet"), "No such command 'build'"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(tmp_path, capsys, arguments, words):
    (tmp_path / "file").touch()
    arguments = [word.format(file=tmp_path / "file") for word in arguments]
    status, out, err = call(capsys, "data", *arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert words in err


def test_failing_to_fetch_is_status_1(tmp_path, capsys, monkeypatch):
    publication = tiny_data.tiny_mnist(("http://no.such.host.invalid/",))[0]
    monkeypatch.setitem(PUBLISHED, "mnist", publication)
    status, out, err = call(capsys, "data", "fetch", "mnist", "--data-dir", tmp_path)
    assert (status, out) == (1, "")
    assert err.splitlines()[-1].startswith("glorot-tutor: cannot fetch train-images")
    assert "Traceback" not in err


def test_the_log_level_of_pooch_is_put_back():
    before = pooch.get_logger().level
    with fetching._quiet():
        assert pooch.get_logger().level != before
    assert pooch.get_logger().level == before
