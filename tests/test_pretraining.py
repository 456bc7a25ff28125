"""Denoising auto-encoders, held against automatic differentiation and against loops in numpy."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.pretraining import BLOCK, Autoencoder, Masks, Pretrainer, Pretraining
from glorot_tutor.sgd import build
from glorot_tutor.shapeset import Shapeset
from glorot_tutor.stopping import StoppedError
from glorot_tutor.streams import to_input
from glorot_tutor.study import records, runs
from glorot_tutor.study.experiments import Options, Pretrained, Training, base, record_name
from glorot_tutor.study.experiments import pretraining as experiments

KINDS = [("tanh", -1), ("sigmoid", -1), ("sigmoid", 0), ("softsign", -1)]

HOW = Pretraining(0.25, 0.01, 2 * BLOCK)


def coder(activation, low, n_in=7, n_out=5):
    """An auto-encoder in double precision, inputs and what noise has left of them."""
    draw = torch.Generator().manual_seed(0)
    linear = nn.Linear(n_in, n_out, dtype=torch.float64)
    with torch.no_grad():
        for part in (linear.weight, linear.bias):
            part.copy_(torch.randn(part.shape, generator=draw))
    found = Autoencoder(linear, activation, low)
    found.offset += torch.randn(n_in, generator=draw)
    x = low + (1 - low) * torch.rand(4, n_in, generator=draw, dtype=torch.float64)
    return found, x, x * (torch.rand(4, n_in, generator=draw) < 0.7)


@pytest.mark.parametrize(("activation", "low"), KINDS)
def test_a_step_follows_the_slope_that_autograd_finds(activation, low):
    stepped, x, noisy = coder(activation, low)
    other, *_ = coder(activation, low)
    parts = ("weight", "bias", "offset")
    for name in parts:
        setattr(other, name, getattr(other, name).clone().requires_grad_())
    cost = other.cost(x, noisy)
    slopes = torch.autograd.grad(cost, [getattr(other, name) for name in parts])
    before = [getattr(stepped, name).clone() for name in parts]
    assert stepped.update(x, noisy, 0.5) == pytest.approx(cost.item(), rel=1e-12)
    for name, was, slope in zip(parts, before, slopes, strict=True):
        torch.testing.assert_close(getattr(stepped, name), was - 0.5 * slope)


def squash(low, a):
    return np.tanh(a) if low == -1 else 1 / (1 + np.exp(-a))


ACTIVATIONS = {
    "tanh": np.tanh,
    "sigmoid": lambda s: 1 / (1 + np.exp(-s)),
    "softsign": lambda s: s / (1 + abs(s)),
}


@pytest.mark.parametrize(("activation", "low"), KINDS)
def test_the_cost_is_the_cross_entropy_of_inputs_and_tied_reconstruction(activation, low):
    """By hand: the same weights there and back, tanh or logistic, (x + 1) / 2 or x as shares."""
    found, x, noisy = coder(activation, low)
    w, b, c = (part.numpy() for part in (found.weight, found.bias, found.offset))
    cost = least = 0.0
    for given, true in zip(noisy.numpy(), x.numpy(), strict=True):
        z = np.array([ACTIVATIONS[activation](w[k] @ given + b[k]) for k in range(len(b))])
        for i, target in enumerate(true):
            y = squash(low, sum(z[k] * w[k, i] for k in range(len(b))) + c[i])
            share, restored = (target - low) / (1 - low), (y - low) / (1 - low)
            cost -= share * np.log(restored) + (1 - share) * np.log(1 - restored)
            least -= share * np.log(share) + (1 - share) * np.log(1 - share)
    assert found.cost(x, noisy).item() == pytest.approx(cost / len(x), rel=1e-10)
    assert found.least(x).item() == pytest.approx(least / len(x), rel=1e-10)
    assert cost > least


def test_one_unit_follows_the_formula_by_hand():
    """Of a weight that is used twice: h (y - x) on the way back, (y - x) w f'(s) x there."""
    w, x = 0.3, 0.6
    linear = nn.Linear(1, 1, dtype=torch.float64)
    nn.init.constant_(linear.weight, w)
    nn.init.zeros_(linear.bias)
    found = Autoencoder(linear, "tanh", -1)
    one = torch.tensor([[x]], dtype=torch.float64)
    found.update(one, one, 1.0)
    h = np.tanh(w * x)
    off = np.tanh(h * w) - x
    assert linear.weight.item() == pytest.approx(w - (h * off + off * w * (1 - h * h) * x))
    assert linear.bias.item() == pytest.approx(-off * w * (1 - h * h))
    assert found.offset.item() == pytest.approx(-off)


