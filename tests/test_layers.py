"""Imports point down, and every heavy dependency has one home."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

import engine

ROOT = Path(__file__).resolve().parent.parent
LAYERS = (  # strictly downward: a unit imports only units of rows above it, and files of its own
    ("errors", "late_compiler"),
    ("cells",),
    ("settings", "classes", "numerics", "files", "registry", "assets", "bit_depth", "passes"),
    ("results",),
    ("overlays", "pictures", "serialise", "transformations"),
    ("models",),
    ("maps", "detection"),
    ("views",),
    ("attacks",),
    ("defences",),
    ("story",),
    ("parameters",),
    ("datasets", "fieldguide.world"),
    ("fieldguide.series",),
    ("evaluation",),
    ("benchmarks", "fieldguide.training", "fieldguide.familiarity"),
    ("cli",),
    ("__main__",),
)
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
PAGE_LAYERS = (  # of the page, likewise: what visitors have chosen and what is found below whatever draws it
    ("prompts",),
    (
        "access",
        "batch",
        "choices",
        "downloads",
        "guard",
        "hosting",
        "measured",
        "present",
        "samples",
        "scripts",
        "sessions",
        "sweep",
        "text",
        "transfers",
        "without_stubs",
    ),
    ("blocks", "labels", "misfits", "options", "state", "tidying"),
    ("originals",),
    ("figures", "models", "picture_sources"),
    ("components", "social", "sweeping", "theme", "transferring"),
    ("opening", "preview", "wiring"),
    ("export", "head", "restore", "looks", "pin", "start_over", "comparison"),
    ("panels",),
    ("api", "health", "warming"),
    ("layout",),
    ("server",),
    ("command",),
)
PAGE_LEVEL = {name: level for level, names in enumerate(PAGE_LAYERS) for name in names}
DRAWS_NOTHING = (
    "batch",
    "choices",
    "models",
    "originals",
    "picture_sources",
    "present",
    "state",
    "sweep",
    "sweeping",
    "transferring",
    "transfers",
)  # and so needs no Gradio
HOMES = {
    "ray": {"engine/evaluation/executors/ray.py"},
    "open_clip": {
        f"engine/models/{name}.py"
        for name in ("blocks", "build", "names", "picture_size", "preprocessing", "published")
    }
    | {"engine/models/transformers_layout/build.py"}
    | {"engine/fieldguide/training/clip.py", "engine/datasets/class_lists.py"},
    "huggingface_hub": {"engine/models/hub.py"},
    "torchattacks": {f"engine/attacks/{name}.py" for name in ("minimal", "black_box")},
}
VERBS = {  # what computes a part of a story
    "predict", "attack", "attack_batch", "attend", "attention_maps", "attention_heads", "lens", "word_relevance",
    "occlude", "make_views", "mixed_views", "Tuning", "tune", "fuse", "purified", "answer_of_pictures",
    "answer_of_views", "defend",
}  # fmt: skip
COMPUTING = tuple(f"engine/{name}/" for name in ("models", "attacks", "maps", "views", "defences", "story"))
ASIDE = {  # files that call verbs themselves, and why
    "engine/benchmarks/schedules.py": "gives the published codes' schedules the crops that ours have",
    "engine/benchmarks/speed.py": "times each of them alone",
    "engine/benchmarks/localisation.py": "has one shuffled model draw every map of a picture",
}
PARTS = {  # panels of the page that are composed of several files: the panel, and the part files that only it imports
    "attack": {"attack_controls", "detection", "only_cells", "severities", "survival", "transfer"},
    "attention": {"every_map", "heads", "lens", "map_question", "occlusion", "words"},
    "batch": {"mosaic", "reliability", "sweep"},
    "inputs": {"elsewhere", "model", "painter"},
    "verdict": {"places", "recorded", "verdict_controls"},
}
PART_FILES = [part for own in PARTS.values() for part in own]
LAZY = [
    f"engine{name}"
    for name in (
        "",
        ".benchmarks",
        ".detection",
        ".evaluation",
        ".fieldguide",
        ".maps",
        ".models",
        ".numerics",
        ".story",
        ".views",
    )
]
WITHOUT_TORCH = (
    "engine",
    "engine.settings",
    "engine.maps.registry",
    "engine.models.options",
    "engine.models.precision",
)
ENGINE = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "engine").rglob("*.py"))
INNER = [path for path in ENGINE if path not in ("engine/__init__.py", "engine/fieldguide/__init__.py")]
APP = sorted(path.relative_to(ROOT).as_posix() for path in [*(ROOT / "app").rglob("*.py"), ROOT / "app.py"])
COMMAND = "app/command.py"  # what `atpt` runs: above the page and the engine's command line, and nothing above it
PAGE = [path for path in APP if path != COMMAND]


@cache
def nodes(path: str) -> tuple[ast.AST, ...]:
    """Everything in the file's syntax tree; each file is read once for all that is asked of it."""
    return tuple(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))


