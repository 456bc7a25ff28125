"""What pages load: small, from no other host, with its licence, and as a build gives it."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest
from lab_in_node import NODE
from pages import ROOT

FRONT = ROOT / "glorot_tutor" / "widgets"
TOOLS = ROOT / "node_modules"
MOST_BYTES = 150_000  # of all scripts and style sheets of pages, compressed


def test_the_front_end_is_small_and_asks_no_other_host() -> None:
    parts = sorted(FRONT.glob("dist/*"))
    pages = [part for part in parts if part.stem in ("lab", "widgets")]
    assert len(pages) == 4
    assert sum(len(gzip.compress(part.read_bytes())) for part in pages) <= MOST_BYTES
    for part in parts:
        hosts = set(re.findall(r"(?:https?:)?//[a-z0-9-]+\.[a-z]+", part.read_text()))
        assert not hosts, f"{part.name} names {hosts}"


def test_the_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    for name, version in wanted.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} is not pinned"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_licence_of_the_drawing_library_comes_along() -> None:
    assert "MIT License" in (FRONT / "dist" / "uPlot.LICENSE").read_text()
    assert "uPlot" in (FRONT / "dist" / "lab.js").read_text()[:200]


@pytest.mark.skipif(not TOOLS.exists(), reason="run `npm ci` to compare the bundle with a new one")
def test_what_is_committed_is_what_a_build_gives(tmp_path: Path) -> None:
    subprocess.run([str(NODE), str(ROOT / "tests" / "lab" / "build.js"), str(tmp_path)], check=True)
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    bundles = {path.name for path in built if path.parent.name == "dist"}
    assert bundles == {path.name for path in FRONT.glob("dist/*")}
    for path in built:
        assert (FRONT / path).read_bytes() == (tmp_path / path).read_bytes(), (
            f"run `npm run build`: {path}"
        )
