"""On a cluster: Dask's workers do the runs, this process records them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from functools import partial
from typing import Any

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.study.experiments import record_name
from glorot_tutor.study.records import Record
from glorot_tutor.study.runs.task import Failure, Task, perform_alone

PATIENCE = 30.0
"""Seconds to wait for the scheduler."""


def on_cluster(
    tasks: list[Task], address: str, report: Callable[[str], None]
) -> Generator[tuple[Task, Record | Failure], None, None]:
    """Give each task with its outcome as it ends.

    If a worker dies, Dask gives its task to another one, which goes on from the checkpoint in
    the shared folder. A task is known by its experiment, so no two workers do the same one. If
    this process is stopped, what the workers have begun goes on there, and is found finished by
    the same command later.

    Raises
    ------
    UsageError
        If Dask is not installed.
    RunError
        If no scheduler answers.
    """
    client = connect(address)
    try:
        if not client.ncores():
            report(f"{address} has no workers yet: waiting for one.")
        futures = {
            client.submit(perform_alone, task, key=record_name(task.experiment)): task
            for task in tasks
        }
        for future in _ended(client, futures):
            yield futures[future], _result(future)
    finally:
        client.close()


def cores(address: str) -> int:
    """Threads of all workers together, at least 1."""
    client = connect(address)
    try:
        return max(1, sum(client.ncores().values()))
    finally:
        client.close()


def connect(address: str) -> Any:
    """Return a client of a scheduler.

    Raises
    ------
    UsageError
        If Dask is not installed, or this is no address.
    RunError
        If no scheduler answers within `PATIENCE`.
    StoppedError
        If it is asked to stop meanwhile.
    """
    try:
        from distributed import Client
        from distributed.comm.addressing import parse_address, parse_host_port
        from distributed.comm.registry import backends
    except ImportError as error:
        raise UsageError(
            '--scheduler needs Dask: pip install "glorot-tutor[cluster]", or leave it out.'
        ) from error
    try:
        scheme, place = parse_address(address, strict=True)
        host, _ = parse_host_port(place)
    except ValueError:
        scheme = host = ""
    if scheme not in backends or not host:
        raise UsageError(
            f"--scheduler {address!r} is no address: give one like tcp://127.0.0.1:8786."
        )
    return _answer(address, partial(Client, address, timeout=PATIENCE, set_as_default=False))


def _answer(address: str, make: Callable[[], Any]) -> Any:
    """Make a client in a thread: where something accepts and never answers, it waits for ever."""
    made: list[Any] = []

    def attempt() -> None:
        try:
            made.append(make())
        except Exception as error:
            made.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    end = time.monotonic() + PATIENCE + 1
    while thread.is_alive() and time.monotonic() < end:
        stopping.stop_if_asked()
        thread.join(0.1)
    answer = made[0] if made else TimeoutError(f"no word within {PATIENCE:.0f} s")
    if isinstance(answer, Exception):
        reason = " ".join(str(answer).split())
        raise RunError(f"no Dask scheduler answers at {address} ({reason}): start one.") from answer
    return answer


def _ended(client: Any, futures: dict[Any, Task]) -> Iterator[Any]:
    from distributed import as_completed

    completed = as_completed(futures, loop=client.loop)
    while completed.count() and not stopping.asked():
        batch = completed.next_batch(block=False)
        yield from batch
        if not batch:
            time.sleep(0.1)  # not in the client, where a signal would not be heard


def _result(future: Any) -> Record | Failure:
    if future.cancelled():
        raise RunError(
            "the Dask scheduler is gone; what was reached is kept: start one, and the same "
            "command goes on from there."
        )
    error = future.exception()
    if error is None:
        return future.result()
    return Failure(f"the worker gave up: {' '.join(str(error).split())}")
