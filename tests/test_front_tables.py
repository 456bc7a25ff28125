"""The front end's two tables are the package's, row by row: whoever adds one adds its twin."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from lab_in_node import ask, pack, unpack

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.initializations import INITIALIZATIONS
from glorot_tutor.mean_field import moments
from glorot_tutor.widgets.explorer import LINEAR

GRID = np.linspace(-6, 6, 601, dtype=np.float32)  # 0 is among them
SIZES = [(1024, 100), (100, 100), (60, 9)]
GAIN = 1.5
VARIANCES = (0.1, 1.0, 3.0)


@pytest.fixture(scope="module")
def front() -> dict[str, Any]:
    found = ask("tables", grid=pack(GRID), sizes=SIZES, gain=GAIN, q=VARIANCES)
    return {name: dict(rows) for name, rows in found.items()}


def number(end: Any) -> float:
    return float(str(end).replace("Infinity", "inf"))


def test_both_have_the_same_rows_in_the_same_order(front: dict[str, Any]) -> None:
    assert list(front["activations"]) == list(ACTIVATIONS), "front/compute/activations.js"
    assert list(front["initializations"]) == list(INITIALIZATIONS), (
        "front/compute/initializations.js"
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_those_of_torch(front: dict[str, Any], name: str) -> None:
    row, twin = ACTIVATIONS[name], front["activations"][name]
    s = torch.from_numpy(GRID.copy()).requires_grad_()
    z = row.module()(s)
    z.sum().backward()
    np.testing.assert_allclose(unpack(twin["z"]), z.detach(), rtol=1e-5, atol=1e-5)
    smooth = GRID != 0  # at a kink either slope will do
    slope = unpack(twin["slope"])
    np.testing.assert_allclose(slope[smooth], s.grad[smooth], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_the_same_limits_and_looks(front: dict[str, Any], name: str) -> None:
    row, twin = ACTIVATIONS[name], front["activations"][name]
    for field in ("range", "unsaturated", "bins"):
        assert list(map(number, twin[field])) == pytest.approx(getattr(row, field)), field
    assert twin["dies"] == (row.dead is not None)
    assert twin["colour"] == row.colour


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in LINEAR])
def test_second_moments_are_those_of_the_theory_of_wide_networks(
    front: dict[str, Any], name: str
) -> None:
    for q, twin in zip(VARIANCES, front["activations"][name]["moments"], strict=True):
        expected = moments(name, q)
        assert twin["mean"] == pytest.approx(expected.mean, abs=1e-5)
        assert twin["square"] == pytest.approx(expected.square, rel=1e-4)
        assert twin["slopeSquare"] == pytest.approx(expected.slope_square, rel=1e-4)


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_initializations_have_the_same_law(front: dict[str, Any], name: str) -> None:
    row, twin = INITIALIZATIONS[name], front["initializations"][name]
    assert twin["label"] == row.label
    expected = [row.variance(*sizes, GAIN) for sizes in SIZES]
    assert twin["variance"] == pytest.approx(expected)


def drawn(name: str, n_in: int, width: int, gain: float = 1.0) -> np.ndarray[Any, Any]:
    """Weights of a first layer, shape (width, n_in)."""
    text = ask("weights", initialization=name, nIn=n_in, width=width, gain=gain, seed=3)
    return unpack(text).reshape(width, n_in)


@pytest.mark.parametrize("name", INITIALIZATIONS)
@pytest.mark.parametrize(("n_in", "width"), [(200, 120), (80, 160)])
def test_weights_are_drawn_by_that_law(name: str, n_in: int, width: int) -> None:
    weights = drawn(name, n_in, width, GAIN).astype(float)
    row = INITIALIZATIONS[name]
    theirs = torch.empty(width, n_in)
    row.draw(theirs, torch.Generator().manual_seed(0), GAIN)
    variance = row.variance(n_in, width, GAIN)
    assert weights.var() == pytest.approx(variance, rel=0.04)
    # the shape of the law: both are samples of 19,200 and 12,800 numbers
    for quantile in (0.0, 0.1, 0.5, 0.9, 1.0):
        ours, torchs = np.quantile(weights, quantile), np.quantile(theirs.numpy(), quantile)
        room = 0.06 if 0 < quantile < 1 else 0.8
        assert ours == pytest.approx(torchs, abs=room * max(variance, 1e-12) ** 0.5)


@pytest.mark.parametrize(("n_in", "width"), [(200, 120), (80, 160)])
def test_orthogonal_weights_stand_at_right_angles(n_in: int, width: int) -> None:
    w = drawn("orthogonal", n_in, width, 2.0).astype(float)
    product = w @ w.T if width < n_in else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(n_in, width)), atol=1e-4)


@pytest.mark.parametrize("name", ["xavier", "he", "constructor"])
def test_an_unknown_initialization_is_an_error(name: str) -> None:
    with pytest.raises(AssertionError, match=f"There is no initialization “{name}”"):
        drawn(name, 8, 8)
