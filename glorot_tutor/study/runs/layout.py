"""How the cores are best shared out, from a short measurement: among runs, or within one run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median

from torch import Tensor

from glorot_tutor import stopping
from glorot_tutor.checks import whole
from glorot_tutor.datasets import source
from glorot_tutor.engines import Engine, make_engine
from glorot_tutor.sgd import build
from glorot_tutor.streams import to_input
from glorot_tutor.study.experiments import PLAIN, Experiment, Options, Training
from glorot_tutor.study.experiments.plans import Stage
from glorot_tutor.study.runs import cluster

UPDATES = 40
"""Updates in a burst of each layout."""

ROUNDS = 5


def shares(
    stages: Iterable[Stage],
    options: Options,
    jobs: int | None = None,
    threads: int | None = None,
    scheduler: str | None = None,
) -> tuple[Options, int]:
    """Settle the threads of each run, and the runs side by side, where they are not given.

    On a cluster each run has one thread, and each core of it a run.
    """
    jobs = None if jobs is None else whole("--jobs", jobs, 1)
    threads = None if threads is None else whole("--threads", threads, 1)
    if threads is None:
        runs = [e for stage in stages for e in (*stage.experiments, *stage.awaited)]
        alone = scheduler is None and jobs in (None, 1)
        best, threads = share_out(runs, options, jobs) if alone else (jobs, 1)
        jobs = best if scheduler is None and jobs is None else jobs
    if jobs is None:
        jobs = max(1, cpu_count() // threads) if scheduler is None else cluster.cores(scheduler)
    return replace(options, threads=threads), jobs


def share_out(
    experiments: Iterable[Experiment], options: Options = PLAIN, most: int | None = None
) -> tuple[int, int]:
    """Return runs side by side and threads of each that get the most updates done.

    Either runs have a core each, or all cores share one run after the other: both are tried on
    the longest of the runs. Small networks are slower on several threads; large ones
    are about as fast, and a run alone is through sooner.

    Parameters
    ----------
    experiments
        What is to be run.
    options
        Its engine counts: only the fused one shares an update among threads.
    most
        Runs side by side at most; as many as there are cores if None.
    """
    cores = cpu_count()
    trained = [e for e in experiments if isinstance(e, Training)]
    if cores < 2 or not trained or options.engine != "fused":
        return min(cores, most or cores), 1
    longest = max(trained, key=lambda run: run.updates)
    beside = min(cores, len(trained), most or cores)
    apart = [_engine(longest, 1) for _ in range(beside)]
    together = _engine(longest, cores)
    images, y = source(longest.data).stream(0).read(0, UPDATES * longest.batch_size)
    x = to_input(images)
    ratios = []
    for _ in range(ROUNDS):
        stopping.stop_if_asked()
        # each run makes its updates on a core, or all cores make as many together
        ratios.append(_seconds(apart, x, y) / (beside * _seconds([together], x, y)))
    return (1, cores) if median(ratios) > 1 else (beside, 1)


def cpu_count() -> int:
    """Cores that this process may use."""
    from joblib import cpu_count as count

    return count()


def _engine(run: Training, threads: int) -> Engine:
    net = build(run.activation, run.initialization, run.widths, run.seed, run.gain, run.data)
    # a rate at which nothing diverges: what it is makes no difference to the time
    return make_engine("fused", net, 1e-3, run.cost, run.batch_size, threads)


def _seconds(engines: list[Engine], x: Tensor, y: Tensor) -> float:
    """Time a burst in all engines at once, each in a thread of its own; the first warms up."""
    with ThreadPoolExecutor(len(engines)) as pool:
        list(pool.map(lambda engine: engine.run(x[: len(x) // 4], y[: len(y) // 4]), engines))
        start = time.perf_counter()
        list(pool.map(lambda engine: engine.run(x, y), engines))
        return time.perf_counter() - start
