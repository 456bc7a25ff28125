import numpy as np
import pandas as pd
import pytest
from scipy import stats

from glorot_tutor.checks import UsageError
from glorot_tutor.study.significance import interval, leading, mcnemar, paired, pairwise


def test_the_interval_is_students():
    found = interval([14.0, 15.0, 19.0])
    low, high = stats.t.interval(0.95, 2, loc=16, scale=stats.sem([14, 15, 19]))
    assert (found.mean, found.seeds) == (16, 3)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert np.isnan(interval([3.0]).half)
    with pytest.raises(UsageError, match="empty"):
        interval([])


def test_mcnemar_counts_only_where_the_two_differ():
    one, other = np.ones(1000, bool), np.ones(1000, bool)
    assert mcnemar(one, other) == 1
    other[:8] = False  # eight coins on one side
    assert mcnemar(one, other) == pytest.approx(2 / 2**8)
    one[8:16] = False  # and as many on the other
    assert mcnemar(one, other) == 1
    with pytest.raises(UsageError, match="1000 and 5 examples"):
        mcnemar(one, other[:5])


def test_pairs_are_tested_both_ways_alike():
    draw = np.random.default_rng(0)
    table = pairwise({name: draw.random(500) < share for name, share in (("a", 0.5), ("b", 0.8))})
    assert table.loc["a", "b"] == table.loc["b", "a"] < 0.005
    assert np.isnan(table.loc["a", "a"])


def test_by_chance_a_small_p_is_as_rare_as_it_says():
    draw = np.random.default_rng(1)
    found = [mcnemar(*(draw.random((2, 400)) < 0.7)) for _ in range(2000)]
    assert 0.02 < np.mean(np.array(found) < 0.05) < 0.055


def errors(**by_model):
    return pd.DataFrame(by_model)


@pytest.mark.parametrize(
    ("by_model", "leaders"),
    [
        ({"a": [15, 16, 17], "b": [20, 21.5, 22], "c": [30, 31.1, 32]}, ("a",)),
        # which of two is first changes from seed to seed
        ({"a": [15, 16, 17], "b": [16, 15, 17], "c": [30, 31.1, 32]}, ("a", "b")),
        ({"a": [15, 16, 17], "b": [16, 15, 17], "c": [17, 15, 16]}, ()),
        # all seeds go up and down together: the differences do not
        ({"a": [15, 26, 17], "b": [16, 27.1, 18]}, ("a",)),
        ({"a": [15, 26, 17], "b": [26, 17, 16]}, ()),
        ({"a": [15], "b": [80]}, ()),
        ({"a": [15, 16, 17]}, ()),
    ],
)
def test_leaders_are_ahead_of_all_the_rest_in_paired_differences(by_model, leaders):
    table = errors(**by_model)
    assert set(leading(table)) == set(leaders)
    assert set(leading(table[table.columns[::-1]])) == set(leaders)
    for one in leaders:
        for other in set(by_model) - set(leaders):
            low = stats.ttest_rel(table[other], table[one]).confidence_interval(0.95).low
            assert low > 0


def test_a_paired_difference_is_students():
    table = errors(tanh=[54.37, 51.49, 51.37], normal=[34.65, 35.11, 35.34])
    found = paired(table, "tanh", "normal")
    low, high = stats.ttest_rel(table["tanh"], table["normal"]).confidence_interval(0.95)
    assert (found.mean - found.half, found.mean + found.half) == pytest.approx((low, high))
    assert np.isnan(paired(table[:1], "tanh", "normal").half)
