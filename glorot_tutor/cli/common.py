"""Options that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.initializations import ALIASES, INITIALIZATIONS


class Place(click.Path):
    """A path that has a name: the empty one would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse the empty name."""
        if value == "":
            self.fail("'' names nothing: name a file or a folder.", param, ctx)
        return super().convert(value, param, ctx)


def tell(line: str) -> None:
    """Print a line while work goes on, which a full disk or a closed pipe must not end."""
    try:
        click.echo(line)
    except OSError:
        hush(sys.stdout)


def hush(stream: TextIO) -> None:
    """Let nothing more be written to a stream, not even what still waits in it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


OUT = Place(path_type=Path)
STORE = Path("runs")
WORK = Path("runs") / "work"

Command = TypeVar("Command", bound=Callable[..., Any])


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    # the option nearest to the function is listed last
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"


def _full_name(context: click.Context, parameter: click.Parameter, value: str) -> str:
    # a run has one name, whichever of two was typed
    return ALIASES.get(value, value)


network = _together(
    click.option("--activation", required=True, help=f"{_listed(ACTIVATIONS)}."),
    click.option(
        "--init",
        "initialization",
        required=True,
        callback=_full_name,
        help=f"{_listed([*INITIALIZATIONS, *ALIASES])}.",
    ),
    click.option("--depth", type=int, default=5, help="Hidden layers."),
    click.option("--width", type=int, default=1000, help="Units in each hidden layer."),
    click.option("--gain", type=float, default=1.0, help="Free factor on the weights."),
    click.option("--data", default="shapeset", help="Data set: see `data list`."),
)
"""What a network is, and what it is for."""

engine = _together(
    click.option("--engine", default="fused", help="autograd (to read) or fused (fast)."),
    click.option(
        "--threads",
        type=int,
        default=None,
        help="Threads of one run.  [default: what is fastest in a short test]",
    ),
    click.option("--device", default="cpu", help="cpu; cuda or mps with --engine autograd."),
)
"""What a run is done with."""

store = click.option("--store", type=OUT, default=STORE, help="Folder of the records.")
work = click.option("--work", type=OUT, default=WORK, help="Folder of the checkpoints.")
