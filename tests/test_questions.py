"""Short runs that ask one question, and small ones for notebooks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from glorot_tutor import DeepNet, monitored_set, to_input
from glorot_tutor.checks import UsageError
from glorot_tutor.sgd import learn
from glorot_tutor.shapeset import class_prior
from glorot_tutor.study.experiments import OutputLayer, Race
from glorot_tutor.study.experiments.questions import decompose


def test_the_logits_are_taken_apart_by_hand():
    net = DeepNet(1024, [7, 5], 9, "sigmoid", "standard", torch.Generator().manual_seed(3)).double()
    images, y = monitored_set()
    x = to_input(images[:20], torch.float64)
    found = decompose(net, x, y[:20])
    with torch.no_grad():
        h = torch.sigmoid(net.linears[1](torch.sigmoid(net.linears[0](x))))
        signal = (h @ net.weight(3).T).numpy()
    assert found["signal_std"] == pytest.approx(np.sqrt((signal.std(axis=0) ** 2).mean()))
    assert found["offset_std"] == pytest.approx(signal.mean(axis=0).std())
    assert found["top_mean"] == pytest.approx(h.mean().item())
    h.requires_grad_()
    cost = torch.nn.functional.cross_entropy(net.linears[2](h), y[:20], reduction="sum")
    (push,) = torch.autograd.grad(cost, h)
    cosine = torch.nn.functional.cosine_similarity(push, h).mean().item()
    assert found["cosine"] == pytest.approx(cosine)


def test_the_output_layer_learns_its_biases():
    frames = OutputLayer(0.2, "zero", 1500, depth=2, width=20).run()
    assert set(frames) == {"curve", "output", "biases"}
    assert frames["output"]["update"].unique().tolist() == [
        *(0, 10, 30, 100, 300, 500, 1000, 1500),
    ]
    biases = frames["biases"].pivot(index="update", columns="class", values="bias")
    assert (biases.loc[0] == 0).all()
    prior = np.log([float(p) for p in class_prior()])
    late = biases.loc[1500].to_numpy(float)
    assert np.corrcoef(late, prior)[0, 1] > 0.8
    start = OutputLayer(0.2, "prior", 10, depth=2, width=20).run()["biases"]
    assert start[start["update"] == 0]["bias"].to_numpy(float) == pytest.approx(prior, abs=1e-6)
    with pytest.raises(UsageError, match="biases 'none'"):
        OutputLayer(0.2, "none", 10, depth=2, width=20).run()


def test_a_race_is_tested_at_even_distances():
    frames = Race(1.0, updates=600, depth=2, width=20, every=200).run()
    assert frames["curve"]["update"].tolist() == [0, 200, 400, 600]
    assert frames["start"]["layer"].tolist() == [1, 2]
    slow = Race(0.1, updates=200, depth=2, width=20, every=200).run()
    ratio = slow["start"]["singular_value"][1] / frames["start"]["singular_value"][1]
    assert 0.1 < ratio < 0.2  # a tenth of the weights, and steeper slopes


def test_a_live_run_is_looked_at_often():
    frames = learn("tanh", "normalized", depth=2, width=16, updates=400, looks=4)
    assert set(frames) == {"curve", "statistics", "histograms"}
    for frame in frames.values():
        assert frame["update"].unique().tolist() == [0, 100, 200, 300, 400]
    again = learn("tanh", "normalized", depth=2, width=16, updates=400, looks=2)
    ends = [f["statistics"].query("update == 400").reset_index(drop=True) for f in (frames, again)]
    pd.testing.assert_frame_equal(*ends)
    with pytest.raises(UsageError, match="width is 0"):
        learn("tanh", width=0)
