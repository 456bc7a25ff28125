"""The readable reference: modules, `backward()` and an optimizer, as in any tutorial."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.parameter import UninitializedParameter

from glorot_tutor.checks import UsageError, one_of
from glorot_tutor.engines.base import (
    DEVICES,
    LIMIT,
    Engine,
    check_classes,
    undone_if_it_fails,
)


def device_named(name: str, dtype: torch.dtype = torch.float32) -> torch.device:
    """Return a device of this machine.

    Raises
    ------
    UsageError
        If the name is not known, the machine has no such device, or it lacks the dtype.
    """
    one_of("device", name, DEVICES)
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there[name]:
        here = ", ".join(device for device, usable in there.items() if usable)
        raise UsageError(f"device {name!r} is not there: torch finds {here} on this machine.")
    if name == "mps" and dtype == torch.float64:
        raise UsageError("device 'mps' has no float64: use a float32 network, or device 'cpu'.")
    return torch.device(name)


class AutogradEngine(Engine):
    """Updates through PyTorch's automatic differentiation, on any of its devices.

    It trains any module that takes a batch of inputs to logits, shape (examples, classes):
    frozen parameters stay as they are, shared ones are moved once, hooks are called.

    Parameters
    ----------
    net, learning_rate, cost, batch_size
        See `Engine`; the network is moved to `device`.
    device
        One of `DEVICES`.
    """

    def __init__(
        self,
        net: nn.Module,
        learning_rate: float,
        cost: str = "nll",
        batch_size: int = 10,
        device: str = "cpu",
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        self.device = device_named(device, self.dtype)
        self.net.to(self.device)

    @classmethod
    def cannot(cls, net: nn.Module, cost: str = "nll", batch_size: int = 10) -> str:
        """Say why there is nothing to train; an empty text if there is."""
        parameters = list(net.parameters())
        if any(isinstance(parameter, UninitializedParameter) for parameter in parameters):
            return "some weights have no shape yet; call it once first"
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        if not trained:
            return "none of its parameters is to be trained"
        if any(parameter.is_inference() for parameter in trained):
            return "its weights were made in inference mode"
        if not all(parameter.is_floating_point() for parameter in trained):
            return "its weights are complex"
        if any(parameter.is_meta for parameter in parameters):
            return "its weights are on the device meta, which holds no numbers"
        return ""

    def _run(self, x: Tensor, y: Tensor) -> Tensor:
        costs: list[float] = []
        with torch.inference_mode(False), torch.enable_grad(), undone_if_it_fails(self.net):
            # a tensor made in inference mode takes no part in a backward pass, its copy does
            x, y = (given.clone() if given.is_inference() else given for given in (x, y))
            trained = [p for p in self.net.parameters() if p.requires_grad]
            optimizer = self._optimizer(trained)
            optimizer.zero_grad()
            for x_batch, y_batch in zip(
                x.split(self.batch_size), y.split(self.batch_size), strict=True
            ):
                cost = self._cost(self._logits(x_batch, y_batch), y_batch.to(self.device))
                if not cost.item() <= LIMIT:
                    break
                cost.backward()
                optimizer.step()
                optimizer.zero_grad()
                costs.append(cost.item())
        return torch.tensor(costs, dtype=torch.float64, device="cpu")

    def _optimizer(self, trained: list[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(trained, lr=self.learning_rate)

    def _logits(self, x: Tensor, y: Tensor) -> Tensor:
        logits = self.net(x.to(self.device))
        if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != len(y):
            given = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise UsageError(
                f"the network gives {given} for {len(y)} examples: an engine needs logits, "
                "a tensor of shape (examples, classes)."
            )
        check_classes(y, logits.shape[1])
        return logits

    def _cost(self, logits: Tensor, y: Tensor) -> Tensor:
        if self.cost == "nll":
            return functional.cross_entropy(logits, y)
        distance = logits.softmax(1) - functional.one_hot(y, logits.shape[1])
        return distance.square().sum(1).mean() / 2
