"""Draws the picture that links to the page are shown with: `python -m app.preview`.

It is the poster of a story that the built-in model computes on one of the samples, with the page's own settings.
"""

from __future__ import annotations

import io
import sys
import textwrap
from pathlib import Path

from matplotlib.figure import Figure
from PIL import Image

import engine
from app.figures.html import percent
from app.figures.poster import Frame, frames
from app.figures.printed import POSTER
from app.picture_sources import PictureSources
from app.samples import load_samples
from app.social import PICTURE, SIZE
from app.state.found import Found, find
from app.state.parts import STORY, Question, rows_computed
from app.state.visitors import Visitor
from app.text import export as text
from app.text import words

SAMPLE = 2  # whose attack succeeds and is repaired
DPI = 100
GROUND, INK, PALE = "#f7f8fb", "#182235", "#4d5a70"
COLOURS = 256  # of the file, which is small then


def main(path: str = str(PICTURE)) -> int:
    """Compute the story and write the picture to `path`."""
    Path(path).write_bytes(drawn(story()))
    return 0


def story(sample: int = SAMPLE) -> Found:
    """The story of a sample, for its true class."""
    backbone = engine.load_backbone(engine.models.BUILT_IN, device="cpu")
    opened = PictureSources(backbone, load_samples(engine.ASSETS / "samples")).sample(sample)
    classes = engine.Classes(opened.names)
    recipe = opened.shown.recipe(classes, classes.index(opened.truth or ""), engine.Settings())
    question = Question(engine.story.Story(backbone, recipe, engine.story.Results()))
    parts = ("clean", *STORY)
    for name in parts:
        for _ in rows_computed(question, name):
            pass
    return find(question, Visitor(picture=opened.shown, asked=frozenset(parts)))


def drawn(found: Found) -> bytes:
    """The PNG file: the page's name, what it does, and the pictures of the poster with their answers."""
    width, height = SIZE
    figure = Figure((width / DPI, height / DPI), dpi=DPI, facecolor=GROUND)
    figure.text(0.04, 0.875, words.TITLE, fontsize=38, fontweight="bold", color=INK, va="center")
    said = textwrap.fill(text.SOCIAL_LINE, 78)
    figure.text(0.04, 0.775, said, fontsize=15.5, color=PALE, va="center")
    shown = frames(found)
    for place, frame in enumerate(shown):
        _draw(figure, frame, 0.04 + place * 0.92 / len(shown), 0.92 / len(shown) - 0.02)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor=GROUND)
    buffer.seek(0)
    packed = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(COLOURS).save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _draw(figure: Figure, frame: Frame, left: float, width: float) -> None:
    """One picture, as wide as its column leaves room for, above its answer."""
    colour, middle = POSTER[frame.kind], left + width / 2
    figure.text(middle, 0.69, frame.title, fontsize=16, fontweight="bold", color=colour, ha="center", va="center")
    axes = figure.add_axes((left, 0.21, width, 0.445))
    axes.imshow(frame.picture)
    axes.set_axis_off()
    answer = f"{textwrap.fill(frame.answer.name, 26)}\n{percent(frame.answer.confidence)}"
    figure.text(middle, 0.185, answer, fontsize=16, fontweight="bold", color=INK, ha="center", va="top")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
