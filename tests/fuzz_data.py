"""Damaged files of data sets, as published and in .npz: what is read is whole, or is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import tiny_data
from fuzz_family import family
from fuzz_records import spoil_bytes

from glorot_tutor.datasets import reading
from glorot_tutor.datasets.local import LOCAL, local_examples

PACKINGS = {
    "": bytes,
    ".gz": lambda content: gzip.compress(content, 1, mtime=0),
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".bz2": bz2.compress,
}
TARS = ["", "gz", "xz", "bz2"]


@cache
def _published(kind):
    return getattr(tiny_data, kind)()


@family(share=27)
def data_files(rng):
    """Files of one set, packed in some way, one of them damaged: what is read is what was."""
    publication, files, _ = _published(rng.choice(["tiny_mnist", "tiny_cifar"]))
    stored = _stored(rng, publication, files)
    name = rng.choice(list(stored))
    stored[name] = _damaged(rng, stored, name)
    with tempfile.TemporaryDirectory() as folder:
        tiny_data.write(Path(folder), {n: c for n, c in stored.items() if c is not None})
        contents = reading.read(publication, [Path(folder)])
        assert {n: c.tobytes() for n, c in contents.files.items()} == files
        assert len(reading.examples(publication, contents).test)
    return True


def _stored(rng, publication, files):
    """Write each file in a form of its own, or all in one archive."""
    if rng.random() < 0.3 and publication.registry:
        packing = rng.choice(TARS)
        inside = {f"{publication.folder}/{name}": content for name, content in files.items()}
        name = next(iter(publication.registry)).split(".")[0]
        return {f"{name}.tar{packing and '.' + packing}": tiny_data.tar(inside, packing)}
    forms = {name: rng.choice(list(PACKINGS)) for name in files}
    return {name + form: PACKINGS[form](files[name]) for name, form in forms.items()}


def _damaged(rng, stored, name):
    match rng.randrange(6):
        case 0:
            return stored[rng.choice(list(stored))]
        case 1:
            return None
        case 2:
            return stored[name] + b"\0"
        case _:
            return spoil_bytes(stored[name], rng)


# ---- .npz

N = 60


@cache
def _arrays(name):
    rng = np.random.default_rng(0)
    found = {
        "images": rng.integers(0, 256, (N, 37, 37), np.uint8),
        "labels": np.arange(N) % 10,
        "split": np.arange(N) // 10 % 3,
    }
    if name == "tiny-imagenet-9":
        found["labels"] = np.array([k for k in range(10) if k != 8])[np.arange(N) % 9]
        found["split"] = np.arange(N) % 2
        found["wnids"] = np.array([f"n{k:08d}" for k in found["labels"]])
    return found


CHANGES = {
    "another dtype": lambda a, rng: (a if a.dtype.kind != "U" else np.arange(len(a))).astype(
        rng.choice(["i2", "f4", "u1", "U3", "c8", "?"])
    ),
    "another shape": lambda a, rng: a.reshape(rng.choice([(-1,), (1, *a.shape), (*a.shape, 1)])),
    "cut": lambda a, rng: a[: rng.randrange(len(a))],
    "objects": lambda a, rng: np.array([{"no": "pickle"}], object),
    "another number": lambda a, rng: np.where(np.arange(len(a)) == 3, a.dtype.type(77), a.T).T,
    "one number": lambda a, rng: np.array(3),
}


@family(share=13)
def npz_files(rng):
    """A .npz file with a region cut, or with arrays that are not what they should be."""
    name = rng.choice(list(LOCAL))
    arrays = dict(_arrays(name))
    if rng.random() < 0.5:
        changed = rng.choice(list(arrays))
        arrays[changed] = CHANGES[rng.choice(list(CHANGES))](arrays[changed], rng)
    elif rng.random() < 0.2:
        del arrays[rng.choice(list(arrays))]
    buffer = io.BytesIO()
    (np.savez if rng.random() < 0.5 else np.savez_compressed)(buffer, **arrays)
    content = buffer.getvalue()
    if rng.random() < 0.5:
        content = spoil_bytes(content, rng)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / LOCAL[name].path.name).write_bytes(content)
        found = local_examples(name, Path(folder))
    assert len(found.train)
    assert len(found.test)
    return True
