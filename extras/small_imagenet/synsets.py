"""Which ImageNet synsets belong to the ten classes of Small-ImageNet.

The table `synsets.csv` was made from the noun hierarchy of WordNet 3.0 (Princeton University),
whose offsets are ImageNet's wnids: a synset belongs to a class if it is the class's root, given in
`ROOTS`, or a hyponym of it, direct or not; instances are no hyponyms. The paper names the classes
only; "instruments" is read as musical instruments. No synset belongs to two classes. Of the 4,975
synsets, 476 are in ILSVRC's 1,000. WordNet's licence lies beside the table.

To make it again from WordNet's file `data.noun`:
``python synsets.py data.noun synsets.csv``
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

ROOTS = {
    "reptiles": "n01661091",
    "vehicles": "n04524313",
    "birds": "n01503061",
    "mammals": "n01861778",
    "fish": "n02512053",
    "furniture": "n03405725",
    "instruments": "n03800933",
    "tools": "n04451818",
    "flowers": "n11669921",
    "fruits": "n13134947",
}
"""Root of each class; the order is that of the labels."""

TABLE = Path(__file__).with_name("synsets.csv")
HYPONYM = "~"


def class_of_synset() -> dict[str, str]:
    """Class of each wnid in the committed table."""
    table = pd.read_csv(TABLE)
    return dict(zip(table["wnid"], table["class"], strict=True))


def table_from(lines: Iterable[str], roots: dict[str, str] = ROOTS) -> pd.DataFrame:
    """Make the table from the lines of WordNet's `data.noun` (format: wndb(5WN)).

    Returns
    -------
    DataFrame
        Columns wnid, class, name (first word of the synset), sorted by class and wnid.

    Raises
    ------
    ValueError
        If a synset is below two roots.
    """
    names, hyponyms = {}, {}
    for line in lines:
        if line.startswith(" "):  # the licence
            continue
        words = line.split(" | ")[0].split()
        wnid, pointers = f"n{words[0]}", 4 + 2 * int(words[3], 16)
        count = int(words[pointers])
        links = words[pointers + 1 : pointers + 1 + 4 * count]
        names[wnid] = words[4].replace("_", " ")
        hyponyms[wnid] = [
            f"n{offset}"
            for symbol, offset in zip(links[::4], links[1::4], strict=True)
            if symbol == HYPONYM
        ]
    rows = [
        (wnid, kind, names[wnid])
        for kind, root in roots.items()
        for wnid in sorted(_below(root, hyponyms))
    ]
    table = pd.DataFrame(rows, columns=["wnid", "class", "name"])
    if table["wnid"].duplicated().any():
        raise ValueError("a synset is below two roots")
    return table


def _below(root: str, hyponyms: dict[str, list[str]]) -> set[str]:
    found, todo = {root}, [root]
    while todo:
        new = set(hyponyms[todo.pop()]) - found
        found |= new
        todo += new
    return found


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf8") as noun:
        table_from(noun).to_csv(sys.argv[2], index=False, lineterminator="\n")
