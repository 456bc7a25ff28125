"""Online stochastic gradient descent as in section 2.3: run, look, keep, resume.

A run is a pure function of the network at its start, the stream and the engine: looking at it,
keeping checkpoints or being stopped and resumed changes no bit of the result.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
import torch
from torch import Tensor

from glorot_tutor import stopping
from glorot_tutor.checks import UsageError, whole
from glorot_tutor.engines import LIMIT, Engine
from glorot_tutor.nets import DeepNet
from glorot_tutor.streams import Feed, Stream
from glorot_tutor.training.recording import (
    MOST,
    STATISTICS,
    Outcome,
    Schedule,
    State,
    letters,
    logits_of,
    recording_schedule,
    score,
)

if TYPE_CHECKING:
    from glorot_tutor.training.checkpoints import Checkpoints
    from glorot_tutor.training.progress import Progress

Examples = tuple[Tensor, Tensor]
"""Images, uint8, shape (N, ...), and labels, int64, shape (N,)."""

_AT_ONCE = 100  # updates between two looks at the clock and at signals


def train(
    engine: Engine,
    stream: Stream,
    updates: int,
    test: Examples | None = None,
    validation: Examples | None = None,
    measure: Callable[[DeepNet], pd.DataFrame] | None = None,
    schedule: Schedule | None = None,
    checkpoints: Checkpoints | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Outcome:
    """Train `engine.net` on a stream, mini-batch after mini-batch of consecutive examples.

    Parameters
    ----------
    engine
        Holds the network, the learning rate, the cost and the batch size.
    stream
        Source of the training examples, read from example 0 on.
    updates
        Mini-batches to learn from.
    test, validation
        Images and labels of the two sets, evaluated at the schedule's tests and landmarks.
    measure
        Gives statistics of the network as a frame layer, quantity, statistic, value.
    schedule
        When to record; `recording_schedule(updates)` if None.
    checkpoints
        Where to keep the run: at its interval, at its end, and when it is asked to stop.
    resume
        Go on from the newest usable checkpoint; from the start if there is none yet.
    progress
        Where to show how far the run is; nothing is shown if None.

    Raises
    ------
    UsageError
        If an argument lies outside its range.
    StoppedError
        If it is asked to stop, once the run is kept in a checkpoint.
    RunError
        If a checkpoint cannot be written, or there are some and none can be used.
    """
    if resume and checkpoints is None:
        raise UsageError("resume is True without checkpoints: say where they are.")
    if checkpoints is not None and checkpoints.files() and not resume:
        raise UsageError(
            f"{checkpoints.folder} holds checkpoints already: resume them or name an empty folder."
        )
    whole("updates", updates, 0, MOST)
    schedule = recording_schedule(updates) if schedule is None else schedule
    trainer = _Trainer(engine, test, validation, measure, schedule, checkpoints, progress)
    if resume:
        trainer.restore()
    return trainer.run(stream, updates)


@dataclass
class _Trainer:
    engine: Engine
    test: Examples | None
    validation: Examples | None
    measure: Callable[[DeepNet], pd.DataFrame] | None
    schedule: Schedule
    checkpoints: Checkpoints | None
    progress: Progress | None
    state: State = field(default_factory=State)
    note: str = ""

    def __post_init__(self) -> None:
        engine = self.engine
        self.points = self.schedule.points
        self.clock = time.monotonic(), time.process_time()
        if self.checkpoints is not None:
            self.checkpoints.identity |= {
                "engine": type(engine).__name__,
                "sizes": engine.net.sizes,
                "activation": engine.net.activation,
                "dtype": str(engine.dtype),
                "learning rate": engine.learning_rate,
                "cost": engine.cost,
                "batch size": engine.batch_size,
            }

    def restore(self) -> None:
        assert self.checkpoints is not None
        _, saved, refused = self.checkpoints.load(self.engine.net)
        for sentence in refused:
            self._say(f"{sentence} The checkpoint before it is used.")
        if saved:
            self.state = State(**saved)
            self._say(f"resumed after update {self.state.update:,}.")

    def run(self, stream: Stream, updates: int) -> Outcome:
        feed = Feed(stream, self.engine.batch_size, self.engine.dtype)
        if self.progress is not None:
            self.progress.start(self.state.update, updates)
        try:
            listening = nullcontext() if self.checkpoints is None else stopping.listening()
            with self.engine.holding(), listening:
                self._loop(feed, updates)
        finally:
            feed.close()
            if self.progress is not None:
                self.progress.close()
        return self.state.outcome()

    def _loop(self, feed: Feed, updates: int) -> None:
        state = self.state
        while state.diverged_at is None:
            if state.update in self.points and state.update not in state.recorded:
                self._record()
                continue
            if state.update >= updates:
                break
            if stopping.asked() or (self.checkpoints is not None and self.checkpoints.is_due):
                kept = self._keep()
                stopping.stop_if_asked(kept)
            self._show()
            self._note_threads()
            self._advance(feed, updates)
        self._show()
        if state.diverged_at is not None:
            self._say(f"diverged after update {state.diverged_at:,}.")
        self._keep()

    def _advance(self, feed: Feed, updates: int) -> None:
        """Make the next updates, up to the next point of the schedule at most."""
        state = self.state
        following = self.points[bisect_right(self.points, state.update) :][:1]
        stop = min(updates, state.update + _AT_ONCE, *following)
        x, y = feed.read(state.update, stop - state.update)
        done = len(self.engine.run(x, y))
        state.update += done
        if done * self.engine.batch_size < len(y):
            state.diverged_at = state.update

    def _record(self) -> None:
        state, net = self.state, self.engine.net
        landmark = state.update in self.schedule.landmarks
        if self.validation is not None and landmark:
            self._evaluate("validation", self.validation)
        if self.test is not None and state.update in self.schedule.tests:
            logits = self._evaluate("test", self.test)
            if landmark:
                state.answers.append([state.update, "test", letters(logits.argmax(1).tolist())])
        if self.measure is not None and state.update in self.schedule.looks:
            rows = self.measure(net)[STATISTICS[1:]].itertuples(index=False)
            state.statistics += [[state.update, *row] for row in rows]
        state.recorded.append(state.update)

    def _evaluate(self, split: str, examples: Examples) -> Tensor:
        images, labels = examples
        logits = logits_of(self.engine.net, images)
        nll, error = score(logits, labels)
        self.state.curve.append([self.state.update, split, nll, error])
        self.note = f"{split} error {error:.2f} %"
        if not nll <= LIMIT:
            self.state.diverged_at = self.state.update
        return logits

    def _keep(self) -> str:
        """Keep a checkpoint, where there is a place for it; say so."""
        self._count_time()
        if self.checkpoints is None:
            return f"nothing is kept of its {self.state.update:,} updates"
        path = self.checkpoints.save(self.engine.net, self.state.update, asdict(self.state))
        return f"{path} is kept: resume the run to go on after update {self.state.update:,}"

    def _note_threads(self) -> None:
        threads = torch.get_num_threads()
        if self.state.threads[-1:] != [threads]:
            self.state.threads.append(threads)

    def _count_time(self) -> None:
        now = time.monotonic(), time.process_time()
        self.state.wall += now[0] - self.clock[0]
        self.state.cpu += now[1] - self.clock[1]
        self.clock = now

    def _show(self) -> None:
        if self.progress is not None:
            self.progress.show(self.state.update, self.note)

    def _say(self, sentence: str) -> None:
        if self.progress is not None:
            self.progress.say(sentence)
