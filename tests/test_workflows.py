"""Workflows run nothing that can change under them, and may do only what they need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pages import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_actions_are_pinned_and_rights_are_few(path: Path) -> None:
    plan: dict[str, Any] = yaml.safe_load(path.read_text())
    assert plan["permissions"] == {"contents": "read"}
    for name, job in plan["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            if uses := step.get("uses"):
                assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", uses), uses
            if target := re.match(r"make ([a-z]+)", step.get("run", "")):
                assert target[1] in TARGETS
    assert "write" not in str([j for n, j in plan["jobs"].items() if n != "publish"])
