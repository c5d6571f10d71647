"""The export: one ZIP with every number, exact pictures, figures, and the commands that compute it again."""

from __future__ import annotations

import io
import json
import platform
import shlex
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version

import numpy as np
from PIL import Image
from torch import Tensor

import engine
from app.choices import Choices
from app.figures.judged import warned
from app.figures.maps import Look, scale_of_pair
from app.figures.pictures import amplified, gain_for, png, to_uint8
from app.figures.printed import printed
from app.present import present
from app.state.found import Found
from app.state.shown import Shown
from app.text import words as text

Whole = Callable[[Shown], Image.Image | None]
PACKAGES = ("torch", "torchvision", "open_clip_torch", "torchattacks", "gradio", "numpy", "opencv-python")


@dataclass(frozen=True, eq=False, slots=True)
class Beside:
    """What was pinned: its model, where that is in memory, and what differs from it, in words."""

    backbone: engine.Backbone | None
    differ: Sequence[str]


def bundle(
    backbone: engine.Backbone, found: Found, choices: Choices, beside: Beside | None = None, whole: Whole | None = None
) -> bytes:
    """The bytes of the ZIP; what has not been run is left out. Raises `EngineError` where nothing was answered yet.

    What was pinned lies in a folder of its own. `whole` gives the picture in use at its own size, None where its file
    is gone; maps are drawn over that too.
    """
    if found.clean is None:
        raise engine.EngineError(text.NOTHING_TO_TAKE)
    files, pinned, remark = _files(backbone, found, choices, whole), found.pinned, ""
    if pinned is not None and beside is not None:
        here = beside.backbone is not None and pinned.found.clean is not None
        then = _files(present(beside.backbone), pinned.found, pinned.look.choices, whole) if here else {}
        files |= {f"pinned/{name}": content for name, content in then.items()}
        remark = _compared(beside.differ, here)
    return _zip({"README.txt": _explanation(found, remark)} | files)


def _files(backbone: engine.Backbone, found: Found, choices: Choices, whole: Whole | None) -> dict[str, str | bytes]:
    """All files on what was found, by name."""
    classes = present(found.classes)
    settings = choices.aimed(choices.settings(), classes)
    files: dict[str, str | bytes] = {
        "settings.json": _json(_settings(backbone, found, choices, settings)),
        "results.json": _json(_results(found)),
        "classes.txt": "\n".join(classes.names) + "\n",
        "redo.sh": _command(backbone, found, choices),
        "redo.py": _script(backbone, found, settings, choices.asked(classes)),
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
    picture = None if found.maps is None or whole is None else whole(present(found.picture))
    if picture is not None:
        files |= _maps(picture, found, Look.of(choices))
    for name, figure in printed(found).items():
        for kind in ("png", "svg"):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)
            files[f"figures/{name}.{kind}"] = buffer.getvalue()
    return files


def _maps(whole: Image.Image, found: Found, look: Look) -> dict[str, bytes]:
    """PNG files of the attacked map, and where there is one of the clean one and their difference, over the whole
    picture, by name."""
    pair, box = present(found.maps), present(found.picture).box
    clean = None if pair.clean is None else pair.clean.raw
    scale = scale_of_pair(pair)
    drawn = engine.overlays.compared(whole, box, pair.attacked.raw, clean, look.colour_map, look.smooth, scale)
    return {f"maps/{name}.png": engine.overlays.png(one) for name, one in drawn.items()}


def _zip(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            packed = zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(f"a-tpt-explorer/{name}"), content, packed)
    return buffer.getvalue()


