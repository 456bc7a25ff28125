"""The command `glorot-tutor`: thin wrappers around the package.

Exit status: 0 done, 1 a run failed, 2 wrong usage. Errors are one sentence on stderr.
Each command imports what it needs when called, so that `--help` does not wait for torch.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

import click

from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.files import whole_file

FORMATS = ("text", "csv", "json")
OUT = click.Path(path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="glorot-tutor")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def commands(debug: bool) -> None:
    """Reproduce Glorot & Bengio (2010), piece by piece."""


@commands.command()
@click.option("--n", type=int, required=True, help="How many images, 1 to 1,000,000.")
@click.option("--seed", type=int, default=0, help="Which endless stream.")
@click.option("--out", type=OUT, required=True, help="File to write, .npz.")
def sample(n: int, seed: int, out: Path) -> None:
    """Write Shapeset-3x2 images (uint8, N x 32 x 32, [row, column]) and labels (int64, N)."""
    import numpy as np

    from glorot_tutor.shapeset import Shapeset

    images, labels = Shapeset(seed).read(0, whole("--n", n, 1, 1_000_000))
    with whole_file(out) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, images=images.numpy(), labels=labels.numpy())


@commands.command()
@click.option("--activation", required=True, help="sigmoid, tanh, softsign or identity.")
@click.option("--init", "initialization", required=True, help="standard or normalized.")
@click.option("--depth", type=int, default=5, help="Hidden layers.")
@click.option("--width", type=int, default=1000, help="Units in each hidden layer.")
@click.option("--gain", type=float, default=1.0, help="Free factor on the weights' bound.")
@click.option("--seed", type=int, default=0, help="Draw of the weights.")
@click.option("--data", default="shapeset", help="Data set.")
@click.option("--out", type=OUT, required=True, help="File to write, .csv.")
def probe(out: Path, **settings: str | int | float) -> None:
    """Measure a network at its start on the 300 monitored images.

    Columns layer, quantity, statistic, value; gradients are in nats.
    """
    from glorot_tutor.experiments import AtStart

    frame = AtStart(**settings).run()["statistics"]  # type: ignore[arg-type]
    with whole_file(out) as temporary:
        frame.to_csv(temporary, index=False)


@commands.command()
@click.argument("name")
@click.option("--scale", default="book", help="quick, book or paper.")
@click.option("--store", type=OUT, default=Path("runs"), help="Folder of the records.")
def run(name: str, scale: str, store: Path) -> None:
    """Run the experiments behind a figure, fig5 to fig8; what is recorded is not run again."""
    from glorot_tutor import runs
    from glorot_tutor.experiments import plan

    experiments = plan(name, scale)
    todo = runs.missing(experiments, store)
    click.echo(f"{name} at scale {scale}: {len(experiments)} experiments, {len(todo)} to run")
    runs.run(experiments, store, click.echo)


@commands.command()
@click.option("--format", "form", default="text", help="text, csv or json.")
@click.option("--store", type=OUT, default=None, help="Judge the records of this folder instead.")
def claims(form: str, store: Path | None) -> None:
    """List every claim of the paper with its verdict, the measured and the expected value."""
    from glorot_tutor import records
    from glorot_tutor.checks import one_of
    from glorot_tutor.claims import report

    one_of("--format", form, FORMATS)
    if store is not None and not store.is_dir():
        raise UsageError(f"--store {store} is not a folder: name one that holds records.")
    found = report(store=store or records.BOOK)
    if form == "csv":
        click.echo(found.table.to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(found.table.to_json(orient="records", indent=1))
    else:
        click.echo(repr(found))


@commands.command()
@click.option("--json", "out", type=OUT, default=None, help="Also write the figures to this file.")
def bench(out: Path | None) -> None:
    """Measure the speed on this machine."""
    from glorot_tutor import bench as speed

    found = speed.report()
    for name, value in found.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")
    if out is not None:
        with whole_file(out) as temporary:
            temporary.write_text(json.dumps(found, indent=1) + "\n")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error becomes a sentence and an exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    try:
        commands.main(arguments, prog_name="glorot-tutor", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.Abort:
        _fail("stopped; what was recorded before is kept.", 130)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except UsageError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        # the reader of a pipe (head, less) has gone: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        _fail(str(error) if isinstance(error, RunError) else f"unexpected: {error!r}", 1)


def _fail(sentence: str, status: int) -> None:
    click.echo(f"glorot-tutor: {' '.join(sentence.split())}", err=True)
    raise SystemExit(status)
