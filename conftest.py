"""What all tests share: how hypothesis searches, what nbval leaves uncompared, what is told last.

It lies at the root because a hook sees only the folders below its own, and notebooks are tests.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

NOT_COMPARED = (
    "stderr",  # warnings name files and lines
    "text/html",  # says what text/plain says, but for times, which are never the same
    "image/svg+xml",  # holds a date and random ids
    "application/papermill.record/image/png",  # a glued figure
)

# an example may run long on a loaded machine, and a failure there must be the same on any other
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Compare a notebook's text strictly and its pictures not at all."""
    if hasattr(collector, "skip_compare"):
        collector.skip_compare += NOT_COMPARED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have measured (fixture `tell`); what they print themselves is lost where
    they are shared out to several processes.
    """
    reports = terminalreporter.stats.get("passed", [])
    found = [text for r in reports for name, text in r.user_properties if name == "measured"]
    if found:
        terminalreporter.section("measured, other tests beside")
        terminalreporter.write_line("\n".join(found))
