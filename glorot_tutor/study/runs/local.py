"""Side by side on one machine: a process for each run, one thread to each."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures.process import BrokenProcessPool
from functools import cache

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
        if not left:  # the last process was lost when its work was done
            return
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
    calls = (
        delayed(_numbered)(*pair, os.getpid())
        for pair in list(left.items())
        if not stopping.asked()
    )
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


_WORKING = threading.Lock()


def _numbered(number: int, task: Task, caller: int) -> tuple[int, Record | Failure]:
    with _WORKING:
        if os.name == "posix":  # elsewhere a process does not see that its parent is gone
            _end_with(caller)
        return number, perform_alone(task)


@cache
def _end_with(caller: int) -> None:
    """Let this process end after the one that called it, which may be killed at any moment.

    Nobody would take the result, and the next call would find the run's place in use. What the run
    has reached is kept.
    """

    def watch() -> None:
        while os.getppid() == caller:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)
        with _WORKING:
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
