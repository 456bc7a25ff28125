"""Softmax regression on the layers of a network, held against automatic differentiation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from glorot_tutor.pretraining import Pretraining
from glorot_tutor.sgd import build
from glorot_tutor.shapeset import Shapeset, validation_set
from glorot_tutor.streams import to_input
from glorot_tutor.study import runs
from glorot_tutor.study.experiments import LinearProbes
from glorot_tutor.study.experiments.usefulness import INPUTS, Regressions

RATES = (0.5, 0.01)


def test_each_regression_follows_the_slope_of_its_cost_at_its_own_rate():
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(30, 4, generator=draw)
    y = torch.randint(3, (30,), generator=draw)
    together = Regressions(4, 3, RATES)
    for part in zip(x.split(10), y.split(10), strict=True):
        together.update(*part)
    for number, rate in enumerate(RATES):
        weight, bias = (torch.zeros(*shape, requires_grad=True) for shape in ((4, 3), (3,)))
        for part, labels in zip(x.split(10), y.split(10), strict=True):
            cost = functional.cross_entropy(part @ weight + bias, labels)
            for parameter, slope in zip(
                (weight, bias), torch.autograd.grad(cost, (weight, bias)), strict=True
            ):
                parameter.data -= rate * slope
        expected = (x @ weight + bias).detach()
        torch.testing.assert_close(together.logits(x)[:, number], expected)


RUN = LinearProbes("sigmoid", "standard", updates=40, rates=RATES, widths=(12, 6), batch_size=10)


def by_hand(layer, inputs, rate):
    """Validation NLL of one regression, from modules and an optimizer."""
    net = build("sigmoid", "standard", (12, 6), 0)

    def values(images):
        x = to_input(images)
        for linear in list(net.linears)[:layer]:
            x = torch.sigmoid(linear(x))
        return x.detach()

    sample = values(Shapeset(0).read(0, 10_000)[0])
    mean, deviation = sample.mean(0), sample.std(0, correction=0)
    if inputs == INPUTS[0]:
        mean, deviation = 0, 1
    model = torch.nn.Linear(sample.shape[1], 9)
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    for update in range(40):
        images, y = Shapeset(0).read(10 * update, 10)
        optimizer.zero_grad()
        functional.cross_entropy(model((values(images) - mean) / deviation), y).backward()
        optimizer.step()
    images, y = validation_set()
    return functional.cross_entropy(model((values(images) - mean) / deviation), y).item()


def test_what_is_recorded_is_softmax_regression_on_each_layer():
    table = RUN.run()["errors"]
    assert len(table) == 3 * 2 * 2 * 2
    keys = ["layer", "inputs", "learning_rate", "split"]
    found = table.set_index(keys)["nll"]
    for layer, inputs, rate in ((0, INPUTS[0], 0.01), (1, INPUTS[1], 0.5), (2, INPUTS[1], 0.01)):
        expected = by_hand(layer, inputs, rate)
        np.testing.assert_allclose(found[layer, inputs, rate, "validation"], expected, rtol=1e-4)


def test_the_layers_may_be_pre_trained(tmp_path):
    how = Pretraining(0.25, 0.01, 100)
    table, after = (run.run()["errors"] for run in (RUN, replace(RUN, pretraining=how)))
    same = table["layer"] == 0
    pd.testing.assert_frame_equal(table[same], after[same])
    assert not np.allclose(table["nll"][~same], after["nll"][~same], rtol=1e-3)
    assert runs.run([replace(RUN, pretraining=how)], tmp_path, work=tmp_path / "work") == []
