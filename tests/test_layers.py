"""Imports point down, and every heavy dependency has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (  # strictly downward: a unit imports only units of rows above it, and files of its own
    ("errors",),
    ("settings", "classes", "numerics", "files", "registry"),
    ("results",),
    ("pictures", "serialise"),
    ("models",),
    ("maps",),
    ("views",),
    ("attacks",),
    ("defences",),
    ("story",),
    ("datasets", "fieldguide.world"),
    ("fieldguide.series",),
    ("evaluation",),
    ("benchmarks", "fieldguide.training"),
    ("cli",),
    ("__main__",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HOMES = {
    "ray": {"engine/evaluation/executors/ray.py"},
    "open_clip": {f"engine/models/{name}.py" for name in ("build", "names", "preprocessing")}
    | {"engine/fieldguide/training/clip.py"},
    "huggingface_hub": {"engine/models/hub.py"},
    "torchattacks": {"engine/attacks/builders.py"},
}
ENGINE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "engine").rglob("*.py"))
INNER = [path for path in ENGINE if path not in ("engine/__init__.py", "engine/fieldguide/__init__.py")]
APP = sorted(path.relative_to(ROOT).as_posix() for path in [*(ROOT / "app").rglob("*.py"), ROOT / "app.py"])


def imported(path: str) -> Iterator[str]:
    """Absolute dotted names of everything that the file imports."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *((node.module or "").split(".") if node.module else [])])
            yield from ([f"{stem}.{alias.name}" for alias in node.names] if node.module is None else [stem])


def unit_of(dotted: str) -> str:
    """The unit that a dotted name below `engine` belongs to; a package counts as a whole but for the Field Guide."""
    parts = dotted.split(".")[1:]
    return ".".join(parts[:2]) if parts[0] == "fieldguide" else parts[0]


def test_every_file_belongs_to_a_unit():
    inner = {unit_of(path.removesuffix(".py").replace("/", ".")) for path in INNER}
    assert inner == set(LEVEL)


@pytest.mark.parametrize("path", INNER)
def test_engine_imports_point_down(path):
    own = unit_of(path.removesuffix(".py").replace("/", "."))
    for name in imported(path):
        if name.split(".")[0] == "engine" and unit_of(name) != own:
            assert LEVEL[unit_of(name)] < LEVEL[own], f"{path} imports {name}, which does not lie below it"


@pytest.mark.parametrize("path", ENGINE + APP)
def test_heavy_dependencies_have_one_home(path):
    for name in imported(path):
        root = name.split(".")[0]
        if root in HOMES:
            assert path in HOMES[root], f"{path} imports {root}"
        if root in ("gradio", "spaces"):
            assert not path.startswith("engine/"), f"{path} imports {root}"


@pytest.mark.parametrize("path", APP)
def test_the_page_sees_the_engine_only_by_its_public_list(path):
    assert not [name for name in imported(path) if name.startswith("engine.")]


def test_modules_that_only_read_views_do_not_know_how_views_are_made():
    for module in ("tuning", "ensemble"):
        names = set(imported(f"engine/defences/{module}.py"))
        assert not names & {"engine.views", "engine.views.guided", "engine.maps.attend"}
