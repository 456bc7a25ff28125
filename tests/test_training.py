"""The loop: what it learns from, what it records, and that recording changes nothing."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from training_process import Stripes, build, look, run

from glorot_tutor.checks import UsageError
from glorot_tutor.engines import LIMIT, make_engine
from glorot_tutor.sgd import build as draw
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.streams import Feed, to_input
from glorot_tutor.training import Progress, Schedule, evaluate, recording_schedule, train


def same(net, other):
    pairs = zip(net.parameters(), other.parameters(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["autograd", "fused"])
def test_each_update_takes_the_next_ten_examples(name):
    net, twin = build(), build()
    train(make_engine(name, net, 0.05), Stripes(), 450)
    engine = make_engine(name, twin, 0.05)
    for update in range(450):
        images, labels = Stripes().read(10 * update, 10)
        engine.run(to_input(images), labels)
    assert same(net, twin)


def test_it_learns():
    _, outcome = run(None, 2101)
    errors = outcome.curve.query("split == 'test'")["error"].tolist()
    assert errors[0] > 40
    assert errors[-1] < 5


def test_recording_changes_no_bit():
    nothing = {"test": None, "validation": None, "measure": None}
    silent, _ = run(None, 1500, **nothing, schedule=Schedule())
    points = [0, 1, 2, 77, 500, 1499, 1500]
    recorded, outcome = run(None, 1500, schedule=Schedule.everything_at(*points))
    assert same(silent, recorded)
    for frame in (outcome.curve, outcome.statistics, outcome.answers):
        assert frame["update"].unique().tolist() == points


def test_each_part_is_recorded_when_it_is_due():
    schedule = Schedule(looks=(0, 5, 300), tests=(5, 200), landmarks=(0, 200))
    silent, _ = run(None, 300, schedule=Schedule())
    recorded, outcome = run(None, 300, schedule=schedule)
    assert same(silent, recorded)
    assert outcome.statistics["update"].unique().tolist() == [0, 5, 300]
    assert outcome.curve[["update", "split"]].values.tolist() == [
        *([0, "validation"], [5, "test"], [200, "validation"], [200, "test"]),
    ]
    assert outcome.answers["update"].tolist() == [200]


def test_the_frames_are_tidy_and_hold_what_was_measured():
    net, outcome = run(None, 700)
    assert list(outcome.curve) == ["update", "split", "nll", "error"]
    assert list(outcome.statistics) == ["update", "layer", "quantity", "statistic", "value"]
    images, labels = Stripes().read(10**8, 50)
    last = outcome.curve.iloc[-1]
    assert (last["nll"], last["error"]) == evaluate(net, images, labels)
    classes = [ord(letter) - ord("A") for letter in outcome.answers["classes"].iloc[-1]]
    wrong = sum(found != label for found, label in zip(classes, labels.tolist(), strict=True))
    assert last["error"] == pytest.approx(100 * wrong / 50)
    last = outcome.statistics.query("update == 700").drop(columns="update").reset_index(drop=True)
    pd.testing.assert_frame_equal(last, look(net), check_dtype=False)
    assert (outcome.updates, outcome.diverged_at) == (700, None)


def test_evaluation_of_an_undecided_network_is_the_closed_form():
    net = build()
    for parameter in net.parameters():
        torch.nn.init.zeros_(parameter)
    images, labels = Stripes().read(0, 2345)
    nll, error = evaluate(net, images, labels)
    assert nll == pytest.approx(math.log(3))
    assert error == pytest.approx(100 * (labels != 0).double().mean().item())


def test_divergence_is_an_outcome_with_its_update():
    engine = make_engine("fused", build(activation="identity"), 30.0)
    outcome = train(engine, Stripes(), 5000, schedule=Schedule())
    assert 0 < outcome.diverged_at == outcome.updates < 5000
    twin = make_engine("fused", build(activation="identity"), 30.0)
    images, labels = Stripes().read(0, 50_000)
    assert len(twin.run(to_input(images), labels)) == outcome.diverged_at
    assert same(engine.net, twin.net)


def test_an_overshoot_that_learning_comes_back_from_is_no_divergence():
    """A wide sigmoid network, whose units all say the same, goes far beyond its aim at once."""
    net = draw("sigmoid", "standard", (1000,) * 5, seed=2)
    images, labels = Shapeset(2).read(0, 300)
    costs = make_engine("fused", net, 0.63).run(to_input(images), labels)
    assert costs[1] > 50
    assert len(costs) == 30
    assert costs[-10:].mean() < 2 * costs[0]


def test_a_recorded_nll_above_the_limit_is_divergence_too():
    net = build()
    with torch.no_grad():
        net.weight(3).mul_(1e6)
    wrong = Stripes().read(0, 100)[0], net(to_input(Stripes().read(0, 100)[0])).argmin(1)
    outcome = train(make_engine("fused", net, 0.1), Stripes(), 100, test=wrong)
    assert (outcome.diverged_at, outcome.updates) == (0, 0)
    assert outcome.curve["nll"].item() > LIMIT


def test_the_schedule_is_dense_early_then_every_epoch():
    short = recording_schedule(45_000)
    early = (0, 10, 30, 100, 300, 1000, 3000, 10_000)
    assert short.looks == (*early, 20_000, 30_000, 40_000, 45_000)
    assert short.tests == (0, 1000, 3000, 10_000, 20_000, 40_000, 45_000)
    assert short.landmarks == (45_000,)
    assert recording_schedule(0).points == (0,)
    long = recording_schedule(5_000_000)
    assert len(long.looks) == 8 + 9 + 250
    assert len(long.tests) == 4 + 250
    assert long.landmarks == tuple(range(200_000, 5_000_001, 200_000))
    with pytest.raises(UsageError, match="updates"):
        recording_schedule(-1)


@given(st.lists(st.integers(0, 900), min_size=1, max_size=5), st.sampled_from([1, 7, 10, 3000]))
def test_a_feed_gives_what_the_stream_holds(places, batch):
    feed = Feed(Stripes(), batch, torch.float64)
    for update in sorted(places):
        x, y = feed.read(update, 3)
        images, labels = Stripes().read(update * batch, len(y))
        assert torch.equal(x, to_input(images, torch.float64))
        assert torch.equal(y, labels)
        assert len(y) in (batch, 2 * batch, 3 * batch)
    feed.close()


def test_an_error_of_the_stream_reaches_the_caller():
    class Broken(Stripes):
        def read(self, start, count):
            if start >= 2000:
                raise OSError("the disk is gone")
            return super().read(start, count)

    net = build()
    with pytest.raises(OSError, match="the disk is gone"):
        train(make_engine("fused", net, 0.05), Broken(), 500, schedule=Schedule())
    assert not same(net, build())


def test_progress_is_plain_lines_in_a_file():
    text = io.StringIO()
    run(None, 1400, progress=Progress(every=0.0, file=text))
    lines = text.getvalue().splitlines()
    assert lines[0].startswith("update 0 of 1,400")
    assert lines[-1].startswith("update 1,400 of 1,400")
    assert "updates/s" in lines[-1]
    assert "test error" in lines[-1]
    assert "\r" not in text.getvalue()


def test_progress_is_a_bar_on_a_terminal():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    text = Terminal()
    run(None, 1400, progress=Progress(file=text))
    assert "1400/1400" in text.getvalue()
    assert "test error" in text.getvalue()


def test_progress_says_that_a_run_diverged():
    text = io.StringIO()
    engine = make_engine("fused", build(activation="identity"), 30.0)
    outcome = train(engine, Stripes(), 5000, schedule=Schedule(), progress=Progress(file=text))
    assert f"diverged after update {outcome.diverged_at:,}." in text.getvalue()


def test_wrong_wishes_are_refused():
    engine = make_engine("fused", build(), 0.1)
    with pytest.raises(UsageError, match="updates"):
        train(engine, Stripes(), -1)
    with pytest.raises(UsageError, match="say where they are"):
        train(engine, Stripes(), 1, resume=True)
