"""What all widgets share: settings that are always allowed, a result that follows them.

The front end of a widget is one module with `render({model, el})`, the contract of anywidget. It
reads and sets `settings` and shows `result`. In a notebook this class stands behind the model; on
a page of the book, where no kernel runs, `front/page/` does, and finds a placeholder in the
cell's output that tells it the settings to begin with.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar

import traitlets

from glorot_tutor import checks
from glorot_tutor.checks import RunError, UsageError
from glorot_tutor.nets import INITIALIZATIONS

try:
    import anywidget
except ImportError as error:  # pragma: no cover (the tests' environment has it)
    raise RunError(
        "Widgets need anywidget: install it with `pip install 'glorot-tutor[lab]'`."
    ) from error

DIST = Path(__file__).parent / "dist"
"""The bundled front ends, one module to a widget, and their style sheet."""

Settings = dict[str, Any]
Result = dict[str, Any]


class Widget(anywidget.AnyWidget):
    """Settings that a reader turns, and what is computed from them.

    A subclass gives `name`, `defaults`, `computes` and `_esm`, and overrides `check` and
    `compute`. The keyword arguments set some of the settings to begin with.

    Attributes
    ----------
    settings
        What is set, all of `defaults`' keys. A value that `check` refuses never gets in: the
        former settings stay, and `problem` says why.
    result
        What `compute` found for the settings; plain numbers, texts, lists and dicts of them.
    busy
        Whether it is being computed.
    problem
        One sentence on what went wrong, empty if nothing did.
    choices
        Values that a setting can take here and not on every page, a list by setting.

    Raises
    ------
    UsageError
        If one of the settings given is not allowed.
    """

    name: ClassVar[str]
    """As the front end and addresses spell it."""
    defaults: ClassVar[Settings]
    """Every setting with the value that it begins with."""
    computes: ClassVar[tuple[str, ...]]
    """Settings that the result depends on; the others only change how it is shown."""

    _css = DIST / "widgets.css"
    settings = traitlets.Dict().tag(sync=True)
    result = traitlets.Dict().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    choices = traitlets.Dict().tag(sync=True)

    def __init__(self, **settings: Any) -> None:
        self._failure = ""  # why the last result could not be computed
        self._accepted = self._checked(self.defaults | settings)
        super().__init__(settings=self._accepted)
        self.observe(self._follow, "settings")
        self._answer()

    def check(self, settings: Settings) -> Settings:
        """Return the settings, all of them present, with each value in its own type.

        Raises
        ------
        UsageError
            If a value is not allowed.
        """
        raise NotImplementedError

    def compute(self, settings: Settings) -> Result:
        """Find what the settings ask for."""
        raise NotImplementedError

    def given(self) -> dict[str, Any]:
        """Return numbers that a page without a kernel cannot compute."""
        return {}

    def _checked(self, settings: Settings) -> Settings:
        unknown = settings.keys() - self.defaults.keys()
        if unknown:
            allowed = ", ".join(self.defaults)
            raise UsageError(f"{min(map(repr, unknown))} cannot be set: choose one of {allowed}.")
        return self.check(settings)

    @traitlets.validate("settings")
    def _guard(self, proposal: dict[str, Any]) -> Settings:
        try:
            # what a front end leaves out stays as it is
            settings = self._checked(self._accepted | proposal["value"])
        except UsageError as error:
            self.problem = str(error)
            self.send_state("settings")  # whoever proposed it must not keep it
            return self._accepted
        self._accepted = settings
        self.problem = self._failure  # a refusal is over, even where nothing changes now
        return settings

    def _follow(self, change: dict[str, Any]) -> None:
        old, new = change["old"], self.settings
        if old == new:  # what a message proposed was refused
            return
        if any(old[key] != new[key] for key in self.computes):
            self._answer()

    def _answer(self) -> None:
        self.busy = True
        try:
            self.result = self.compute(self.settings)
            self._failure = ""
        except Exception as error:
            # a widget has no place for a traceback; the former result stays in sight
            self._failure = sentence(error)
        finally:
            self.problem = self._failure
            self.busy = False

    def __repr__(self) -> str:
        """Name the settings, and nothing that differs from run to run."""
        set_to = ", ".join(f"{key}={value!r}" for key, value in self.settings.items())
        return f"{type(self).__name__}({set_to})"

    def _repr_mimebundle_(self, **more: Any) -> Any:
        """Add the placeholder that a page of the book shows instead of the live widget."""
        bundle = super()._repr_mimebundle_(**more)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), "text/plain": repr(self), "text/html": self.placeholder()}, metadata

    def placeholder(self) -> str:
        """Return the HTML that `front/page/host.js` makes a widget of."""
        values = {"widget": self.name, "settings": json.dumps(self.settings)}
        if given := self.given():
            values["given"] = json.dumps(given, separators=(",", ":"))
        data = " ".join(f'data-{key}="{html.escape(value)}"' for key, value in values.items())
        text = "Where JavaScript is switched on, controls stand here; without it, see the figure."
        return f'<div class="glorot-widget" {data}><p>{text}</p></div>'


def checked_network(
    settings: Settings, activations: Iterable[str], narrowest: int, widest: int
) -> Settings:
    """Return the settings that say what a network is, or raise `UsageError`.

    They are activation (one of `activations`), initialization, gain (0.1 to 4), depth (1 to 10),
    width (`narrowest` to `widest`) and seed.
    """
    return {
        "activation": checks.one_of("activation", settings["activation"], activations),
        "initialization": checks.one_of(
            "initialization", settings["initialization"], INITIALIZATIONS
        ),
        "gain": checks.between("gain", settings["gain"], 0.1, 4),
        "depth": checks.whole("depth", settings["depth"], 1, 10),
        "width": checks.whole("width", settings["width"], narrowest, widest),
        "seed": checks.whole("seed", settings["seed"], 0, 2**32 - 1),
    }


def sentence(error: Exception) -> str:
    """Say in one sentence what went wrong."""
    if isinstance(error, UsageError | RunError):
        return str(error)
    lines = str(error).strip().splitlines()
    reason = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
    return f"This could not be computed ({reason.rstrip('.')})."


def rounded(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """Keep so many significant digits, which is all that a picture shows; None for nan or inf."""
    return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in map(float, values)]
