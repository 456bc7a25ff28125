"""Odd networks: instruments and engines do what plain torch does, or refuse in a sentence."""

from __future__ import annotations

import copy
from unittest import mock

import fuzz_odd_networks as odd
import pytest
import torch
from fuzz_family import family
from torch.nn import functional

from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.diagnosis import diagnose
from glorot_tutor.engines import ENGINES, LIMIT, make_engine
from glorot_tutor.probes import jacobian_singular_values, measure, watch
from glorot_tutor.sgd import descend
from glorot_tutor.training import evaluate

RATE = 0.1
NEAR = {torch.float64: 1e-8, torch.float32: 1e-3, torch.float16: 0.1, torch.bfloat16: 0.3}


# ---- looking


@family(share=12)
def instruments(rng):
    """Look at a network in every way; what is seen is right, and nothing is left changed."""
    with odd.scene(rng) as scene:
        looks = [_measured, _diagnosed, _watched, _jacobians]
        return all(_looked(look, scene) for look in rng.sample(looks, 2))


def _looked(look, scene):
    net, chance = scene.net, torch.get_rng_state()
    before = odd.state(net)
    twin = copy.deepcopy(net)
    try:
        seen = look(scene)
    except (RunError, UsageError):
        fits = not scene.odd - {"dtype", "int32", "diverged"} and scene.place in ("", "autocast")
        assert not fits, "refused, and nothing is odd about it"
        seen = None
    except Exception as error:
        _assert_torch_fails_too(error, scene)
        seen = None
    if look is not _watched:  # there it is the user's own pass that moves averages
        assert torch.equal(torch.get_rng_state(), chance)
        odd.assert_same(odd.state(net), before)
    assert odd.state(net)[1:] == before[1:]
    if seen is None:
        return False
    torch.set_rng_state(chance)
    with scene.as_called():
        seen(twin, _converted(scene))
    return True


def _assert_torch_fails_too(error, scene):
    """What a network raises of itself, in plain torch too, is its own."""
    twin, chance = copy.deepcopy(scene.net), torch.get_rng_state()
    try:
        with scene.inside():
            logits = twin(*odd.arguments(_converted(scene)))
            functional.cross_entropy(logits, scene.y).backward()
    except type(error):
        return
    finally:
        torch.set_rng_state(chance)
    raise error


def _converted(scene):
    own = next(p.dtype for p in scene.net.parameters())
    found = tuple(v.to(own) if v.is_floating_point() else v for v in odd.arguments(scene.x))
    return found if isinstance(scene.x, tuple) else found[0]


def _measured(scene):
    with scene.inside():
        frame = measure(scene.given, scene.x, scene.y, jacobian_examples=0)
    return lambda twin, x: _assert_statistics(frame, *odd.expected(twin, x, scene.y))


def _diagnosed(scene):
    with scene.inside():
        found = diagnose(scene.given, scene.x, scene.y)
    assert str(found)
    return lambda twin, x: _assert_statistics(found.statistics, *odd.expected(twin, x, scene.y))


def _watched(scene):
    x = _converted(scene)
    with scene.inside(), watch(scene.given) as seen:
        logits = scene.given(*odd.arguments(x))
        if "classes" in scene.odd or "meta" in (scene.place, *scene.odd):
            raise UsageError("what a user computes is the user's.")
        seen.backward(functional.cross_entropy(logits, scene.y.long(), reduction="none"))

    def check(twin, x):
        zs, gradients = odd.expected(twin, x, scene.y)
        for layer, (z, gradient) in enumerate(zip(zs, gradients, strict=True), start=1):
            _assert_near(seen.activations[layer], z)
            _assert_near(seen.backprop_gradients[layer], gradient)

    return check


def _jacobians(scene):
    x = odd.first(scene.x, 3)
    with scene.inside():
        found = jacobian_singular_values(scene.given, x)

    def check(twin, x):
        wanted = odd.expected_singular_values(twin, odd.first(x, 3))
        assert found.keys() == wanted.keys()
        for layer, values in found.items():
            near = NEAR[torch.bfloat16 if scene.place == "autocast" else _dtype(twin)]
            expected = torch.stack(wanted[layer])
            _assert_near(values.double(), expected, near)

    return check


def _dtype(net):
    return next(p.dtype for p in net.parameters())


def _assert_statistics(frame, zs, gradients):
    table = frame.set_index(["layer", "quantity", "statistic"])["value"]
    for quantity, values in (("activation", zs), ("backprop_gradient", gradients)):
        assert set(frame.loc[frame["quantity"] == quantity, "layer"]) == {*range(1, len(zs) + 1)}
        for layer, value in enumerate(values, start=1):
            near, numbers = NEAR[value.dtype], value.double()
            for statistic, number in (
                ("mean", numbers.mean()), ("std", numbers.std(correction=0)),
            ):  # fmt: skip
                seen = torch.tensor(table[layer, quantity, statistic], dtype=torch.float64)
                scale = numbers.abs().max().item() if numbers.isfinite().all() else 1.0
                if numbers.isfinite().all():
                    _assert_near(seen, number, near, near * scale)
                else:
                    assert not seen.isfinite()


