"""Closed forms that hold in a `DeepNet`, where a layer is W, b and f and nothing else."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError
from glorot_tutor.nets import DeepNet
from glorot_tutor.probes.layers import hooked
from glorot_tutor.probes.watching import Watch, watch


def is_plain(net: nn.Module) -> bool:
    """Whether a network is a `DeepNet` as it was made, and no hook changes what it does."""
    return _as_made(net) and not hooked(net)


def _as_made(net: nn.Module) -> bool:
    return (
        type(net) is DeepNet
        and not any("forward" in vars(module) for module in net.modules())
        and all(type(linear) is nn.Linear for linear in net.linears)
        and {type(f) for f in net.activations} == {type(ACTIVATIONS[net.activation].module())}
    )


def activation_slope(activation: nn.Module, s: Tensor) -> Tensor:
    """f'(s) at each entry of the pre-activations `s`, same shape."""
    with torch.enable_grad():
        s = s.detach().requires_grad_()
        return torch.autograd.grad(activation(s).sum(), s)[0]


def singular_values(net: DeepNet, x: Tensor) -> dict[int, Tensor]:
    """Singular values of W^i diag f'(s^i) (eq. 17), shape (N, min(fan_in, fan_out)), by layer."""
    with watch(net) as seen, torch.no_grad():
        net(x)
    values = {}
    for layer, s in seen.pre_activations.items():
        slope = activation_slope(net.activations[layer - 1], s)
        weight = net.weight(layer).detach()
        values[layer] = torch.stack([decomposed(row[:, None] * weight) for row in slope])
    return values


def decomposed(matrix: Tensor) -> Tensor:
    """Singular values, descending; nan where the matrix holds what is no number."""
    if matrix.dtype in (torch.float16, torch.bfloat16):
        matrix = matrix.double()
    if not matrix.isfinite().all():
        return matrix.new_full((min(matrix.shape),), torch.nan)
    on = matrix.any(1)
    if on.all():
        return torch.linalg.svdvals(matrix)
    # rectifiers switch off half of the rows, and the others take a third of the time
    values = torch.linalg.svdvals(matrix[on])
    return torch.cat([values, values.new_zeros(min(matrix.shape) - len(values))])


def jacobian_rms(seen: Watch) -> dict[int, float]:
    """Root mean square, by layer, of the Jacobians' singular values over the watched examples.

    The squares of a matrix's singular values sum to those of its entries, so they need not be
    found one by one: this takes no longer than a mean, for all examples at once. In a
    square layer it is what a gradient of random direction is multiplied by on its way down.

    Raises
    ------
    UsageError
        If the network is no `DeepNet`: for others there is `spectra`.
    """
    _check(seen, "take the rms of probes.spectra(net, x)")
    rms = {}
    for layer, s in seen.pre_activations.items():
        weight = seen.net.weight(layer).detach()
        slope = activation_slope(seen.net.activations[layer - 1], s)
        squares = slope.square() @ weight.square().sum(1)
        rms[layer] = float((squares.double().mean() / min(weight.shape)).sqrt())
    return rms


def example_weight_gradient_std(seen: Watch, x: Tensor) -> dict[int, float]:
    """Standard deviation, by layer, of the weight gradients of the single examples (eq. 3).

    An example's gradient is the outer product of z and dCost/ds, so its first two moments follow
    from theirs and the N x fan_in x fan_out numbers are never formed. `x` are the inputs of the
    pass that was watched.

    Raises
    ------
    UsageError
        If the network is no `DeepNet`.
    """
    _check(seen, "measure one example at a time")
    below = [x, *seen.activations.values()]
    spreads = {}
    for (layer, delta), z in zip(seen.backprop_gradients.items(), below, strict=False):
        z, delta = z.double(), delta.double()
        mean = (z.mean(1) * delta.mean(1)).mean()
        square = (z.square().mean(1) * delta.square().mean(1)).mean()
        spreads[layer] = float((square - mean.square()).sqrt())
    return spreads


def _check(seen: Watch, instead: str) -> None:
    if seen.hooked or not _as_made(seen.net):
        raise UsageError(
            f"this equation is that of a plain DeepNet: for other networks, {instead}."
        )
