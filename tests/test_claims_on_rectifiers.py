"""Judges of what papers say of rectifiers and their kin, on made-up records; their experiments."""

import math
from statistics import median

import numpy as np
import pandas as pd
import pytest
import torch
from test_claims_on_depths import Held, curve
from torch import nn

from glorot_tutor.checks import UsageError
from glorot_tutor.datasets import source
from glorot_tutor.streams import to_input
from glorot_tutor.study import runs
from glorot_tutor.study.claims import JUDGES
from glorot_tutor.study.claims.rectifiers import losses, passed_down, scaled_races
from glorot_tutor.study.experiments import Calibrated, Reach, Signals, WithAdam, plan
from glorot_tutor.study.experiments import rectifier_plans as plans
from glorot_tutor.study.records import Store

REPRODUCED, PARTLY, NOT = "reproduced", "partly", "not reproduced"


def moments(run, std, mean=0.0, quantity="activation"):
    """Return a frame with a standard deviation, and a mean, that follow from the layer."""
    rows = [(layer, quantity, mean, std(layer)) for layer in range(1, run.depth + 1)]
    return {"moments": pd.DataFrame(rows, columns=["layer", "quantity", "mean", "std"])}


def verdict(claim, held):
    return JUDGES[claim].verdict(Held(held=held)).verdict


@pytest.mark.parametrize(
    ("his", "standard", "expected"),
    [
        (0.7, 0.5, REPRODUCED),  # 0.5 ** 20 is a millionth
        (0.49, 0.5, PARTLY),
        (1.21, 0.5, PARTLY),
        (0.7, 0.8, PARTLY),  # 0.8 ** 20 is 0.0115
        (0.49, 0.8, NOT),
    ],
)
def test_a1_follows_its_criterion(his, standard, expected):
    """One draw in ten departs."""
    held = {}
    for run in plans.lecun_tanh("book"):
        one = run.seed == 3
        if run.initialization == "standard":
            held[run] = moments(run, lambda layer, base=standard if one else 0.5: base**layer)
        else:
            held[run] = moments(run, lambda _, size=his if one else 0.7: size)
    assert verdict("A1", held) == expected


def gradients(factors, spread=1.0):
    """Make up gradients that are multiplied by a factor a layer on their way down.

    Half of the draws lie `spread` above the factors' product, the others as far below.
    """
    held = {}
    for run in plans.backward("book"):
        factor, off = factors[run.initialization], spread ** (-1) ** run.seed
        held[run] = moments(
            run,
            lambda at, f=factor, o=off, n=run.depth: f ** (n - at) * (o if at == 1 else 1),
            quantity="backprop_gradient",
        )
    return held


@pytest.mark.parametrize(
    ("normalized", "he", "expected"),
    [
        (0.5**0.5, 1.0, REPRODUCED),
        (0.5**0.5 * 1.009, 1.0, REPRODUCED),  # 1.009 ** 29 is 1.297, 1.0125 ** 21 is 1.298
        (0.5**0.5 * 1.0095, 1.0, PARTLY),
        (0.5**0.5 * 0.986, 1.0, PARTLY),
        (0.5**0.5, 0.95, PARTLY),  # 0.95 ** 21 is 0.34, 0.95 ** 29 is 0.23
        (1.0, 0.5**0.5, NOT),
    ],
)
def test_a2_follows_its_criterion(normalized, he, expected):
    assert verdict("A2", gradients({"normalized": normalized, "he_normal": he})) == expected


def test_a2_takes_the_geometric_mean_of_the_draws():
    held = gradients({"normalized": 0.5**0.5, "he_normal": 1.0}, spread=50.0)
    assert verdict("A2", held) == REPRODUCED
    table = passed_down(Held(held=held))
    assert len(table) == 40
    deepest = table[(table["law"] == "normalized") & (table["depth"] == 30)]["ratio"]
    assert deepest.max() == pytest.approx(50 * 2**-14.5)


def thirty(errors, late=0):
    """Make up test errors by depth and law: the best at the fourth rate; one rate diverges."""
    held = {}
    for run in plans.thirty("book"):
        best = errors[run.depth, run.initialization]
        rows = [
            (update, rate, (best if rate == run.learning_rates[3] else 90.0) if update else 91.0)
            for update in (0, run.updates - late)
            for rate in run.learning_rates[:-1]
        ]
        rows.append((0, run.learning_rates[-1], 0.0))  # far below all, yet it has diverged
        columns = ["update", "learning_rate", "error"]
        held[run] = {"curve": pd.DataFrame(rows, columns=columns)}
    return held


