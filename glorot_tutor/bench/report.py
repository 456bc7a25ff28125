"""Measure everything in one sitting, into plain data."""

from __future__ import annotations

import os
import platform
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from glorot_tutor.bench import measurements as measure
from glorot_tutor.bench.pair import Pair
from glorot_tutor.bench.sizes import FULL, Size
from glorot_tutor.bench.timing import Clock, digits
from glorot_tutor.study.provenance import processor


def report(
    size: Size = FULL, threads: int | None = None, clock: Clock = time.perf_counter
) -> dict[str, Any]:
    """Measure everything.

    Parameters
    ----------
    size
        `FULL`, or `QUICK` to try it out.
    threads
        What "all cores" means; as many threads as torch uses by itself if None.
    clock
        Gives the time in seconds.

    Returns
    -------
    dict
        Plain data, ready for JSON: numbers, strings, None, and dicts of them.
    """
    start, load = clock(), _load()
    cores = threads or torch.get_num_threads()
    measured: dict[str, Any] = {}
    with Pair(size.width) as pair:
        measured["training"] = measure.training(size, size.width, cores, clock)
        measured["training_narrow_one_thread"] = measure.training(size, size.narrow, 1, clock)
        measured["two_cores"] = measure.two_cores(size, pair, clock) if cores > 1 else None
        measured["generated_examples"] = measure.generated(size, pair, cores, clock)
    measured["recording"] = measure.recording(size, cores, clock)
    measured["shapeset_images_per_second_one_thread"] = measure.images_per_second(size, clock)
    measured["limits"] = {
        str(count): measure.machine_limits(size, count, clock) for count in sorted({1, cores})
    }
    measured["hours_of_a_million_updates"] = _hours(measured)
    return {"machine": _machine(cores, load, clock() - start), **measured}


def _machine(cores: int, load: float | None, seconds: float) -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "system": platform.system(),
        "processor": processor(),
        "logical_cores": os.cpu_count(),
        "threads": cores,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numba": _version("numba"),
        "load_before": load,
        "load_after": _load(),
        "seconds": round(seconds, 1),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _load() -> float | None:
    """Processes that wanted a core, mean over the last minute; None where that is not known."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _hours(measured: dict[str, Any]) -> float:
    """One run on all cores, recorded at the figures' schedule, its examples generated."""
    update = measured["training"]["milliseconds_per_update"]["fused"]["median"] / 1000
    share = min(1.0, measured["generated_examples"]["percent_of_fixed_one_run"]["median"] / 100)
    return digits((measure.LONG_RUN * update / share + measured["recording"]["seconds"]) / 3600)
