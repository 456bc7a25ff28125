"""What a command that is started on a terminal has, whatever the tests were started by."""

from __future__ import annotations

import os
import signal


def _heed() -> None:
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


HEED = _heed if os.name == "posix" else None
"""For `preexec_fn`: hear signals that nohup, or a shell's `&`, has made the tests ignore."""