SAID = {
    (30, "normalized"): 88.0,
    (30, "he_normal"): 4.0,
    (5, "normalized"): 3.0,
    (5, "he_normal"): 3.5,
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, REPRODUCED),
        ({(30, "normalized"): 79.0}, PARTLY),
        ({(30, "he_normal"): 16.0}, PARTLY),
        ({(5, "normalized"): 4.6}, PARTLY),
        ({(5, "he_normal"): 4.1}, PARTLY),
        ({(30, "normalized"): 3.0, (30, "he_normal"): 20.0, (5, "he_normal"): 9.0}, NOT),
    ],
)
def test_a3_follows_its_criterion(change, expected):
    assert verdict("A3", thirty(SAID | change)) == expected


def test_a3_reads_the_last_update_alone():
    assert verdict("A3", thirty(SAID, late=1)) == PARTLY  # no run has come to its end: all 100 %


def scaled(updates, std=1.0):
    """Make up races: updates by activation (scaled; the better of the two), and a spread."""
    held = {}
    for run in plans.calibrated("book"):
        own, better = updates[run.activation]
        end = own if isinstance(run, Calibrated) else better
        if run.initialization == "normalized":
            end *= 2
        frames = curve(run.learning_rates, {run.learning_rates[-1]: end})
        if isinstance(run, Calibrated):
            one = run.activation == "relu"
            rows = [(layer, std if one and layer == 7 else 1.0) for layer in range(1, 32)]
            frames["start"] = pd.DataFrame(rows, columns=["layer", "std"])
        held[run] = frames
    return held


FAST = dict.fromkeys(plans.CALIBRATED, (500, 500))
SLOW = (2_000, 500)


@pytest.mark.parametrize(
    ("change", "std", "expected"),
    [
        ({}, 1.0, REPRODUCED),
        ({"sigmoid": (math.inf, math.inf)}, 1.0, REPRODUCED),  # three of four are enough
        ({"sigmoid": SLOW}, 1.09, REPRODUCED),
        ({"sigmoid": SLOW, "relu": SLOW}, 1.0, PARTLY),
        ({}, 1.11, PARTLY),
        ({}, 0.89, PARTLY),
        ({"sigmoid": SLOW, "relu": (math.inf, math.inf)}, 0.5, NOT),
    ],
)
def test_a5_follows_its_criterion(change, std, expected):
    held = scaled(FAST | change, std)
    assert verdict("A5", held) == expected
    assert len(scaled_races(Held(held=held))) == len(held) == 12


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        (0.0, 1.0, REPRODUCED),
        (-0.09, 1.04, REPRODUCED),  # a variance of 1.08
        (-0.11, 1.0, PARTLY),
        (0.0, 1.06, PARTLY),
        (0.0, 0.94, PARTLY),
        (0.2, 1.5, NOT),
    ],
)
def test_a10_follows_its_criterion(mean, std, expected):
    held = {
        run: moments(run, lambda at, last=run.depth: std if at == last else 9.0, mean)
        if run.seed == 9
        else moments(run, lambda _: 1.0)
        for run in plans.selu("book")
    }
    assert verdict("A10", held) == expected


def adam(gelu, relu=0.10, elu=0.12):
    """Make up losses, a fifth of them outliers; the best rate is the second."""
    ends, held = {"gelu": gelu, "relu": relu, "elu": elu}, {}
    for run in plans.with_adam("book"):
        end = 9.0 if run.seed == 2 else ends[run.activation]
        rows = [
            (done, rate, end if (done, rate) == (run.passes, run.learning_rates[1]) else end + 1)
            for done in range(1, run.passes + 1)
            for rate in run.learning_rates
        ]
        held[run] = {"loss": pd.DataFrame(rows, columns=["passes", "learning_rate", "nll"])}
    return held


@pytest.mark.parametrize(
    ("gelu", "expected"), [(0.09, REPRODUCED), (0.11, NOT), (0.10, NOT), (0.13, NOT)]
)
def test_a16_follows_its_criterion(gelu, expected):
    held = adam(gelu)
    assert verdict("A16", held) == expected
    table = losses(Held(held=held))
    assert len(table) == 45
    assert table["nll"].min() == median([min(gelu, 0.1)] * 4 + [9])


