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


def _range(measured: Range, form: str = ".2f") -> str:
    return f"{measured['median']:{form}} ({measured['min']:{form}} to {measured['max']:{form}})"


def _machine(machine: dict[str, Any]) -> list[str]:
    load = (
        ""
        if machine["load_before"] is None
        else (f", load {machine['load_before']:.1f} before and {machine['load_after']:.1f} after")
    )
    numba = f"Numba {machine['numba']}" if machine["numba"] else "no Numba"
    return [
        f"{machine['processor']}, {machine['threads']} threads, {machine['system']}",
        f"Python {machine['python']}, torch {machine['torch']}, {numba}, {machine['date']}",
        f"Medians, and in brackets the smallest and the largest; {machine['seconds']:.0f} s{load}",
    ]


def _training(speeds: dict[str, Any]) -> list[str]:
    ratios = speeds["times_as_fast_as_plain"]
    written = [f"{_count(speeds['threads'])}, {speeds['network']} units, batch 10:"]
    for name, ms in speeds["milliseconds_per_update"].items():
        words = f"  {name.replace('_', ' '):20} {ms['median']:.2f} ms an update"
        if name in ratios:
            words += f", {_range(ratios[name])} times as fast as plain"
        written.append(words)
    return ["", *written]


def _count(threads: int) -> str:
    return "One thread" if threads == 1 else f"{threads} threads"


def _two_cores(sharing: dict[str, Any] | None) -> list[str]:
    if sharing is None:
        return ["", "One core only: nothing to share out"]
    rates = sharing["updates_per_second_in_all"]
    return [
        "",
        "Updates a second on two cores:",
        *(f"  {name.replace('_', ' '):26} {rate:,.0f}" for name, rate in rates.items()),
        f"  two runs make {_range(sharing['two_runs_over_two_threads'])} times the updates of one "
        "run on two threads",
        f"  better: {sharing['better']}",
    ]


def _data(report: dict[str, Any]) -> list[str]:
    shares, once = report["generated_examples"], report["recording"]
    kept = [f"  one run keeps {_range(shares['percent_of_fixed_one_run'], '.1f')} % of its speed"]
    if shares["percent_of_fixed_two_runs"] is not None:
        share = _range(shares["percent_of_fixed_two_runs"], ".1f")
        kept.append(f"  two runs side by side keep {share} %")
    return [
        "",
        f"Shapeset: {report['shapeset_images_per_second_one_thread']:,} images/s on one thread; "
        "training on generated images",
        *kept,
        f"Recording {once['updates']:,} updates: {_range(once['percent'])} % of their time, for",
        f"  {once['evaluations']} evaluations of 10,000 images, "
        f"{once['seconds_of_an_evaluation']:.2f} s each, "
        f"and {once['looks']} looks at 300, {once['seconds_of_a_look']:.2f} s each",
    ]


def _limits(threads: str, best: dict[str, Any] | None) -> list[str]:
    count = _count(int(threads)).lower()
    if best is None:
        return ["", f"The machine at its best, {count}: not measured, for Numba is missing"]
    reached = best["percent_of_the_limit"]
    return [
        "",
        f"The machine at its best, {count}:",
        f"  products from registers {best['gigaflops_from_registers']:,.0f} GFLOP/s "
        f"({best['gigaflops_from_registers_per_thread']:,.0f} a thread), "
        f"in vectors of {best['bits_of_a_vector']} bits",
        f"  an array like the weights "
        f"{best['gigabytes_per_second_of_as_much_as_the_weights']:,.1f} GB/s, memory "
        f"{best['gigabytes_per_second_of_memory']:,.1f} GB/s",
        f"  an update: {best['megaflop_per_update']:,.0f} MFLOP, "
        f"{best['milliseconds_of_arithmetic']:.2f} ms; "
        f"{best['megabytes_moved_per_update']:,.0f} MB, "
        f"{best['milliseconds_of_moving_weights']:.2f} ms",
        f"  of the limit, plain reaches {_range(reached['plain'], '.0f')} %, "
        f"fused {_range(reached['fused'], '.0f')} %",
    ]