def imported(path: str) -> Iterator[str]:
    """Absolute dotted names of everything that the file imports."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in nodes(path):
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


def test_engine_imports_point_down():
    not_below = []
    for path in INNER:
        own = unit_of(path.removesuffix(".py").replace("/", "."))
        within = {name for name in imported(path) if name.split(".")[0] == "engine" and unit_of(name) != own}
        not_below += [f"{path} imports {name}" for name in within if LEVEL[unit_of(name)] >= LEVEL[own]]
    assert not not_below


def page_units(path: str) -> set[str]:
    """The units of the page that the file imports: packages and files right below `app`."""
    right_below = [node for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.module == "app"]
    dotted = [*imported(path), *(f"app.{alias.name}" for node in right_below for alias in node.names)]
    return {name.split(".")[1] for name in dotted if name.startswith("app.")}


UNITS = {path: path.removesuffix(".py").split("/")[1] for path in APP if path not in ("app.py", "app/__init__.py")}


def test_every_file_of_the_page_belongs_to_a_unit():
    assert set(UNITS.values()) == set(PAGE_LEVEL)


def test_imports_of_the_page_point_down():
    not_below = [
        f"{path} imports app.{name}"
        for path, own in UNITS.items()
        for name in page_units(path) - {own}
        if PAGE_LEVEL[name] >= PAGE_LEVEL[own]
    ]
    assert not not_below


def test_what_draws_nothing_does_not_know_gradio():
    draw_nothing = [path for path, unit in UNITS.items() if unit in DRAWS_NOTHING]
    assert len(draw_nothing) >= len(DRAWS_NOTHING)
    assert not [path for path in draw_nothing if any(name.split(".")[0] == "gradio" for name in imported(path))]


def test_the_rows_of_what_visitors_have_chosen_point_down():
    """Within `state`: a picture knows no visitor, a visitor nothing of what is found, and what is found no page."""
    rows = (("shown", "parts"), ("history",), ("visitors",), ("found", "lent", "tabs"))
    level = {name: place for place, names in enumerate(rows) for name in names}
    for name, own in level.items():
        below = {found.split(".")[2] for found in imported(f"app/state/{name}.py") if found.startswith("app.state.")}
        assert all(level[other] < own for other in below)
    assert {Path(path).stem for path in APP if path.startswith("app/state/")} == {*level, "__init__"}


def named(path: str) -> Iterator[str]:
    """What the file takes out of modules of the engine: what it imports from them, and attributes of `engine`."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module and (node.level or node.module.split(".")[0] == "engine"):
            yield from (alias.name for alias in node.names)
    yield from (chain[-1] for chain in chains(path))
    yield from attributes_of_namespaces(path)


def attributes_of_namespaces(path: str) -> Iterator[str]:
    """What the file takes of packages of the engine that it imports as a whole, as in `from .. import models`."""
    froms = [node for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.level and not node.module]
    spaces = {alias.asname or alias.name for node in froms for alias in node.names}
    for node in nodes(path):
        found = node
        while isinstance(found, ast.Attribute):
            found = found.value
        if isinstance(node, ast.Attribute) and isinstance(found, ast.Name) and found.id in spaces:
            yield node.attr


