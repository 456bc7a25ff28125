"""Settings of the training lab, decoded and encoded by Node: any address gives some."""

from __future__ import annotations

import pytest
from lab_in_node import ask


def past(wiring: str) -> str:
    return "" if wiring == "plain" else f",{wiring}"


def test_presets_are_settings_that_the_address_can_hold() -> None:
    presets = ask("presets")
    texts = []
    for preset in presets.values():
        networks = [
            f"{name}={c['activation']},{c['initialization']},{c['gain']},"
            f"{c['depth']}x{c['width']},{c['rate']}{past(c['wiring'])}"
            for name, c in zip("ab", preset["settings"]["networks"], strict=False)
        ]
        texts.append("&".join([*networks, f"batch=10&seed={preset['settings']['seed']}&speed=max"]))
    assert ask("address", texts=texts) == texts
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ("#a=softsign,normalized,1.5,10x60,0.02&batch=1&seed=12&speed=10", None),
        (
            "#a=sigmoid,standard,2,4x80,1&b=tanh,normalized,1,1x200,0.001&batch=100&seed=0",
            "&speed=max",
        ),
        ("#a=relu,he_normal,1,30x40,0.02,rezero&batch=10&seed=0&speed=max", None),
        ("#a=tanh,standard,1,5x40,0.2,maxout&seed=0", "tanh,standard,1,5x40,0.2"),
        # what is not allowed is as in the first preset, what is too much is cut
        ("#a=maxout,uniform,99,40x1000,7&batch=3&seed=-1&speed=2", "tanh,standard,4,30x200,0.2"),
        ("#a=tanh,standard,,x,&seed=1e99", "tanh,standard,1,5x40,0.2"),
        ("#a=<script>&batch=x&seed=", "tanh,standard,1,5x40,0.2"),
    ],
)
def test_any_address_gives_settings(given: str, understood: str | None) -> None:
    (text,) = ask("address", texts=[given])
    if understood is None:
        assert f"#{text}" == given
    elif understood.startswith("&"):
        assert f"#{text}" == given + understood
    else:
        seed = 2**32 - 1 if "1e99" in given else 0
        assert text == f"a={understood}&batch=10&seed={seed}&speed=max"
