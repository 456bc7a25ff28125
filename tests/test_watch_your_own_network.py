"""The chapter's texts for TensorBoard and Lightning run as they stand there.

Neither library is needed: stand-ins take the calls, by the signatures of the real ones. Where one
is installed, it is tried as well.
"""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from strangers import CLASSES, mlp
from torch import Tensor, nn
from torch.nn import functional

from glorot_tutor import diagnose, measure

CHAPTER = Path(__file__).parents[1] / "notebooks/13_watch_your_own_network.ipynb"
GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(20, 6, generator=GENERATOR)
Y = torch.randint(CLASSES, (20,), generator=GENERATOR)


def text(library: str) -> str:
    cells = nbformat.read(CHAPTER, as_version=4).cells
    texts = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    (found,) = (t for t in re.findall(r"```python\n(.*?)```", texts, re.S) if library in t)
    return str(found)


def stds(net: nn.Module) -> dict[str, float]:
    frame = measure(net, X, Y, 0)
    frame = frame[frame["statistic"] == "std"]
    rows = zip(frame["quantity"], frame["layer"], frame["value"], strict=True)
    return {f"{quantity}/{layer}": value for quantity, layer, value in rows}


class SummaryWriter:
    """Takes what `torch.utils.tensorboard.SummaryWriter` takes."""

    def __init__(self, log_dir: str) -> None:
        self.log_dir, self.written, self.closed = log_dir, [], False

    def add_scalar(self, tag: str, scalar_value: float, global_step: int) -> None:
        self.written.append((tag, float(scalar_value), global_step))

    def add_histogram(self, tag: str, values: Tensor, global_step: int) -> None:
        assert values.numel()
        self.written.append((f"histogram {tag}", values, global_step))

    def add_figure(self, tag: str, figure: Figure, global_step: int) -> None:
        assert isinstance(figure, Figure)
        self.written.append((tag, figure, global_step))

    def add_text(self, tag: str, text_string: str, global_step: int) -> None:
        self.written.append((tag, text_string, global_step))

    def close(self) -> None:
        self.closed = True


def in_place_of(monkeypatch: pytest.MonkeyPatch, name: str, **holds: Any) -> None:
    module = ModuleType(name)
    vars(module).update(holds)
    monkeypatch.setitem(sys.modules, name, module)


def told(net: nn.Module) -> dict[str, Any]:
    """What the chapter has defined before: the network, the images, and its loop, shortened."""

    def train(net: nn.Module, look: Any, every: int) -> None:
        for update in (0, every):
            look(update)

    return {"net": net, "x": X, "y": Y, "train": train, "functional": functional}


def test_tensorboard_is_told_what_measure_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of(monkeypatch, "torch.utils.tensorboard", SummaryWriter=SummaryWriter)
    names = told(net := mlp(3, nn.Tanh))
    exec(text("tensorboard"), names)
    writer = names["writer"]
    assert writer.closed
    at_50 = {tag: value for tag, value, update in writer.written if update == 50}
    expected = stds(net)
    assert {tag: at_50[tag] for tag in expected} == expected
    assert {f"histogram activation/{layer}" for layer in (1, 2, 3)} < set(at_50)
    assert "layers" in at_50
    assert at_50["diagnosis"] == str(diagnose(net, X, Y))


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="TensorBoard is not installed")
def test_tensorboard_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = told(net := mlp(3, nn.Tanh))
    exec(text("tensorboard"), names)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator("runs/mine").Reload()
    for tag, std in stds(net).items():
        found = events.Scalars(tag)
        assert [event.step for event in found] == [0, 50]
        assert found[1].value == pytest.approx(std)
    assert events.Tags()["histograms"] == [f"activation/{layer}" for layer in (1, 2, 3)]
    assert events.Tags()["images"] == ["layers"]


class Module(nn.Module):
    """What the callback needs of a LightningModule."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        super().__init__()
        self.net, self.logged = mlp(3, nn.Tanh), {}

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)

    def log(self, name: str, value: float) -> None:
        self.logged[name] = value


def test_lightning_logs_what_measure_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    in_place_of(monkeypatch, "lightning")
    in_place_of(monkeypatch, "lightning.pytorch", Callback=type("Callback", (), {}))
    names: dict[str, Any] = {}
    exec(text("lightning"), names)
    callback, module = names["WatchNetwork"](X, Y, every=2), Module()
    callback.on_train_batch_end(None, module, None, None, 1)
    assert not module.logged
    callback.on_train_batch_end(None, module, None, None, 2)
    assert module.logged == stds(module.net)


@pytest.mark.skipif(find_spec("lightning") is None, reason="Lightning is not installed")
def test_lightning_itself(tmp_path: Path) -> None:
    from lightning.pytorch import LightningModule, Trainer
    from lightning.pytorch.loggers import CSVLogger

    class Learner(LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp(3, nn.Tanh)

        def forward(self, x: Tensor) -> Tensor:
            return self.net(x)

        def training_step(self, batch: Any) -> Tensor:
            return functional.cross_entropy(self(batch[0]), batch[1])

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), lr=0.1)

    names: dict[str, Any] = {}
    exec(text("lightning"), names)
    learner, logger = Learner(), CSVLogger(tmp_path)
    batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), 5)
    trainer = Trainer(
        max_epochs=1, callbacks=[names["WatchNetwork"](X, Y, every=3)], logger=logger,
        log_every_n_steps=1, accelerator="cpu", enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(learner, batches)
    logged = {key: value for key, value in trainer.logged_metrics.items() if "/" in key}
    assert logged.keys() == stds(learner).keys()
    last = np.array([float(logged[key]) for key in logged])  # after the last of four batches
    np.testing.assert_allclose(last, [stds(learner)[key] for key in logged], rtol=1e-5)
