"""What the paper compares a deep network with: a support vector machine (section 5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from glorot_tutor.checks import UsageError, positive, whole
from glorot_tutor.datasets import source
from glorot_tutor.streams import Source, to_input
from glorot_tutor.study.experiments.base import PLAIN, Options, on
from glorot_tutor.study.schema import CLASSES, COUNT, ERROR, NOT_NEGATIVE, SPLIT, Frame
from glorot_tutor.training import letters

Numbers = NDArray[np.float64]
Labels = NDArray[np.int64]

COSTS = (1.0, 10.0, 100.0)
GAMMAS = (0.0003, 0.001, 0.003, 0.01, 0.03)
"""What is tried; two images of Shapeset-3x2 are several hundred apart, squared."""


@dataclass(frozen=True)
class SupportVectors:
    """A support vector machine with a Gaussian kernel exp(-gamma |x - x'|^2), one against one.

    Attributes
    ----------
    examples
        Training examples: the first so many of the stream of seed 0.
    subset
        The first so many of these, on which `cost` and `gamma` are searched for.
    costs, gammas
        What is tried; the best pair on the validation set is fitted to all examples.
    data
        Name of the data set.
    """

    kind: ClassVar[str] = "svm"
    layout: ClassVar[Mapping[str, Frame]] = {
        "search": Frame(
            {"cost": NOT_NEGATIVE, "gamma": NOT_NEGATIVE, "error": ERROR}, ("cost", "gamma")
        ),
        "machines": Frame(
            dict.fromkeys(("first", "second", "examples", "support_vectors"), COUNT),
            ("first", "second"),
        ),
        "errors": Frame({"split": SPLIT, "error": ERROR}, ("split",)),
        "answers": Frame({"split": SPLIT, "classes": CLASSES}, ("split",)),
    }
    examples: int = 100_000
    subset: int = 10_000
    costs: tuple[float, ...] = COSTS
    gammas: tuple[float, ...] = GAMMAS
    data: str = "shapeset-100k"

    @property
    def title(self) -> str:
        """Short name, fit for a folder."""
        return f"{on(self.data)}gaussian-{self.examples}examples"

    def run(self, options: Options = PLAIN) -> dict[str, pd.DataFrame]:
        """Search and fit; return `search`, `machines`, `errors` and `answers`.

        `search` has cost, gamma and the error (%) on the validation set; `machines` has first,
        second, examples and support_vectors of the machine for each pair of classes; `errors` has
        split (validation, test) and error (%); `answers` has split and classes, a letter for each
        test example (see `training.letters`).
        """
        data = source(self.data)
        x, y = self._read(data)
        held = {"validation": _arrays(*data.validation_set()), "test": _arrays(*data.test_set())}
        search = self._search(x[: self.subset], y[: self.subset], *held["validation"])
        best = search.sort_values(["error", "cost", "gamma"]).iloc[0]
        sets = [images for images, _ in held.values()]
        machines, given = fit(x, y, sets, float(best["cost"]), float(best["gamma"]))
        wrong = [
            (split, _error(classes, labels))
            for (split, (_, labels)), classes in zip(held.items(), given, strict=True)
        ]
        return {
            "search": search,
            "machines": machines,
            "errors": pd.DataFrame(wrong, columns=["split", "error"]),
            "answers": pd.DataFrame({"split": ["test"], "classes": [letters(given[1].tolist())]}),
        }

    def _read(self, data: Source) -> tuple[Numbers, Labels]:
        examples = whole("examples", self.examples, 2, data.epoch)
        whole("subset", self.subset, 2, examples)
        x, y = _arrays(*data.stream(0).read(0, examples))
        for name, labels in (("examples", y), ("subset", y[: self.subset])):
            if len(np.unique(labels)) < data.n_classes:
                raise UsageError(f"{name} {len(labels)} holds not every class: take more.")
        return x, y

    def _search(self, x: Numbers, y: Labels, images: Numbers, labels: Labels) -> pd.DataFrame:
        from sklearn.svm import SVC  # it takes a second to import, and only this needs it

        rows = []
        for gamma in self.gammas:
            among, across = kernel(x, x, gamma), kernel(images, x, gamma)
            for cost in self.costs:
                machine = SVC(C=positive("cost", cost), kernel="precomputed").fit(among, y)
                rows.append((cost, gamma, _error(machine.predict(across), labels)))
        return pd.DataFrame(rows, columns=["cost", "gamma", "error"])


def fit(
    x: Numbers, y: Labels, sets: list[Numbers], cost: float, gamma: float
) -> tuple[pd.DataFrame, list[Labels]]:
    """Fit a machine for each pair of classes, and let them vote on the class of some images.

    It is the problem that scikit-learn's `SVC` solves for more than two classes. Given the inputs,
    `SVC` computes its kernel value by value, which takes days at 100,000 examples; given one
    kernel for all, it needs 80 GB. A kernel for each pair is a product of matrices, of 9 GB for
    the largest pair.

    Parameters
    ----------
    x, y
        Training inputs, shape (N, n_in), and their classes, shape (N,).
    sets
        Inputs to be classified, each of shape (M, n_in).
    cost, gamma
        What a violated margin costs, and the kernel's width 1/sqrt(2 gamma); both above 0.

    Returns
    -------
    machines
        Columns first, second, examples, support_vectors: a row to each pair.
    classes
        For each of the sets, the class with most votes, the first of those with as many.
    """
    from sklearn.svm import SVC

    positive("cost", cost)
    n_classes = int(y.max()) + 1
    votes = [np.zeros((len(images), n_classes), np.int64) for images in sets]
    rows = []
    for first, second in combinations(range(n_classes), 2):
        pair = np.flatnonzero((y == first) | (y == second))
        machine = SVC(C=cost, kernel="precomputed").fit(kernel(x[pair], x[pair], gamma), y[pair])
        support = pair[machine.support_]
        for images, given in zip(sets, votes, strict=True):
            for part in _blocks(len(images)):
                values = kernel(images[part], x[support], gamma) @ machine.dual_coef_[0]
                above = values + machine.intercept_[0] > 0
                given[part, first] += ~above
                given[part, second] += above
        rows.append((first, second, len(pair), len(support)))
    machines = pd.DataFrame(rows, columns=["first", "second", "examples", "support_vectors"])
    return machines, [given.argmax(1) for given in votes]


def kernel(a: Numbers, b: Numbers, gamma: float) -> Numbers:
    """Gaussian kernel between two sets of inputs: shape (len(a), len(b))."""
    from sklearn.metrics.pairwise import rbf_kernel

    values = np.empty((len(a), len(b)))
    for part in _blocks(len(a)):
        values[part] = rbf_kernel(a[part], b, positive("gamma", gamma))
    return values


_BLOCK = 1_000
"""Rows of a kernel made at once, as its maker needs twice their memory."""


def _blocks(length: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, length, _BLOCK))


def _arrays(images: Any, labels: Any) -> tuple[Numbers, Labels]:
    # in float64, which is what the solver works in
    return to_input(images).double().numpy(), labels.numpy()


def _error(classes: Labels, labels: Labels) -> float:
    return 100 * float(np.mean(classes != labels))