def _settings(backbone: engine.Backbone, found: Found, choices: Choices, settings: engine.Settings) -> dict:
    picture, classes = present(found.picture), present(found.classes)
    return {
        "picture": {
            "name": picture.name,
            "source": picture.source,
            "file size": picture.size,
            "crop": engine.serialise.box_data(picture.box),
            "attacked elsewhere": None if picture.attacked is None else _given(picture),
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
        "engine": asdict(settings),
        "page": choices._asdict() | {"class_names": "see classes"},
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
        }
        if result.clean is not None:
            document["attacked"]["linf x 255"] = {"float": 255 * result.linf(False), "saved": 255 * result.linf()}
            document["attacked"]["l2"] = {"float": result.l2(False), "saved": result.l2()}
    if found.maps is not None:
        pair = found.maps
        document["maps"] = {
            "map": pair.attacked.map,
            "about": names[pair.attacked.label],
            "against": None if pair.attacked.against is None else names[pair.attacked.against],
            "degenerate": {"clean": pair.clean and pair.clean.degenerate, "attacked": pair.attacked.degenerate},
            **({} if pair.clean is None else engine.serialise.similarity_data(pair.clean.raw, pair.attacked.raw)),
        }
    if found.steps:
        losses = [step.loss if len(step.kept) else None for step in found.steps]
        document["tuning"] = [
            {"step": step.index, "loss": loss, **_answer(found, step.prediction)}
            for step, loss in zip(found.steps, losses, strict=True)
        ]
    if found.ensemble is not None:
        document["your settings"] = _answer(found, found.ensemble.prediction)
    document["defences"] = {d.defence: _answer(found, d.prediction) | {"seconds": d.seconds} for d in found.defences}
    return document


def _answer(found: Found, prediction: engine.Prediction) -> dict:
    top = [[name, round(share, 6)] for name, share in prediction.top(5)]
    none = engine.serialise.none_data(prediction, found.answer)
    numbers = {"entropy": prediction.entropy, "margin": prediction.margin, "best cosine": prediction.best_cosine}
    return {"answer": prediction.name, "none of these": none} | numbers | {"top": top}


def _numbers(found: Found) -> bytes:
    arrays: dict[str, Tensor | np.ndarray] = {}
    if found.clean_known:
        arrays["clean_logits"] = present(found.clean).logits
    if found.adversarial is not None:
        result = found.adversarial
        arrays |= {"attacked_pixels": result.pixels, "attacked_logits": result.after_saved.logits}
        arrays["attack_losses"] = np.array([step.loss for step in result.steps])
    if found.maps is not None:
        arrays["attacked_map"] = found.maps.attacked.raw
        if found.maps.clean is not None:
            arrays["clean_map"] = found.maps.clean.raw
    if found.views is not None:
        arrays |= {name: getattr(found.views, name) for name in ("crops", "betas", "features", "logits", "maps")}
    if found.steps:
        last = found.steps[-1]
        arrays |= {"kept": last.kept, "context": last.context, "tuned_logits": last.logits}
        arrays["tuning_losses"] = np.array([step.loss for step in found.steps])
    if found.ensemble is not None:
        arrays["weights"] = found.ensemble.weights
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed  # whose stub takes a name for one of its options
    save(buffer, **{name: np.asarray(array) for name, array in arrays.items()})
    return buffer.getvalue()


def _command(backbone: engine.Backbone, found: Found, choices: Choices) -> str:
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
    return shlex.join([*words, *choices.options(attack=picture.attacked is None)]) + "\n"


def _script(
    backbone: engine.Backbone, found: Found, settings: engine.Settings, asked: tuple[int | None, int | None]
) -> str:
    about, against = asked
    picture = present(found.picture)
    clean, attacked = (
        _read("clean") if picture.clean_known else "None",
        _read("attacked") if picture.attacked else "None",
    )
    return f'''"""Redoes the story of one picture; run it beside the folder engine of A-TPT Explorer."""

from pathlib import Path

import engine
from engine import AttackSettings, AttentionSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine import ModelSettings, PictureSettings
from engine.settings import AnswerSettings

here = Path(__file__).resolve().parent
read_with = {backbone.settings!r}
backbone = engine.load_backbone({backbone.name!r}, precision={backbone.precision!r}, settings=read_with)
names = tuple((here / "classes.txt").read_text(encoding="utf-8").splitlines())
classes = engine.Classes(names, {present(found.classes).templates!r})
pixels = {clean}
attacked = {attacked}
settings = {settings!r}

for event in engine.explore(backbone, pixels, classes, settings, {found.label}, {about}, {against}, attacked):
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
'''


def _read(name: str) -> str:
    """The expression that reads one of the pictures."""
    return f'backbone.prepare(engine.load_picture(here / "{name}.png").image)'


def _explanation(found: Found, remark: str) -> str:
    """What lies where; `remark` is on what was pinned."""
    head = text.ZIP_HEAD.format(name=present(found.picture).name)
    lines = [line for said in (head, warned(found), remark) if said for line in (said, "")]
    return "\n".join([*lines, *(_listed(*one) for one in text.ZIP_FILES), "", text.ZIP_TAIL, ""])


def _listed(name: str, what: str) -> str:
    return f"{name:22} {what}"


def _compared(differ: Sequence[str], here: bool) -> str:
    """In words: in what this differs from what was pinned, and where that lies."""
    said = text.ZIP_DIFFERS.format(settings="; ".join(differ)) if differ else text.ZIP_PINNED_SAME
    return f"{said}\n{_listed(*text.ZIP_PINNED) if here else text.ZIP_PINNED_GONE}"


def _json(data: dict) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
