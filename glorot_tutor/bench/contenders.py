"""What is timed: three ways to make an update, fixed data against generated data, recording."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, zip_longest

import torch
from torch import Tensor, nn

from glorot_tutor.bench.timing import Contender
from glorot_tutor.datasets import source
from glorot_tutor.engines import Engine, make_engine
from glorot_tutor.engines.fused import FusedEngine
from glorot_tutor.nets import DeepNet
from glorot_tutor.sgd import observer
from glorot_tutor.shapeset import Shapeset, test_set
from glorot_tutor.streams import Feed, to_input
from glorot_tutor.training import evaluate

BATCH, RATE = 10, 0.01
AT_ONCE = 100
"""Mini-batches handed to an engine at once, as `training.train` does."""


def draw(width: int, depth: int = 5) -> DeepNet:
    """Draw a network of equal layers for Shapeset: tanh, normalized initialization."""
    generator = torch.Generator().manual_seed(0)
    sizes = [width] * depth
    return DeepNet(Shapeset.n_in, sizes, Shapeset.n_classes, "tanh", "normalized", generator)


def examples(updates: int = AT_ONCE) -> tuple[Tensor, Tensor]:
    """Inputs and classes of the first updates on Shapeset."""
    images, y = Shapeset(0).read(0, updates * BATCH)
    return to_input(images), y


def plain(net: DeepNet) -> Contender:
    """The loop of any tutorial, with the library's defaults: what the engines are held against."""
    pairs = zip_longest(net.linears, net.activations)
    model = nn.Sequential(*(module for module in chain(*pairs) if module is not None))
    cost = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    x, y = examples()
    batches = list(zip(x.split(BATCH), y.split(BATCH), strict=True))

    def run(updates: int) -> None:
        for update in range(updates):
            x_batch, y_batch = batches[update % AT_ONCE]
            optimizer.zero_grad()
            cost(model(x_batch), y_batch).backward()
            optimizer.step()

    return Contender(run)


def engine(name: str, net: DeepNet, threads: int = 1) -> Contender:
    """An engine on examples that lie ready."""
    return on_fixed_examples(make_engine(name, net, RATE, batch_size=BATCH, threads=threads))


def without_numba(net: DeepNet) -> Contender:
    """The fused engine as it is where Numba is missing."""
    return on_fixed_examples(FusedEngine(net, RATE, batch_size=BATCH))


def on_fixed_examples(engine: Engine) -> Contender:
    """Updates on the same examples over and over; nothing is generated."""
    x, y = examples()
    engine.hold()  # as training does

    def run(updates: int) -> None:
        for start in range(0, updates, AT_ONCE):
            some = min(AT_ONCE, updates - start) * BATCH
            engine.run(x[:some], y[:some])

    return Contender(run)


def on_generated_examples(engine: Engine) -> tuple[Contender, Callable[[], None]]:
    """Updates on Shapeset, read as training reads it; and what to call in the end.

    It goes in whole blocks: where training is slower than the generator, the next block lies
    ready between two bursts, just as it does between two blocks of a long run.
    """
    feed = Feed(Shapeset(0), engine.batch_size, engine.dtype)
    position = 0
    engine.hold()  # as training does

    def run(updates: int) -> None:
        nonlocal position
        end = position + updates
        while position < end:
            x, y = feed.read(position, min(AT_ONCE, end - position))
            engine.run(x, y)
            position += len(y) // engine.batch_size

    return Contender(run, unit=feed.block), feed.close


def testing(net: DeepNet, images: int | None) -> Contender:
    """Evaluate the test set, or the first `images` of it, as training does now and then."""
    x, y = (part[:images] for part in test_set())
    return Contender(lambda times: [evaluate(net, x, y) for _ in range(times)])


def looking(net: DeepNet) -> Contender:
    """Take the statistics of the monitored images, as training does now and then."""
    observe = observer(source("shapeset"))
    return Contender(lambda times: [observe(net) for _ in range(times)])
