"""The saturation watcher: a small network that trains beside the notebook, while it is watched."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

import traitlets

from glorot_tutor import checks
from glorot_tutor.activations import ACTIVATIONS
from glorot_tutor.widgets.base import DIST, Result, Settings, Widget, checked_network, sentence
from glorot_tutor.widgets.pace import Pace
from glorot_tutor.widgets.trainer import Trainer

SPEEDS = (1, 10, 100, 1000, "max")
"""Updates a second that can be asked for."""

WISHES = ("start", "pause", "step", "reset")

LONGEST = 1_000_000
"""Updates after which a network pauses by itself, for nobody may be looking any more."""


class Watcher(Widget):
    """Train a small network with start, pause, step and reset, and see its layers meanwhile.

    It trains in a thread of its own, so the notebook stays free. There is one at a time: a new
    watcher, made by running the cell again, ends the one before and gives its memory back; should
    that one be started after all, it begins anew at update 0.

    `settings` are activation, initialization, gain (0.1 to 4), depth (1 to 10), width (20 to 200),
    rate (of learning, 0.0001 to 10), batch (1 to 100), seed, and speed (updates a second, "max" for
    as fast as it goes). All but the speed begin anew at update 0.

    `result` is what was seen last: `run` (counts new starts), `settings` (those it belongs to),
    `reached` (updates a second) and what `Trainer.look` gives.

    Attributes
    ----------
    wish
        What the front end asks for: `do`, one of `WISHES`, and a `number` that differs each time.
    running
        Whether it trains.
    """

    _esm = DIST / "watcher.js"
    name = "watcher"
    defaults = {  # noqa: RUF012
        "activation": "tanh",
        "initialization": "standard",
        "gain": 1.0,
        "depth": 5,
        "width": 100,
        "rate": 0.1,
        "batch": 10,
        "seed": 0,
        "speed": "max",
    }
    computes = tuple(name for name in defaults if name != "speed")
    wish = traitlets.Dict().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)

    _latest: ClassVar[Watcher | None] = None

    def __init__(self, **settings: Any) -> None:
        self._turn = 0  # a thread whose turn is over stops and says nothing more
        self._guard_turn = threading.RLock()
        self._goes_on = False
        self._run = 0
        self._trainer: Trainer | None = None
        self._closed = False
        super().__init__(**settings)
        if Watcher._latest is not None:
            Watcher._latest.stop()
            Watcher._latest._release()
        Watcher._latest = self

    def check(self, settings: Settings) -> Settings:
        """Return the settings (see the class), or raise `UsageError`."""
        speed = settings["speed"]
        if speed not in SPEEDS or isinstance(speed, bool):
            allowed = ", ".join(map(str, SPEEDS))
            raise checks.UsageError(f"speed {speed!r} is not known: choose one of {allowed}.")
        network = checked_network(settings, ACTIVATIONS, 20, 200)
        rate = checks.between("rate", settings["rate"], 1e-4, 10)
        batch = checks.whole("batch", settings["batch"], 1, 100)
        return settings | network | {"rate": rate, "batch": batch, "speed": speed}

    def compute(self, settings: Settings) -> Result:
        """Draw the network anew, and look at it before its first update."""
        self._release()
        self._trainer = Trainer(settings)
        self._run += 1
        return self._described(self._trainer.look(), 0)

    def _answer(self) -> None:
        trained = self.running
        self.stop()
        super()._answer()
        if trained and not self.problem:
            self.start()

    def start(self) -> None:
        """Train until `pause`, or on to update `LONGEST`."""
        self._begin(LONGEST)

    def pause(self) -> None:
        """Stop after the updates that are being made, and show the last; `start` goes on."""
        with self._guard_turn:
            self._goes_on = False
            self.running = False

    def step(self) -> None:
        """Make one update, and pause."""
        self._begin(1)

    def reset(self) -> None:
        """Go back to update 0 and the same weights, and pause."""
        self.stop()
        self._answer()

    def stop(self) -> None:
        """End the turn of the thread that trains; nothing more is heard of it."""
        with self._guard_turn:
            self._turn += 1
            self.running = False

    def close(self) -> None:
        """Stop, and take the widget down."""
        self.stop()
        self._release()
        self._closed = True
        super().close()

    @traitlets.observe("wish")
    def _obey(self, change: dict[str, Any]) -> None:
        try:
            do = checks.one_of("wish", change["new"].get("do"), WISHES)
        except checks.UsageError as error:
            self.problem = str(error)
            return
        getattr(self, do)()

    def _release(self) -> None:
        """Give back the network and the images drawn ahead; the widget itself is never freed."""
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None

    def _begin(self, updates: int) -> None:
        if self._trainer is None and not self._failure and not self._closed:
            self._answer()
        trainer = self._trainer
        if trainer is None:  # the settings could not be computed, and `problem` says why
            return
        with self._guard_turn:
            self._turn += 1
            self._goes_on = self.running = True
            self.problem = ""
            given = trainer, self._turn, updates
        threading.Thread(target=self._train, args=given, daemon=True).start()

    def _train(self, trainer: Trainer, turn: int, updates: int) -> None:
        """Train in this thread until the goal is reached, or the turn is another's."""
        try:
            with trainer.lock:  # the thread before may still make its last updates
                pace = Pace(trainer)
                until = min(trainer.update + updates, LONGEST)
                while self._goes_on and turn == self._turn and trainer.update < until:
                    # one update is due when it is asked for, whatever the speed
                    if pace.advance("max" if updates == 1 else self.settings["speed"], until):
                        self._tell(turn, trainer.look(), pace.reached)
                self._tell(turn, trainer.look(), pace.reached)
        except Exception as error:
            self._fail(turn, sentence(error))
        with self._guard_turn:
            if turn == self._turn:
                self.running = False

    def _tell(self, turn: int, seen: Result, reached: int) -> None:
        with self._guard_turn:
            if turn == self._turn:
                self.result = self._described(seen, reached)

    def _fail(self, turn: int, words: str) -> None:
        with self._guard_turn:
            if turn == self._turn:
                self.problem = words

    def _described(self, seen: Result, reached: int) -> Result:
        assert self._trainer is not None
        told = {"run": self._run, "settings": self._trainer.settings, "reached": reached}
        return {**told, **seen}
