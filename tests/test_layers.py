"""Imports point down, and every heavy dependency has one home."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (  # strictly downward: a unit imports only units of rows above it, and files of its own
    ("errors",),
    ("settings", "classes", "numerics", "files", "registry", "assets"),
    ("results",),
    ("pictures", "serialise"),
    ("models",),
    ("maps",),
    ("views",),
    ("attacks",),
    ("defences",),
    ("story",),
    ("parameters",),
    ("datasets", "fieldguide.world"),
    ("fieldguide.series",),
    ("evaluation",),
    ("benchmarks", "fieldguide.training"),
    ("cli",),
    ("__main__",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
HOMES = {
    "ray": {"engine/evaluation/ray.py"},
    "open_clip": {f"engine/models/{name}.py" for name in ("build", "names", "preprocessing")}
    | {"engine/fieldguide/training/clip.py"},
    "huggingface_hub": {"engine/models/hub.py"},
    "torchattacks": {"engine/attacks/builders.py"},
}
PARTS = {  # panels of the page that are composed of several files: the panel, and the part files that only it imports
    "attack": {"attack_controls"},
    "attention": {"every_map", "heads", "map_question", "occlusion", "words"},
    "inputs": {"model", "painter"},
    "verdict": {"verdict_controls"},
}
PART_FILES = [part for own in PARTS.values() for part in own]
ENGINE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "engine").rglob("*.py"))
INNER = [path for path in ENGINE if path not in ("engine/__init__.py", "engine/fieldguide/__init__.py")]
APP = sorted(path.relative_to(ROOT).as_posix() for path in [*(ROOT / "app").rglob("*.py"), ROOT / "app.py"])
COMMAND = "app/command.py"  # what `atpt` runs: above the page and the engine's command line, and nothing above it
PAGE = [path for path in APP if path != COMMAND]


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


@pytest.mark.parametrize("path", PAGE)
def test_the_page_sees_the_engine_only_by_its_public_list(path):
    assert not [name for name in imported(path) if name.startswith(("engine.", "app.command"))]


def panels_imported(path: str) -> set[str]:
    """Names of the panels' files that the file imports, by whichever form of the import statement."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "app.panels"]
    dotted = [*imported(path), *(f"app.panels.{alias.name}" for node in froms for alias in node.names)]
    return {name.split(".")[2] for name in dotted if name.startswith("app.panels.")}


@pytest.mark.parametrize("path", [path for path in APP if path.startswith("app/panels/")])
def test_a_panel_imports_its_own_part_files_and_no_other_panel(path):
    assert panels_imported(path) == PARTS.get(Path(path).stem, set())


@pytest.mark.parametrize("path", [path for path in APP if not path.startswith("app/panels/")])
def test_only_the_layout_composes_panels(path):
    """So figures, text and components know of no panel."""
    composed = {Path(panel).stem for panel in APP if panel.startswith("app/panels/")} - {"__init__", *PART_FILES}
    assert panels_imported(path) == (composed if path == "app/layout.py" else set())


def test_a_part_file_belongs_to_one_panel():
    assert len(PART_FILES) == len(set(PART_FILES)) and not set(PART_FILES) & set(PARTS)


def test_the_stages_that_only_read_views_do_not_know_how_views_are_made():
    for module in ("tuning", "ensemble"):
        names = set(imported(f"engine/defences/{module}.py"))
        assert not names & {"engine.views", "engine.views.guided", "engine.maps.attend"}
