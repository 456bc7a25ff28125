"""The readable reference: modules, `backward()` and an optimizer, as in any tutorial."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from glorot_tutor.checks import UsageError, one_of
from glorot_tutor.engines.base import LIMIT, Engine
from glorot_tutor.nets import DeepNet

DEVICES = ("cpu", "cuda", "mps")


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
        here = ", ".join(device for device, found in there.items() if found)
        raise UsageError(f"device {name!r} is not there: torch finds {here} on this machine.")
    if name == "mps" and dtype == torch.float64:
        raise UsageError("device 'mps' has no float64: use a float32 network, or device 'cpu'.")
    return torch.device(name)


class AutogradEngine(Engine):
    """Updates through PyTorch's automatic differentiation, on any of its devices.

    Parameters
    ----------
    net, learning_rate, cost, batch_size
        See `Engine`; the network is moved to `device`.
    device
        One of `DEVICES`.
    """

    def __init__(
        self,
        net: DeepNet,
        learning_rate: float,
        cost: str = "nll",
        batch_size: int = 10,
        device: str = "cpu",
    ) -> None:
        super().__init__(net, learning_rate, cost, batch_size)
        self.device = device_named(device, self.dtype)
        self.net.to(self.device)
        self.optimizer = torch.optim.SGD(net.parameters(), lr=self.learning_rate)

    def _run(self, x: Tensor, y: Tensor) -> Tensor:
        costs = []
        batches = zip(x.split(self.batch_size), y.split(self.batch_size), strict=True)
        for x_batch, y_batch in batches:
            cost = self._cost(self.net(x_batch.to(self.device)), y_batch.to(self.device))
            if not cost.item() <= LIMIT:
                break
            cost.backward()
            self.optimizer.step()
            self.optimizer.zero_grad()
            costs.append(cost.item())
        return torch.tensor(costs, dtype=torch.float64)

    def _cost(self, logits: Tensor, y: Tensor) -> Tensor:
        if self.cost == "nll":
            return functional.cross_entropy(logits, y)
        distance = logits.softmax(1) - functional.one_hot(y, logits.shape[1])
        return distance.square().sum(1).mean() / 2
