"""Commands that train and record."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.cli import common
from glorot_tutor.files import writable


@click.command()
@common.network
@click.option("--lr", "learning_rate", type=float, required=True, help="Learning rate, constant.")
@click.option("--updates", type=int, required=True, help="Mini-batches of 10 to learn from.")
@click.option("--seed", type=int, default=0, help="Of the weights and the training images.")
@click.option("--cost", default="nll", help="nll or quadratic.")
@click.option("--rule", default="sgd", help="sgd; hessian, variance or adam: a rate a weight.")
@common.engine
@click.option("--out", type=common.OUT, required=True, help="Folder of this run.")
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
        from glorot_tutor.stopping import StoppedError
        from glorot_tutor.study import runs
        from glorot_tutor.study.experiments import Options, Training
        from glorot_tutor.training import Progress

        widths = (whole("width", width, 1),) * whole("depth", depth, 1, 100)
        run = Training(widths=widths, **settings)  # type: ignore[arg-type]
        options = Options(engine=engine, threads=1 if threads is None else threads, device=device)
        runs.check(run, options)
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
            options = replace(options, threads=runs.share_out([run], options)[1])
        try:
            record = runs.carry_out(runs.task_at(out, run, options))
        except StoppedError as error:
            raise RunError(f"{error} That is this command with --resume.") from error
        record.write(out)
    end = record.provenance["outcome"]
    if end["diverged_at"] is not None:
        common.tell(f"diverged after update {end['diverged_at']:,}: there is no more to learn.")
    common.tell(f"{end['updates']:,} updates are recorded in {out}.")


@click.command()
@click.argument("name")
@click.option("--scale", default="book", help="quick, book or paper.")
@click.option(
    "--jobs", type=int, default=None, help="Runs side by side.  [default: as many as fit]"
)
@click.option("--scheduler", default=None, help="Address of a Dask scheduler: run on its workers.")
@common.engine
@common.store
@common.work
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
        from glorot_tutor.study import runs
        from glorot_tutor.study.experiments import Options
        from glorot_tutor.study.experiments.plans import stages
        from glorot_tutor.study.records import Store

        for folder in (store, work):
            writable(folder)
        lookup = Store(store).look_up
        plan = stages(name, scale, lookup)
        options, jobs = runs.shares(plan, Options(**settings), jobs, threads, scheduler)  # type: ignore[arg-type]
        common.tell(f"{name} at scale {scale}:")
        for line in runs.outlook(plan, store, work, options, jobs):
            common.tell(line)
        failures = runs.run_stages(
            lambda: stages(name, scale, lookup), store, common.tell,
            jobs=jobs, scheduler=scheduler, work=work, options=options,
        )  # fmt: skip
    if failures:
        raise RunError(
            f"{len(failures)} failed, the first with: {failures[0]} What did not fail is recorded; "
            "the same command tries the others again."
        )
    common.tell(f"All of it is recorded in {store}.")


@click.command()
@common.store
@common.work
def records(store: Path, work: Path) -> None:
    """List what is recorded: updates, plan, date, and the command that makes or continues it."""
    from glorot_tutor.study import runs

    if not store.is_dir():
        raise UsageError(f"--store {store} is not a folder: name one that holds records.")
    for line in runs.lines(runs.listing(store, work)):
        click.echo(line)


@click.command()
@click.argument("record", type=common.OUT)
@click.option("--updates", type=int, default=1000, help="How much of a training run to repeat.")
def verify(record: Path, updates: int) -> None:
    """Run a record's experiment again, or the first updates of it, and compare.

    The exit status is 1 if a number differs by more than a thousandth.
    """
    from glorot_tutor.study import runs

    comparison = runs.verify(record, updates)
    part = "" if comparison.updates is None else f", first {comparison.updates:,} updates"
    if comparison.verdict == "different":
        raise RunError(f"{record.name}{part}: different in {comparison.where}.")
    size = (
        ""
        if comparison.verdict == "identical"
        else f": at most {comparison.difference:.1e} in {comparison.where}"
    )
    click.echo(f"{record.name}{part}: {comparison.verdict}{size}")
