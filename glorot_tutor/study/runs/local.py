"""Side by side on one machine: a process for each run, one thread to each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator
from concurrent.futures.process import BrokenProcessPool

from glorot_tutor import stopping
from glorot_tutor.checks import RunError
from glorot_tutor.study.records import Record
from glorot_tutor.study.runs.task import Failure, Task, perform_alone

DEATHS = 3
"""Processes that may be lost (to a lack of memory, say) before the others are not begun again."""


def in_processes(
    tasks: list[Task], jobs: int, report: Callable[[str], None]
) -> Generator[tuple[Task, Record | Failure], None, None]:
    """Give each task with its outcome as it ends.

    If a process is killed, all are begun again and go on from their checkpoints.

    Raises
    ------
    RunError
        If that happens time after time.
    """
    left = dict(enumerate(tasks))
    for _ in range(DEATHS):
        try:
            for number, result in _once(left, jobs):
                yield left.pop(number), result
            return
        except BrokenProcessPool:
            if stopping.asked():
                return
            report("a process was killed; the runs go on from their checkpoints.")
    raise RunError(
        f"{DEATHS} processes were killed, perhaps for lack of memory: run fewer jobs; what was "
        "recorded is kept."
    )


def _once(left: dict[int, Task], jobs: int) -> Iterator[tuple[int, Record | Failure]]:
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky import get_reusable_executor

    threads = max(task.options.threads for task in left.values())
    calls = (delayed(_numbered)(*pair) for pair in list(left.items()) if not stopping.asked())
    with (
        stopping.listening(then=_tell_processes),
        parallel_config("loky", n_jobs=min(jobs, len(left)), inner_max_num_threads=threads),
    ):
        with stopping.withheld():
            results = Parallel(return_as="generator_unordered", batch_size=1)(calls)
        if stopping.asked():  # meanwhile, when not all had been started
            _tell_processes()
        yield from results
        if stopping.asked():
            get_reusable_executor().shutdown()  # its processes obey, and would begin nothing new


def _tell_processes() -> None:
    """Ask this process's own processes to stop: Ctrl-C reaches them all, other signals do not."""
    if os.name == "posix":  # elsewhere this would end them on the spot
        for process in multiprocessing.active_children():
            process.terminate()


def _numbered(number: int, task: Task) -> tuple[int, Record | Failure]:
    return number, perform_alone(task)
