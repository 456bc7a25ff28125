"""The saturation watcher: it trains beside the notebook, does as it is told, and stops."""

from __future__ import annotations

import gc
import json
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from glorot_tutor import checks, shapeset
from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import learn
from glorot_tutor.streams import to_input
from glorot_tutor.widgets import pace
from glorot_tutor.widgets import trainer as trainer_module
from glorot_tutor.widgets.trainer import Trainer
from glorot_tutor.widgets.watcher import Watcher

SMALL = {"depth": 2, "width": 20}
PATIENCE = 60  # seconds; the first update ever compiles the engine


@pytest.fixture(autouse=True)
def _stop() -> Iterator[None]:
    yield
    if Watcher._latest is not None:
        Watcher._latest.close()


def wait(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to this"
        time.sleep(0.01)


def pause(widget: Watcher) -> int:
    """Pause, and return the update that it has stopped at."""
    widget.pause()
    assert widget._trainer is not None
    with widget._trainer.lock:
        return widget._trainer.update


def weights(widget: Watcher) -> list[Any]:
    assert widget._trainer is not None
    return [p.detach().clone() for p in widget._trainer.net.parameters()]


def test_it_begins_with_the_network_before_its_first_update() -> None:
    widget = Watcher(**SMALL)
    assert (widget.result["update"], widget.result["run"], widget.running) == (0, 1, False)
    assert widget.result["settings"] == widget.settings
    (found,) = widget.result["networks"]
    assert [len(layer["histogram"]) for layer in found["layers"]] == [81, 81]
    assert 80 < found["error"] < 95


def test_what_is_seen_is_what_torch_computes() -> None:
    """Plain torch and numpy, on the same weights and images."""
    settings = {**Watcher.defaults, "depth": 3, "width": 40}
    trainer = Trainer(settings)
    trainer.train(30)
    (found,) = trainer.look()["networks"]
    images, y = shapeset.monitored_set()
    z = [to_input(images[:100])]
    s = []
    with torch.enable_grad():
        for number in (1, 2, 3):
            linear = trainer.net.linears[number - 1]
            s.append(linear(z[-1]))
            s[-1].retain_grad()
            z.append(torch.tanh(s[-1]))
        logits = trainer.net.linears[3](z[-1])
        functional.cross_entropy(logits, y[:100], reduction="sum").backward()
    for number, layer in enumerate(found["layers"]):
        v = z[number + 1].detach().numpy()
        gradient = trainer.net.weight(number + 1).grad / 100
        assert layer["mean"] == pytest.approx(v.mean(), rel=1e-3, abs=1e-6)
        assert layer["std"] == pytest.approx(v.std(), rel=1e-4)
        assert layer["p98"] == pytest.approx(np.percentile(abs(v), 98), rel=1e-4)
        assert layer["saturated"] == pytest.approx((abs(v) > 0.95).mean(), rel=1e-4)
        assert layer["backprop"] == pytest.approx(s[number].grad.numpy().std(), rel=1e-3)
        assert layer["weight"] == pytest.approx(gradient.numpy().std(), rel=1e-3)
        counts = np.histogram(v, 81, (-1, 1))[0] * 81 / 2 / v.size
        assert layer["histogram"] == pytest.approx(counts, rel=6e-3)
    images, y = shapeset.test_set()
    guesses = trainer.net(to_input(images[:1000])).argmax(1)
    assert found["error"] == pytest.approx(100 * float((guesses != y[:1000]).double().mean()))
    trainer.close()


def test_it_learns_what_a_live_run_learns() -> None:
    trainer = Trainer({**Watcher.defaults, "depth": 2, "width": 30, "rate": 0.2})
    for updates in (1, 2, 20, 177):
        trainer.train(updates)
    (found,) = trainer.look()["networks"]
    trainer.close()
    frame = learn("tanh", depth=2, width=30, learning_rate=0.2, updates=200, looks=1)["statistics"]
    frame = frame[(frame["update"] == 200) & (frame["statistic"] == "std")]
    weight = frame[frame["quantity"] == "weight"]["value"]
    measured = [float(trainer.net.weight(i).detach().std(correction=0)) for i in (1, 2)]
    assert measured == pytest.approx(list(weight), rel=1e-5)
    assert found["layers"][0]["std"] > 0


def test_start_pause_and_on() -> None:
    widget = Watcher(**SMALL)
    widget.start()
    assert widget.running
    wait(lambda: widget.result["update"] > 10)
    update = pause(widget)
    assert not widget.running
    wait(lambda: widget.result["update"] == update)
    seen = widget.result
    time.sleep(0.1)
    assert widget.result is seen, "it goes on after a pause"
    widget.start()
    wait(lambda: widget.result["update"] > update)
    assert widget.result["run"] == 1


def test_a_step_is_one_update_and_waits_for_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    still = SimpleNamespace(monotonic=lambda: 0.0, sleep=time.sleep)
    monkeypatch.setattr(pace, "time", still)
    widget = Watcher(**SMALL, speed=1)
    for update in (1, 2, 3):
        widget.step()
        wait(lambda: not widget.running)
        assert widget.result["update"] == update
    plain = Trainer(widget.settings)
    plain.train(3)
    assert all(map(torch.equal, weights(widget), plain.net.parameters()))
    plain.close()


def test_reset_gives_the_same_weights() -> None:
    widget = Watcher(**SMALL)
    first, seen = weights(widget), widget.result["networks"]
    widget.start()
    wait(lambda: widget.result["update"] > 10)
    assert not torch.equal(weights(widget)[0], first[0])
    widget.reset()
    assert (widget.running, widget.result["update"], widget.result["run"]) == (False, 0, 2)
    assert all(map(torch.equal, weights(widget), first))
    assert widget.result["networks"] == seen


def test_new_settings_begin_anew_and_speed_does_not() -> None:
    widget = Watcher(**SMALL)
    widget.start()
    wait(lambda: widget.result["update"] > 10)
    widget.settings = {"speed": 1000}
    assert (widget.running, widget.result["run"]) == (True, 1)
    widget.settings = {"depth": 3}
    assert widget.running, "what was training goes on doing so"
    wait(lambda: widget.result["run"] == 2 and widget.result["update"] > 0)
    assert len(widget.result["networks"][0]["layers"]) == 3
    assert widget.result["settings"]["depth"] == 3


def test_a_low_speed_is_kept() -> None:
    widget = Watcher(**SMALL, speed=10)
    widget.step()
    wait(lambda: not widget.running)  # now the engine is compiled
    start = time.monotonic()
    widget.start()
    wait(lambda: widget.result["update"] >= 5)
    allowed = 1 + 10 * (time.monotonic() - start)
    assert pause(widget) <= allowed + 1
    widget.settings = {"speed": "max"}
    widget.start()
    wait(lambda: widget.result["update"] > 300)


def test_the_notebook_stays_free() -> None:
    """While it trains, this thread gets its share: nothing here waits for the network."""
    widget = Watcher(depth=5, width=200)
    widget.step()
    wait(lambda: not widget.running)
    widget.start()
    wait(lambda: widget.result["update"] > 20)
    before, turns = widget.result["update"], 0
    while widget.result["update"] < before + 100:
        turns += 1  # a blocked notebook would count to 1
        time.sleep(0)
    assert turns > 100
    assert widget.running


def test_a_new_watcher_stops_the_one_before() -> None:
    first = Watcher(**SMALL)
    first.start()
    wait(lambda: first.result["update"] > 10)
    second = Watcher(**SMALL)
    assert not first.running
    seen = first.result
    second.start()
    wait(lambda: second.result["update"] > 10)
    assert first.result is seen


def test_closing_it_ends_its_threads() -> None:
    before = set(threading.enumerate())
    widget = Watcher(**SMALL)
    widget.start()
    wait(lambda: widget.result["update"] > 10)
    widget.close()
    wait(lambda: not set(threading.enumerate()) - before)
    widget.start()
    assert not widget.running


def test_a_failure_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = Watcher(**SMALL)

    def fail(*args: Any) -> None:
        raise MemoryError("too much\nin all")

    monkeypatch.setattr(Trainer, "train", fail)
    widget.start()
    wait(lambda: not widget.running)
    assert widget.problem == "This could not be computed (MemoryError: too much)."
    assert widget.result["update"] == 0
    monkeypatch.undo()
    widget.start()
    wait(lambda: widget.result["update"] > 10)
    assert widget.problem == ""


def test_a_network_that_cannot_be_drawn_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> DeepNet:
        raise RuntimeError("no room")

    monkeypatch.setattr(trainer_module, "build", fail)
    widget = Watcher(**SMALL)
    assert widget.problem == "This could not be computed (RuntimeError: no room)."
    widget.start()
    assert not widget.running
    monkeypatch.undo()
    widget.reset()
    assert (widget.problem, widget.result["update"]) == ("", 0)


def test_a_network_that_diverges_is_said() -> None:
    widget = Watcher(depth=1, width=200, rate=10, activation="softsign", gain=4)
    widget.start()
    wait(lambda: not widget.running)
    assert widget.problem.startswith("The network diverged after update ")
    widget.settings = {"rate": 0.1}
    assert widget.problem == ""


def test_wishes_of_the_front_end() -> None:
    widget = Watcher(**SMALL)
    widget.wish = {"do": "start", "number": 1}
    assert widget.running
    wait(lambda: widget.result["update"] > 10)
    widget.wish = {"do": "pause", "number": 2}
    assert not widget.running
    widget.wish = {"do": "reset", "number": 3}
    wait(lambda: widget.result["update"] == 0)
    widget.wish = {"do": "step", "number": 4}
    wait(lambda: widget.result["update"] == 1)
    widget.wish = {"do": "close", "number": 5}
    assert widget.problem == "wish 'close' is not known: choose one of start, pause, step, reset."


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"activation": "maxout"}, "activation 'maxout' is not known"),
        ({"initialization": "he"}, "initialization 'he' is not known"),
        ({"gain": 9}, "gain is 9: give a number from 0.1 to 4"),
        ({"depth": 0}, "depth is 0"),
        ({"width": 1000}, "width is 1000: give a whole number from 20 to 200"),
        ({"rate": 0}, "rate is 0"),
        ({"batch": 0.5}, "batch is 0.5"),
        ({"seed": -1}, "seed is -1"),
        ({"speed": 7}, "speed 7 is not known: choose one of 1, 10, 100, 1000, max"),
        ({"speed": True}, "speed True is not known"),
    ],
)
def test_bad_values_cannot_be_entered(bad: dict[str, Any], words: str) -> None:
    widget = Watcher(**SMALL)
    before = widget.result
    widget.settings = bad
    assert words in widget.problem
    assert widget.result is before
    with pytest.raises(checks.UsageError):
        Watcher(**bad)


