"""The export: one ZIP with every number, exact pictures, figures, and the commands that compute it again."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Protocol

import numpy as np
from PIL import Image

import engine
from app.choices import OF_ATTACK, Choices
from app.export import redo
from app.export.arrays import arrays_of
from app.export.names import plain
from app.export.project import project
from app.figures.judged import warned
from app.figures.maps import MapFigure
from app.figures.pictures import amplified, gain_for, png, to_uint8
from app.figures.printed import as_files, printed
from app.figures.printed_looks import printed_looks
from app.figures.printed_places import printed_places
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import export as text

Read = tuple["engine.maps.WordRelevance | None", "engine.maps.WordRelevance"]
SMALL = 1024  # pixels: the longer side of what is drawn many times over
ROWS = "maps"  # the maps that stand in the rows of step 3, as their keys begin
LARGE = (ROWS, "guide")  # drawn at the picture's own size
PACKAGES = ("torch", "torchvision", "open_clip_torch", "torchattacks", "gradio", "numpy", "opencv-python")


class Taken(Protocol):
    """Where the pictures in use come from."""

    def whole(self, shown: Shown, longest: int) -> Image.Image | None:
        """All of one, at most `longest` pixels long; None where its file is gone."""
        ...

    def given(self, shown: Shown) -> Sequence[tuple[str, bytes]]:
        """Name and content of the file that it came in, then of what was made of it elsewhere, where they are there."""
        ...


@dataclass(frozen=True, eq=False, slots=True)
class Pictures:
    """The pictures that go into an export as they were `taken`, and which maps are `drawn` over them."""

    taken: Taken
    drawn: Callable[[Found, Choices], Iterable[MapFigure]]


@dataclass(frozen=True, eq=False, slots=True)
class Beside:
    """What was pinned: its model, where that is in memory, and what differs from it, in words."""

    backbone: engine.Backbone | None
    differ: Sequence[str]


def bundle(
    backbone: engine.Backbone,
    found: Found,
    choices: Choices,
    beside: Beside | None = None,
    pictures: Pictures | None = None,
) -> bytes:
    """The bytes of the ZIP; what has not been run is left out. Raises `EngineError` where nothing was answered yet.

    What was pinned lies in a folder of its own. With `pictures` it holds the pictures as they were given, and the maps
    over them.
    """
    if found.clean is None:
        raise engine.EngineError(text.NOTHING_TO_TAKE)
    files, pinned, remark = _files(backbone, found, choices, pictures), found.pinned, ""
    if pinned is not None and beside is not None:
        here = beside.backbone is not None and pinned.found.clean is not None
        then = _files(present(beside.backbone), pinned.found, pinned.look.choices, pictures) if here else {}
        files |= {f"pinned/{name}": content for name, content in then.items()}
        remark = _compared(beside.differ, here)
    return _zip({"README.txt": _explanation(found, remark, files)} | files)


def _files(
    backbone: engine.Backbone, found: Found, choices: Choices, pictures: Pictures | None
) -> dict[str, str | bytes]:
    """All files on what was found, by name."""
    classes = present(found.classes)
    settings = choices.aimed(choices.settings(), classes)
    files: dict[str, str | bytes] = {
        "settings.json": _json(_settings(backbone, found, choices, settings)),
        "results.json": _json(_results(found)),
        "classes.txt": "\n".join(classes.names) + "\n",
        "redo.sh": redo.command(backbone, found, choices),
        "redo.py": redo.script(backbone, found, settings, choices.asked(classes)),
        "redo.ipynb": redo.notebook(backbone, found, settings, choices.asked(classes)),
        "numbers.npz": _numbers(found),
    }
    shown, result = present(found.picture), found.adversarial
    if shown.clean_known:
        files["clean.png"] = png(to_uint8(shown.pixels))
    if shown.attacked is not None or result is not None:
        hit = present(shown.attacked).picture.pixels if result is None else result.saved
        files["attacked.png"] = png(to_uint8(hit))
    if result is not None and result.clean is not None:
        files["change-amplified.png"] = png(amplified(result.change, gain_for(result)))
    if result is not None and result.null is not None:
        files["null-arm.png"] = png(to_uint8(result.null.pixels))
    if pictures is not None:
        for folder, (name, content) in zip(
            ("original", "original/attacked"), pictures.taken.given(shown), strict=False
        ):
            files[f"{folder}/{plain(name)}"] = content
        files |= _maps(pictures, found, choices)
    for name, figure in (printed(found, backbone.name) | printed_looks(found) | printed_places(found)).items():
        files |= {f"figures/{name}.{kind}": content for kind, content in as_files(figure).items()}
    return files


def _maps(pictures: Pictures, found: Found, choices: Choices) -> dict[str, bytes]:
    """PNG files of all maps on the page over the whole picture, by name: those in the rows of step 3 at its own size,
    the many others on a small copy."""
    shown = present(found.picture)
    figures = [*pictures.drawn(found, choices)]
    whole = pictures.taken.whole(shown, engine.overlays.LONGEST) if figures else None
    if whole is None:
        return {}
    small = whole.copy()
    small.thumbnail((SMALL, SMALL))
    files = {}
    for figure in figures:
        part, _, name = figure.key.partition(" ")
        drawn = engine.overlays.png(figure.over(whole if part in LARGE else small))
        files[f"maps/{name}.png" if part == ROWS else f"maps/{part}/{name}.png"] = drawn
    return files


def _zip(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(f"a-tpt-explorer/{name}"), content, packed)
    return buffer.getvalue()


def _settings(backbone: engine.Backbone, found: Found, choices: Choices, settings: engine.Settings) -> dict:
    picture, classes = present(found.picture), present(found.classes)
    made_here = picture.attacked is None
    asked, chosen = asdict(settings), choices._asdict() | {"class_names": "see classes"}
    if not made_here:  # what only an attack reads was not used
        del asked["attack"]
        chosen = {name: value for name, value in chosen.items() if name not in OF_ATTACK}
    return {
        "project": asdict(project()),
        "picture": {
            "name": picture.name,
            "source": picture.source,
            "file size": picture.size,
            "crop": engine.serialise.box_data(picture.box),
            "attacked elsewhere": None if made_here else _given(picture),
        },
        "model": {
            "name": backbone.name,
            "fingerprint": backbone.fingerprint,
            "difference": backbone.difference,
            "device": str(backbone.device),
            "precision": backbone.precision,
            **backbone.reading,
        },
        "classes": classes.names,
        "templates": classes.templates,
        "true class": None if found.label is None else classes.names[found.label],
        "engine": asked,
        "page": chosen,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def _given(picture: Shown) -> dict:
    """The picture that was given as the attacked one."""
    made = present(picture.attacked)
    return {
        "name": made.name, "file size": made.size, "clean picture": "given" if picture.clean_known else "unknown",
        "remarks": made.remarks,
    }  # fmt: skip


def _results(found: Found) -> dict:
    names = present(found.classes).names
    clean = present(found.clean)
    document: dict = {
        "familiarity": engine.serialise.familiarity_data(clean.familiarity),
        "clean": _answer(found, clean) if found.clean_known else None,
    }
    result = found.adversarial
    if result is not None:
        document["attacked"] = _answer(found, result.after_saved) | {
            "fooled": result.fooled,
            "fooled as computed": result.fooled_as_computed,
            "target": None if result.target is None else names[result.target],
            "reached": result.reached,
            "zero gradient": result.zero_gradient,
            "reached as computed": result.reached_as_computed,
            "shortest change found": result.found,
            "limit": None if not result.limited else {"norm": result.norm, "epsilon": result.epsilon},
        }
        if result.null is not None:
            document["null arm"] = _answer(found, result.null.after) | {"what": result.null.what}
        if result.clean is not None:
            document["attacked"]["linf x 255"] = {"float": 255 * result.linf(False), "saved": 255 * result.linf()}
            document["attacked"]["l2"] = {"float": result.l2(False), "saved": result.l2()}
    document |= _looks(found)
    sweep = found.sweep
    if sweep is not None and sweep.points and sweep.digest == present(found.picture).picture.digest:
        document["sweep"] = engine.story.sweep_data(sweep.points, sweep.settings)
    if found.transfers is not None and found.transfers.made == found.made.get("adversarial"):
        document["transfer"] = engine.story.transfer_data(found.transfers.rows)
    if found.steps:
        losses = [step.loss if len(step.kept) else None for step in found.steps]
        document["tuning"] = [
            {"step": step.index, "loss": loss, **_answer(found, step.prediction)}
            for step, loss in zip(found.steps, losses, strict=True)
        ]
    if found.ensemble is not None:
        document["your settings"] = _answer(found, found.ensemble.prediction)
    if found.survival is not None:
        document["survival"] = engine.story.survival_data(found.survival)
    if found.severities is not None:
        document["severities"] = engine.story.severities_data(found.severities)
    if found.detection is not None:
        document["detection"] = engine.story.detection_data(found.detection)
    if found.placed is not None:
        document["places"] = engine.story.places_data(found.placed, names)
    document["defences"] = {d.defence: _answer(found, d.prediction) | {"seconds": d.seconds} for d in found.defences}
    return document


def _looks(found: Found) -> dict:
    """What step 3 found: the maps, those for the answer of now where that is another class, curves and words."""
    document: dict = {}
    if found.maps is not None:
        pair = found.maps
        document["maps"] = _map_pair(found, pair.clean, pair.attacked)
        if pair.clean is not None and pair.noisy is not None:
            document["maps"]["under noise"] = engine.serialise.similarity_data(pair.clean.raw, pair.noisy.raw)
        if pair.rival is not None:
            document["maps of the answer"] = _map_pair(found, *pair.rival)
    if found.occlusion is not None:
        arms = {"map": found.occlusion.map, "a map drawn at random": found.occlusion.chance}
        document["curves"] = {
            name: {"deletion area": one.deletion_area, "insertion area": one.insertion_area}
            for name, one in arms.items()
        }
    if found.lens is not None:
        document["lens"] = engine.story.lens_data(found.lens, present(found.classes).names)
    if found.words is not None:
        read = [found.words.asked, *([] if found.words.answer is None else [found.words.answer])]
        document["words"] = [_sentence(name, one) for pair in read for name, one in _armed(pair) if one is not None]
    return document


def _map_pair(found: Found, clean: engine.AttentionMap | None, attacked: engine.AttentionMap) -> dict:
    names = present(found.classes).names
    return {
        "map": attacked.map,
        "about": names[attacked.label],
        "against": None if attacked.against is None else names[attacked.against],
        "degenerate": {"clean": clean and clean.degenerate, "attacked": attacked.degenerate},
        **({} if clean is None else engine.serialise.similarity_data(clean.raw, attacked.raw)),
    }


def _armed(pair: Read) -> Iterable[tuple[str, engine.maps.WordRelevance | None]]:
    return zip(("clean", "attacked"), pair, strict=True)


def _sentence(picture: str, read: engine.maps.WordRelevance) -> dict:
    shares = zip(read.pieces, read.shares.tolist(), strict=True)
    pieces = [[piece.strip(), round(share, 6)] for piece, share in shares]
    return {"sentence": read.sentence, "picture": picture, "score": read.score, "pieces": pieces}


def _answer(found: Found, prediction: engine.Prediction) -> dict:
    top = [[name, round(share, 6)] for name, share in prediction.top(5)]
    none = engine.serialise.none_data(prediction, found.answer)
    numbers = {"entropy": prediction.entropy, "margin": prediction.margin, "best cosine": prediction.best_cosine}
    return {"answer": prediction.name, "none of these": none} | numbers | {"top": top}


def _numbers(found: Found) -> bytes:
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed  # whose stub takes a name for one of its options
    save(buffer, **{name: np.asarray(array) for name, array in arrays_of(found).items()})
    return buffer.getvalue()


def _explanation(found: Found, remark: str, files: Iterable[str]) -> str:
    """What lies where of these files; `remark` is on what was pinned."""
    there = [one for one in text.ZIP_FILES if any(name.startswith(tuple(one[0].split(", "))) for name in files)]
    head = text.ZIP_HEAD.format(project=project().name, name=present(found.picture).name)
    lines = [line for said in (head, warned(found), remark) if said for line in (said, "")]
    return "\n".join([*lines, *(_listed(*one) for one in there), "", text.ZIP_TAIL, ""])


def _listed(name: str, what: str) -> str:
    return f"{name:24} {what}"


def _compared(differ: Sequence[str], here: bool) -> str:
    """In words: in what this differs from what was pinned, and where that lies."""
    said = text.ZIP_DIFFERS.format(settings="; ".join(differ)) if differ else text.ZIP_PINNED_SAME
    return f"{said}\n{_listed(*text.ZIP_PINNED) if here else text.ZIP_PINNED_GONE}"


def _json(data: dict) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
