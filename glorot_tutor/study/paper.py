"""The paper as data: its claims, its only table, its figures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

DATA = Path(__file__).parent / "data"

CITATION = (
    "Glorot, X. and Bengio, Y. (2010). Understanding the difficulty of training deep feedforward "
    "neural networks. AISTATS 2010, PMLR 9:249-256."
)

FIGURES = {
    1: "Examples of Shapeset-3x2 and of Small-ImageNet",
    2: "Sigmoid, 4 hidden layers: activations while learning",
    3: "98th percentile and spread of the activations while learning: tanh, softsign",
    4: "Where the activations of each layer have gone after learning: tanh, softsign",
    5: "Cross-entropy and quadratic cost over two weights",
    6: "Histograms of the activations at the start: standard, normalized",
    7: "Histograms of the back-propagated gradients at the start",
    8: "Histograms of the weight gradients at the start",
    9: "Weight gradients while learning: standard, normalized",
    10: "As figure 3, tanh with the normalized initialization",
    11: "Test error while learning on Shapeset-3x2",
    12: "Test error while learning on MNIST and CIFAR-10",
}
"""What each figure shows, in our words."""

ON_100K = {"tanh N": 50.47, "SVM": 59.47}
"""Test errors (%) after learning from 100,000 fixed images of Shapeset-3x2 (section 5)."""

PAPER_VALUES = {
    "S1": "about 0 (figure 2)",
    "S3": "about epoch 100",
    "S5": "82.61 % error",
    "E1": "15.60, 16.06, 16.27, 27.15, 82.61 % error",
    "E2": "tanh 27.15 - 15.60, softsign 16.27 - 16.06 points",
    "E3": "MNIST 1.64-2.21, CIFAR-10 52.92-57.28, Small-ImageNet 68.13-70.66 % error",
    "E4": f"{ON_100K['tanh N']} % (network), {ON_100K['SVM']} % (SVM)",
    "E8": "depth 5; sigmoid depth 4",
    "I7": "about 0.8 (normalized), 0.5 (standard)",
}
"""The numbers that the paper prints for a claim; the other claims are in words or curves."""


@dataclass(frozen=True)
class Claim:
    """One sentence of the paper that can be checked.

    Attributes
    ----------
    id
        Short name; the letter groups claims by topic.
    section, shown_in
        Where the paper says it, and which figure, table or equation shows it.
    claim
        What the paper says, in our words.
    measurement, criterion
        What is measured, and when the claim counts as reproduced: fixed before any measurement.
    """

    id: str
    section: str
    shown_in: str
    claim: str
    measurement: str
    criterion: str

    @property
    def paper_value(self) -> str:
        """The number that the paper prints, empty where it prints none."""
        return PAPER_VALUES.get(self.id, "")


@cache
def claims() -> dict[str, Claim]:
    """All claims by id, in the order of the paper."""
    table = pd.read_csv(DATA / "claims.csv", dtype=str, keep_default_na=False)
    rows = table.to_dict(orient="records")
    return {str(row["id"]): Claim(**{str(k): str(v) for k, v in row.items()}) for row in rows}


def table1() -> pd.DataFrame:
    """Table 1: columns model, activation, initialization and the test error (%) by data set."""
    return pd.read_csv(DATA / "table1.csv")


def finals(data: str) -> dict[str, float]:
    """Final test errors (%) of Table 1 on one data set (a column of `table1`), by model.

    Models are called as in this book: `tanh N` where the paper prints Tanh N.
    """
    column = table1().set_index("model")[data]
    return {str(name)[0].lower() + str(name)[1:]: float(error) for name, error in column.items()}
