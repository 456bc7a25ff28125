"""The parts of Small-ImageNet that are made side by side, each kept once it is finished."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from photographs import Synset, grey_square, reading_said
from tqdm import tqdm

from glorot_tutor.checks import RunError
from glorot_tutor.datasets.grey import SIZE
from glorot_tutor.files import whole_file


@dataclass(frozen=True)
class Order:
    """Photographs of one synset to be made grey squares, and the file that is to hold them."""

    synset: Synset
    names: tuple[str, ...]
    path: Path


def images_of(order: Order) -> NDArray[np.uint8] | None:
    """Images of a part that is finished, shape (N, 37, 37); None if it is not, or not whole."""
    try:
        images = np.load(order.path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    good = images.dtype == np.uint8 and images.shape == (len(images), SIZE, SIZE)
    return images if good and len(images) <= len(order.names) else None


def carry_out(order: Order) -> tuple[Order, int]:
    """Make a part, unless it is finished; give the number of images in it.

    Raises
    ------
    RunError
        If the archive cannot be read, or the part not be written.
    """
    images = images_of(order)
    if images is None:
        with reading_said(order.synset.path):
            squares = [grey_square(f) for f in order.synset.files(order.names) if f is not None]
        good = [square for square in squares if square is not None]
        images = np.array(good, np.uint8).reshape(-1, SIZE, SIZE)
        with whole_file(order.path) as temporary, temporary.open("wb") as file:
            np.save(file, images)
    return order, len(images)


def carry_out_all(
    orders: Sequence[Order], jobs: int, say: Callable[[str], None]
) -> dict[Path, int]:
    """Make many parts with some processes; give the number of images in each.

    Progress is a bar on a terminal, and a line at each tenth otherwise.

    Raises
    ------
    RunError
        See `carry_out`; parts that were finished are kept.
    """
    total, done, told = sum(len(order.names) for order in orders), 0, 0
    found: dict[Path, int] = {}
    work = Parallel(n_jobs=jobs, return_as="generator_unordered")
    bar = tqdm(total=total, unit="photograph", disable=not sys.stderr.isatty())
    with bar:
        for order, count in work(delayed(carry_out)(order) for order in orders):
            found[order.path] = count
            done += len(order.names)
            bar.update(len(order.names))
            if bar.disable and done * 10 // total > told:
                told = done * 10 // total
                say(f"{done:,} of {total:,} photographs.")
    return found


def finished(order: Order) -> NDArray[np.uint8]:
    """Images of a part that has been made; raises `RunError` if it has vanished since."""
    images = images_of(order)
    if images is None:
        raise RunError(f"{order.path} has been changed meanwhile: start the build again.")
    return images
