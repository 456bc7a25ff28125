"""A small training run for tests, importable by the processes that are stopped in the middle."""

from __future__ import annotations

import os

import torch
from terminal import HEED

from glorot_tutor.engines import make_engine
from glorot_tutor.nets import DeepNet
from glorot_tutor.probes import statistics, watch
from glorot_tutor.streams import to_input
from glorot_tutor.training import Checkpoints, Outcome, Schedule, train

SCHEDULE = Schedule.everything_at(*range(0, 1_000_000, 700))


class Stripes:
    """A stream that can be learned: where an image is bright tells its class, the rest is noise."""

    n_in, n_classes = 30, 3

    def read(self, start, count):
        number = torch.arange(start, start + count)
        labels = (number * 2654435761 >> 11) % 3
        pixel = torch.arange(30)
        noise = (number[:, None] * 40503 + pixel * 7919) * 2654435761 >> 13
        images = noise % 160 + 80 * (pixel // 10 == labels[:, None])
        return images.to(torch.uint8).view(count, 5, 6), labels


def build(seed=0, dtype=torch.float32, activation="tanh"):
    generator = torch.Generator().manual_seed(seed)
    return DeepNet(30, [24, 18], 3, activation, "normalized", generator).to(dtype)


def look(net):
    """Statistics of the activations on some images, as a caller would hand them in."""
    images, _ = Stripes().read(10**9, 20)
    with watch(net) as seen, torch.no_grad():
        net(to_input(images, net.weight(1).dtype))
    return statistics(seen.activations, "activation", net.activation)


def run(folder, updates, every=0.0, resume=True, engine="fused", **changes) -> tuple:
    """Run, or go on with a run; give the network too."""
    net = build()
    settings = {
        "test": Stripes().read(10**8, 50),
        "validation": Stripes().read(10**9, 30),
        "measure": look,
        "schedule": SCHEDULE,
        "checkpoints": Checkpoints(folder, {"seed": 0}, every) if folder else None,
        "resume": resume and bool(folder),
    }
    outcome: Outcome = train(
        make_engine(engine, net, 0.05), Stripes(), updates, **settings | changes
    )
    return net, outcome


def run_in_process(folder, updates) -> None:
    """Entry point of a process that may be stopped at any moment."""
    if HEED is not None:
        HEED()
    torch.set_num_threads(1)
    run(folder, updates)


if os.environ.get("WARM_UP"):
    # once, in the process that the others are forked from
    torch.set_num_threads(1)
    run(None, 10)
