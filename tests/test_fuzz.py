"""A short run of the fuzzer; the long one is `python tests/fuzz.py --cases 10000`."""

from __future__ import annotations

import fuzz
import torch
from torch import nn

from glorot_tutor.probes import measure


def test_what_is_damaged_at_random_gets_a_sentence_or_is_read():
    found = fuzz.run(200)
    for name in fuzz.FAMILIES:
        assert found[name, "accepted"] + found[name, "refused"] == 200
        assert found[name, "refused"] > 50


def test_a_network_that_uses_a_layer_twice_keeps_its_parameters():
    shared = nn.Linear(4, 4)
    net = nn.Sequential(shared, nn.Tanh(), shared, nn.Tanh(), nn.Linear(4, 2))
    before = list(net.parameters())
    measure(net, torch.ones(5, 4), torch.zeros(5, dtype=torch.int64))
    assert all(now is then for now, then in zip(net.parameters(), before, strict=True))
