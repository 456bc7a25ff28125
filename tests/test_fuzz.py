"""A short run of the fuzzer, whose cases hypothesis makes smaller; the long one is `make fuzz`."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import fuzz
import pytest
from fuzz_family import FAMILIES, Family, accepted, assert_sentence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glorot_tutor.checks import UsageError

CASES = {
    "command_lines": 8, "data_files": 20, "engines": 15, "instruments": 15, "npz_files": 20,
    "record_files": 10,
}  # fmt: skip
"""Of the families whose cases are quick; those on signals are in test_stopping.py."""


@pytest.mark.parametrize("name", CASES)
def test_what_is_brought_at_random_is_taken_or_gets_a_sentence(name):
    @settings(max_examples=CASES[name], deadline=None, suppress_health_check=list(HealthCheck))
    @given(chance=st.randoms(use_true_random=False))
    def take(chance):
        assert accepted(name, chance) in (True, False)

    take()


def test_verdicts_do_not_rest_on_a_damaged_record():
    found = fuzz.run("ledger", 2, seed=3)
    assert found["cases"] == found["accepted"] + found["refused"] == 2


def test_faults_are_counted_and_told(monkeypatch, capsys):
    def odd(rng):
        if rng.random() < 0.5:
            raise UsageError("nothing: give something.")
        raise KeyError("update")

    monkeypatch.setitem(FAMILIES, "odd", Family(odd, 1))
    found = fuzz.run("odd", 20)
    assert found["faults"] + found["refused"] == 20
    assert found["faults"] > 0
    assert "KeyError: 'update'" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["fuzz.py", "--family", "odd", "--cases", "20"])
    assert fuzz.main() == 1
    assert f"{found['faults']:10,}" in capsys.readouterr().out


def test_processes_that_share_the_cases_run_each_of_them_once(monkeypatch, capsys):
    numbers = []

    def one(name, cases, seed, first):
        numbers.extend(range(first, first + cases))
        return Counter(cases=cases, accepted=cases)

    monkeypatch.setattr(fuzz, "ProcessPoolExecutor", lambda jobs, _: ThreadPoolExecutor(jobs))
    monkeypatch.setattr(fuzz, "run", one)
    words = ["fuzz.py", "--family", "engines", "--cases", "47", "--first", "5", "--jobs", "2"]
    monkeypatch.setattr("sys.argv", words)
    assert fuzz.main() == 0
    assert sorted(numbers) == [*range(5, 52)]
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"{name:10}{47:10}{47:10}{0:10}{0:10}{0:10}" for name in ("engines", "all")
    ]


def test_the_cases_are_shared_out():
    shares = fuzz.shares(10_000)
    assert shares.keys() == FAMILIES.keys()
    assert 9_950 < sum(shares.values()) < 10_050
    assert min(fuzz.shares(10).values()) == 1


@pytest.mark.parametrize("text", ["", "a\nb", "unexpected: KeyError('update')"])
def test_what_is_no_sentence_is_a_fault(text):
    with pytest.raises(AssertionError):
        assert_sentence(text)
