"""The training lab's arithmetic, run by Node: questions to it, and networks to compare it with."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pages import ROOT, skip_or_fail

from glorot_tutor.nets import DeepNet

NODE = shutil.which("node")
BATCH = 10


def ask(question: str, **given: Any) -> Any:
    """Put one question to tests/lab/ask.js."""
    if NODE is None:
        skip_or_fail(
            "No Node found: install it (version 20 or newer) to test the lab's arithmetic."
        )
    text = json.dumps({"ask": question, **given})
    script = str(ROOT / "tests" / "lab" / "ask.js")
    done = subprocess.run([str(NODE), script], input=text, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


def pack(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def unpack(text: str, kind: Any = np.float32) -> NDArray[Any]:
    return np.frombuffer(base64.b64decode(text), kind)


def network(activation: str, depth: int = 4, width: int = 60, gain: float = 1.0) -> DeepNet:
    generator = torch.Generator().manual_seed(depth)
    return DeepNet(1024, [width] * depth, 9, activation, "normalized", generator, gain)
