"""Verdicts on saturation, judged from records made up so that the answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from made_up_study import END, curve, hold, seen, switch, verdict_of

from glorot_tutor.study.claims import saturation, sigmoid
from glorot_tutor.study.claims.verdicts import NOT_MEASURED, NOT_REPRODUCED, PARTLY, REPRODUCED


def rises(*epochs, low=0.2, high=0.99):
    """Layers that pass from low to high in these epochs; None never does."""
    return {
        layer: np.full(21, low) if at is None else switch(low, high, at)
        for layer, at in enumerate(epochs, start=1)
    }


@pytest.mark.parametrize(
    ("epochs", "verdict"),
    [
        ((2, 4, 6, 8, 10), REPRODUCED),
        ((2, 4, 6, 8, None), REPRODUCED),
        ((2, 4, 6, None, None), NOT_REPRODUCED),
        ((2, 4, 4, 8, 10), NOT_REPRODUCED),
        ((2, 4, None, 8, 10), NOT_REPRODUCED),
        ((10, 8, 6, 4, 2), NOT_REPRODUCED),
    ],
)
def test_tanh_saturates_from_below(epochs, verdict):
    study = hold(statistics=[seen("tanh", "activation", "p98", rises(*epochs))])
    assert verdict_of(saturation.saturates_from_below, study) == verdict


@pytest.mark.parametrize(
    ("epochs", "high", "verdict"),
    [
        ((2, 2, 3, 3, 4), 0.8, REPRODUCED),
        ((4, 3, 3, 2, 2), 0.8, REPRODUCED),
        ((2, 4, 5, 6, 7), 0.8, PARTLY),
        ((7, 6, 5, 4, 2), 0.8, PARTLY),
        ((2, 2, 3, 3, 4), 0.99, PARTLY),
        ((2, 4, 5, 6, None), 0.99, NOT_REPRODUCED),
        ((None,) * 5, 0.8, PARTLY),
    ],
)
def test_softsign_moves_together(epochs, high, verdict):
    tanh = seen("tanh", "activation", "p98", rises(2, 4, 6, 8, 10))
    study = hold(
        statistics=[tanh, seen("softsign", "activation", "p98", rises(*epochs, high=high))]
    )
    assert verdict_of(saturation.softsign_moves_together, study) == verdict


@pytest.mark.parametrize(
    ("shares", "verdict"),
    [
        ((0.3, 0.1), REPRODUCED),
        ((0.2, 0.1), NOT_REPRODUCED),
        ((0.3, 0.4), NOT_REPRODUCED),
        ((0.2, 0.3), NOT_REPRODUCED),
    ],
)
def test_tanh_ends_saturated(shares, verdict):
    ends = {1: shares[0], 2: 0.2, 3: 0.2, 4: 0.2, 5: shares[1]}
    study = hold(statistics=[seen("tanh", "activation", "saturated", ends)])
    assert verdict_of(saturation.tanh_ends_saturated, study) == verdict


@pytest.mark.parametrize(
    ("judge", "epochs", "verdict"),
    [
        (saturation.saturates_from_below, (2, None, None, None, None), NOT_MEASURED),
        (saturation.saturates_from_below, (2, 4, None, None, None), NOT_MEASURED),
        (saturation.saturates_from_below, (2, 4, 6, 8, None), REPRODUCED),
        (saturation.saturates_from_below, (4, 2, None, None, None), NOT_REPRODUCED),
        (saturation.saturates_from_below, (None, None, 4, None, None), NOT_REPRODUCED),
        (saturation.tanh_ends_saturated, (2, 4, None, None, None), NOT_MEASURED),
        (saturation.softsign_moves_together, (2, 18, None, None, None), REPRODUCED),
        (saturation.softsign_moves_together, (18, 19, None, None, None), NOT_MEASURED),
        (saturation.softsign_moves_together, (2, 2, 2, 3, 3), NOT_REPRODUCED),
    ],
)
def test_a_short_run_tells_what_has_happened_but_not_what_has_not(judge, epochs, verdict):
    study = hold(
        full=END + 1,
        statistics=[
            seen("tanh", "activation", "p98", rises(*epochs)),
            seen("tanh", "activation", "saturated", dict.fromkeys(range(1, 6), 0.0)),
            seen("softsign", "activation", "p98", rises(2, 2, 3, 3, 4, high=0.8)),
        ],
    )
    assert verdict_of(judge, study) == verdict


@pytest.mark.parametrize(
    ("epochs", "verdict"),
    [((2, 2, 3, 3, None), NOT_REPRODUCED), ((2, 2, 3, 3, 4), NOT_MEASURED)],
)
def test_a_layer_of_softsign_that_is_late_is_late_for_certain(epochs, verdict):
    tanh = (16, 16, 17, 17, 18) if verdict == NOT_REPRODUCED else (16, 17, None, None, None)
    study = hold(
        full=END + 1,
        statistics=[
            seen("tanh", "activation", "p98", rises(*tanh)),
            seen("softsign", "activation", "p98", rises(*epochs, high=0.8)),
        ],
    )
    assert verdict_of(saturation.softsign_moves_together, study) == verdict


def test_a_layer_crosses_when_it_is_below_for_the_last_time():
    """Tanh's first layer starts above 0.6, dips, and comes back in epoch 12."""
    tanh = rises(12, 12, 13, 14, 15)
    tanh[1][:3] = 0.9
    table = pd.DataFrame(tanh, index=np.arange(21) * 20_000)
    assert saturation.crossings(table, 0.6)[0] == 0
    assert saturation.last_crossings(table, 0.6)[0] == 240_000
    never = pd.DataFrame({1: [0.7, 0.5]}, index=[0, 10])
    assert saturation.last_crossings(never, 0.6) == [np.inf]
    study = hold(
        statistics=[
            seen("tanh", "activation", "p98", tanh),
            seen("softsign", "activation", "p98", rises(2, 3, 3, 4, 5, high=0.8)),
        ]
    )
    text = saturation.softsign_moves_together(study).measured
    assert "over a span of 60,000 updates, tanh's over a span of 60,000 updates" in text


