"""What libraries draw where nothing is said: each row against weights drawn by the library."""

from __future__ import annotations

import os
from math import isinf, sqrt
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from glorot_tutor import DeepNet
from glorot_tutor.defaults import DEFAULTS, TRUNCATED, fans, recognize
from glorot_tutor.initializations import INITIALIZATIONS

HIDDEN = 200


def torch_layers() -> dict[str, list[tuple[Any, int, int]]]:
    torch.manual_seed(0)
    linear = nn.Linear(300, 500)
    conv = nn.Conv2d(64, 96, 3, groups=4)
    one = nn.Conv1d(32, 80, 5)
    up = nn.ConvTranspose2d(48, 96, 3, groups=2)
    cells = [kind(30, HIDDEN) for kind in (nn.RNN, nn.GRU, nn.LSTM)]
    wide = nn.Linear(7, 50_000)  # many biases of one law
    return {
        "Linear, Conv": [
            (linear.weight, 300, 500),
            (conv.weight, 64 // 4 * 9, 96 // 4 * 9),
            (one.weight, 32 * 5, 80 * 5),
        ],
        "Linear, Conv: bias": [(wide.bias, 7, 50_000)],
        "ConvTranspose": [(up.weight, 48 // 2 * 9, 96 // 2 * 9)],
        "RNN, GRU, LSTM": [(w, HIDDEN, HIDDEN) for cell in cells for w in cell.parameters()][:8],
        "Embedding": [(nn.Embedding(500, 300).weight, 500, 300)],
    }


def keras_layers() -> dict[str, list[tuple[Any, int, int]]]:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    keras.utils.set_random_seed(0)
    dense, conv = keras.layers.Dense(500), keras.layers.Conv2D(96, 3)
    embedding = keras.layers.Embedding(500, 300)
    dense.build((None, 300))
    conv.build((None, 8, 8, 64))
    embedding.build()
    draw = keras.ops.convert_to_numpy
    assert not draw(dense.bias).any()
    return {
        "Dense, Conv": [(draw(dense.kernel), 300, 500), (draw(conv.kernel), 64 * 9, 96 * 9)],
        "Embedding": [(draw(embedding.embeddings), 500, 300)],
    }


def flax_layers() -> dict[str, list[tuple[Any, int, int]]]:
    jax, linen = pytest.importorskip("jax"), pytest.importorskip("flax.linen")

    def draw(layer: Any, x: Any) -> Any:
        return layer.init(jax.random.key(0), x)["params"]

    dense = draw(linen.Dense(500), np.zeros((1, 300), np.float32))
    conv = draw(linen.Conv(96, (3, 3)), np.zeros((1, 8, 8, 64), np.float32))
    embed = draw(linen.Embed(500, 300), np.zeros(1, np.int32))
    assert not np.asarray(dense["bias"]).any()
    return {
        "Dense, Conv": [(dense["kernel"], 300, 500), (conv["kernel"], 64 * 9, 96 * 9)],
        "Embed": [(embed["embedding"], 500, 300)],
    }


LIBRARIES = {"PyTorch": torch_layers, "Keras": keras_layers, "Flax": flax_layers}


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_default_is_what_the_library_draws(library: str) -> None:
    layers = LIBRARIES[library]()
    rows = {row.layer: row for row in DEFAULTS if row.library == library}
    assert set(rows) == set(layers)
    for name, row in rows.items():
        for drawn, fan_in, fan_out in layers[name]:
            w = np.asarray(drawn.detach() if hasattr(drawn, "detach") else drawn, np.float64)
            std, bound = row.std(fan_in, fan_out), row.bound(fan_in, fan_out)
            assert w.std() == pytest.approx(std, rel=6 / sqrt(2 * w.size)), name
            assert abs(w.mean()) < 6 * std / sqrt(w.size), name
            if isinf(bound):
                assert np.abs(w).max() > 3 * std, name
            else:
                assert 0.98 * bound < np.abs(w).max() <= bound * (1 + 1e-6), name


def test_the_libraries_are_told_of() -> None:
    assert {row.library for row in DEFAULTS} == set(LIBRARIES)


def test_a_truncated_normal_has_less_spread() -> None:
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == TRUNCATED


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("groups", [1, 2])
def test_fans_count_products(groups: int, transposed: bool) -> None:
    """Ones through a kernel of ones: the middle of the output counts its products."""
    kind = nn.ConvTranspose2d if transposed else nn.Conv2d
    layer = kind(4, 6, 3, groups=groups, bias=False)
    nn.init.ones_(layer.weight)
    x = torch.ones(1, 4, 9, 9, requires_grad=True)
    out = layer(x)
    middle = out.shape[-1] // 2
    out.sum().backward()
    assert x.grad is not None
    counted = int(out[0, 0, middle, middle]), int(x.grad[0, 0, 4, 4])
    assert fans(tuple(layer.weight.shape), groups, transposed) == counted


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_every_initialization_is_recognized(name: str) -> None:
    net = DeepNet(300, [200, 100], 9, "tanh", name, torch.Generator().manual_seed(1))
    found = recognize(net)
    assert len(found) == 3
    assert all(INITIALIZATIONS[name].label in fits for fits in found.fits)
    if name not in ("constant", "zero", "orthogonal"):
        assert not found.fits.str.contains("constant|zero|orthogonal").any()


def test_a_plain_network_has_the_papers_standard_initialization() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 32, 3, groups=1), nn.Flatten(), nn.Linear(1000, 1000))
    found = recognize(net)
    assert list(found.fits) == ["standard (eq. 1)"] * 2
    assert list(found.fan_in) == [27, 1000]
    assert found.n_var.to_numpy() == pytest.approx(1 / 3, rel=0.2)


def test_other_weights_fit_nothing() -> None:
    torch.manual_seed(0)
    layer = nn.Linear(300, 300)
    with torch.no_grad():
        layer.weight *= 1.1
    assert list(recognize(layer).fits) == ["none"]
    assert recognize(nn.ReLU()).empty
    assert recognize(nn.Linear(5, 3, device="meta")).empty


@pytest.mark.parametrize(
    ("layer", "law"),
    [
        (lambda: nn.ConvTranspose2d(64, 16, 3), "U(±1/√n_out)"),
        (lambda: nn.Embedding(100, 50), "N(0, 1)"),
        (lambda: nn.LSTM(30, 50), "U(±1/√hidden size)"),
    ],
)
def test_pytorchs_other_defaults_are_recognized(layer: Any, law: str) -> None:
    torch.manual_seed(0)
    found = recognize(layer())
    assert f"PyTorch's own, {law}" in found.fits[0]
    # the weights between two moments have as many inputs as units: there the law is eq. 1
    assert set(found.fits[1:]) <= {"standard (eq. 1)"}