@pytest.mark.parametrize("claim", ["A1", "A2", "A3", "A5", "A10", "A16"])
def test_a_verdict_waits_for_all_runs(claim):
    held = {
        "A1": {run: moments(run, lambda _: 1.0) for run in plans.lecun_tanh("book")},
        "A2": gradients({"normalized": 0.7, "he_normal": 1.0}),
        "A3": thirty(SAID),
        "A5": scaled(FAST),
        "A10": {run: moments(run, lambda _: 1.0) for run in plans.selu("book")},
        "A16": adam(0.1),
    }[claim]
    assert verdict(claim, held) != "not measured"
    del held[next(reversed(held))]
    assert verdict(claim, held) == "not measured"


def test_moments_at_the_start_are_those_of_a_pass_by_hand():
    run = Signals("selu", "lecun_normal", 3, 40, 5, plans.NORMAL, 1.5)
    table = run.run()["moments"].set_index(["quantity", "layer"])
    net, x, y = run._given()
    assert float(x.var()) == pytest.approx(1.5, rel=0.02)
    z, kept = x, []
    for linear in net.linears[:-1]:
        s = linear(z)
        s.retain_grad()
        z = torch.selu(s)
        kept.append((s, z))
    nn.functional.cross_entropy(net.linears[-1](z), y, reduction="sum").backward()
    for layer, (s, z) in enumerate(kept, 1):
        of = z.detach().double().numpy()
        seen = table.loc[("activation", layer)]
        assert (seen["mean"], seen["std"]) == pytest.approx(
            (of.mean(), of.std()), rel=1e-4, abs=1e-6
        )
        assert table.loc[("backprop_gradient", layer), "std"] == pytest.approx(
            float(s.grad.double().std(correction=0)), rel=1e-4
        )


def test_scaled_weights_have_unit_pre_activations_on_other_images_too():
    run = Calibrated("relu", "orthogonal", 1.0, 4, (0.1,), 20.0, 50, 50, 60, data="digits")
    frames = run.run()
    assert list(frames["start"]["layer"]) == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(frames["start"]["std"], 1, atol=0.1)
    assert {*frames} == {*Calibrated.layout}


def test_adam_is_that_of_the_textbook():
    run = WithAdam("tanh", "lecun_normal", (0.01,), 1, 1, 5, 3, "digits", 100)
    net, data = run.build().double(), source("digits")
    stream, epoch = data.stream(3), data.epoch
    means = {p: (torch.zeros_like(p), torch.zeros_like(p)) for p in net.parameters()}
    for step in range(1, epoch // 100 + 1):
        images, y = stream.read((step - 1) * 100, 100)
        cost = nn.functional.cross_entropy(net(to_input(images, torch.float64)), y)
        for p, g in zip(means, torch.autograd.grad(cost, [*means]), strict=True):
            first, second = (0.9 * means[p][0] + 0.1 * g, 0.999 * means[p][1] + 0.001 * g * g)
            means[p] = first, second
            size = (second / (1 - 0.999**step)).sqrt() + 1e-8
            with torch.no_grad():
                p -= 0.01 * first / (1 - 0.9**step) / size
    images, y = stream.read(0, epoch)
    expected = nn.functional.cross_entropy(net(to_input(images, torch.float64)), y)
    assert run.run()["loss"]["nll"].item() == pytest.approx(expected.item(), rel=1e-4)


def test_adam_asks_for_a_finite_data_set():
    with pytest.raises(UsageError, match="has no end"):
        WithAdam("relu", "he_normal", (0.1,), 1, data="shapeset").run()


def test_the_quick_scale_runs_in_seconds_and_is_read_back(tmp_path):
    planned = [run for name in ("signals", "thirty", "lsuv", "gelu") for run in plan(name, "quick")]
    assert runs.run(planned, tmp_path) == []
    store = Store(tmp_path)
    assert store.damaged() == []
    # twelve rectifier layers learn from He's weights and not from eq. 16's
    least = {
        run.initialization: store[run].frames["curve"]["error"].min()
        for run in planned
        if type(run) is Reach and run.depth == 12
    }
    assert least["he_normal"] < 60 < least["normalized"]
