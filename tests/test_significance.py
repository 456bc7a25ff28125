import numpy as np
import pytest
from scipy import stats

from glorot_tutor.checks import UsageError
from glorot_tutor.study.significance import interval, leading, mcnemar, pairwise


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


def answers(*wrong):
    """A hundred-fold of ten answers, wrong where said."""
    found = np.ones(1_000, bool)
    for start, stop in wrong:
        found[start:stop] = False
    return found


@pytest.mark.parametrize(
    ("right", "leaders"),
    [
        ({"a": answers((0, 50)), "b": answers((0, 200)), "c": answers((0, 300))}, ("a",)),
        ({"a": answers((0, 50)), "b": answers((0, 52)), "c": answers((0, 300))}, ("a", "b")),
        ({"a": answers((0, 50)), "b": answers((0, 52)), "c": answers((0, 54))}, ()),
        # each is near the next: nobody leads, though the ends differ
        ({"a": answers((0, 50)), "b": answers((0, 57)), "c": answers((0, 64))}, ()),
        ({"a": answers((0, 50))}, ()),
    ],
)
def test_leaders_differ_from_all_the_rest(right, leaders):
    assert leading([right]) == leaders
    assert leading([dict(reversed(right.items()))]) == leaders


def test_every_seed_has_to_say_so():
    clear = {"a": answers((0, 50)), "b": answers((0, 200))}
    assert leading([clear, clear]) == ("a",)
    assert leading([clear, {"a": answers((0, 50)), "b": answers((0, 51))}]) == ()
    assert leading([clear, {"a": clear["b"], "b": clear["a"]}]) == ()
    assert leading([]) == ()