@pytest.mark.parametrize("corruption", [0.1, 0.25, 0.4])
def test_noise_takes_its_share_of_every_input(corruption):
    spared = Masks(3, 1, 40, corruption).read(0, 20_000).double()
    count = spared.numel()
    deviation = (corruption * (1 - corruption)) ** 0.5
    assert spared.mean().item() == pytest.approx(1 - corruption, abs=5 * deviation / count**0.5)
    by_input = spared.mean(0)
    assert (by_input - (1 - corruption)).abs().max() < 5 * deviation / 20_000**0.5
    correlations = torch.corrcoef(spared[:, :8].T) - torch.eye(8)
    assert correlations.abs().max() < 5 / 20_000**0.5


def test_the_mask_of_an_example_is_always_the_same_and_no_others():
    masks = Masks(0, 1, 1000, 0.5)
    whole = masks.read(0, 60)
    assert torch.equal(torch.cat([masks.read(0, 7), masks.read(7, 53)]), whole)
    assert not torch.equal(masks.read(1, 60), whole)
    for other in (Masks(1, 1, 1000, 0.5), Masks(0, 2, 1000, 0.5)):
        alike = (other.read(0, 60) == whole).double().mean().item()
        assert alike == pytest.approx(0.5, abs=0.02)
    assert Masks(0, 1, 9, 0.0).read(0, 50).all()
    assert not Masks(0, 1, 9, 1.0).read(0, 50).any()


class Unlabelled:
    """A stream that notes what is read, and has no labels."""

    n_in, n_classes = Shapeset.n_in, Shapeset.n_classes

    def __init__(self):
        self.asked = []

    def read(self, start, count):
        self.asked.append((start, count))
        return Shapeset(0).read(start, count)[0], None


def pretrained(activation="tanh", how=HOW, widths=(20, 10), seed=0):
    net, stream = build(activation, "standard", widths, seed), Unlabelled()
    trainer = Pretrainer(net, stream, how, seed)
    rows = []
    while trainer.done < trainer.total:
        rows.append(trainer.advance())
    return net, stream, pd.DataFrame(rows, columns=experiments.COSTS)


def test_layers_learn_one_after_the_other_from_images_alone():
    net, stream, costs = pretrained()
    drawn = build("tanh", "standard", (20, 10), 0)
    assert costs["layer"].tolist() == [1, 1, 2, 2]
    assert costs["update"].tolist() == [100, 200, 300, 400]
    assert stream.asked == [(start, 1000) for start in range(0, 4000, 1000)]
    for layer in (1, 2):
        assert not torch.equal(net.weight(layer), drawn.weight(layer))
    assert torch.equal(net.weight(3), drawn.weight(3))
    excess = (costs["cost"] - costs["least"]).tolist()
    assert excess[1] < excess[0]
    assert excess[3] < excess[2]
    first = Pretrainer(build("tanh", "standard", (20, 10), 0), Unlabelled(), HOW, 0)
    for _ in range(2):
        first.advance()
    assert torch.equal(first.net.weight(1), net.weight(1))


def test_the_upper_layer_restores_what_the_lower_one_says():
    """Its one update is that of an auto-encoder on the values of layer 1, without noise there."""
    how = Pretraining(0.25, 0.01, 1)
    net, *_ = pretrained("sigmoid", how)
    drawn = build("sigmoid", "standard", (20, 10), 0)
    drawn.load_state_dict({"linears.0.weight": net.weight(1)}, strict=False)
    drawn.linears[0].bias.data.copy_(net.linears[0].bias)
    images, _ = Shapeset(0).read(10, 10)  # those of the lower layer are 0 to 9
    with torch.no_grad():
        x = torch.sigmoid(drawn.linears[0](to_input(images)))
        noisy = x * Masks(0, 2, 20, 0.25).read(0, 10)
        Autoencoder(drawn.linears[1], "sigmoid", 0).update(x, noisy, 0.01)
    assert torch.equal(drawn.weight(2), net.weight(2))


