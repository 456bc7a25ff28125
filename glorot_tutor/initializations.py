"""The one table of initializations: how the weights of one layer are drawn.

The table is read where torch is not wanted (help texts, pictures), so torch is imported only when
weights are drawn. The front end has its twin in `widgets/front/compute/initializations.js`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Protocol

from glorot_tutor.checks import one_of, positive, whole

if TYPE_CHECKING:
    from torch import Generator, Tensor

Size = Callable[[int, int, float], float]
"""A number that follows from fan_in, fan_out and gain."""


class Rule(Protocol):
    """A law of the weights of one layer, shape (fan_out, fan_in)."""

    def draw(self, weight: Tensor, gain: float, generator: Generator) -> None:
        """Fill `weight` in place, outside of any graph."""
        ...

    def variance(self, fan_in: int, fan_out: int, gain: float) -> float:
        """Var[W] of a single weight."""
        ...


@dataclass(frozen=True)
class Uniform:
    """U[-bound, bound]."""

    bound: Size

    def draw(self, weight: Tensor, gain: float, generator: Generator) -> None:
        """See `Rule`."""
        bound = self.bound(*_fans(weight), gain)
        weight.detach().uniform_(-bound, bound, generator=generator)

    def variance(self, fan_in: int, fan_out: int, gain: float) -> float:
        """See `Rule`."""
        return self.bound(fan_in, fan_out, gain) ** 2 / 3


@dataclass(frozen=True)
class Normal:
    """N(0, std^2)."""

    std: Size

    def draw(self, weight: Tensor, gain: float, generator: Generator) -> None:
        """See `Rule`."""
        weight.detach().normal_(0, self.std(*_fans(weight), gain), generator=generator)

    def variance(self, fan_in: int, fan_out: int, gain: float) -> float:
        """See `Rule`."""
        return self.std(fan_in, fan_out, gain) ** 2


@dataclass(frozen=True)
class Orthogonal:
    """Rows, or columns where there are fewer, of length `gain` that stand at right angles."""

    def draw(self, weight: Tensor, gain: float, generator: Generator) -> None:
        """See `Rule`."""
        from torch import nn

        nn.init.orthogonal_(weight, gain, generator)

    def variance(self, fan_in: int, fan_out: int, gain: float) -> float:
        """See `Rule`; all squares together are gain^2 min(fan_in, fan_out)."""
        return gain**2 / max(fan_in, fan_out)


@dataclass(frozen=True)
class Constant:
    """All weights alike, so that all units of a layer stay alike."""

    value: Size

    def draw(self, weight: Tensor, gain: float, generator: Generator) -> None:
        """See `Rule`; nothing is drawn."""
        weight.detach().fill_(self.value(*_fans(weight), gain))

    def variance(self, fan_in: int, fan_out: int, gain: float) -> float:
        """See `Rule`."""
        return 0.0


def _fans(weight: Tensor) -> tuple[int, int]:
    fan_out, fan_in = weight.shape
    return fan_in, fan_out


@dataclass(frozen=True)
class Initialization:
    """How the weights of one layer are drawn.

    Attributes
    ----------
    name, label
        Key of `INITIALIZATIONS`, and its name in words.
    rule
        The law of the weights; `gain` multiplies them.
    colour, marker, dash
        In pictures; no two share all three.
    """

    name: str
    label: str
    rule: Rule
    colour: str
    marker: str
    dash: str

    def draw(self, weight: Tensor, generator: Generator, gain: float = 1.0) -> None:
        """Fill `weight`, shape (fan_out, fan_in), in place; no global random state is touched."""
        self.rule.draw(weight, positive("gain", gain), generator)

    def variance(self, fan_in: int, fan_out: int, gain: float = 1.0) -> float:
        """Var[W] between layers of so many units; `UsageError` for numbers outside their range."""
        fans = whole("fan_in", fan_in, 1), whole("fan_out", fan_out, 1)
        return self.rule.variance(*fans, positive("gain", gain))


# gain stands where it always stood in these formulae: the records hang on the last bit
_ROWS = (
    Initialization(
        "standard",
        "standard (eq. 1)",
        Uniform(lambda fan_in, fan_out, gain: gain / sqrt(fan_in)),
        "#d55e00",
        "o",
        "--",
    ),
    Initialization(
        "normalized",
        "normalized (eq. 16)",
        Uniform(lambda fan_in, fan_out, gain: gain * sqrt(6 / (fan_in + fan_out))),
        "#0072b2",
        "s",
        "-",
    ),
    Initialization(
        "lecun_normal",
        "LeCun, normal",
        Normal(lambda fan_in, fan_out, gain: gain * sqrt(1 / fan_in)),
        "#009e73",
        "^",
        ":",
    ),
    Initialization(
        "lecun_uniform",
        "LeCun, uniform",
        Uniform(lambda fan_in, fan_out, gain: gain * sqrt(3 / fan_in)),
        "#009e73",
        "D",
        "-.",
    ),
    Initialization(
        "he_normal",
        "He, normal",
        Normal(lambda fan_in, fan_out, gain: gain * sqrt(2 / fan_in)),
        "#cc79a7",
        "v",
        ":",
    ),
    Initialization(
        "he_uniform",
        "He, uniform",
        Uniform(lambda fan_in, fan_out, gain: gain * sqrt(6 / fan_in)),
        "#cc79a7",
        "<",
        "-.",
    ),
    Initialization(
        "he_normal_out",
        "He, normal, fan-out",
        Normal(lambda fan_in, fan_out, gain: gain * sqrt(2 / fan_out)),
        "#882255",
        ">",
        ":",
    ),
    Initialization(
        "he_uniform_out",
        "He, uniform, fan-out",
        Uniform(lambda fan_in, fan_out, gain: gain * sqrt(6 / fan_out)),
        "#882255",
        "P",
        "-.",
    ),
    Initialization("orthogonal", "orthogonal", Orthogonal(), "#e69f00", "X", "--"),
    Initialization(
        "constant",
        "constant (1 / fan-in)",
        Constant(lambda fan_in, fan_out, gain: gain / fan_in),
        "#8a8a8a",
        "*",
        "-",
    ),
    Initialization("zero", "zero", Constant(lambda *_: 0.0), "#1f2933", "p", "-"),
)

INITIALIZATIONS = {row.name: row for row in _ROWS}
"""All initializations by name."""

PAPER = ("standard", "normalized")
"""Those of the paper."""

ALIASES = {"he": "he_normal"}
"""Short names that are understood as well."""


def find(name: str) -> Initialization:
    """Return a row of the table by its name or alias, else raise `UsageError`."""
    one_of("initialization", name, [*INITIALIZATIONS, *ALIASES])
    return INITIALIZATIONS[ALIASES.get(name, name)]
