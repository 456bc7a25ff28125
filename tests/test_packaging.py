"""One version of everything: in pyproject.toml, the lock, Binder's environment, and here."""

from __future__ import annotations

import ast
import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA: dict[str, Any] = yaml.safe_load((ROOT / "environment.yml").read_text())


def pins(lines: list[str]) -> dict[str, str]:
    """Name and version of each line `name==version`; any other requirement fails."""
    wanted = [line for line in lines if not line.startswith(("#", "-"))]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", line) for line in wanted)
    return {canonicalize_name(n): v for n, v in (line.split("==") for line in wanted)}


LOCK = pins((ROOT / "constraints.txt").read_text().split("\n")[:-1])
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]
DIRECT = [Requirement(r) for r in [*PROJECT["dependencies"], *itertools.chain(*EXTRAS.values())]]


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_the_lock_holds_every_requirement(requirement: Requirement) -> None:
    name = canonicalize_name(requirement.name)
    assert name in LOCK, f"{name} is not in constraints.txt: run `make lock`"
    assert requirement.specifier.contains(LOCK[name])


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_the_environment_is_the_locked_one(requirement: Requirement) -> None:
    installed = Version(version(requirement.name)).public  # torch 2.13.0+cpu is 2.13.0
    assert installed == LOCK[canonicalize_name(requirement.name)]


def test_the_lock_pins_no_build_of_torch() -> None:
    """A local version such as +cpu exists on one index only, and on no Mac."""
    assert "+" not in "".join(LOCK.values())


def distributions(folder: str) -> set[str]:
    """Names of the installed packages that the Python files of a folder import."""
    nodes = [n for f in (ROOT / folder).rglob("*.py") for n in ast.walk(ast.parse(f.read_text()))]
    names = {alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names}
    names |= {n.module or "" for n in nodes if isinstance(n, ast.ImportFrom) and not n.level}
    ours = ("tests", "extras", "book")
    modules = [path for other in ours for path in (ROOT / other).rglob("*.py")]
    own = {"glorot_tutor", *(p.stem for p in modules), *(p.parent.name for p in modules)}
    others = {name.split(".")[0] for name in names} - sys.stdlib_module_names - own
    known = packages_distributions()
    return {canonicalize_name(known.get(name, [name])[0]) for name in others}


@pytest.mark.parametrize("folder", ["glorot_tutor", "tests", "extras", "book"])
def test_every_import_is_declared(folder: str) -> None:
    """What happens to be installed here may not be on the next machine."""
    # these extras are asked for in a sentence where they are missing
    own = map(Requirement, [*PROJECT["dependencies"], *EXTRAS["cluster"], *EXTRAS["lab"]])
    wanted = own if folder == "glorot_tutor" else DIRECT
    known = {canonicalize_name(r.name) for r in wanted}
    if folder == "tests":
        known |= {"tensorboard", "lightning"}  # stood in for where they are not installed
    missing = distributions(folder) - known
    assert not missing, f"pyproject.toml does not declare {missing}"


def binder_pip() -> list[str]:
    return next(part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))


def test_binder_has_what_the_notebooks_need_at_the_locked_versions() -> None:
    wanted = [Requirement(r).name for r in [*PROJECT["dependencies"], *EXTRAS["lab"]]]
    missing = {canonicalize_name(name) for name in wanted} - pins(binder_pip()).keys()
    assert not missing, f"environment.yml lacks {missing}"
    differing = {n: v for n, v in pins(binder_pip()).items() if LOCK[n] != v}
    assert not differing, f"environment.yml differs from constraints.txt in {differing}"


def test_binder_takes_the_small_torch_and_keeps_its_layer() -> None:
    options = [line for line in binder_pip() if line.startswith("-")]
    assert options == ["--extra-index-url https://download.pytorch.org/whl/cpu"]
    script = ROOT / "postBuild"
    assert script.stat().st_mode & 0o100, "postBuild must be executable"
    assert "pip install --no-deps" in script.read_text()


def test_the_python_of_binder_is_one_we_support() -> None:
    python = next(d for d in CONDA["dependencies"] if str(d).startswith("python="))
    assert (
        Version(python.removeprefix("python="))
        in Requirement("python" + PROJECT["requires-python"]).specifier
    )


def test_the_version_is_said_once() -> None:
    import glorot_tutor

    assert glorot_tutor.__version__ == PROJECT["version"] == version("glorot-tutor")


# --- the Makefile -----------------------------------------------------------------------------

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # `make test` hands its own options and variables down
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(["make", *words], cwd=folder, env=own, capture_output=True, text=True)


@needs_make
def test_make_alone_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.M).group(1).split()  # type: ignore[union-attr]
    listed = [line.split()[0] for line in make(ROOT).stdout.splitlines()[1:]]
    assert sorted(listed) == sorted(targets)


@needs_make
def test_an_old_python_is_refused_in_one_sentence(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "glorot_tutor").mkdir()
    (tmp_path / "book").mkdir()
    run = make(tmp_path, "lint", "PYTHON=false")
    assert run.returncode
    assert "Python 3.11 or newer is needed, and 'false' is not" in run.stderr
    assert not (tmp_path / ".venv").exists()
