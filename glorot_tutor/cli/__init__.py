"""The command `glorot-tutor`: thin wrappers around the package.

Exit status: 0 done, 1 a run failed or was stopped with what it had kept, 2 wrong usage; 128 and the
signal's number where a signal ended it at once. Errors are one sentence on stderr.
Each command imports what it needs when called, so that `--help` does not wait for torch.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress

import click

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.cli.common import hush
from glorot_tutor.cli.data import data
from glorot_tutor.cli.look import bench, claims, probe, sample
from glorot_tutor.cli.measure import records, run, train, verify

__all__ = ["commands", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.version_option(package_name="glorot-tutor")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def commands(debug: bool) -> None:
    """Reproduce Glorot & Bengio (2010), piece by piece."""


for command in (sample, probe, train, run, records, verify, claims, data, bench):
    commands.add_command(command)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; every error becomes a sentence and an exit status."""
    if arguments is None:  # then this process has no other work
        stopping.end_in_silence()
        arguments = sys.argv[1:]
    try:
        # not `commands.main`: it takes the end of a file for Ctrl-C, and a closed pipe for a fault
        with (
            stopping.listening(patience=0),
            commands.make_context("glorot-tutor", [*arguments]) as context,
        ):
            commands.invoke(context)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
    except click.exceptions.Exit as stop:  # --help and --version end this way too
        if stop.exit_code:
            raise SystemExit(stop.exit_code) from stop
    except stopping.Ended as ended:
        _fail(f"ended by {ended.signal}; what was recorded before is kept.", ended.status)
    except click.ClickException as error:
        _fail(error.format_message(), error.exit_code)
    except UsageError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        hush(sys.stdout)  # the reader of a pipe (head, less) has gone: nothing is wrong
    except Exception as error:
        if "--debug" in arguments:
            traceback.print_exc()
        _fail(_sentence(error), 1)


def _sentence(error: Exception) -> str:
    if isinstance(error, RunError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'the output'}: {error.strerror or error}."
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return "there is not enough memory for this: take a smaller width or fewer images."
    return f"unexpected: {error!r}"


def _fail(sentence: str, status: int) -> None:
    with suppress(OSError):  # the status tells, if nothing else can
        click.echo(f"glorot-tutor: {' '.join(sentence.split())}", err=True)
    raise SystemExit(status)
