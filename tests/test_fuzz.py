"""A short run of the fuzzer; the long one is `python tests/fuzz.py --cases 10000`."""

from __future__ import annotations

import fuzz


def test_what_is_damaged_at_random_gets_a_sentence_or_is_read():
    found = fuzz.run(200)
    for name in fuzz.FAMILIES:
        assert found[name, "accepted"] + found[name, "refused"] == 200
        assert found[name, "refused"] > 50
