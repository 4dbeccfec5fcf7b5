"""Who may import whom. The edges are read from the source, so that lazy imports inside functions count too."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED, TRAINING = "bearometer_shared", "bearometer_training"
TRAINS = {"bearometer_retrainer", "bearometer_cli"}
LIGHT = {"bearometer_api", "bearometer_dashboard"}  # their images hold no model runtime
RUNTIMES = {"torch", "onnxruntime", "tokenizers", "transformers"}
INFERENCE = f"{SHARED}.inference"

Sources = Mapping[str, str]  # module -> its source


def sources() -> dict[str, str]:
    """Every module of ours under its dotted name; a package's __init__ under the package's."""
    folders = [folder for top in ("shared", "services", "training") for folder in (ROOT / top).glob("bearometer_*")]
    files = [file for folder in folders for file in folder.rglob("*.py")]
    return {_module(file): file.read_text() for file in files}


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str) -> Iterator[str]:
    """Every dotted name that a module imports, anywhere in it. `from a import b` may mean module a.b: both count."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.ImportFrom():
                yield "a relative import"


def allowed(package: str) -> set[str]:
    """Our packages that one of ours may import."""
    if package == SHARED:
        return {SHARED}
    return {package, SHARED, TRAINING} if package in TRAINS else {package, SHARED}


def violations(modules: Sources) -> list[str]:
    """One line for each edge that the design forbids."""
    return [*_between_packages(modules), *_runtimes_in_shared(modules), *_runtimes_in_light_images(modules)]


def _between_packages(modules: Sources) -> Iterator[str]:
    for module, source in modules.items():
        may = allowed(_top(module))
        for name in sorted({_top(name) for name in imports(source)}):
            if name.startswith("bearometer_") and name not in may:
                yield f"{module} imports {name}"
            if name == "a relative import":
                yield f"{module} holds {name}"


def _runtimes_in_shared(modules: Sources) -> Iterator[str]:
    for module, source in modules.items():
        if _top(module) == SHARED and not f"{module}.".startswith(f"{INFERENCE}."):
            yield from (f"{module} imports {name}" for name in sorted(_runtimes(source)))


def _runtimes_in_light_images(modules: Sources) -> Iterator[str]:
    for package in sorted(LIGHT):
        for module in sorted(reached(modules, package)):
            yield from (f"{package} reaches {name} through {module}" for name in sorted(_runtimes(modules[module])))


def reached(modules: Sources, package: str) -> set[str]:
    """Every module of ours that a package's modules import, and what those import in turn, with their parents."""
    found: set[str] = set()
    waiting = [module for module in modules if _top(module) == package]
    while waiting:
        module = waiting.pop()
        if module in modules and module not in found:
            found.add(module)
            waiting += [part for name in imports(modules[module]) for part in _with_parents(name)]
    return found


def _with_parents(name: str) -> list[str]:
    """Importing a.b.c runs a and a.b too."""
    parts = name.split(".")
    return [".".join(parts[: n + 1]) for n in range(len(parts))]


def _runtimes(source: str) -> set[str]:
    return {_top(name) for name in imports(source)} & RUNTIMES


def _top(name: str) -> str:
    return name.partition(".")[0]


def test_every_package_imports_only_what_the_design_allows() -> None:
    assert violations(sources()) == []


def test_the_walk_sees_all_nine_packages() -> None:
    assert len({_top(module) for module in sources()}) == 9


@pytest.mark.parametrize(
    ("module", "source", "caught"),
    [
        ("bearometer_api.planted", "import bearometer_scorer.loop", "bearometer_scorer"),
        ("bearometer_api.planted", "def f():\n    from bearometer_training import data", "bearometer_training"),
        ("bearometer_shared.planted", "from bearometer_cli import app", "bearometer_cli"),
        ("bearometer_training.planted", "import bearometer_retrainer", "bearometer_retrainer"),
        ("bearometer_cli.planted", "import bearometer_alerts", "bearometer_alerts"),
        ("bearometer_shared.storage.planted", "import torch.nn", "torch"),
        ("bearometer_shared.inference_too", "import onnxruntime", "onnxruntime"),
        ("bearometer_alerts.planted", "from .. import bearometer_api", "relative"),
    ],
)
def test_a_planted_violation_is_caught(module: str, source: str, caught: str) -> None:
    found = violations({module: source})
    assert len(found) == 1
    assert module in found[0]
    assert caught in found[0]


def test_a_runtime_that_is_reached_through_shared_modules_is_caught() -> None:
    planted = {
        "bearometer_dashboard.page": "from bearometer_shared import first",
        "bearometer_shared.first": "def f():\n    from bearometer_shared.inference.deep import thing",
        "bearometer_shared.inference": "import onnxruntime",  # a parent package is run too
        "bearometer_shared.inference.deep": "",
    }
    assert violations(planted) == ["bearometer_dashboard reaches onnxruntime through bearometer_shared.inference"]


def test_what_the_design_allows_is_not_caught() -> None:
    fine = {
        "bearometer_scorer.work": "from bearometer_shared.inference import engine",
        "bearometer_shared.inference.engine": "import onnxruntime",
        "bearometer_cli.score": "from bearometer_training import data",
        "bearometer_training.train": "import torch",
    }
    assert violations(fine) == []