@pytest.mark.parametrize(
    ("epochs", "settled"),
    [((2, 4, 6, 8, None), True), ((4, 2, 6, 8, None), True), ((2, 4, 6, None, None), False)],
)
def test_what_a_longer_run_could_change_is_so_far(epochs, settled):
    """One rule for an event that must happen in the budget and one that must not."""
    statistics = [seen("tanh", "activation", "p98", rises(*epochs))]
    assert saturation.saturates_from_below(hold(statistics=statistics)).settled == settled
    long = np.arange(0, 21) * 250_000
    whole = seen("tanh", "activation", "p98", rises(*epochs), updates=long)
    assert saturation.saturates_from_below(hold(5_000_000, statistics=[whole])).settled
    stays = [curve("sigmoid", 83.3)]
    assert not sigmoid.deep_sigmoid_stays(hold(curve=stays)).settled
    stays = [curve("sigmoid", 83.3, updates=long)]
    assert sigmoid.deep_sigmoid_stays(hold(5_000_000, curve=stays)).settled


def hills(*places):
    """A recorded histogram, density highest at these magnitudes."""
    centres = np.round(np.linspace(-0.975, 0.975, 40), 3)
    density = sum(np.exp(-(((np.abs(centres) - place) / 0.1) ** 2)) for place in places)
    return {f"{centre:.3f}": value for centre, value in zip(centres, density, strict=True)}


@pytest.mark.parametrize(
    ("kneed", "share", "verdict"),
    [(2, 0.01, REPRODUCED), (1, 0.01, PARTLY), (2, 0.06, PARTLY), (1, 0.06, NOT_REPRODUCED)],
)
def test_softsign_ends_on_its_knees(kneed, share, verdict):
    rows = [
        {"update": 400_000, "layer": layer, **(hills(0.0, 0.7) if layer <= kneed else hills(0.0))}
        for layer in range(1, 6)
    ]
    early = [{"update": 0, "layer": layer, **hills(0.0, 0.7)} for layer in range(1, 6)]
    shape = pd.DataFrame([*early, *rows]).assign(model="softsign", seed=0, learning_rate=0.1)
    shares = dict.fromkeys(range(1, 6), share)
    study = hold(
        statistics=[seen("softsign", "activation", "saturated", shares)],
        histograms=[shape],
    )
    assert verdict_of(saturation.softsign_ends_on_its_knees, study) == verdict
    assert saturation.modes_of(pd.Series(hills(0.0, 0.675))) == [0.675]


def test_noise_has_no_modes():
    draw = np.random.default_rng(0)
    for _ in range(20):
        found = np.histogram(draw.uniform(-1, 1, 300_000), 40, (-1, 1), density=True)[0]
        row = pd.Series(dict(zip(hills(0), found, strict=True)))
        assert saturation.modes_of(row) == []