def _assert_near(found, wanted, near=None, atol=None):
    near = NEAR[wanted.dtype] if near is None else near
    torch.testing.assert_close(
        found, wanted, rtol=near, atol=near if atol is None else atol, equal_nan=True
    )


# ---- training


@family(share=11)
def engines(rng):
    """Move a network by an update or two; its twin goes through the loop of any tutorial."""
    with odd.scene(rng) as scene:
        name = rng.choice([*ENGINES, *ENGINES, "descend"])
        if rng.random() < 0.2:
            assert _evaluated(scene) in (True, False)
        return _trained(scene, name, batch=rng.choice([1, 2, 10]))


def _trained(scene, name, batch):
    net, x, y = scene.net, scene.x, scene.y
    before, twin = odd.state(net), copy.deepcopy(net)
    mode = [module.training for module in net.modules()]
    torch.manual_seed(7)
    try:
        with scene.inside():
            if name == "descend":
                costs = _descended(net, x, y, batch)
            else:
                costs = make_engine(name, scene.given, RATE, batch_size=batch).run(x, y).tolist()
    except (RunError, UsageError):
        odd.assert_same(odd.state(net), before)
        fits = not scene.odd - {"diverged"} and scene.place in ("", "autocast")
        whole = not len(y) % batch and not isinstance(x, tuple)
        trains = any(p.requires_grad for p in net.parameters())
        assert not (fits and whole and trains), "refused, and nothing is odd about it"
        return False
    except Exception as error:
        if name != "descend":  # which is for reading: a failure stops it where it stands
            odd.assert_same(odd.state(net), before)
        # (compiled, it raises another kind)
        with scene.inside(), pytest.raises((type(error), ValueError, RuntimeError)):
            _loop(twin, x, y, batch, name)
        return False
    torch.manual_seed(7)
    with scene.as_called():
        wanted = _loop(twin, x, y, batch, name)
    assert [module.training for module in net.modules()] == mode
    _assert_near(torch.tensor(costs, dtype=torch.float64),
                 torch.tensor(wanted, dtype=torch.float64), _near(scene), None)  # fmt: skip
    for (key, value), other in zip(
        net.state_dict().items(), twin.state_dict().values(), strict=True
    ):
        torch.testing.assert_close(
            value, other, rtol=_near(scene), atol=_near(scene), equal_nan=True,
            msg=lambda text, key=key: f"{key}: {text}",
        )  # fmt: skip
    if name != "descend" and len(y):
        assert all(p.grad is None for p in net.parameters() if p.requires_grad)
    return True


def _near(scene):
    return NEAR[torch.bfloat16 if scene.place == "autocast" else _dtype(scene.net)]


def _loop(net, x, y, batch, name):
    """The loop of any tutorial; the costs of its mini-batches."""
    before = [(module, module.training) for module in net.modules()]
    trained = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=RATE)
    costs = []
    if name != "descend":
        net.train()
    for start in range(0, len(y), batch):
        optimizer.zero_grad()
        cost = functional.cross_entropy(net(x[start : start + batch].clone()),
                                        y[start : start + batch].clone())  # fmt: skip
        if not cost.item() <= LIMIT and name != "descend":
            break
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    for module, mode in before:
        module.training = mode
    return costs


class _Fixed:
    """A stream of examples that are there already."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def read(self, start, count):
        return self.x[start : start + count], self.y[start : start + count]


def _descended(net, x, y, batch):
    if isinstance(x, tuple) or len(y) % batch:
        raise UsageError("a stream gives whole batches of one tensor.")
    with mock.patch("glorot_tutor.sgd.to_input", lambda images, dtype: images):
        return descend(net, _Fixed(x, y), RATE, len(y) // batch, batch)


def _evaluated(scene):
    """Evaluate on images; nothing moves, and the error is that of the network in plain torch."""
    net = scene.net
    before, chance = odd.state(net), torch.get_rng_state()
    if isinstance(scene.x, tuple) or not scene.x.is_floating_point() or scene.odd:
        return False
    images = (scene.x.float().sigmoid() * 255).to(torch.uint8)
    if images.ndim != 2:
        return False
    twin = copy.deepcopy(net).eval()
    with torch.no_grad(), scene.as_called():
        try:
            logits = twin((images.double() / 255 * 2 - 1).to(_dtype(net))).double()
        except RuntimeError:  # in torch itself, where autocast meets a normalization
            return False
    with scene.inside():
        nll, error = evaluate(net, images, scene.y)
    odd.assert_same(odd.state(net), before)
    assert torch.equal(torch.get_rng_state(), chance)
    wanted = functional.cross_entropy(logits, scene.y).item()
    _assert_near(torch.tensor(nll), torch.tensor(wanted), _near(scene))
    return 0 <= error <= 100
