"""The export: one ZIP with every number, exact pictures, figures, and the commands that compute it again."""

from __future__ import annotations

import io
import json
import platform
import shlex
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version

import numpy as np
from torch import Tensor

import engine
from app.choices import Choices
from app.figures.pictures import amplified, gain_for, png, to_uint8
from app.figures.printed import printed
from app.present import present
from app.session import Session
from app.text import words as text

PACKAGES = ("torch", "torchvision", "open_clip_torch", "torchattacks", "gradio", "numpy", "opencv-python")


def bundle(backbone: engine.Backbone, session: Session, choices: Choices) -> bytes:
    """The bytes of the ZIP; what has not been run is left out. Raises `EngineError` where nothing was answered yet."""
    if session.clean is None:
        raise engine.EngineError(text.NOTHING_TO_TAKE)
    classes = present(session.classes)
    settings = choices.aimed(choices.settings(), classes)
    files = {
        "README.txt": _explanation(session),
        "settings.json": _json(_settings(backbone, session, choices, settings)),
        "results.json": _json(_results(session)),
        "classes.txt": "\n".join(classes.names) + "\n",
        "redo.sh": _command(backbone, session, choices),
        "redo.py": _script(backbone, session, settings, choices.asked(classes)),
        "clean.png": png(to_uint8(present(session.picture).pixels)),
        "numbers.npz": _numbers(session),
    }
    if session.adversarial is not None:
        change = session.adversarial.saved - session.adversarial.clean
        files["attacked.png"] = png(to_uint8(session.adversarial.saved))
        files["change-amplified.png"] = png(amplified(change, gain_for(session.adversarial)))
    for name, figure in printed(session).items():
        for kind in ("png", "svg"):
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=160, metadata={"Date": None} if kind == "svg" else None)
            files[f"figures/{name}.{kind}"] = buffer.getvalue()
    return _zip(files)


def _zip(files: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"a-tpt-explorer/{name}"), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _settings(backbone: engine.Backbone, session: Session, choices: Choices, settings: engine.Settings) -> dict:
    picture, classes = present(session.picture), present(session.classes)
    return {
        "picture": {"name": picture.name, "source": picture.source, "file size": picture.size},
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
        "true class": None if session.label is None else classes.names[session.label],
        "engine": asdict(settings),
        "page": choices._asdict() | {"class_names": "see classes"},
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
    }


def _results(session: Session) -> dict:
    names = present(session.classes).names
    document: dict = {"clean": _answer(present(session.clean))}
    result = session.adversarial
    if result is not None:
        document["attacked"] = _answer(result.after_saved) | {
            "fooled": result.fooled,
            "fooled as computed": result.fooled_as_computed,
            "target": None if result.target is None else names[result.target],
            "reached": result.reached,
            "zero gradient": result.zero_gradient,
            "reached as computed": result.reached_as_computed,
            "shortest change found": result.found,
            "linf x 255": {"float": 255 * result.linf(False), "saved": 255 * result.linf()},
            "l2": {"float": result.l2(False), "saved": result.l2()},
        }
    if session.maps is not None:
        pair = session.maps
        document["maps"] = {
            "map": pair.clean.map,
            "about": names[pair.clean.label],
            "against": None if pair.clean.against is None else names[pair.clean.against],
            "degenerate": {"clean": pair.clean.degenerate, "attacked": pair.attacked.degenerate},
            **engine.serialise.similarity_data(pair.clean.raw, pair.attacked.raw),
        }
    if session.steps:
        losses = [step.loss if len(step.kept) else None for step in session.steps]
        document["tuning"] = [
            {"step": step.index, "loss": loss, **_answer(step.prediction)}
            for step, loss in zip(session.steps, losses, strict=True)
        ]
    if session.ensemble is not None:
        document["your settings"] = _answer(session.ensemble.prediction)
    document["defences"] = {d.defence: _answer(d.prediction) | {"seconds": d.seconds} for d in session.defences}
    return document


def _answer(prediction: engine.Prediction) -> dict:
    top = [[name, round(share, 6)] for name, share in prediction.top(5)]
    return {"answer": prediction.name, "entropy": prediction.entropy, "margin": prediction.margin, "top": top}


def _numbers(session: Session) -> bytes:
    arrays: dict[str, Tensor | np.ndarray] = {"clean_logits": present(session.clean).logits}
    if session.adversarial is not None:
        result = session.adversarial
        arrays |= {"attacked_pixels": result.pixels, "attacked_logits": result.after_saved.logits}
        arrays["attack_losses"] = np.array([step.loss for step in result.steps])
    if session.maps is not None:
        arrays |= {"clean_map": session.maps.clean.raw, "attacked_map": session.maps.attacked.raw}
    if session.views is not None:
        arrays |= {name: getattr(session.views, name) for name in ("crops", "betas", "features", "logits", "maps")}
    if session.steps:
        last = session.steps[-1]
        arrays |= {"kept": last.kept, "context": last.context, "tuned_logits": last.logits}
        arrays["tuning_losses"] = np.array([step.loss for step in session.steps])
    if session.ensemble is not None:
        arrays["weights"] = session.ensemble.weights
    buffer = io.BytesIO()
    save: Callable[..., None] = np.savez_compressed  # whose stub takes a name for one of its options
    save(buffer, **{name: np.asarray(array) for name, array in arrays.items()})
    return buffer.getvalue()


def _command(backbone: engine.Backbone, session: Session, choices: Choices) -> str:
    """The command line that redoes attack, views, tuning and defences from clean.png."""
    classes = present(session.classes)
    words = ["python", "-m", "engine", "defend", "clean.png", "--classes", "classes.txt"]
    if session.given:
        words += ["--true-class", classes.names[present(session.label)]]
    target = engine.classes.find(choices.target, classes.names)
    if target is not None:
        words += ["--target", classes.names[target]]
    words += ["--model", backbone.name, "--precision", backbone.precision]
    words += engine.models.as_options(backbone.settings)
    words += [word for template in classes.templates for word in ("--template", template)]
    return shlex.join([*words, *choices.options()]) + "\n"


def _script(
    backbone: engine.Backbone, session: Session, settings: engine.Settings, asked: tuple[int | None, int | None]
) -> str:
    about, against = asked
    return f'''"""Redoes the story of clean.png; run it beside the folder engine of A-TPT Explorer."""

from pathlib import Path

import engine
from engine import AttackSettings, AttentionSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine import ModelSettings

here = Path(__file__).resolve().parent
read_with = {backbone.settings!r}
backbone = engine.load_backbone({backbone.name!r}, precision={backbone.precision!r}, settings=read_with)
names = tuple((here / "classes.txt").read_text(encoding="utf-8").splitlines())
classes = engine.Classes(names, {present(session.classes).templates!r})
pixels = backbone.prepare(engine.load_picture(here / "clean.png").image)
settings = {settings!r}

for event in engine.explore(backbone, pixels, classes, settings, {session.label}, {about}, {against}):
    if event.name == "clean":
        print("clean:", event.result.name)
    if event.name == "attacked":
        print("attacked:", event.result.after_saved.name)
    if event.name.startswith("map-"):
        print(f"{{event.name}}: strongest value {{float(event.result.raw.max()):.4g}}")
    if event.name == "defence":
        print(f"{{event.result.defence}}:", event.result.prediction.name)
'''


def _explanation(session: Session) -> str:
    lines = [text.ZIP_HEAD.format(name=present(session.picture).name), ""]
    return "\n".join([*lines, *(f"{name:22} {what}" for name, what in text.ZIP_FILES), "", text.ZIP_TAIL, ""])


def _json(data: dict) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
