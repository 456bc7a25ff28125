"""The package reads left to right: no module imports one to its right."""

from __future__ import annotations

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "glorot_tutor"

CORE = {"checks", "streams", "activations", "initializations", "modules", "nets", "shapeset"}
CORE |= {
    "probes",
    "theory",
    "mean_field",
    "comparisons",
    "cost_surfaces",
    "sgd",
    "defaults",
    "diagnosis",
    "figures",
    "pretraining",
    "lsuv",
}
MACHINERY = {"files", "stopping", "engines", "training", "datasets"}
STUDY = {"study"}
ON_TOP = {"widgets", "bench", "cli", "__main__"}

ORDER = [
    {"checks", "files", "stopping", "streams", "modules"},
    {"activations", "initializations"},
    {"nets", "shapeset"},
    {"probes", "theory", "mean_field", "cost_surfaces", "comparisons", "datasets"}
    | {"defaults", "pretraining", "lsuv"},
    {"engines", "training", "figures"},
    {"sgd", "diagnosis"},
    {"study"},
    {"widgets", "bench", "cli", "__main__"},
]
WITHIN_STUDY = [
    {"paper", "schema", "significance", "words"},
    {"experiments"},
    {"provenance"},
    {"records"},
    {"runs", "reading"},
    {"tables", "claims"},
]
PLACE = {module: place for place, group in enumerate(ORDER) for module in group}
ROOM = {module: place for place, group in enumerate(WITHIN_STUDY) for module in group}


def module_of(path: Path) -> str:
    """Name of the top-level module or subpackage that a file belongs to."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(path: Path) -> set[str]:
    """Full names of all that a file imports, wherever in it the import stands."""
    package = ["glorot_tutor", *path.relative_to(PACKAGE).parts[:-1]]
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names |= {f"{source}.{alias.name}" for alias in node.names}
    return names


def siblings(path: Path) -> set[str]:
    """Top-level modules of the package that a file imports, its own left out."""
    parts = (name.split(".") for name in imported(path))
    return {p[1] for p in parts if p[0] == "glorot_tutor" and len(p) > 1} - {module_of(path)}


FILES = sorted(p for p in PACKAGE.rglob("*.py") if p != PACKAGE / "__init__.py")
IDS = [str(p.relative_to(PACKAGE)) for p in FILES]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_imports_point_left(path: Path) -> None:
    module = module_of(path)
    assert module in PLACE, f"{module} has no place yet: add it to ORDER in tests/test_imports.py"
    unknown = siblings(path) - PLACE.keys()
    assert not unknown, f"{path.name} imports {unknown} from the package's facade: name the module"
    backwards = {other for other in siblings(path) if PLACE[other] > PLACE[module]}
    assert not backwards, f"{module} imports {backwards}, which stand to its right"


def at_import(path: Path) -> set[str]:
    """Top-level modules of the package that a file loads when it is imported itself."""
    tree = ast.parse(path.read_text(encoding="utf8"))
    found = (n.module or "" for n in tree.body if isinstance(n, ast.ImportFrom))
    parts = (name.split(".") for name in found)
    return {p[1] for p in parts if p[0] == "glorot_tutor" and len(p) > 1}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_the_core_knows_nothing_of_the_study(path: Path) -> None:
    if module_of(path) in CORE:
        assert not siblings(path) & (STUDY | ON_TOP)
        assert not at_import(path) & MACHINERY, "load machinery where it is used"
    if module_of(path) in MACHINERY:
        assert not siblings(path) & (STUDY | ON_TOP)


@pytest.mark.parametrize("path", [p for p in FILES if module_of(p) == "study"], ids=str)
def test_imports_point_left_within_the_study(path: Path) -> None:
    room = path.relative_to(PACKAGE / "study").with_suffix("").parts[0]
    if room == "__init__":
        return
    parts = (name.split(".") for name in imported(path))
    others = {p[2] for p in parts if p[:2] == ["glorot_tutor", "study"] and len(p) > 2} - {room}
    assert {room, *others} <= ROOM.keys()
    backwards = {other for other in others if ROOM[other] >= ROOM[room]}
    assert not backwards, f"{room} imports {backwards}, which do not stand to its left"


def test_no_modules_import_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        graph.setdefault(module_of(path), set()).update(siblings(path))
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


def loaded_by(statement: str, *modules: str) -> set[str]:
    """Which of `modules` a fresh interpreter has loaded after `statement`."""
    code = f"import sys; {statement}; print(*({set(modules)!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_no_plotting_library() -> None:
    heavy = loaded_by("import glorot_tutor", "matplotlib", "seaborn", "pandas", "scipy", "torch")
    assert heavy == set()


def test_figures_need_no_torch() -> None:
    assert loaded_by("import glorot_tutor.figures", "torch") == set()


def test_getting_data_sets_needs_no_torch() -> None:
    assert loaded_by("from glorot_tutor.datasets import fetching", "torch") == set()


def test_help_names_what_the_tables_hold_and_needs_no_torch() -> None:
    main = "from glorot_tutor.cli import main; main(['{}', '--help'])"
    for command in ("probe", "train"):
        assert loaded_by(main.format(command), "torch", "pandas", "numba") == set()


def modules_after(statement: str) -> int:
    """How many of the package's modules a fresh interpreter has loaded after `statement`."""
    count = "sum(name.split('.')[0] == 'glorot_tutor' for name in sys.modules)"
    code = f"import sys; {statement}; print({count})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(run.stdout.splitlines()[-1])


def test_a_first_training_loads_what_it_uses_and_no_more() -> None:
    assert modules_after("import glorot_tutor") == 1
    learn = "from glorot_tutor import learn"
    assert modules_after(learn) <= 8
    call = "learn('tanh', depth=2, width=10, updates=20, looks=1)"
    assert modules_after(f"{learn}; {call}") <= 34
    unused = [f"glorot_tutor.{name}" for name in ("study", "files", "engines.autograd")]
    unused += ["glorot_tutor.training.checkpoints", "glorot_tutor.probes.jacobians"]
    assert not loaded_by(f"{learn}; {call}", *unused)


def test_importing_the_package_leaves_global_state_alone() -> None:
    code = (
        "import torch; state = torch.get_rng_state(); threads = torch.get_num_threads();"
        "import glorot_tutor; [getattr(glorot_tutor, name) for name in glorot_tutor.__all__];"
        "assert torch.equal(state, torch.get_rng_state());"
        "assert threads == torch.get_num_threads();"
        "assert torch.get_default_dtype() is torch.float32"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
