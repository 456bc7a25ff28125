"""Verdicts that rest on errors and on crossings, computed a second time from the files alone."""

from __future__ import annotations

import re
from functools import cache
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from glorot_tutor.study import Study, records, tables
from glorot_tutor.study.claims import ledger

FOLDERS = {
    "tanh": "tanh-standard-5x1000-rate0.02",
    "tanh N": "tanh-normalized-5x1000-rate0.0063",
    "softsign": "softsign-standard-5x1000-rate0.02",
    "softsign N": "softsign-normalized-5x1000-rate0.02",
    "sigmoid": "sigmoid-standard-5x1000-rate0.63",
    "sigmoid 4": "sigmoid-standard-4x1000-rate0.2",
}
"""The chosen rates, read off the book."""


@cache
def table(model: str, seed: int, frame: str) -> pd.DataFrame:
    """Read a table of the longest record of a model that the book reads, 1,000,000 at most."""
    found = records.BOOK.glob(f"training-{FOLDERS[model]}-seed{seed}-*updates-*")
    length = {int(re.search(r"-(\d+)updates", path.name)[1]): path for path in found}
    longest = max(updates for updates in length if updates <= 1_000_000)
    return pd.read_csv(length[longest] / f"{frame}.csv")


def curve_of(model: str, seed: int) -> pd.DataFrame:
    curve = table(model, seed, "curve")
    return curve[curve["split"] == "test"].sort_values("update")


def end(model: str, seed: int, updates: float = 1e9) -> float:
    curve = curve_of(model, seed)
    return curve[curve["update"] <= updates]["error"].tail(5).mean()


def measured(claim: str) -> str:
    return ledger().set_index("id").loc[claim, "measured"]


def numbers(text: str) -> list[float]:
    return [float(n.replace(",", "")) for n in re.findall(r"-?\d[\d,]*\.?\d*", text)]


def test_e1_tells_the_means_of_five_tests():
    for seed, updates in ((0, 1_000_000), (1, 300_000), (2, 300_000)):
        models = ("softsign", "softsign N", "tanh", "tanh N", "sigmoid")
        words = ", ".join(f"{model} {end(model, seed, updates):.2f}" for model in models)
        assert f"seed {seed}: after {updates:,} updates: {words}" in measured("E1")


def test_e2_tells_paired_differences_with_students_interval():
    for name in ("tanh", "softsign"):
        gap = [end(name, s, 300_000) - end(f"{name} N", s, 300_000) for s in range(3)]
        low, high = stats.t.interval(0.95, 2, loc=np.mean(gap), scale=stats.sem(gap))
        words = f"{name} {np.mean(gap):.3g} +- {(high - low) / 2:.2g}"
        assert words in measured("E2"), words


def test_the_leaders_of_table_1_are_ahead_in_every_pair():
    column = tables.measured(Study())
    behind = [model for model in column.errors if model not in column.leaders]
    each = {m: [end(m, s, 300_000) for s in range(3)] for m in column.errors}
    for leader in column.leaders:
        for other in behind:
            assert stats.ttest_rel(each[other], each[leader]).confidence_interval(0.95).low > 0
    # no smaller group leads: some pair across its border is not told apart
    for size in range(1, len(column.leaders)):
        for group in combinations(column.leaders, size):
            rest = [m for m in each if m not in group]
            assert any(
                stats.ttest_rel(each[o], each[g]).confidence_interval(0.95).low <= 0
                for g in group
                for o in rest
            )


def test_s3_tells_where_the_top_layer_ends():
    rows = table("sigmoid 4", 0, "statistics")
    top = rows[(rows["quantity"] == "activation") & (rows["statistic"] == "mean")]
    last = top[top["layer"] == 4].sort_values("update")["value"].iloc[-1]
    assert f"layer 4's mean ends at {last:.2g}, still nearly off" in measured("S3")


def test_s5_and_t1_say_so_far_and_share_their_reason():
    rows = ledger().set_index("id")
    for claim in ("S5", "T1"):
        assert rows.loc[claim, "so_far"] == "so far"
        updates = table({"S5": "sigmoid", "T1": "tanh"}[claim], 0, "curve")["update"].max()
        share = f"{100 * updates / 5_000_000:.3g} %"
        assert rows.loc[claim, "rests_on"].startswith(
            f"seed 0 to {updates:,} ({share}) of 5,000,000"
        )
        assert rows.loc[claim, "badge"] == f"1 seed, {share}"
    assert f"seed 0: {end('sigmoid', 0):.4g} %" in rows.loc["S5", "measured"]


def test_s7_compares_as_long_after_each_escape():
    left = {}
    for model in ("sigmoid 4", "tanh N", "softsign"):
        curve = curve_of(model, 0)
        high = curve.loc[curve["error"] >= 100 * 5 / 6 - 5, "update"].max()
        left[model] = curve.loc[curve["update"] > high, "update"].min()
    since = min(1_000_000 - update for update in left.values())
    level = {model: end(model, 0, update + since) for model, update in left.items()}
    gaps = [level["sigmoid 4"] - level[model] for model in ("tanh N", "softsign")]
    words = f"seed 0: {since:,} updates after each has left its plateau"
    assert measured("S7").startswith(words)
    assert f"the sigmoid {min(gaps):.3g} to {max(gaps):.3g} points above" in measured("S7")


@pytest.mark.parametrize("model", ["tanh", "softsign"])
def test_t2_takes_the_last_time_below(model):
    rows = table(model, 0, "statistics")
    rows = rows[(rows["quantity"] == "activation") & (rows["statistic"] == "p98")]
    when = []
    for _, layer in rows.groupby("layer"):
        low = layer.loc[layer["value"] <= 0.6, "update"].max()
        later = layer.loc[layer["update"] > low, "update"]
        when.append(later.min() if len(later) else 1_000_000)
    span = max(when) - min(when)
    assert span in numbers(measured("T2").split("seed 1")[0])
    if model == "tanh":
        assert rows.loc[(rows["layer"] == 1) & (rows["update"] == 0), "value"].item() > 0.6
