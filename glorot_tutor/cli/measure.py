"""Commands that train and record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.cli import options
from glorot_tutor.files import writable


@click.command()
@options.network
@click.option("--lr", "learning_rate", type=float, required=True, help="Learning rate, constant.")
@click.option("--updates", type=int, required=True, help="Mini-batches of 10 to learn from.")
@click.option("--seed", type=int, default=0, help="Of the weights and the training images.")
@click.option("--cost", default="nll", help="nll or quadratic.")
@options.means
@click.option("--out", type=options.OUT, required=True, help="Folder of this run.")
@click.option("--resume", is_flag=True, help="Go on with the run that the folder holds.")
def train(
    depth: int, width: int, engine: str, threads: int | None, device: str, out: Path, resume: bool,
    **settings: str | int | float,
) -> None:  # fmt: skip
    """Train one network, and write what was recorded meanwhile.

    Gives curve.csv, statistics.csv, histograms.csv, answers.csv, outcome.csv and provenance.json
    in the folder, and in its folder checkpoints what is needed to go on. Stopped by Ctrl-C,
    SIGTERM or SIGHUP, the run keeps a checkpoint first, and one every five minutes besides.
    """
    with stopping.listening():
        from glorot_tutor.study import records, runs
        from glorot_tutor.study.experiments import Means, Training
        from glorot_tutor.training import Progress, StoppedError

        widths = (whole("width", width, 1),) * whole("depth", depth, 1, 100)
        run = Training(widths=widths, **settings)  # type: ignore[arg-type]
        means = Means(engine=engine, threads=1 if threads is None else threads, device=device)
        runs.check(run, means)
        writable(out)
        held = (out / "provenance.json").exists() or runs.reached(out)
        if held and not resume:
            raise UsageError(f"{out} holds a run already: add --resume, or name another folder.")
        if resume and not held:
            Progress().say(f"{out} holds no run to go on with: a new one begins.")
        if runs.reached(out) > run.updates:
            raise UsageError(
                f"{out} holds a run that is at update {runs.reached(out):,} already: --updates "
                f"{run.updates:,} would be less."
            )
        if threads is None:
            means = replace(means, threads=runs.share_out([run], means)[1])
        try:
            record = runs.carry_out(runs.task_at(out, run, means))
        except StoppedError as error:
            raise RunError(f"{error} That is this command with --resume.") from error
        records.write(out, record)
    end = record.provenance["outcome"]
    if end["diverged_at"] is not None:
        options.tell(f"diverged after update {end['diverged_at']:,}: there is no more to learn.")
    options.tell(f"{end['updates']:,} updates are recorded in {out}.")


@click.command()
@click.argument("name")
@click.option("--scale", default="book", help="quick, book or paper.")
@click.option(
    "--jobs", type=int, default=None, help="Runs side by side.  [default: as many as fit]"
)
@click.option("--scheduler", default=None, help="Address of a Dask scheduler: run on its workers.")
@options.means
@options.store
@options.work
def run(
    name: str, scale: str, jobs: int | None, scheduler: str | None, store: Path, work: Path,
    threads: int | None, **settings: str,
) -> None:  # fmt: skip
    """Run the experiments behind a figure or table: fig2 to fig12, table1.

    The plan is printed first. What is recorded is not run again, and what was interrupted goes
    on: the same command continues a run to a larger scale too. With a scheduler, the folder of
    the checkpoints must be one that all workers share.
    """
    with stopping.listening():
        from glorot_tutor.study import records, runs
        from glorot_tutor.study.experiments import Means
        from glorot_tutor.study.experiments.plans import stages

        for folder in (store, work):
            writable(folder)
        lookup = records.lookup(store)
        plan = stages(name, scale, lookup)
        means, jobs = runs.shares(plan, Means(**settings), jobs, threads, scheduler)  # type: ignore[arg-type]
        options.tell(f"{name} at scale {scale}:")
        for line in runs.outlook(plan, store, work, means, jobs):
            options.tell(line)
        failures: list[str] = []
        for number in range(len(plan)):
            failed: list[str] = []
            # what is recorded may add to a stage: a grid of rates ends where the best is inside
            while not failed and (
                todo := runs.missing(stages(name, scale, lookup)[number].experiments, store)
            ):
                failed = runs.run(
                    todo, store, options.tell,
                    jobs=jobs, scheduler=scheduler, work=work, means=means,
                )  # fmt: skip
            failures += failed
    if failures:
        raise RunError(
            f"{len(failures)} failed, the first with: {failures[0]} What did not fail is recorded; "
            "the same command tries the others again."
        )
    options.tell(f"All of it is recorded in {store}.")


@click.command()
@options.store
@options.work
def records(store: Path, work: Path) -> None:
    """List what is recorded: updates, plan, date, and the command that makes or continues it."""
    from glorot_tutor.study import runs

    if not store.is_dir():
        raise UsageError(f"--store {store} is not a folder: name one that holds records.")
    for line in runs.lines(runs.listing(store, work)):
        click.echo(line)


@click.command()
@click.argument("record", type=options.OUT)
@click.option("--updates", type=int, default=1000, help="How much of a training run to repeat.")
def verify(record: Path, updates: int) -> None:
    """Run a record's experiment again, or the first updates of it, and compare.

    The exit status is 1 if a number differs by more than a thousandth.
    """
    from glorot_tutor.study import runs

    found = runs.verify(record, updates)
    part = "" if found.updates is None else f", first {found.updates:,} updates"
    if found.verdict == "different":
        raise RunError(f"{record.name}{part}: different in {found.where}.")
    size = (
        "" if found.verdict == "identical" else f": at most {found.difference:.1e} in {found.where}"
    )
    click.echo(f"{record.name}{part}: {found.verdict}{size}")
