"""Random123's published vectors, a second implementation, and what the law relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from glorot_tutor.shapeset.philox import draw, philox4x32, unit, whole

WORD = st.integers(0, 2**32 - 1)


def in_hex(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


# the lines of Random123's file kat_vectors for philox4x32 with 10 rounds: counter, key, result
@pytest.mark.parametrize(
    ("counter", "key", "result"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (
            "ffffffff ffffffff ffffffff ffffffff",
            "ffffffff ffffffff",
            "408f276d 41c83b0e a20bc7c6 6d5451fd",
        ),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers(counter: str, key: str, result: str) -> None:
    low, high = in_hex(key)
    assert philox4x32(in_hex(counter), low + (high << 32)).tolist() == in_hex(result)


def philox_in_plain_python(counter: list[int], key: int) -> list[int]:
    c0, c1, c2, c3 = counter
    k0, k1 = key % 2**32, key >> 32
    for _ in range(10):
        p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 % 2**32, (p0 >> 32) ^ c3 ^ k1, p0 % 2**32
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return [c0, c1, c2, c3]


@given(
    counters=st.lists(st.tuples(WORD, WORD, WORD, WORD), min_size=1, max_size=5),
    key=st.integers(0, 2**64 - 1),
)
def test_agrees_with_plain_python(counters: list[tuple[int, ...]], key: int) -> None:
    words = philox4x32(np.array(counters, np.uint64).T, key)
    assert words.T.tolist() == [philox_in_plain_python(list(c), key) for c in counters]


@given(
    seed=st.integers(0, 2**63 - 1),
    split=WORD,
    example=st.integers(0, 2**63 - 1),
    block=st.integers(0, 60),
)
def test_draw_counts_block_then_example_then_split(
    seed: int, split: int, example: int, block: int
) -> None:
    words = draw(seed, split, np.array([example]), block)
    counter = [block, example % 2**32, example >> 32, split]
    assert words[:, 0].tolist() == philox_in_plain_python(counter, seed)


def test_draw_is_the_same_in_any_company() -> None:
    example, block = np.arange(100, 130), np.arange(7)[:, None]
    together = draw(5, 1, example, block)
    assert together.shape == (4, 7, 30)
    for i in (0, 11, 29):
        for b in (0, 6):
            assert (draw(5, 1, example[i : i + 1], b)[:, 0] == together[:, b, i]).all()


def test_nothing_drawn_for_no_example() -> None:
    assert draw(0, 0, np.arange(0), 3).shape == (4, 0)


@pytest.mark.parametrize("choices", [1, 2, 3, 43, 255, 256])
def test_whole_numbers_cover_their_range_evenly(choices: int) -> None:
    ends = np.array([0, 2**32 - 1], np.uint64)
    assert whole(ends, choices).tolist() == [0, choices - 1]
    numbers = whole(draw(3, 0, np.arange(50_000), 0), choices)
    counts = np.bincount(numbers.ravel(), minlength=choices)
    assert len(counts) == choices
    assert choices == 1 or stats.chisquare(counts).pvalue > 1e-3


def test_unit_numbers_stay_strictly_between_0_and_1() -> None:
    ends = unit(np.array([0, 2**32 - 1], np.uint64))
    assert ends.tolist() == [2.0**-33, 1 - 2.0**-33]
    numbers = unit(draw(4, 0, np.arange(50_000), 0)).ravel()
    assert stats.kstest(numbers, "uniform").pvalue > 1e-3


def test_neighbouring_counters_are_unrelated() -> None:
    """Next word, example, block, split and seed: no correlation beyond chance."""
    count = 40_000
    example = np.arange(count)
    base = unit(draw(8, 2, example, 0))
    others = [
        np.roll(base, 1, axis=0),
        unit(draw(8, 2, example + 1, 0)),
        unit(draw(8, 2, example, 1)),
        unit(draw(8, 3, example, 0)),
        unit(draw(9, 2, example, 0)),
    ]
    for other in others:
        correlation = np.corrcoef(base.ravel(), other.ravel())[0, 1]
        assert abs(correlation) < 4 / np.sqrt(base.size)
