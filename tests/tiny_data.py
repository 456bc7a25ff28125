"""Small data sets in the published formats, with hashes of their own, and a server for them."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import threading
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from glorot_tutor.datasets import cifar
from glorot_tutor.datasets.publication import File
from glorot_tutor.datasets.published import CIFAR10, MNIST

TRAIN, HELD_OUT, TEST = 30, 10, 20
SHAPE = (5, 4)


def idx(array):
    """An IDX file of unsigned bytes."""
    sizes = np.array(array.shape, ">u4").tobytes()
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def _counts(labels, n_classes=10):
    return tuple(np.bincount(labels, minlength=n_classes).tolist())


def _described(publication, files, counts):
    """The publication with these files in the place of its own."""
    described = tuple(
        File(old.name, old.group, len(new), hashlib.sha256(new).hexdigest())
        for old, new in zip(publication.files, files.values(), strict=True)
    )
    return replace(publication, files=described, counts=counts, held_out=HELD_OUT)


def _handed_out(publication, packed, mirrors):
    registry = {name: f"md5:{hashlib.md5(content).hexdigest()}" for name, content in packed.items()}
    return replace(publication, registry=registry, mirrors=mirrors)


def tiny_mnist(mirrors=()):
    """A publication, its four files, and the same packed: contents by name."""
    rng = np.random.default_rng(0)
    labels = [np.arange(n, dtype=np.uint8) % 10 for n in (TRAIN, TEST)]
    arrays = []
    for own in labels:
        arrays += [rng.integers(0, 256, (len(own), *SHAPE), np.uint8), own]
    files = dict(zip([f.name for f in MNIST.files], map(idx, arrays), strict=True))
    packed = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}
    counts = tuple(map(_counts, labels))
    found = replace(_described(MNIST, files, counts), shape=SHAPE)
    return _handed_out(found, packed, mirrors), files, packed


def tiny_cifar(mirrors=()):
    """The same in the format of CIFAR-10: six batches of ten rows, in one archive."""
    rng = np.random.default_rng(1)
    files = {}
    for file in CIFAR10.files:
        rows = rng.integers(0, 256, (10, cifar.ROW), np.uint8)
        rows[:, 0] = np.arange(10)
        files[file.name] = rows.tobytes()
    inside = {f"cifar-10-batches-bin/{name}": content for name, content in files.items()}
    # (an archive packed in the next second would be another file, were its time not fixed)
    packed = {"cifar-10-binary.tar.gz": gzip.compress(tar(inside), mtime=0)}
    found = _described(CIFAR10, files, ((5,) * 10, (1,) * 10))
    return _handed_out(found, packed, mirrors), files, packed


def tar(files, packing=""):
    """A tar archive of these files, packed as the word says."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=f"w:{packing}") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Server(ThreadingHTTPServer):
    """Hands out files by the first folder of their address.

    good: as they are; damaged: with one byte changed; short: broken off half-way; empty: nothing;
    slow: good after a while. Anything else is not found.
    """

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files, self.asked, self.gate = files, [], threading.Event()
        self.gate.set()

    def mirror(self, kind):
        return f"http://127.0.0.1:{self.server_port}/{kind}/"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self.server.gate.wait(20)
        _, kind, name = self.path.split("/")
        content = self.server.files.get(name)
        if content is None or kind not in ("good", "damaged", "short", "empty"):
            self.send_error(404)
            return
        if kind == "damaged":
            content = content[:-1] + bytes([content[-1] ^ 1])
        if kind == "empty":
            content = b""
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        with suppress(BrokenPipeError, ConnectionResetError):  # the client may have given up
            self.end_headers()
            self.wfile.write(content[: len(content) // 2] if kind == "short" else content)

    def log_message(self, *_):
        pass


@contextmanager
def serving(files):
    """A server at work on these files."""
    server = Server(files)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        server.shutdown()
        server.server_close()


def write(folder, files):
    """Put files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def bytes_of(content):
    return np.frombuffer(content, np.uint8)


def outcome(call, error):
    """What a call gives, or the sentence of this error; any other error is a failure."""
    try:
        return call(), None
    except error as raised:
        return None, str(raised)
