"""Many experiments, one after the other, side by side, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from glorot_tutor import stopping
from glorot_tutor.checks import whole
from glorot_tutor.study.experiments import PLAIN, Experiment, Options, Training, record_name
from glorot_tutor.study.experiments.plans import Stage
from glorot_tutor.study.records import Record, Store
from glorot_tutor.study.runs import cluster
from glorot_tutor.study.runs.local import in_processes
from glorot_tutor.study.runs.task import Failure, Task, perform, task_in

GOES_ON = "what was reached is kept: the same command goes on from there"


def missing(experiments: Sequence[Experiment], store: Path) -> list[Experiment]:
    """Those that the store has no record of."""
    recorded = Store(store)
    return [e for e in experiments if e not in recorded]


def run(
    experiments: Sequence[Experiment],
    store: Path,
    report: Callable[[str], None] = lambda line: None,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    work: Path | None = None,
    options: Options = PLAIN,
) -> list[str]:
    """Measure what is missing and record it, the longest runs first.

    Parameters
    ----------
    experiments
        What the store is to hold in the end.
    store
        Folder of the records; only this process writes there.
    report
        Told one line for each experiment as it ends.
    jobs
        Processes on this machine; 1 is this process.
    scheduler
        Address of a Dask scheduler whose workers do it instead.
    work
        Folder of the checkpoints, which a cluster's workers must share; None keeps none.
    options
        Engine, threads of each run, and device.

    Returns
    -------
    list of str
        A sentence for each experiment that failed; the others are recorded all the same.

    Raises
    ------
    StoppedError
        If it is asked to stop, once the runs are kept.
    RunError
        If the scheduler does not answer, or a record cannot be written.
    """
    whole("jobs", jobs, 1)
    todo = sorted(missing(experiments, store), key=lambda e: -getattr(e, "updates", 0))
    alone = scheduler is None and min(jobs, len(todo)) <= 1
    names = ["" if alone else e.title for e in todo]
    tasks = [task_in(e, work, options, name) for e, name in zip(todo, names, strict=True)]
    failures: list[str] = []
    with (
        stopping.listening(),
        closing(_results(tasks, jobs, scheduler, report)) as results,
    ):
        for number, (task, result) in enumerate(results, start=1):
            if isinstance(result, Record):
                Store(store).save(task.experiment, result)
                report(f"{number}/{len(todo)} {_line(task.experiment, result)}")
            elif not result.stopped:
                failures.append(f"{task.experiment.title}: {result.sentence}")
                report(f"{number}/{len(todo)} failed: {failures[-1]}")
        stopping.stop_if_asked(GOES_ON)
    return failures


def run_stages(
    named: Callable[[], Sequence[Stage]],
    store: Path,
    report: Callable[[str], None] = lambda line: None,
    **how: Any,
) -> list[str]:
    """Run the stages of a plan one after the other; what fails in one does not end the next.

    Parameters
    ----------
    named
        Names the stages, with the experiments that can be named now: what is recorded may add to
        them, as a grid of rates goes on until the best is inside.
    store, report, how
        As in `run`, which says what it returns and raises, too.
    """
    failures: list[str] = []
    for number in range(len(named())):
        failed: list[str] = []
        tried: set[Experiment] = set()  # a record that is taken away is not made again for ever
        while not failed and (
            todo := [e for e in missing(named()[number].experiments, store) if e not in tried]
        ):
            failed = run(todo, store, report, **how)
            tried.update(todo)
        failures += failed
    return failures


def _results(
    tasks: list[Task], jobs: int, scheduler: str | None, report: Callable[[str], None]
) -> Generator[tuple[Task, Record | Failure], None, None]:
    if scheduler is not None:
        return cluster.on_cluster(tasks, scheduler, report)
    if min(jobs, len(tasks)) > 1:
        return in_processes(tasks, jobs, report)
    return ((task, perform(task)) for task in tasks)


def _line(experiment: Experiment, record: Record) -> str:
    seconds, end = record.provenance["seconds"]["wall"], record.provenance.get("outcome", {})
    words = record_name(experiment)
    if isinstance(experiment, Training):
        words = f"{words}: {end['updates']:,} updates"
    if end.get("diverged_at") is not None:
        words = f"{words}, diverged after update {end['diverged_at']:,}"
    return words if seconds is None else f"{words}, {seconds:.1f} s"