def test_all_of_it_is_a_function_of_settings_and_seed():
    (one, _, costs), (two, _, again) = pretrained(), pretrained()
    pd.testing.assert_frame_equal(costs, again, check_exact=True)
    assert all(map(torch.equal, one.parameters(), two.parameters()))
    other, *_ = pretrained(how=replace(HOW, corruption=0.3))
    assert not torch.equal(one.weight(1), other.weight(1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Pretraining(corruption=1.5), "corruption is 1.5.*0 to 1"),
        (lambda: Pretraining(learning_rate=0), "learning_rate is 0.*positive"),
        (lambda: Pretraining(updates=0), "updates is 0"),
        (lambda: pretrained("relu"), "activation 'relu'.*sigmoid, tanh, softsign"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(make, words):
    with pytest.raises(UsageError, match=words):
        make()


# ---- in experiments


RUN = Training("tanh", "standard", 0.05, 30, (20, 10), pretraining=HOW)


def stopping_after(blocks, monkeypatch):
    """Let a signal come once so many blocks of pre-training are done."""
    advance, done = Pretrainer.advance, []

    def counted(self):
        done.append(advance(self))
        if len(done) == blocks:
            signal.raise_signal(signal.SIGTERM)
        return done[-1]

    monkeypatch.setattr(Pretrainer, "advance", counted)
    return done


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_pre_training_that_was_stopped_goes_on_as_if_it_never_was(tmp_path, monkeypatch, blocks):
    whole, stopped, again = (build("tanh", "standard", (20, 10), 0) for _ in range(3))
    costs = experiments.pretrain(whole, HOW, 0, "shapeset")
    options = Options(shared=tmp_path)
    done = stopping_after(blocks, monkeypatch)
    with pytest.raises(StoppedError, match=f"{blocks}00 updates of pre-training are kept"):
        experiments.pretrain(stopped, HOW, 0, "shapeset", options)
    found = experiments.pretrain(again, HOW, 0, "shapeset", options)
    assert len(done) == 4
    pd.testing.assert_frame_equal(found, costs, check_exact=True)
    assert all(map(torch.equal, whole.parameters(), again.parameters()))


def test_what_is_pre_trained_alike_is_so_only_once(tmp_path, monkeypatch):
    done, work = stopping_after(-1, monkeypatch), tmp_path / "work"
    for run in (RUN, replace(RUN, learning_rate=0.02), replace(RUN, updates=40)):
        assert runs.run([run], tmp_path / "store", work=work) == []
    assert len(done) == 4
    for net, how, seed in (
        (build("tanh", "standard", (20, 10), 1), HOW, 1),
        (build("tanh", "standard", (20, 10), 0, gain=2.0), HOW, 0),
        (build("tanh", "standard", (20, 10), 0), replace(HOW, corruption=0.1), 0),
    ):
        experiments.pretrain(net, how, seed, "shapeset", Options(shared=work))
    assert len(done) == 16


def test_a_training_run_begins_with_what_its_pre_training_has_left(tmp_path):
    found = Pretrained("tanh", "standard", HOW, (20, 10), jacobian_examples=1)
    before_and_after = found.run()["statistics"]
    after = before_and_after[before_and_after["moment"] == "after"]
    curve = RUN.run()
    start = curve["statistics"].query("update == 0")
    keys = ["layer", "quantity", "statistic"]
    both = start.merge(after, on=keys).query("quantity == 'activation'")
    assert len(both) >= 6
    np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=1e-5)
    plain = replace(RUN, pretraining=None).run()["statistics"].query("update == 0")
    before = before_and_after[before_and_after["moment"] == "before"]
    both = plain.merge(before, on=keys).query("quantity == 'activation'")
    np.testing.assert_allclose(both["value_x"], both["value_y"], rtol=1e-5)
    assert not np.allclose(plain["value"], start["value"], rtol=0.01)


def test_the_filters_are_the_first_units_each_over_its_largest_weight():
    net = build("tanh", "standard", (40,), 0)
    table = experiments.filters(net)
    assert table[["layer", "unit"]].to_numpy().tolist() == [[1, n] for n in range(1, 37)]
    weight = net.weight(1).detach().numpy()[:36]
    expected = weight / abs(weight).max(1, keepdims=True)
    np.testing.assert_allclose(table.iloc[:, 2:], expected, atol=0.0006)


@pytest.mark.parametrize("run", [RUN, Pretrained("tanh", "standard", HOW, (20, 10))])
def test_a_record_says_how_its_network_was_pre_trained(tmp_path, run):
    assert runs.run([run], tmp_path, work=tmp_path / "work") == []
    store = records.Store(tmp_path)
    assert list(store) == [run]
    told = json.loads((store.path(run) / "provenance.json").read_text())["experiment"]
    assert told["pretraining"] == {
        "corruption": 0.25, "learning_rate": 0.01, "updates": 200, "batch_size": 10
    }  # fmt: skip
    assert runs.verify(store.path(run)).verdict == "identical"
    for name, value in (("corruption", 0.5), ("learning_rate", 0.1), ("updates", 300)):
        other = replace(run, pretraining=replace(HOW, **{name: value}))
        assert record_name(other) != record_name(run)


def test_a_damaged_setting_of_pre_training_is_named(tmp_path):
    folder = records.Store(tmp_path).save(RUN, records.measure(RUN))
    file = folder / "provenance.json"
    file.write_text(file.read_text().replace('"corruption": 0.25', '"corruption": 7'))
    with pytest.raises(RunError, match="experiment.pretraining: corruption is 7"):
        records.Record.read(folder)


def test_without_pre_training_a_run_is_called_as_before():
    plain = replace(RUN, pretraining=None)
    assert "pretraining" not in base.identity(plain)
    assert plain.title == "tanh-standard-20x10-rate0.05-seed0-30updates"
    assert RUN.title == "tanh-standard-20x10-denoised0.25x200-rate0.05-seed0-30updates"
    assert base.identity(replace(RUN, pretraining=replace(HOW, learning_rate=1))) == (
        base.identity(replace(RUN, pretraining=replace(HOW, learning_rate=1.0)))
    )
