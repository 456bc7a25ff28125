"""Jacobians of the layers, through normalization and skips, and of the whole network."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.nn.modules.batchnorm import _BatchNorm

from glorot_tutor.checks import UsageError, whole
from glorot_tutor.probes.deepnet import decomposed, is_plain, singular_values
from glorot_tutor.probes.layers import beneath, first_tensor
from glorot_tutor.probes.passes import Inputs, untouched
from glorot_tutor.probes.watching import watch

EXACT = 2**18
"""Most entries of a Jacobian that is formed, row by row, and decomposed: 512 x 512."""

DIRECTIONS = 64
"""Random directions that a larger one is multiplied by."""


@dataclass(frozen=True)
class Spectrum:
    """Singular values of one Jacobian, m x n, of each example.

    Attributes
    ----------
    values
        All of them, shape (N, min(m, n)), descending; None if there are too many.
    rms
        Their root mean square over all examples.
    error
        Standard error of `rms`: 0 where the values are exact. Otherwise it comes from random
        directions u, since the mean of |J'u|^2 is the sum of the squares (Hutchinson, 1990).
    """

    values: Tensor | None
    rms: float
    error: float


class Spectra(NamedTuple):
    """Spectra of a network.

    Attributes
    ----------
    layers
        By layer, of dz^{i+1}/dz^i: from one watched layer to the next, by all ways there are.
        Layer 1 starts from the inputs, and is left out where these are no real numbers.
    network
        From the inputs to the network's output; None where layer 1 is left out.
    """

    layers: dict[int, Spectrum]
    network: Spectrum | None


def jacobian_singular_values(
    net: nn.Module, x: Any, layers: Sequence[str] | None = None
) -> dict[int, Tensor]:
    """Singular values of each layer's Jacobian dz^{i+1}/dz^i, such as W^i diag f'(s^i) (eq. 17).

    Parameters
    ----------
    net
        A `DeepNet`, or any module whose examples lie along the first dimension.
    x
        Inputs, shape (N, n_in), or as the network takes them. A width of 1,000 takes a fraction of
        a second an example and layer, and the values hardly vary from example to example at the
        start: pass few.
    layers
        Names of the modules to watch (see `watch`).

    Returns
    -------
    dict
        For each hidden layer the singular values, shape (N, min(fan_in, fan_out)), descending.

    Raises
    ------
    UsageError
        If a Jacobian is too large to be decomposed (see `spectra`).
    """
    net = beneath(net)
    if is_plain(net) and layers is None:
        inputs = Inputs(x, net)
        with untouched(net, trainable=False):
            return singular_values(net, *inputs.values)  # type: ignore[arg-type]
    by_layer = spectra(net, x, layers=layers).layers
    exact = {layer: s.values for layer, s in by_layer.items() if s.values is not None}
    if len(exact) < len(by_layer):
        large = min(by_layer.keys() - exact.keys())
        raise UsageError(
            f"the Jacobian of layer {large} has more than {EXACT:,} entries: "
            "take the root mean square that probes.spectra estimates."
        )
    return exact


def spectra(
    net: nn.Module,
    x: Any,
    examples: int | None = None,
    layers: Sequence[str] | None = None,
    largest: int = EXACT,
    directions: int = DIRECTIONS,
    seed: int = 0,
) -> Spectra:
    """Singular values of each layer's Jacobian, and of the whole network's, by autograd.

    Parameters
    ----------
    net, x, layers
        As in `jacobian_singular_values`. Batch normalization in training mode takes its averages
        over all of `x`; the Jacobian is that of an example's own effect on itself.
    examples
        Most examples whose Jacobians are wanted, from the first on; None is all.
    largest
        Most entries of a Jacobian that is decomposed; of larger ones `rms` is estimated.
    directions
        Random directions for that, 2 at least. The error falls with the root of their number.
    seed
        Of the directions.

    Raises
    ------
    UsageError
        If the network cannot be watched, or an argument lies outside its range.
    """
    net = beneath(net)
    inputs = Inputs(x, net)
    count = inputs.count if examples is None else min(whole("examples", examples, 1), inputs.count)
    coupled = any(_couples(module) for module in net.modules())
    if not coupled:
        inputs = inputs.first(count)
    whole("directions", directions, 2)
    ruler = _Ruler(count, inputs.count, coupled, largest, directions, seed)
    starts = [i for i, v in enumerate(inputs.values) if _is_real(v)]
    with untouched(net, trainable=False) as call, watch(net, layers=layers) as seen:
        leaves = [inputs.values[i].detach().requires_grad_() for i in starts]
        for i, leaf in zip(starts, leaves, strict=True):
            inputs.values[i] = leaf.clone()  # the network may change its input in place
        output = first_tensor(call(inputs))
        seen.check_calls()
        start = [_Place(get_gradient_edge(leaf), leaf) for leaf in leaves]
        places = [_Place(p.z, seen.activations[layer]) for layer, p in seen.points.items() if p.z]
        steps = pairwise([start, *([place] for place in places)])
        known = {
            layer: ruler.spectrum(above, below)
            for layer, (below, (above,)) in enumerate(steps, start=1)
            if below
        }
        if not start or output is None or not output.requires_grad:
            return Spectra(known, None)
        return Spectra(known, ruler.spectrum(_Place(get_gradient_edge(output), output), start))


def _couples(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm) and (module.training or module.running_mean is None)


def _is_real(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.ndim > 0


class _Place(NamedTuple):
    edge: GradientEdge
    value: Tensor


@dataclass(frozen=True)
class _Ruler:
    """Multiplies Jacobians from the left: u'J is what autograd computes at the cost of a pass."""

    examples: int
    passed: int  # with those that only take part in the batch's averages
    coupled: bool
    largest: int
    directions: int
    seed: int

    def spectrum(self, above: _Place, below: list[_Place]) -> Spectrum:
        """Spectrum of the Jacobian of what is `above` by all that is `below`."""
        for value in (above.value, *(place.value for place in below)):
            if len(value) != self.passed:
                raise UsageError(
                    f"a layer has shape {tuple(value.shape)}: the first dimension must be that of "
                    f"the {self.passed} examples."
                )
        with torch.autocast(above.value.device.type, enabled=False):  # it joins no float64
            return self._measured(above, below)

    def _measured(self, above: _Place, below: list[_Place]) -> Spectrum:
        m, n = above.value[0].numel(), sum(place.value[0].numel() for place in below)
        product = partial(self._product, above, below)
        if m * n > self.largest:
            return self._estimated(product, above.value, m, min(m, n))
        unit = torch.eye(m, dtype=above.value.dtype, device=above.value.device)
        rows = [product(row.expand(self.examples, m)) for row in unit]
        jacobians = torch.stack(rows, 1).double()
        values = torch.stack([decomposed(jacobian) for jacobian in jacobians])
        return Spectrum(values, float(values.square().mean().sqrt()), 0.0)

    def _product(self, above: _Place, below: list[_Place], u: Tensor) -> Tensor:
        """Return u'J of each example, shape (examples, n), for `u` of shape (examples, m)."""
        if not self.coupled:
            return self._pushed(above, below, u)
        # one by one: together, each would also get its effect on the others
        alone = torch.eye(self.examples, dtype=u.dtype, device=u.device)
        parts = [self._pushed(above, below, u * share[:, None])[i] for i, share in enumerate(alone)]
        return torch.stack(parts)

    def _pushed(self, above: _Place, below: list[_Place], u: Tensor) -> Tensor:
        push = torch.zeros_like(above.value)
        push[: self.examples] = u.reshape(self.examples, *push.shape[1:])
        edges = [place.edge for place in below]
        gradients = torch.autograd.grad(
            [above.edge], edges, grad_outputs=[push], retain_graph=True, allow_unused=True
        )
        parts = [
            torch.zeros_like(place.value) if gradient is None else gradient
            for gradient, place in zip(gradients, below, strict=True)
        ]
        return torch.cat([part[: self.examples].flatten(1) for part in parts], 1)

    def _estimated(
        self, product: Callable[[Tensor], Tensor], z: Tensor, m: int, least: int
    ) -> Spectrum:
        generator = torch.Generator().manual_seed(self.seed)
        means = []
        for _ in range(self.directions):
            u = torch.randint(2, (self.examples, m), generator=generator) * 2 - 1
            pushed = product(u.to(z.device, z.dtype)).double()
            means.append(pushed.square().sum(1).mean() / least)
        squares = torch.stack(means)
        rms = float(squares.mean().sqrt())
        error = float(squares.std()) / math.sqrt(self.directions) / (2 * rms) if rms else 0.0
        return Spectrum(None, rms, error)
