"""What a fuzzer is made of: families of cases, each a function of a random generator."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from glorot_tutor.checks import RunError, UsageError


class Family(NamedTuple):
    """Cases of one kind, and how many of 10,000 are of it: slow ones get few."""

    case: Callable[[random.Random], bool]
    share: int


FAMILIES: dict[str, Family] = {}


def family(share):
    """Add a family: a function that makes one case and says whether it was accepted.

    It raises `RunError` or `UsageError` where the case is refused; any other exception is a fault.
    """

    def add(case):
        FAMILIES[case.__name__] = Family(case, share)
        return case

    return add


def accepted(name, chance):
    """Run one case; return whether it was accepted rather than refused in a sentence."""
    try:
        return FAMILIES[name].case(chance)
    except (RunError, UsageError) as error:
        assert_sentence(str(error))
        return False


def assert_sentence(text):
    """Fail if a text is no single sentence that a reader can act on."""
    assert text.strip(), "an empty sentence"
    assert "\n" not in text.strip(), text
    assert "unexpected: " not in text, text
    assert "Traceback" not in text, text
