"""The bench: what it makes of times, which are given here, and that it times what it says."""

from __future__ import annotations

import json
import math
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from glorot_tutor import bench
from glorot_tutor.bench import contenders, limits, loops
from glorot_tutor.bench.measurements import machine_limits
from glorot_tutor.bench.timing import spread
from glorot_tutor.checks import RunError
from glorot_tutor.engines import make_engine
from glorot_tutor.engines.machine import VECTOR_BYTES
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.streams import Feed
from glorot_tutor.training import Schedule, recording_schedule, train

CHAPTER = Path(__file__).parents[1] / "notebooks" / "12_make_training_fast.ipynb"


class Machine:
    """A clock that only work moves on, and contenders that take a known time to a piece."""

    def __init__(self):
        self.now, self.bursts = 0.0, []

    def clock(self):
        return self.now

    def contender(self, name, seconds, unit=1):
        def run(pieces):
            assert pieces > 0
            assert pieces % unit == 0
            self.bursts.append((name, pieces))
            self.now += pieces * seconds

        return bench.Contender(run, unit)


def ticks():
    """Give a clock on which everything takes a second."""
    now = 0.0

    def clock():
        nonlocal now
        now += 1
        return now

    return clock


def test_times_are_those_of_one_piece():
    machine = Machine()
    contestants = {"a": machine.contender("a", 0.002), "b": machine.contender("b", 0.5, unit=7)}
    times = bench.alternate(contestants, 5, 1.0, machine.clock)
    assert times.seconds["a"] == pytest.approx([0.002] * 5)
    assert times.seconds["b"] == pytest.approx([0.5] * 5)
    assert times.median("a") == pytest.approx(0.002)


def test_bursts_come_in_turn_and_last_about_as_long_as_asked_for():
    machine = Machine()
    contestants = {"a": machine.contender("a", 0.002), "b": machine.contender("b", 0.03)}
    bench.alternate(contestants, 3, 1.0, machine.clock)
    rounds = machine.bursts[-12:]  # each burst is led in by one that is not counted
    assert [name for name, _ in rounds] == ["a", "a", "b", "b"] * 3
    assert [pieces for _, pieces in rounds] == [62, 500, 4, 33] * 3


def test_ratios_are_taken_within_a_round():
    # the machine is ten times as slow in the second round
    times = bench.Times({"plain": [4.0, 40.0, 6.0], "fused": [1.0, 10.0, 3.0]})
    assert times.times_as_fast("fused", "plain") == {"min": 2.0, "median": 4.0, "max": 4.0}
    assert (times.best("plain"), times.median("plain")) == (4.0, 6.0)
    assert times.times_as_fast("plain", "fused") == {"min": 0.25, "median": 0.25, "max": 0.5}


def test_a_spread_is_rounded_and_its_median_is_one():
    assert spread([3.00004, 1.0, 2.0, 100.0]) == {"min": 1.0, "median": 2.5, "max": 100.0}


@pytest.mark.parametrize("widths", [[7], [30, 20, 10], [25] * 5])
def test_operations_are_those_that_torch_counts(widths):
    sizes, batch = [13, *widths, 9], 4
    layers = [torch.nn.Linear(a, b) for a, b in pairwise(sizes)]
    with FlopCounterMode(display=False) as counter:
        torch.nn.Sequential(*layers)(torch.ones(batch, 13)).sum().backward()
    work = bench.update_work(sizes, batch)
    assert work.flop == counter.get_total_flops()
    assert work.bytes == 3 * sum(layer.weight.nbytes for layer in layers)
    assert bench.update_work(sizes, batch, itemsize=8, passes=6).bytes == 4 * work.bytes


def test_the_floor_is_whatever_takes_longer():
    work = bench.Work(flop=600, bytes=100)
    assert work.floor(flops=100, bandwidth=50) == 6
    assert work.floor(flops=1000, bandwidth=50) == 2


