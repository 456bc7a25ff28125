"""Commands for the finite data sets: get them, and look them over."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from glorot_tutor.checks import UsageError
from glorot_tutor.cli.common import OUT

folder = click.option(
    "--data-dir",
    type=OUT,
    default=None,
    help="Folder of the data sets.  [default: GLOROT_TUTOR_DATA, else the platform's cache]",
)
to_stderr = partial(click.echo, err=True)


@click.group()
def data() -> None:
    """Get and check the finite data sets: MNIST, CIFAR-10 and others."""


@data.command()
@click.argument("name")
@folder
def fetch(name: str, data_dir: Path | None) -> None:
    """Download a data set and check it; what is there already is only checked."""
    from glorot_tutor.checks import one_of
    from glorot_tutor.datasets import NAMES, data_folder
    from glorot_tutor.datasets.fetching import fetch as get
    from glorot_tutor.datasets.local import LOCAL
    from glorot_tutor.datasets.published import PUBLISHED

    one_of("data set", name, NAMES)
    if name in LOCAL:
        raise UsageError(f"{name} cannot be downloaded: {LOCAL[name].mend}.")
    if name not in PUBLISHED:
        raise UsageError(f"{name} needs no files: there is nothing to fetch.")
    get(PUBLISHED[name], data_folder(data_dir), to_stderr)


@data.command(name="list")
@folder
def list_(data_dir: Path | None) -> None:
    """List the data sets, and which of them the folder holds (looked for, not checked)."""
    from glorot_tutor.datasets import NAMES, data_folder, title
    from glorot_tutor.datasets.built_in import BUILT_IN
    from glorot_tutor.datasets.registry import is_in

    where = data_folder(data_dir)
    click.echo(f"in {where}:")
    for name in NAMES:
        state = "built in" if name in BUILT_IN else "there" if is_in(name, where) else "missing"
        click.echo(f"{name:17}{state:11}{title(name)}")


@data.command()
@click.argument("name")
@folder
def verify(name: str, data_dir: Path | None) -> None:
    """Read a data set's files to the end, and compare them with what was published."""
    from glorot_tutor.datasets import data_folder, verified

    examples, files = verified(name, data_folder(data_dir))
    sizes = ", ".join(
        f"{len(getattr(examples, part)):,} {part}" for part in ("train", "validation", "test")
    )
    folders = ", ".join(dict.fromkeys(str(path.parent) for path in files))
    click.echo(f"{name}: good, {sizes} examples, read from {folders}")