def test_what_travels_is_small() -> None:
    widget = Watcher(depth=10, width=20)
    assert len(json.dumps(widget.result)) < 15_000
    assert repr(widget).startswith("Watcher(activation='tanh', initialization='standard'")


def test_images_are_those_of_the_seed() -> None:
    trainer = Trainer({**Watcher.defaults, **SMALL, "batch": 5, "seed": 3})
    x, y = trainer._feed.read(7, 1)
    images, labels = shapeset.Shapeset(seed=3).read(35, 5)
    assert torch.equal(x, to_input(images))
    assert torch.equal(y, labels)
    trainer.close()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_takes_whatever_the_menus_offer(activation: str) -> None:
    widget = Watcher(**SMALL, activation=activation, initialization="he_normal")
    assert not widget.problem
    assert len(widget.result["networks"][0]["layers"]) == SMALL["depth"]


def test_a_cell_run_again_keeps_nothing_of_the_watcher_before() -> None:
    first = Watcher(**SMALL)
    first.step()
    wait(lambda: not first.running)
    kept = weakref.ref(first._trainer)
    Watcher(**SMALL)
    wait(lambda: gc.collect() >= 0 and kept() is None)
    # its picture may still stand in another cell: it begins anew when it is asked to
    first.step()
    wait(lambda: not first.running)
    assert (first.problem, first.result["run"], first.result["update"]) == ("", 2, 1)
    first.close()
