"""The bench: what it makes of times, which are given here, and that it times what it says."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from glorot_tutor import bench
from glorot_tutor.bench import contenders
from glorot_tutor.bench.timing import spread
from glorot_tutor.engines import make_engine
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.training import Schedule, recording_schedule, train
from glorot_tutor.training.feed import Feed


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


@pytest.mark.parametrize("threads", ["1", "2"])
def test_the_limits_are_those_of_the_given_times(found, threads):
    limits = found["limits"][threads]
    weights = 1024 * 20 + 4 * 20 * 20 + 20 * 9
    flop = 2 * 10 * (3 * weights - 1024 * 20)
    product, rewritten = 2 * bench.QUICK.product**3, 2 * 4 * weights
    expected = {
        "gigaflops_of_a_matrix_product": product / 1e9,
        "gigabytes_per_second_of_memory": 3 * 4 * bench.QUICK.memory / 1e9,
        "gigabytes_per_second_of_as_much_as_the_weights": rewritten / 1e9,
        "megaflop_per_update": flop / 1e6,
        "megabytes_moved_per_update": 12 * weights / 1e6,
        "milliseconds_of_arithmetic": 1000 * flop / product,
        "milliseconds_of_moving_weights": 1500,
    }
    assert {name: limits[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    floor = max(flop / product, 1.5)
    for share in limits["percent_of_the_limit"].values():
        assert share["median"] == pytest.approx(100 * floor, rel=1e-3)


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
