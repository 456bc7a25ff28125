"""The report of `bench`, for people."""

from __future__ import annotations

from typing import Any

from glorot_tutor.bench.timing import Range


def lines(report: dict[str, Any]) -> list[str]:
    """Lay out what `report` gave as lines of at most 100 characters."""
    return [
        *_machine(report["machine"]),
        *_training(report["training"]),
        *_training(report["training_narrow_one_thread"]),
        *_two_cores(report["two_cores"]),
        *_data(report),
        *(line for limit in report["limits"].items() for line in _limits(*limit)),
        "",
        f"1,000,000 updates, generated and recorded: {report['hours_of_a_million_updates']:.2f} h",
    ]


def _range(found: Range, form: str = ".2f") -> str:
    return f"{found['median']:{form}} ({found['min']:{form}} to {found['max']:{form}})"


def _machine(found: dict[str, Any]) -> list[str]:
    load = (
        ""
        if found["load_before"] is None
        else (f", load {found['load_before']:.1f} before and {found['load_after']:.1f} after")
    )
    numba = f"Numba {found['numba']}" if found["numba"] else "no Numba"
    return [
        f"{found['processor']}, {found['threads']} threads, {found['system']}",
        f"Python {found['python']}, torch {found['torch']}, {numba}, {found['date']}",
        f"Medians, and in brackets the smallest and the largest; {found['seconds']:.0f} s{load}",
    ]


def _training(found: dict[str, Any]) -> list[str]:
    ratios = found["times_as_fast_as_plain"]
    found_lines = [f"{_count(found['threads'])}, {found['network']} units, batch 10:"]
    for name, ms in found["milliseconds_per_update"].items():
        words = f"  {name.replace('_', ' '):20} {ms['median']:.2f} ms an update"
        if name in ratios:
            words += f", {_range(ratios[name])} times as fast as plain"
        found_lines.append(words)
    return ["", *found_lines]


def _count(threads: int) -> str:
    return "One thread" if threads == 1 else f"{threads} threads"


def _two_cores(found: dict[str, Any] | None) -> list[str]:
    if found is None:
        return ["", "One core only: nothing to share out"]
    rates = found["updates_per_second_in_all"]
    return [
        "",
        "Updates a second on two cores:",
        *(f"  {name.replace('_', ' '):26} {rate:,.0f}" for name, rate in rates.items()),
        f"  two runs make {_range(found['two_runs_over_two_threads'])} times the updates of one "
        "run on two threads",
        f"  better: {found['better']}",
    ]


def _data(report: dict[str, Any]) -> list[str]:
    shares, once = report["generated_examples"], report["recording"]
    found = [f"  one run keeps {_range(shares['percent_of_fixed_one_run'], '.1f')} % of its speed"]
    if shares["percent_of_fixed_two_runs"] is not None:
        share = _range(shares["percent_of_fixed_two_runs"], ".1f")
        found.append(f"  two runs side by side keep {share} %")
    return [
        "",
        f"Shapeset: {report['shapeset_images_per_second_one_thread']:,} images/s on one thread; "
        "training on generated images",
        *found,
        f"Recording {once['updates']:,} updates: {_range(once['percent'])} % of their time, for",
        f"  {once['evaluations']} evaluations of 10,000 images, "
        f"{once['seconds_of_an_evaluation']:.2f} s each, "
        f"and {once['looks']} looks at 300, {once['seconds_of_a_look']:.2f} s each",
    ]


def _limits(threads: str, found: dict[str, Any] | None) -> list[str]:
    count = _count(int(threads)).lower()
    if found is None:
        return ["", f"The machine at its best, {count}: not measured, for Numba is missing"]
    reached = found["percent_of_the_limit"]
    return [
        "",
        f"The machine at its best, {count}:",
        f"  products from registers {found['gigaflops_from_registers']:,.0f} GFLOP/s "
        f"({found['gigaflops_from_registers_per_thread']:,.0f} a thread), "
        f"in vectors of {found['bits_of_a_vector']} bits",
        f"  an array like the weights "
        f"{found['gigabytes_per_second_of_as_much_as_the_weights']:,.1f} GB/s, memory "
        f"{found['gigabytes_per_second_of_memory']:,.1f} GB/s",
        f"  an update: {found['megaflop_per_update']:,.0f} MFLOP, "
        f"{found['milliseconds_of_arithmetic']:.2f} ms; "
        f"{found['megabytes_moved_per_update']:,.0f} MB, "
        f"{found['milliseconds_of_moving_weights']:.2f} ms",
        f"  of the limit, plain reaches {_range(reached['plain'], '.0f')} %, "
        f"fused {_range(reached['fused'], '.0f')} %",
    ]
