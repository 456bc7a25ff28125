"""Every row of the table against a closed form, and against torch where torch has the same law."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch.nn import init

from glorot_tutor.checks import UsageError
from glorot_tutor.initializations import ALIASES, INITIALIZATIONS, PAPER, find

FAN_IN, FAN_OUT = 300, 200

VARIANCES = {
    "standard": 1 / (3 * FAN_IN),
    "normalized": 2 / (FAN_IN + FAN_OUT),
    "lecun_normal": 1 / FAN_IN,
    "lecun_uniform": 1 / FAN_IN,
    "he_normal": 2 / FAN_IN,
    "he_uniform": 2 / FAN_IN,
    "he_normal_out": 2 / FAN_OUT,
    "he_uniform_out": 2 / FAN_OUT,
    "orthogonal": 1 / FAN_IN,
    "constant": 0,
    "zero": 0,
}
"""Of one weight at gain 1."""

he = partial(init.kaiming_normal_, nonlinearity="relu")
he_uniform = partial(init.kaiming_uniform_, nonlinearity="relu")
TORCH = {
    "normalized": init.xavier_uniform_,
    "lecun_normal": partial(init.kaiming_normal_, nonlinearity="linear"),
    "lecun_uniform": partial(init.kaiming_uniform_, nonlinearity="linear"),
    "he_normal": he,
    "he_uniform": he_uniform,
    "he_normal_out": partial(he, mode="fan_out"),
    "he_uniform_out": partial(he_uniform, mode="fan_out"),
    "orthogonal": init.orthogonal_,
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def drawn(name: str, gain: float = 1.0, fan_in: int = FAN_IN, fan_out: int = FAN_OUT):
    weight = torch.full((fan_out, fan_in), torch.nan, dtype=torch.float64)
    INITIALIZATIONS[name].draw(weight, generator(), gain)
    return weight


def test_the_table_is_in_the_order_that_its_readers_expect():
    assert list(INITIALIZATIONS) == list(VARIANCES)
    assert all(name == row.name for name, row in INITIALIZATIONS.items())
    assert tuple(INITIALIZATIONS)[:2] == PAPER


@pytest.mark.parametrize("gain", [1.0, 1.7])
@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_weights_have_the_variance_that_the_row_gives_and_the_closed_form(name, gain):
    expected = INITIALIZATIONS[name].variance(FAN_IN, FAN_OUT, gain)
    assert expected == pytest.approx(gain**2 * VARIANCES[name])
    weight = drawn(name, gain)
    # 60,000 weights: their variance scatters by sqrt(2 / 60,000) = 0.6 % at most
    assert float(weight.var()) == pytest.approx(expected, rel=0.03, abs=1e-15)
    if name != "constant":
        assert abs(float(weight.mean())) <= 4 * math.sqrt(expected / weight.numel())


@pytest.mark.parametrize("name", TORCH)
def test_torchs_own_rule_draws_the_same_weights(name):
    expected = torch.empty(FAN_OUT, FAN_IN, dtype=torch.float64)
    TORCH[name](expected, generator=generator())
    torch.testing.assert_close(drawn(name), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_gain_multiplies_the_weights(name):
    torch.testing.assert_close(drawn(name, 2.5), 2.5 * drawn(name), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", [*PAPER, "lecun_uniform", "he_uniform", "he_uniform_out"])
def test_uniform_laws_end_at_the_square_root_of_three_variances(name):
    bound = math.sqrt(3 * VARIANCES[name])
    assert 0.999 * bound < float(drawn(name).abs().max()) <= bound


@pytest.mark.parametrize("name", ["lecun_normal", "he_normal", "he_normal_out"])
def test_normal_laws_have_the_fourth_moment_of_a_bell(name):
    weight = drawn(name)
    found = float(weight.pow(4).mean() / weight.square().mean().square())
    assert found == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(40, 30), (30, 40), (30, 30), (1, 1)])
def test_orthogonal_weights_keep_lengths_and_angles(fan_in, fan_out):
    weight = drawn("orthogonal", 1.3, fan_in, fan_out)
    least = min(fan_in, fan_out)
    product = weight @ weight.T if fan_out == least else weight.T @ weight
    torch.testing.assert_close(product, 1.3**2 * torch.eye(least, dtype=torch.float64))
    variance = INITIALIZATIONS["orthogonal"].variance(fan_in, fan_out, 1.3)
    assert float(weight.square().mean()) == pytest.approx(variance)


def test_what_is_not_drawn_is_the_same_everywhere():
    torch.testing.assert_close(drawn("constant", 3), torch.full((200, 300), 0.01).double())
    assert not drawn("zero", 3).any()


@pytest.mark.parametrize("name", INITIALIZATIONS)
def test_draws_come_from_the_generator_alone_and_leave_no_graph(name):
    before = torch.get_rng_state()
    first, second = (torch.nn.Parameter(torch.empty(5, 4)) for _ in range(2))
    for weight in (first, second):
        INITIALIZATIONS[name].draw(weight, generator(3))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first, second)
    assert first.is_leaf
    assert first.requires_grad


def test_he_is_the_normal_law_by_fan_in():
    assert find("he") is INITIALIZATIONS["he_normal"]
    assert not ALIASES.keys() & INITIALIZATIONS.keys()
    with pytest.raises(UsageError, match="initialization 'xavier' is not known: .*zero, he"):
        find("xavier")


@pytest.mark.parametrize(
    ("numbers", "words"),
    [((0, 3), "fan_in is 0"), ((3, 2.5), "fan_out is 2.5"), ((3, 3, -1.0), "gain is -1.0")],
)
def test_impossible_numbers_get_a_sentence(numbers, words):
    with pytest.raises(UsageError, match=words):
        INITIALIZATIONS["he_normal"].variance(*numbers)


def test_no_two_look_alike():
    looks = {(row.colour, row.marker, row.dash) for row in INITIALIZATIONS.values()}
    assert len(looks) == len(INITIALIZATIONS) == len({r.label for r in INITIALIZATIONS.values()})
