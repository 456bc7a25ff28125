"""Build Small-ImageNet from your own copy of ImageNet: ``python build.py --help``.

How many photographs of which synset are taken follows from the numbers that there are, and which
ones from their sorted names: the same source gives the same file. Finished parts are kept beside
the file until it is whole, so that an interrupted build goes on where it was.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np
from parts import carry_out_all, finished
from shelves import Shelf, order, shelves_in

from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.datasets import local
from glorot_tutor.datasets.grey import CLASSES, SIZE, SPLITS
from glorot_tutor.datasets.order import PLACE, shuffled
from glorot_tutor.files import target, whole_file, writable

PER_CLASS = 11_000
"""Photographs of each class: 90,000 + 10,000 + 10,000 of ten classes (section 2.2)."""
SHARES = 11
"""Of so many photographs of a class one is for validation, one for testing, the rest to learn."""


Say = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What came of a build: photographs by class and by split, synsets by class, broken ones."""

    photographs: dict[str, int]
    splits: dict[str, int]
    synsets: dict[str, int]
    broken: int

    def lines(self, wanted: int = PER_CLASS) -> Iterator[str]:
        """Tell in words what there is, and what is missing of `wanted` in each class."""
        yield "images: " + ", ".join(f"{count:,} {name}" for name, count in self.splits.items())
        yield f"broken photographs, skipped: {self.broken:,}"
        for kind, count in self.photographs.items():
            if count < wanted:
                source = f"{self.synsets[kind]} synsets in the source"
                yield f"missing: {kind}, {count:,} of {wanted:,} ({source})"


def build(source: Path, out: Path, jobs: int, say: Say, per_class: int = PER_CLASS) -> Built:
    """Make the file that `grey.read_small_imagenet` reads.

    Each class takes `per_class` photographs, spread evenly over its synsets, or all that there are
    if these are fewer; a broken one is replaced by the next. Of a class nine elevenths are for
    training, one for validation, one for test.

    Parameters
    ----------
    source
        Folder that holds synsets (see `photographs.synsets`).
    out
        File to write, .npz; its parts lie in a folder ``<out>.parts`` until it is whole.
    jobs
        Processes to work with.
    say
        Is told how it goes, a line at a time.

    Raises
    ------
    UsageError
        If the source has no synset of the ten classes, or no file can have this name.
    RunError
        If the source cannot be read or the file not be written.
    """
    whole("jobs", jobs, 1)
    whole("per_class", per_class, SHARES)
    if target(out).suffix != ".npz":
        raise UsageError(f"--out {str(out)!r} does not end in .npz: that is what is written.")
    shelves = shelves_in(source)
    there = sum(len(shelf.names) for shelf in shelves)
    say(f"{len(shelves)} synsets of the ten classes, {there:,} photographs")
    folder = _workplace(out, shelves)
    counts: dict[Path, int] = {}
    while orders := order(shelves, per_class, folder):
        counts |= carry_out_all(orders, jobs, say)
        for shelf in shelves:
            shelf.good = sum(counts[made.path] for made in shelf.orders)
    built = _write(out, shelves)
    shutil.rmtree(folder, ignore_errors=True)
    return built


def _workplace(out: Path, shelves: list[Shelf]) -> Path:
    """Make the folder of the parts, or find that of the same build interrupted."""
    folder, digest = out.with_name(out.name + ".parts"), hashlib.sha256()
    for shelf in shelves:
        digest.update("\0".join([str(shelf.synset.path.absolute()), *shelf.names]).encode())
    writable(folder)
    note = folder / "source.txt"
    if not note.exists():
        with whole_file(note) as path:
            path.write_text(digest.hexdigest())
    if note.read_text() != digest.hexdigest():
        raise RunError(f"{folder} holds parts made from another source: remove it first.")
    return folder


def _write(out: Path, shelves: list[Shelf]) -> Built:
    arrays = _arrays(shelves)
    labels, split = arrays["labels"], arrays["split"]
    if not (split == SPLITS.index("test")).any():
        raise RunError(f"no class has the {SHARES} photographs that are needed for the three sets.")
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.savez(file, classes=np.array(CLASSES), **arrays)
    found = np.bincount(labels, minlength=len(CLASSES)).tolist()
    return Built(
        dict(zip(CLASSES, found, strict=True)),
        dict(zip(SPLITS, np.bincount(split, minlength=len(SPLITS)).tolist(), strict=True)),
        {kind: sum(shelf.kind == kind for shelf in shelves) for kind in CLASSES},
        sum(shelf.taken - shelf.good for shelf in shelves),
    )


def _arrays(shelves: list[Shelf]) -> dict[str, Any]:
    """Put all parts together, class by class, and draw what is for validation and for test."""
    total, end = sum(shelf.good for shelf in shelves), 0
    images = np.empty((total, SIZE, SIZE), np.uint8)
    labels, split = np.empty(total, np.uint8), np.zeros(total, np.uint8)
    wnids = np.empty(total, "U9")
    for label, kind in enumerate(CLASSES):
        start = end
        for shelf in (shelf for shelf in shelves if shelf.kind == kind):
            for part in map(finished, shelf.orders):
                block = slice(end, end + len(part))
                images[block], wnids[block] = part, shelf.synset.wnid
                end = block.stop
        labels[start:end] = label
        place, held_out = start + shuffled(label, PLACE, 0, end - start), (end - start) // SHARES
        split[place[:held_out]], split[place[held_out : 2 * held_out]] = 1, 2
    return {"images": images, "labels": labels, "split": split, "wnids": wnids}


@click.command(context_settings={"show_default": True})
@click.option("--source", type=click.Path(path_type=Path), required=True, help="ImageNet's folder.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to write, .npz.")
@click.option("--per-class", type=int, default=PER_CLASS, help="Photographs of each class.")
@click.option("--jobs", type=int, default=os.cpu_count() or 1, help="Processes.")
def main(source: Path, out: Path, per_class: int, jobs: int) -> None:
    """Build Small-ImageNet from your own copy of ImageNet.

    The source holds synsets as folders or tar files (n01440764, n01440764.tar); all of ImageNet or
    ILSVRC's 1,000. Interrupted, the same command goes on.
    """
    try:
        built = build(source, out, jobs, partial(click.echo, err=True), per_class)
    except (UsageError, RunError) as error:
        click.echo(f"build.py: {error}", err=True)
        raise SystemExit(2 if isinstance(error, UsageError) else 1) from None
    for line in built.lines(per_class):
        click.echo(line)
    where = local.LOCAL["small-imagenet"].path
    click.echo(f"{out} is whole; the book finds it as {where} in the folder of the data sets.")


if __name__ == "__main__":
    main()
