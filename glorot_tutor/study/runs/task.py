"""One experiment on its own: with a place for its checkpoints, a lock on it, and its outcome."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from filelock import FileLock, Timeout

from glorot_tutor import stopping
from glorot_tutor.checks import RunError, UsageError, whole
from glorot_tutor.sgd import build
from glorot_tutor.stopping import StoppedError
from glorot_tutor.study import records
from glorot_tutor.study.experiments import PLAIN, Experiment, Options, Training
from glorot_tutor.study.provenance import describe
from glorot_tutor.study.records import Record
from glorot_tutor.study.runs.length import cut
from glorot_tutor.training import MOST, Progress, kept

PATIENCE = 5.0
"""Seconds to wait for a folder that another process trains in; one just killed may hold it."""


@dataclass(frozen=True)
class Task:
    """An experiment, and what it is run with; `options.folder` is its own (see `workplace`)."""

    experiment: Experiment
    options: Options = PLAIN


@dataclass(frozen=True)
class Failure:
    """Why there is no record, in a sentence; `stopped` if it was asked for."""

    sentence: str
    stopped: bool = False


def task_in(experiment: Experiment, work: Path | None, options: Options, name: str = "") -> Task:
    """Give an experiment its place in a folder of work, and its progress a name."""
    options = replace(options, shared=None if work is None else work.absolute())
    if not isinstance(experiment, Training):
        return Task(experiment, replace(options, progress=partial(Progress, name=name)))
    home = None if work is None else workplace(experiment, work.absolute(), options)
    return task_at(home, experiment, options, name)


def task_at(home: Path | None, run: Training, options: Options, name: str = "") -> Task:
    """Let a training run be at home in a folder, or in none, and show its progress."""
    return Task(run, replace(options, folder=home, progress=partial(Progress, name=name)))


def workplace(run: Training, work: Path, options: Options = PLAIN) -> Path:
    """Where a run is at home: the same for every length of it, so a longer one goes on there.

    Its checkpoints lie in a folder `checkpoints` in it, as those of `glorot-tutor train --out`.
    """
    text = json.dumps([run.identity, options.engine], sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return work / f"{run.stem}-{digest}"


def check(run: Training, options: Options) -> None:
    """Raise `UsageError` if a setting is not allowed, before anything is written."""
    whole("updates", run.updates, 0, MOST)
    small = (min(whole("width", width, 1), 8) for width in run.widths)
    net = build(run.activation, run.initialization, tuple(small), run.seed, run.gain, run.data)
    options.engine_for(net, run.learning_rate, run.cost, run.batch_size, run.rule)


def checkpoints(folder: Path) -> Path:
    """Where the checkpoints lie in a run's folder."""
    return folder / "checkpoints"


def reached(folder: Path) -> int:
    """Updates after which the newest checkpoint in a run's folder was written; 0 without one."""
    return max(kept(checkpoints(folder)), default=0)


def carry_out(task: Task) -> Record:
    """Run a task in its folder, which no other process may use meanwhile.

    Raises
    ------
    UsageError
        If a setting is not allowed.
    StoppedError
        If it is asked to stop, once the run is kept.
    RunError
        If the folder is in use or cannot be written, or its checkpoints cannot be used.
    """
    with _threads(task.options.threads), _locked(task.options.folder):
        return _measure(task.experiment, task.options)


def perform(task: Task) -> Record | Failure:
    """Run a task; whatever goes wrong becomes a sentence, so that others are not lost with it."""
    if stopping.asked():
        return Failure("stopped before it began.", stopped=True)
    try:
        return carry_out(task)
    except StoppedError as error:
        return Failure(str(error), stopped=True)
    except (RunError, UsageError) as error:
        return Failure(str(error))
    except OSError as error:
        return Failure(f"{error.filename or task.options.folder}: {error.strerror or error}.")
    except Exception as error:
        return Failure(f"unexpected: {error!r}")


def perform_alone(task: Task) -> Record | Failure:
    """Run a task in a process that is there for nothing else."""
    stopping.obey()
    # two tasks in threads of one process would restore each other's number, so nobody does
    torch.set_num_threads(task.options.threads)
    return perform(task)


def _measure(experiment: Experiment, options: Options) -> Record:
    if not isinstance(experiment, Training):
        return records.measure(experiment, options)
    frames = _train(experiment, options)
    return Record(frames, describe(experiment, frames, options=options))


def _train(experiment: Training, options: Options) -> dict[str, pd.DataFrame]:
    home = options.folder
    homes = [None] if home is None else [checkpoints(home), checkpoints(home / experiment.title)]
    for place in homes:
        frames = cut(experiment.run(replace(options, folder=place)), experiment)
        if frames is not None:
            return frames
        # a longer run passed this length without looking: only a run of its own can
    raise RunError(f"{experiment.title} was not recorded at its end.")


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let torch use so many threads: sums, and so the last digits, may depend on it."""
    before = torch.get_num_threads()
    if before == number:
        yield
        return
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def _locked(folder: Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / ".lock", timeout=PATIENCE):
            yield
    except Timeout as error:
        raise RunError(
            f"another process trains in {folder}: wait for it or stop it, then run this again."
        ) from error
