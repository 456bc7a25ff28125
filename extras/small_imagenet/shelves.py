"""Which photographs of a source Small-ImageNet takes, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from parts import Order
from photographs import Synset, reading_said, synsets
from synsets import class_of_synset

from glorot_tutor.checks import UsageError
from glorot_tutor.datasets.grey import CLASSES
from glorot_tutor.datasets.order import CHOICE, shuffled

_PART = 500  # photographs to a part: less than a second's work to lose


@dataclass
class Shelf:
    """The photographs of one synset, in the order in which they are taken.

    Attributes
    ----------
    synset, kind
        Where they are, and the class that they belong to.
    names
        All of them.
    orders
        What has been asked for so far.
    good
        How many of those could be read.
    """

    synset: Synset
    kind: str
    names: list[str]
    orders: list[Order] = field(default_factory=list)
    good: int = 0

    @property
    def taken(self) -> int:
        """How many have been tried."""
        return sum(len(order.names) for order in self.orders)

    def take(self, count: int, folder: Path) -> list[Order]:
        """Order the next `count`, in parts that lie in a folder."""
        end, new = self.taken + count, []
        for low in range(self.taken, end, _PART):
            high = min(low + _PART, end)
            path = folder / f"{self.synset.wnid}-{low:06}-{high:06}.npy"
            new.append(Order(self.synset, tuple(self.names[low:high]), path))
        self.orders += new
        return new


def spread(count: int, room: Sequence[int]) -> list[int]:
    """Share out `count` things as evenly as the room for each share allows."""
    shares = [0] * len(room)
    for place, which in enumerate(sorted(range(len(room)), key=room.__getitem__)):
        shares[which] = min(room[which], count // (len(room) - place))
        count -= shares[which]
    return shares


def shelves_in(source: Path) -> list[Shelf]:
    """Find the photographs of the ten classes, each synset's in a shuffled order.

    Raises
    ------
    UsageError
        If the source is no folder, or there are none.
    RunError
        If a synset cannot be read.
    """
    kinds, shelves = class_of_synset(), []
    for synset in synsets(source):
        if synset.wnid in kinds:
            with reading_said(synset.path):
                names = synset.names()
            order = shuffled(int(synset.wnid[1:]), CHOICE, 0, len(names))
            shelves.append(Shelf(synset, kinds[synset.wnid], [names[n] for n in order]))
    if not any(shelf.names for shelf in shelves):
        raise UsageError(f"--source {source} holds no photographs of Small-ImageNet's ten classes.")
    return shelves


def order(shelves: list[Shelf], per_class: int, folder: Path) -> list[Order]:
    """Order as many photographs as are still wanted, and are there."""
    orders = []
    for kind in CLASSES:
        mine = [shelf for shelf in shelves if shelf.kind == kind]
        wanted = per_class - sum(shelf.good for shelf in mine)
        room = [len(shelf.names) - shelf.taken for shelf in mine]
        for shelf, count in zip(mine, spread(wanted, room), strict=True):
            orders += shelf.take(count, folder)
    return orders
