"""How long a plan will take, from a short measurement of the real engine at the real size."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from glorot_tutor import stopping
from glorot_tutor.datasets import source
from glorot_tutor.sgd import build, observer
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments import PLAIN, Experiment, Options, Training
from glorot_tutor.study.experiments.plans import Stage
from glorot_tutor.study.runs.many import missing
from glorot_tutor.study.runs.task import reached, workplace
from glorot_tutor.study.words import counted
from glorot_tutor.training import evaluate

UPDATES = 40
"""Updates that are timed, after as many to warm up."""

SAMPLE = 1000
"""Examples that are timed, of the 10,000 of the validation set or the test set."""


def estimate(
    experiments: Iterable[Experiment],
    options: Options = PLAIN,
    jobs: int = 1,
    work: Path | None = None,
) -> float | None:
    """Return the seconds that training runs will take on so many cores.

    Parameters
    ----------
    experiments
        What is to be run; those that do not train are not counted, nor is pre-training.
    options
        What they are run with.
    jobs
        Runs side by side, each as fast as one alone.
    work
        Folder of the checkpoints: what they have reached need not be done again.

    Returns
    -------
    float or None
        None if there is nothing that trains.
    """
    times = [_seconds(e, options, work) for e in experiments if isinstance(e, Training)]
    return max(sum(times) / jobs, *times) if times else None


def outlook(
    stages: Iterable[Stage], store: Path, work: Path | None, options: Options = PLAIN, jobs: int = 1
) -> list[str]:
    """Say for each stage of a plan how many runs and updates it has, and how long it takes."""
    lines, total = [], 0.0
    for stage in stages:
        stopping.stop_if_asked()
        todo = missing(stage.experiments, store)
        runs, left = [*stage.experiments, *stage.awaited], [*todo, *stage.awaited]
        words = f"  {stage.title}: {_count(runs)}, {len(left)} to run"
        if stage.awaited:
            number = "all" if len(stage.awaited) == len(left) else len(stage.awaited)
            words = f"{words} ({number} chosen once the stage before is recorded)"
        seconds = estimate(left, options, jobs, work)
        if seconds is not None:
            total += seconds
            words = f"{words}, about {time_in_words(seconds)}"
        lines.append(words)
    if total:
        lines.append(f"  {jobs} side by side, measured on this machine: {time_in_words(total)}")
    return lines


def _count(experiments: list[Experiment]) -> str:
    updates = sum(e.updates for e in experiments if isinstance(e, Training))
    count = counted(len(experiments), "experiment")
    return f"{count}, {counted(updates, 'update')}" if updates else count


def time_in_words(seconds: float) -> str:
    """Round a time to a number and a unit."""
    for size, unit in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 1.5 * size:
            return (
                f"{seconds / size:.1f} {unit}"
                if seconds < 10 * size
                else (f"{seconds / size:.0f} {unit}")
            )
    return f"{max(1, round(seconds))} s"


def _seconds(run: Training, options: Options, work: Path | None) -> float:
    done = 0 if work is None else min(run.updates, reached(workplace(run, work, options)))
    schedule = run.schedule
    looks = sum(point >= done for point in schedule.looks)
    sets = sum(point >= done for point in (*schedule.tests, *schedule.landmarks))
    # what the rate, the seed and the length are makes no difference to the time
    alike = replace(run, learning_rate=1e-3, seed=0, updates=0, initialization="standard")
    update, look, test = _measured(alike, replace(options, folder=None, progress=None))
    return (run.updates - done) * update + looks * look + sets * test


@lru_cache
def _measured(run: Training, options: Options) -> tuple[float, float, float]:
    """Seconds of an update, of one look at the network and of one set's evaluation."""
    net = build(run.activation, run.initialization, run.widths, run.seed, run.gain, run.data)
    engine = options.engine_for(net, run.learning_rate, run.cost, run.batch_size, run.rule)
    data = source(run.data)
    images, y = data.stream(0).read(0, UPDATES * run.batch_size)
    x = to_input(images)
    engine.run(x, y)
    start = time.perf_counter()
    engine.run(x, y)
    update = (time.perf_counter() - start) / UPDATES
    images, y = (part[:SAMPLE] for part in data.validation_set())
    look = observer(data)
    start = time.perf_counter()
    look(net)
    looked = time.perf_counter()
    evaluate(net, images, y)
    return update, looked - start, 10_000 / SAMPLE * (time.perf_counter() - looked)
