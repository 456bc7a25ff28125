"""What is said of a file that is not what it should be."""

from __future__ import annotations

from glorot_tutor.checks import RunError


class DamagedError(ValueError):
    """Content is not what was published; the text goes on after the file's name ("is empty")."""


class NotThereError(RunError):
    """A data set, or a file of it, is in none of the folders that were looked into."""