def test_all_loops_make_the_same_updates():
    nets = [contenders.draw(12) for _ in range(4)]
    loops = [
        contenders.plain(nets[0]),
        contenders.engine("autograd", nets[1]),
        contenders.engine("fused", nets[2], threads=2),
        contenders.without_numba(nets[3]),
    ]
    start = contenders.draw(12).weight(1)
    for loop in loops:
        loop.run(130)  # more than are handed over at once
    assert not torch.allclose(nets[0].weight(1), start, atol=1e-3)
    for net in nets[1:]:
        for found, expected in zip(net.parameters(), nets[0].parameters(), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_generated_examples_are_those_of_training():
    net, twin = contenders.draw(8), contenders.draw(8)
    loop, close = contenders.on_generated_examples(make_engine("fused", net, contenders.RATE))
    loop.run(loop.unit)
    loop.run(2 * loop.unit)
    close()
    engine = make_engine("fused", twin, contenders.RATE)
    train(engine, Shapeset(0), 3 * loop.unit, schedule=Schedule())
    for found, expected in zip(net.parameters(), twin.parameters(), strict=True):
        assert torch.equal(found, expected)


@pytest.fixture(scope="module")
def found():
    return bench.report(bench.QUICK, threads=2, clock=ticks())


def ranges(value):
    """All ranges in a report."""
    if isinstance(value, dict):
        if value.keys() == {"min", "median", "max"}:
            yield value
        else:
            for part in value.values():
                yield from ranges(part)


def test_the_report_is_plain_data_and_complete(found):
    assert json.loads(json.dumps(found)) == found
    assert list(found) == [
        "machine",
        "training",
        "training_narrow_one_thread",
        "two_cores",
        "generated_examples",
        "recording",
        "shapeset_images_per_second_one_thread",
        "limits",
        "hours_of_a_million_updates",
    ]
    assert found["machine"]["threads"] == 2
    assert found["machine"]["torch"] == torch.__version__
    assert len(list(ranges(found))) == 2 * (4 + 3) + 2 + 2 + 1 + 2 * 2
    for some in ranges(found):
        assert some["min"] <= some["median"] <= some["max"]


def test_where_all_takes_a_second_the_report_is_known(found):
    """Every number but the circumstances, from its definition: a piece of work in each second."""
    unit = Feed(Shapeset(0), 10, torch.float32).block  # updates to a piece of generated data
    same = {"min": 1.0, "median": 1.0, "max": 1.0}
    for part in (found["training"], found["training_narrow_one_thread"]):
        assert part["milliseconds_per_update"]["plain"]["median"] == 1000
        assert part["times_as_fast_as_plain"] == dict.fromkeys(
            ("autograd", "fused", "fused_without_numba"), same
        )
    assert found["two_cores"]["two_threads_over_one"] == same
    assert found["two_cores"]["two_runs_over_two_threads"]["median"] == 2
    assert found["two_cores"]["updates_per_second_in_all"]["two_runs_one_thread_each"] == 2
    assert found["two_cores"]["better"] == "two runs side by side"
    assert found["generated_examples"]["percent_of_fixed_one_run"]["median"] == 100 * unit
    schedule = recording_schedule(1_000_000)
    pieces = len(schedule.looks) + len(schedule.tests) + len(schedule.landmarks)
    assert found["recording"]["seconds"] == pieces
    assert found["recording"]["percent"]["median"] == pytest.approx(pieces / 10_000, rel=1e-3)
    assert found["shapeset_images_per_second_one_thread"] == 1000
    hours = (1_000_000 + pieces) / 3600
    assert found["hours_of_a_million_updates"] == pytest.approx(hours, rel=1e-3)


@pytest.mark.parametrize("threads", [1, 2])
def test_the_limits_are_those_of_the_given_times(found, threads):
    of = found["limits"][str(threads)]
    weights = 1024 * 20 + 4 * 20 * 20 + 20 * 9
    flop = 2 * 10 * (3 * weights - 1024 * 20)
    part = math.ceil(weights / threads / loops.STEP) * loops.STEP
    far = bench.QUICK.memory
    assert of["bits_of_a_vector"] == 8 * VECTOR_BYTES
    peak = of["gigaflops_from_registers"]
    assert peak == pytest.approx(threads * of["gigaflops_from_registers_per_thread"], rel=1e-3)
    expected = {
        "gigabytes_per_second_of_memory": 12 * far / 1e9,
        "gigabytes_per_second_of_as_much_as_the_weights": 12 * part * threads / 1e9,
        "megaflop_per_update": flop / 1e6,
        "megabytes_moved_per_update": 12 * weights / 1e6,
        "milliseconds_of_arithmetic": flop / peak / 1e6,
        "milliseconds_of_moving_weights": 1000 * weights / (part * threads),
    }
    assert {name: of[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    floor = max(flop / peak / 1e9, weights / (part * threads))
    for share in of["percent_of_the_limit"].values():
        assert share["median"] == pytest.approx(100 * floor, rel=1e-3)


def ramp(items):
    return np.arange(items, dtype=np.float32) % 7


def test_the_multiplying_loop_multiplies_every_chain():
    """``c = c / 2 + 1`` tends to 2 and halves the distance each time."""
    start = ramp(loops.CHAINS * loops.LANES)
    a, b = (np.full(loops.LANES, value, np.float32) for value in (0.5, 1.0))
    numbers = np.concatenate([start, a, b])
    loops.multiply(numbers, 5)
    np.testing.assert_array_equal(numbers[: len(start)], 2 + (start - 2) / 2**5)


@pytest.mark.parametrize("steps", [1, 128, 300])
def test_the_sweep_reads_and_rewrites_every_weight_once(steps):
    """300 steps are more than are taken at once, and no multiple of that."""
    weights = ramp(steps * loops.STEP)
    start = weights.copy()
    assert loops.sweep(weights, 1) == start.sum(dtype=np.float64)
    np.testing.assert_array_equal(weights, -start)
    assert loops.sweep(weights, 2) == 0  # once negative, once positive


def test_each_piece_is_as_much_work_as_it_is_said_to_be(monkeypatch):
    done = []
    monkeypatch.setattr(loops, "multiply", lambda part, times: done.append(times))
    monkeypatch.setattr(loops, "sweep", lambda part, times: done.append((part.nbytes, times)))
    with ThreadPoolExecutor(3) as pool:
        contender, flop = limits.products(3, pool)
        contender.run(4)
        # a product and a sum for each number of each chain
        assert 2 * sum(done) * loops.CHAINS * loops.LANES == 4 * flop
        done.clear()
        contender, moved = limits.passes(10_000, 3, pool)
        contender.run(4)
    assert 3 * sum(size * times for size, times in done) == 4 * moved
    assert 3 * 4 * 10_000 <= moved < 3 * 4 * (10_000 + 3 * loops.STEP)


@pytest.mark.parametrize("shares", [[20.0, 104.9], [100.0]])
def test_the_limit_may_be_reached(shares):
    limits.check(shares)


def test_a_share_above_the_limit_is_an_error_in_one_sentence():
    with pytest.raises(
        RunError, match=r"^an update reached 176 % of the machine's limit, [^.]*\.$"
    ):
        limits.check([20.0, 176.0])


def test_the_bench_refuses_a_limit_that_is_none(monkeypatch):
    """A processor said to do a thousandth of what the engine does in the same second."""
    slow = limits.Limits(flops=1e3, bandwidth=1e12, memory=1e12, vector_bits=512)
    monkeypatch.setattr(limits, "measure", lambda *given: slow)
    with pytest.raises(RunError, match="of the machine's limit"):
        machine_limits(bench.QUICK, 1, ticks())


def test_chapter_12_draws_no_point_above_its_roof():
    """Its own cell, with made-up points: one under the slanted part, one above the level one."""
    chapter = nbformat.read(CHAPTER, as_version=4)
    (cell,) = (c for c in chapter.cells if "fig-roofline" in str(c.metadata))
    check = cell.source.partition("fig, ax")[0]
    known = {"limits": limits, "peak": 100.0, "cache": 50.0}
    exec(check, known | {"points": {"fused": (1.0, 49.0)}})
    for point in ((1.0, 60.0), (10.0, 176.0)):
        with pytest.raises(RunError, match="of the machine's limit"):
            exec(check, known | {"points": {"fused": point}})


def test_without_numba_no_limit_is_measured(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "glorot_tutor.bench.loops", None)
    assert machine_limits(bench.QUICK, 1, ticks()) is None
    text = "\n".join(bench.lines(found | {"limits": {"1": None}}))
    assert "one thread: not measured, for Numba is missing" in text


def test_the_number_of_torchs_threads_is_given_back():
    before = torch.get_num_threads()
    with suppress(KeyError), bench.torch_threads(before + 1):
        inside = torch.get_num_threads()
        raise KeyError
    assert (inside, torch.get_num_threads()) == (before + 1, before)


def test_the_lines_say_what_was_found(found):
    text = "\n".join(bench.lines(found))
    for words in (
        "2 threads, 5 x 20 units, batch 10:",
        "One thread, 5 x 10 units, batch 10:",
        "fused                1000.00 ms an update, 1.00 (1.00 to 1.00) times as fast as plain",
        "two runs make 2.00 (2.00 to 2.00) times the updates of one run on two threads",
        "1,000 images/s",
        f"{found['hours_of_a_million_updates']:.2f} h",
    ):
        assert words in text
    assert max(map(len, bench.lines(found))) <= 100


def test_on_one_core_there_is_nothing_to_share_out(found):
    shares = found["generated_examples"] | {"percent_of_fixed_two_runs": None}
    lonely = found | {"two_cores": None, "generated_examples": shares}
    text = "\n".join(bench.lines(lonely))
    assert "One core only" in text
    assert "side by side" not in text
