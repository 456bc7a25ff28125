"""Instruments: what flows forward and backward through a network, layer by layer.

Four quantities are watched, in the words and the units used everywhere in the project:

``activation``
    z, the outputs of the hidden layers.
``backprop_gradient``
    dCost/ds of each example's own cost (eq. 2), in nats per unit of pre-activation.
``weight_gradient``
    dCost/dW of the mean cost over the examples (eq. 3): what one step of SGD would apply.
``jacobian_singular_value``
    singular values of dz^{i+1}/dz^i (eq. 17), example by example.

Layer 1 is the first hidden layer. Looking changes nothing: parameters, their `.grad` and the
random state stay as they were, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.checks import UsageError, one_of, positive, whole
from glorot_tutor.nets import DeepNet

QUANTITIES = ("activation", "backprop_gradient", "weight_gradient", "jacobian_singular_value")


@dataclass
class Watch:
    """What the last pass through a network left behind; each attribute is keyed by layer.

    Attributes
    ----------
    net
        The network that is watched.
    pre_activations, activations
        s and z, shape (N, width).
    backprop_gradients
        dCost/ds, shape (N, width); filled by `backward`.
    weight_gradients
        dCost/dW of the mean cost, shape (fan_out, fan_in); filled by `backward`.
    max_bytes
        Bound on what the watch holds: per example and hidden unit three numbers (s, z, dCost/ds),
        and two per weight (autograd's sum and the mean made of it) while `backward` runs. The
        graph of the last pass stays as long as the watch does.
    """

    net: DeepNet
    max_bytes: int
    pre_activations: dict[int, Tensor] = field(default_factory=dict)
    activations: dict[int, Tensor] = field(default_factory=dict)
    backprop_gradients: dict[int, Tensor] = field(default_factory=dict)
    weight_gradients: dict[int, Tensor] = field(default_factory=dict)

    def backward(self, costs: Tensor) -> None:
        """Back-propagate `costs`, shape (N,), one cost for each example of the last pass.

        Raises
        ------
        UsageError
            If the costs are not one to an example or came without a graph (`torch.no_grad`).
        """
        layers = list(self.pre_activations)
        examples = len(self.pre_activations[1]) if layers else 0
        if costs.shape != (examples,) or not costs.requires_grad:
            raise UsageError(
                f"costs has shape {tuple(costs.shape)}, requires_grad={costs.requires_grad}: give "
                f"one cost for each of the {examples} examples (reduction='none'), computed from "
                "parameters that require a gradient, outside torch.no_grad()."
            )
        weights = [self.net.weight(layer) for layer in layers]
        signals = [self.pre_activations[layer] for layer in layers]
        # autograd.grad, not .backward(): a training run keeps its .grad as it was
        found = torch.autograd.grad(costs.sum(), [*signals, *weights], retain_graph=True)
        self.backprop_gradients = dict(zip(layers, found, strict=False))
        means = [gradient.div_(len(costs)) for gradient in found[len(layers) :]]
        self.weight_gradients = dict(zip(layers, means, strict=True))

    def values(self, quantity: str) -> dict[int, Tensor]:
        """Return the recorded values of one of the first three `QUANTITIES` by layer."""
        recorded = {
            "activation": self.activations,
            "backprop_gradient": self.backprop_gradients,
            "weight_gradient": self.weight_gradients,
        }
        if quantity not in recorded:
            raise UsageError(f"quantity {quantity!r} is not known: choose {', '.join(recorded)}.")
        return recorded[quantity]


@contextmanager
def watch(net: DeepNet, max_bytes: int = 2**30) -> Iterator[Watch]:
    """Watch the passes made through `net` inside the block; the hooks always come off.

    Raises
    ------
    UsageError
        If a pass would hold more than `max_bytes` (see `Watch`).
    """
    seen = Watch(net, max_bytes)
    handles = [
        module.register_forward_hook(_recorder(seen, layer))
        for layer, module in enumerate(net.activations, start=1)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _recorder(seen: Watch, layer: int) -> Callable[..., None]:
    def record(module: torch.nn.Module, args: tuple[Any, ...], output: Tensor) -> None:
        if layer == 1:  # a new pass: what an earlier one left would not fit to it
            _check_size(seen, args[0])
            seen.backprop_gradients, seen.weight_gradients = {}, {}
        seen.pre_activations[layer] = args[0]
        seen.activations[layer] = output.detach()

    return record


def _check_size(seen: Watch, s: Tensor) -> None:
    sizes = seen.net.sizes
    weights = sum(below * above for below, above in pairwise(sizes[:-1]))
    needed = (3 * len(s) * sum(sizes[1:-1]) + 2 * weights) * s.element_size()
    if needed > seen.max_bytes:
        raise UsageError(
            f"watching {len(s)} examples would hold {needed:,} bytes, more than "
            f"max_bytes={seen.max_bytes:,}: pass fewer examples or raise the bound."
        )


def statistics(values: Mapping[int, Tensor], quantity: str, activation: str = "") -> pd.DataFrame:
    """Summarize values by layer as a tidy frame: layer, quantity, statistic, value.

    The statistics are the mean, the standard deviation (over all entries, population form), the
    98th percentile of the magnitude, and, where `activation` is named, the saturated share.
    """
    if activation:
        one_of("activation", activation, ACTIVATIONS)
    rows = [
        (layer, quantity, statistic, value)
        for layer, tensor in values.items()
        for statistic, value in _summary(tensor.detach().cpu().numpy(), activation).items()
    ]
    return pd.DataFrame(rows, columns=["layer", "quantity", "statistic", "value"])


def _summary(v: np.ndarray[Any, Any], activation: str) -> dict[str, float]:
    with np.errstate(invalid="ignore", over="ignore"):  # what has no value is nan
        found = {
            "mean": v.mean(dtype=np.float64),
            "std": v.std(dtype=np.float64),
            "p98": np.percentile(np.abs(v), 98),
        }
    if activation:
        low, high = ACTIVATIONS[activation].unsaturated
        found["saturated"] = np.mean((v < low) | (v > high))
    return {name: float(value) for name, value in found.items()}


def histograms(values: Mapping[int, Tensor], bins: int = 100, limit: float = 0) -> pd.DataFrame:
    """Histogram each layer's values on common bins: columns layer, value (bin centre), density.

    The bins run from `-limit` to `limit` (0: the largest magnitude found), the density integrates
    to the share of values inside: the "normalized histograms" of figures 4 and 6-8.
    """
    whole("bins", bins, 1)
    if not values:
        raise UsageError("values is empty: pass those of one layer at least.")
    arrays = {layer: tensor.detach().cpu().numpy().ravel() for layer, tensor in values.items()}
    # where every value is 0 any limit will do
    limit = limit or max(float(np.abs(v).max()) for v in arrays.values()) or 1.0
    positive("limit", limit)
    edges = np.linspace(-limit, limit, bins + 1)
    centres = (edges[:-1] + edges[1:]) / 2
    frames = []
    for layer, v in arrays.items():
        # the number of bins, not their edges: numpy then need not sort the values
        density = np.histogram(v, bins, (-limit, limit))[0] / (v.size * np.diff(edges))
        frames.append(pd.DataFrame({"layer": layer, "value": centres, "density": density}))
    return pd.concat(frames, ignore_index=True)


def jacobian_singular_values(net: DeepNet, x: Tensor) -> dict[int, Tensor]:
    """Singular values of each layer's Jacobian dz^{i+1}/dz^i = W^i diag f'(s^i) (eq. 17).

    Parameters
    ----------
    net
        The network.
    x
        Inputs, shape (N, n_in). A width of 1,000 takes a fraction of a second an example and
        layer, and the values hardly vary from example to example at the start: pass few.

    Returns
    -------
    dict
        For each hidden layer the singular values, shape (N, min(fan_in, fan_out)), descending.
    """
    with watch(net) as seen, torch.enable_grad():
        net(x)
    found = {}
    for layer, s in seen.pre_activations.items():
        slope = activation_slope(net.activations[layer - 1], s)
        weight = net.weight(layer).detach()
        found[layer] = torch.stack([torch.linalg.svdvals(row[:, None] * weight) for row in slope])
    return found


def activation_slope(activation: torch.nn.Module, s: Tensor) -> Tensor:
    """f'(s) at each entry of the pre-activations `s`, same shape."""
    with torch.enable_grad():
        s = s.detach().requires_grad_()
        return torch.autograd.grad(activation(s).sum(), s)[0]


def measure(net: DeepNet, x: Tensor, y: Tensor, jacobian_examples: int = 4) -> pd.DataFrame:
    """All statistics of one network on one batch, with the negative log-likelihood as cost.

    Parameters
    ----------
    net
        The network.
    x, y
        Inputs, shape (N, n_in), and classes, shape (N,).
    jacobian_examples
        Most examples whose Jacobians are decomposed, from the first on; 0 leaves them out.

    Returns
    -------
    DataFrame
        Columns layer, quantity, statistic, value (see `statistics`).
    """
    frame, _ = look(net, x, y)
    if not whole("jacobian_examples", jacobian_examples, 0):
        return frame
    singular = jacobian_singular_values(net, x[:jacobian_examples])
    return pd.concat([frame, statistics(singular, QUANTITIES[3])], ignore_index=True)


def look(net: DeepNet, x: Tensor, y: Tensor) -> tuple[pd.DataFrame, Watch]:
    """Return `measure` without the Jacobians, and the watch that it was computed from."""
    with watch(net) as seen, torch.enable_grad():
        seen.backward(functional.cross_entropy(net(x), y, reduction="none"))
    frames = [statistics(seen.activations, "activation", net.activation)]
    frames += [statistics(seen.values(q), q) for q in QUANTITIES[1:3]]
    return pd.concat(frames, ignore_index=True), seen


def jacobian_rms(seen: Watch) -> dict[int, float]:
    """Root mean square, by layer, of the Jacobians' singular values over the watched examples.

    The squares of a matrix's singular values sum to those of its entries, so they need not be
    found one by one: this takes no longer than a mean, for all examples at once. In a
    square layer it is what a gradient of random direction is multiplied by on its way down.
    """
    found = {}
    for layer, s in seen.pre_activations.items():
        weight = seen.net.weight(layer).detach()
        slope = activation_slope(seen.net.activations[layer - 1], s)
        squares = slope.square() @ weight.square().sum(1)
        found[layer] = float((squares.double().mean() / min(weight.shape)).sqrt())
    return found


def example_weight_gradient_std(seen: Watch, x: Tensor) -> dict[int, float]:
    """Standard deviation, by layer, of the weight gradients of the single examples (eq. 3).

    An example's gradient is the outer product of z and dCost/ds, so its first two moments follow
    from theirs and the N x fan_in x fan_out numbers are never formed. `x` are the inputs of the
    pass that was watched.
    """
    below = [x, *seen.activations.values()]
    spreads = {}
    for (layer, delta), z in zip(seen.backprop_gradients.items(), below, strict=False):
        z, delta = z.double(), delta.double()
        mean = (z.mean(1) * delta.mean(1)).mean()
        square = (z.square().mean(1) * delta.square().mean(1)).mean()
        spreads[layer] = float((square - mean.square()).sqrt())
    return spreads
