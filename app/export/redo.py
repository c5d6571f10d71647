"""What computes a story again: a command line, a script and a notebook, for the folder of the export."""

from __future__ import annotations

import json
import shlex

import engine
from app.choices import Choices
from app.export.project import project
from app.present import present
from app.state.found import Found

SETTINGS = sorted(name for name in vars(engine.settings) if name.endswith("Settings"))
IMPORTS = f"""from pathlib import Path

import engine
from engine.settings import {", ".join(SETTINGS)}
"""
TELL = """for event in engine.explore(backbone, pixels, classes, settings, {label}, {about}, {against}, attacked):
    found[event.name] = event.result
    if event.name == "clean":
        if event.result.familiarity and event.result.familiarity.sentence:
            print(event.result.familiarity.sentence)
        print("clean:", event.result.name)
    if event.name == "attacked":
        print("attacked:", event.result.after_saved.name)
    if event.name.startswith("map-"):
        print(f"{{event.name}}: strongest value {{float(event.result.raw.max()):.4g}}")
    if event.name == "defence":
        print(f"{{event.result.defence}}:", event.result.prediction.name)
"""
DRAW = """import matplotlib.pyplot as plt

maps = {name: result for name, result in found.items() if name.startswith("map-")}
figure, places = plt.subplots(1, len(maps) + 1, squeeze=False)
places[0][0].imshow(found["attacked"].saved.permute(1, 2, 0).numpy())
places[0][0].set_title("attacked: " + found["attacked"].after_saved.name, fontsize=7)
for place, (name, drawn) in zip(places[0][1:], maps.items(), strict=True):
    place.imshow(drawn.raw.numpy())
    place.set_title(name, fontsize=7)
plt.show()
"""
HERE = {"script": "here = Path(__file__).resolve().parent", "notebook": "here = Path.cwd()"}


def command(backbone: engine.Backbone, found: Found, choices: Choices) -> str:
    """The command line that redoes attack, views, tuning and defences from clean.png, or from attacked.png where that
    was attacked elsewhere."""
    classes, picture = present(found.classes), present(found.picture)
    words = ["python", "-m", "engine", "defend", "clean.png"]
    if picture.attacked is not None:
        words[-1:] = ["attacked.png", "--clean", "clean.png" if picture.clean_known else "unknown"]
    words += ["--classes", "classes.txt"]
    if found.given:
        words += ["--true-class", classes.names[present(found.label)]]
    target = None if picture.attacked else engine.classes.find(choices.target, classes.names)
    if target is not None:
        words += ["--target", classes.names[target]]
    words += ["--model", backbone.name, "--precision", backbone.precision]
    words += engine.models.as_options(backbone.settings)
    words += [word for template in classes.templates for word in ("--template", template)]
    asked = shlex.join([*words, *choices.options(attack=picture.attacked is None)])
    return "".join(f"# {line}\n" for line in (f"Made by {project().name}. To get it:", *project().way)) + asked + "\n"


def script(
    backbone: engine.Backbone, found: Found, settings: engine.Settings, asked: tuple[int | None, int | None]
) -> str:
    """A script that redoes the whole story; `asked` are the class of the maps and the one against it."""
    ways = "\n".join(f"    {line}" for line in project().way)
    head = f'"""Redoes the story of one picture.\n\nMade by {project().name}. To get it:\n\n{ways}\n"""\n'
    question = _question(backbone, found, settings, "script")
    return "\n".join([head, IMPORTS, question + "found = {}\n", _telling(found, asked)])


def notebook(
    backbone: engine.Backbone, found: Found, settings: engine.Settings, asked: tuple[int | None, int | None]
) -> str:
    """The same as a Jupyter notebook that also draws the maps."""
    ways = "\n".join(f"    {line}" for line in project().way)
    head = (
        f"# {present(found.picture).name}\n\nThe story of one picture, computed again. Made by {project().name}. To get"
        f" it:\n\n{ways}\n\nOpen this notebook in the folder that it was unpacked into."
    )
    question = _question(backbone, found, settings, "notebook")
    code = (IMPORTS + "\n" + question, "found = {}\n" + _telling(found, asked), DRAW)
    cells = [_cell("markdown", head, 0), *(_cell("code", each, place) for place, each in enumerate(code, 1))]
    language = {"name": "python"}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": language}}
    return json.dumps(whole | {"nbformat": 4, "nbformat_minor": 5}, indent=1, ensure_ascii=False) + "\n"


def _question(backbone: engine.Backbone, found: Found, settings: engine.Settings, kind: str) -> str:
    """What is asked, in Python."""
    picture = present(found.picture)
    clean = _read("clean") if picture.clean_known else "None"
    attacked = _read("attacked") if picture.attacked else "None"
    return f"""{HERE[kind]}
read_with = {backbone.settings!r}
backbone = engine.load_backbone({backbone.name!r}, precision={backbone.precision!r}, settings=read_with)
names = tuple((here / "classes.txt").read_text(encoding="utf-8").splitlines())
classes = engine.Classes(names, {present(found.classes).templates!r})
pixels = {clean}
attacked = {attacked}
settings = {settings!r}
"""


def _telling(found: Found, asked: tuple[int | None, int | None]) -> str:
    about, against = asked
    return TELL.format(label=found.label, about=about, against=against)


def _read(name: str) -> str:
    """The expression that reads one of the pictures."""
    return f'backbone.prepare(engine.load_picture(here / "{name}.png").image)'


def _cell(kind: str, source: str, place: int) -> dict:
    cell = {"cell_type": kind, "id": f"cell-{place}", "metadata": {}, "source": source.rstrip("\n")}
    return cell if kind == "markdown" else cell | {"execution_count": None, "outputs": []}
