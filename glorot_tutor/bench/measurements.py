"""The measurements of `bench`: each gives plain data, with the units in its keys."""

from __future__ import annotations

from statistics import median
from typing import Any

from glorot_tutor.bench import contenders, limits
from glorot_tutor.bench.contenders import draw
from glorot_tutor.bench.pair import Pair
from glorot_tutor.bench.sizes import Size
from glorot_tutor.bench.timing import (
    Clock,
    Contender,
    Times,
    alternate,
    digits,
    spread,
    torch_threads,
)
from glorot_tutor.engines import make_engine
from glorot_tutor.nets import DeepNet
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.training import recording_schedule

BLOCK = 1000
"""Images generated at a time."""

LONG_RUN = 1_000_000
"""Updates of the run whose recording and hours are worked out."""


def training(size: Size, width: int, threads: int, clock: Clock) -> dict[str, Any]:
    """The two engines against the plain loop, and the fused one as it is without Numba."""
    with torch_threads(threads):
        times = alternate(
            {
                "plain": contenders.plain(draw(width)),
                "autograd": contenders.engine("autograd", draw(width)),
                "fused": contenders.engine("fused", draw(width), threads),
                "fused_without_numba": contenders.without_numba(draw(width)),
            },
            size.rounds,
            size.burst,
            clock,
        )
    return {
        "network": f"5 x {width:,}",
        "threads": threads,
        "milliseconds_per_update": _milliseconds(times),
        "times_as_fast_as_plain": {
            name: times.times_as_fast(name, "plain") for name in times.seconds if name != "plain"
        },
    }


def _milliseconds(times: Times) -> dict[str, Any]:
    return {name: spread([1000 * s for s in values]) for name, values in times.seconds.items()}


def two_cores(size: Size, pair: Pair, clock: Clock) -> dict[str, Any]:
    """Two runs on a thread each against one run on two threads."""
    one, two = "one_run_one_thread", "one_run_two_threads"
    times = alternate(
        {
            one: _on_threads(1, draw(size.width)),
            two: _on_threads(2, draw(size.width)),
            "two_runs": pair.contender("fixed"),
        },
        size.rounds,
        size.burst,
        clock,
    )
    # a piece of the pair's work is an update in each of its runs
    both = [seconds / 2 for seconds in times.seconds.pop("two_runs")]
    times.seconds["two_runs_one_thread_each"] = both
    gain = times.times_as_fast("two_runs_one_thread_each", two)
    return {
        "updates_per_second_in_all": {
            name: digits(1 / times.median(name)) for name in times.seconds
        },
        "two_threads_over_one": times.times_as_fast(two, one),
        "two_runs_over_two_threads": gain,
        "better": "two runs side by side" if gain["median"] > 1 else "one run on two threads",
    }


def _on_threads(count: int, net: DeepNet) -> Contender:
    contender = contenders.engine("fused", net, count)

    def run(updates: int) -> None:
        with torch_threads(count):  # without Numba the engine goes by torch's number
            contender.run(updates)

    return Contender(run)


def generated(size: Size, pair: Pair, threads: int, clock: Clock) -> dict[str, Any]:
    """Share of its speed that training keeps when its examples are generated."""
    engine = make_engine("fused", draw(size.width), contenders.RATE, threads=threads)
    generated, close = contenders.on_generated_examples(engine)
    fixed = contenders.on_fixed_examples(engine)
    with torch_threads(threads):
        alone = _share(size, generated, fixed, clock)
    close()
    together = None
    if threads > 1:
        unit = generated.unit
        together = _share(size, pair.contender("generated", unit), pair.contender("fixed"), clock)
    return {"percent_of_fixed_one_run": alone, "percent_of_fixed_two_runs": together}


def _share(size: Size, generated: Contender, fixed: Contender, clock: Clock) -> Any:
    contestants = {"generated": generated, "fixed": fixed}
    # several blocks of examples to a burst: one may be made in the burst before its own
    times = alternate(contestants, size.rounds, 4 * size.burst, clock)
    pairs = zip(times.seconds["fixed"], times.seconds["generated"], strict=True)
    return spread([100 * fixed / generated for fixed, generated in pairs])


def recording(size: Size, threads: int, clock: Clock) -> dict[str, Any]:
    """All that is recorded of a long run, against its updates."""
    engine = make_engine("fused", draw(size.width), contenders.RATE, threads=threads)
    contestants = {
        "test": contenders.testing(engine.net, size.images),
        "look": contenders.looking(engine.net),
        "update": contenders.on_fixed_examples(engine),
    }
    with torch_threads(threads):
        times = alternate(contestants, max(2, size.rounds // 2), size.burst, clock)
    schedule = recording_schedule(LONG_RUN)
    tests, looks = len(schedule.tests) + len(schedule.landmarks), len(schedule.looks)
    spent = [
        (tests * test + looks * look, LONG_RUN * update)
        for test, look, update in zip(*times.seconds.values(), strict=True)
    ]
    return {
        "updates": LONG_RUN,
        "evaluations": tests,
        "seconds_of_an_evaluation": digits(times.median("test")),
        "looks": looks,
        "seconds_of_a_look": digits(times.median("look")),
        "seconds": digits(median(seconds for seconds, _ in spent)),
        "percent": spread([100 * seconds / of for seconds, of in spent]),
    }


def images_per_second(size: Size, clock: Clock) -> int:
    """Shapeset images a second on one thread."""
    stream, position = Shapeset(0), 0

    def run(blocks: int) -> None:
        nonlocal position
        for _ in range(blocks):
            stream.read(position, BLOCK)
            position += BLOCK

    with torch_threads(1):
        times = alternate({"block": Contender(run)}, size.rounds, size.burst, clock)
    return round(BLOCK / times.median("block"))


def machine_limits(size: Size, threads: int, clock: Clock) -> dict[str, Any] | None:
    """Rates of the machine, the floor of an update under them, and the share of it reached.

    None where Numba is missing, which compiles the loops that find the limits.

    Raises
    ------
    RunError
        If a share is above 100 % by more than the noise of a measurement.
    """
    sizes = draw(size.width).sizes
    work = limits.update_work(sizes)
    items = work.bytes // 12
    short = (40 * size.rounds, size.burst / 80, clock)
    try:
        machine = limits.measure(items, threads, size.memory, *short)
    except ImportError:
        return None
    with torch_threads(threads):
        times = alternate(
            {
                "plain": contenders.plain(draw(size.width)),
                "fused": contenders.engine("fused", draw(size.width), threads),
            },
            size.rounds,
            size.burst,
            clock,
        )
    shares = {
        name: spread([machine.share(work, s) for s in seconds])
        for name, seconds in times.seconds.items()
    }
    limits.check(share["median"] for share in shares.values())
    return {
        "bits_of_a_vector": machine.vector_bits,
        "gigaflops_from_registers": digits(machine.flops / 1e9),
        "gigaflops_from_registers_per_thread": digits(machine.flops / threads / 1e9),
        "gigabytes_per_second_of_memory": digits(machine.memory / 1e9),
        "gigabytes_per_second_of_as_much_as_the_weights": digits(machine.bandwidth / 1e9),
        "megabytes_of_weights": digits(4 * items / 1e6),
        "megaflop_per_update": digits(work.flop / 1e6),
        "megabytes_moved_per_update": digits(work.bytes / 1e6),
        "milliseconds_of_arithmetic": digits(1000 * work.flop / machine.flops),
        "milliseconds_of_moving_weights": digits(1000 * work.bytes / machine.bandwidth),
        "percent_of_the_limit": shares,
    }
