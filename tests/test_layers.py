"""Imports point down, and every heavy dependency has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {
    0: ("errors", "memory", "classes", "types", "settings", "precision"),
    1: ("files", "measures", "rollout", "aggregation", "cache", "baselines", "jitter", "pictures", "drawing")
    + ("plain",),
    2: ("backbone", "predict", "augment", "catalogue"),
    3: ("shuffle", "evidence", "maps", "attention", "inside", "occlusion", "wording", "views", "tuning", "ensemble")
    + ("agreement", "purify", "predictors", "methods", "defend", "attacks"),
    4: ("pipeline", "evaluation", "fieldguide", "painter", "commands", "cli", "__main__"),
}
LEVEL = {name: level for level, names in LAYERS.items() for name in names}
HOMES = {
    "ray": {"engine/evaluation/cluster.py"},
    "open_clip": {f"engine/backbone/{name}.py" for name in ("build", "names", "preprocessing")}
    | {"engine/fieldguide/clip.py"},
    "huggingface_hub": {"engine/backbone/hub.py"},
    "torchattacks": {"engine/attacks/builders.py"},
}
ENGINE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "engine").rglob("*.py"))
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


def part_of(path: str) -> str:
    """The module or sub-package of the engine that a file belongs to."""
    return path.split("/")[1].removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in ENGINE if p != "engine/__init__.py"])
def test_engine_imports_point_down(path):
    for name in imported(path):
        parts = name.split(".")
        if parts[0] != "engine" or len(parts) == 1 or parts[1] == part_of(path):
            continue
        assert LEVEL[parts[1]] <= LEVEL[part_of(path)], f"{path} imports {name}, which lies above it"


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


def test_the_stages_that_only_read_views_do_not_know_how_views_are_made():
    for module in ("tuning", "ensemble"):
        names = set(imported(f"engine/{module}.py"))
        assert not names & {"engine.views", "engine.attention"}