def test_only_a_story_computes_its_parts():
    """So page, command line, API and evaluations have one path, and what one of them shows the others have too."""
    taken = {path: VERBS & set(named(path)) for path in ENGINE + APP if not path.startswith(COMPUTING)}
    assert {path: verbs for path, verbs in taken.items() if verbs and path not in ASIDE} == {}
    assert all(taken[path] for path in ASIDE)


def test_heavy_dependencies_have_one_home():
    away = []
    for path in ENGINE + APP:
        roots = {name.split(".")[0] for name in imported(path)}
        away += [f"{path} imports {root}" for root in roots & set(HOMES) if path not in HOMES[root]]
        away += [f"{path} imports {root}" for root in roots & {"gradio", "spaces"} if path in ENGINE]
    assert not away


def chains(path: str) -> Iterator[list[str]]:
    """The attributes that the file takes of `engine`, each chain as long as it is: engine.a.b as [a, b]."""
    for node in nodes(path):
        found = []
        while isinstance(node, ast.Attribute):
            found.insert(0, node.attr)
            node = node.value
        if found and isinstance(node, ast.Name) and node.id == "engine":
            yield found
        if isinstance(node, ast.ImportFrom) and node.module == "engine" and not node.level:
            yield from ([alias.name] for alias in node.names)


def test_the_page_sees_the_engine_only_by_its_public_names_and_those_of_its_namespaces():
    beyond = []
    for path in PAGE:
        beyond += [f"{path} imports {name}" for name in imported(path) if name.startswith(("engine.", "app.command"))]
        for name, *below in chains(path):
            if name not in engine.__all__:
                beyond.append(f"{path} uses engine.{name}, which is not in the engine's list")
                continue
            space = getattr(engine, name)
            if below and isinstance(space, ModuleType):
                module = f"{space.__name__}.{below[0]}"
                if not hasattr(space, below[0]) or module in sys.modules:
                    beyond.append(f"{path} reaches as deep as {module}")
    assert not beyond


def test_the_public_list_is_short_and_everything_in_it_is_there():
    found = {name: getattr(engine, name) for name in engine.__all__}
    spaces = {name for name, value in found.items() if isinstance(value, ModuleType)}
    assert 25 <= len(found) - len(spaces) <= 36
    for name in spaces:
        for public in getattr(found[name], "__all__", ()):
            assert getattr(found[name], public) is not None
    assert not hasattr(engine, "nothing")


@pytest.mark.parametrize("package", LAZY)
def test_lazy_packages_have_a_list_that_type_checkers_read_too(package):
    module = importlib.import_module(package)
    stub = Path(module.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert sorted(module.__all__) == sorted(
        alias.asname for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom) for alias in node.names
    )


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_names_and_texts_come_without_torch(module):
    script = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT).returncode == 0


def panels_imported(path: str) -> set[str]:
    """Names of the panels' files that the file imports, by whichever form of the import statement."""
    froms = [node for node in nodes(path) if isinstance(node, ast.ImportFrom) and node.module == "app.panels"]
    dotted = [*imported(path), *(f"app.panels.{alias.name}" for node in froms for alias in node.names)]
    return {name.split(".")[2] for name in dotted if name.startswith("app.panels.")}


PANELS = [path for path in APP if path.startswith("app/panels/")]


def test_a_panel_imports_its_own_part_files_and_no_other_panel():
    assert {path: panels_imported(path) for path in PANELS} == {
        path: PARTS.get(Path(path).stem, set()) for path in PANELS
    }


def test_only_the_layout_composes_panels():
    """So figures, text and components know of no panel."""
    composed = {Path(panel).stem for panel in PANELS} - {"__init__", *PART_FILES}
    importing = {path: panels for path in set(APP) - set(PANELS) if (panels := panels_imported(path))}
    assert importing == {"app/layout.py": composed}


def test_a_part_file_belongs_to_one_panel():
    assert len(PART_FILES) == len(set(PART_FILES)) and not set(PART_FILES) & set(PARTS)


def test_modules_that_only_read_views_do_not_know_how_views_are_made():
    for module in ("tuning", "ensemble"):
        names = set(imported(f"engine/defences/{module}.py"))
        assert not names & {"engine.views", "engine.views.guided", "engine.maps.attend"}
