"""The story as an animation: its scenes, their answers and its length."""

import asyncio
from dataclasses import replace
from io import BytesIO

import gradio as gr
import numpy as np
import pytest
from PIL import Image, ImageSequence

import engine
from app.export.animation_file import AnimationFile
from app.figures import animation as module
from app.figures.animation import HEIGHT, WIDTH, _Drawing, animation
from app.figures.places import among_three
from app.models import Models
from app.text import animation as text
from tests.page_cases import CHOICES, WHOLE, run

GREEN = (10, 122, 92)  # of an answer that is right
STEPS, VIEWS = 4, 8  # looks of the attack and views of the quick story


@pytest.fixture
def found(question):
    return run(question, (*WHOLE, "placed"))


def scenes(found):
    """The frames as (h, w, 3), and how long each stays in milliseconds."""
    opened = Image.open(BytesIO(animation(found, "Tiny")))
    frames = [(np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(opened)]
    return opened.size, [frame for frame, _ in frames], [length for _, length in frames]


def near(frame, colour):
    return (np.abs(frame.astype(int) - colour).max(-1) <= 12).sum()


@pytest.mark.slow
def test_it_has_a_scene_for_every_part_and_lasts_five_to_ten_seconds(found):
    size, frames, lengths = scenes(found)
    passes = len(found.adversarial.steps)
    assert size == (WIDTH, HEIGHT) and len(frames) == 1 + passes + 1 + 2 + 1 + VIEWS + 1
    assert 5000 <= sum(lengths) <= 10_000


@pytest.mark.slow
def test_green_ends_it_where_the_answer_is_right_and_nowhere_else(found):
    answer = found.ensemble.prediction
    for label in range(3):
        judged = replace(found, label=label)
        _, frames, _ = scenes(judged)
        assert (near(frames[-1][:55], GREEN) > 100) == (answer.label == label)
        assert near(frames[0][:55], GREEN) == 0


@pytest.mark.slow
def test_nothing_is_green_on_a_picture_that_the_model_does_not_know(found):
    right = replace(found, label=found.ensemble.prediction.label)
    strange = replace(right, clean=replace(right.clean, familiarity=engine.results.Familiarity(9.0, 0.0)))
    plane = [scenes(one)[1][-1][:, 300:] for one in (right, strange)]
    assert near(plane[0], GREEN) > 100 and near(plane[1], GREEN) == 0


@pytest.mark.slow
def test_a_view_that_answers_none_of_the_three_is_square_as_on_the_page(found, monkeypatch):
    views = len(found.views)
    assert among_three(found) == [True] * views  # there are no more than three classes
    fourth = replace(found.placed.plane, classes=found.placed.plane.classes + 3)
    assert among_three(replace(found, placed=replace(found.placed, plane=fourth))) == [False] * views
    round_ones = scenes(found)[1][-1]
    monkeypatch.setattr(module, "among_three", lambda found: [False] * views)
    assert (scenes(found)[1][-1][:, 300:] != round_ones[:, 300:]).any()


def test_without_a_clean_picture_and_maps_it_begins_with_the_attacked_one(found):
    hit = replace(found.adversarial, clean=None, before=None, steps=())
    unknown = replace(found, adversarial=hit, maps=None, placed=replace(found.placed, clean=None, noise=None))
    _, frames, _ = scenes(unknown)
    assert len(frames) == 1 + 1 + VIEWS + 1


@pytest.mark.slow
def test_what_is_not_there_is_told(found, tiny):
    async def build():
        with gr.Blocks():
            return AnimationFile(Models(tiny))

    file = asyncio.run(build())
    for missing, wanted in ((replace(found, placed=None), "gif"), (found, "exe"), (found, None)):
        with pytest.raises(engine.EngineError, match=text.GONE[:30]):
            file._find(missing, CHOICES, wanted)
    name, content = file._find(found, CHOICES, "gif")()
    assert name == "x story.gif" and content[:6] == b"GIF89a"


def test_cells_that_the_attack_was_kept_to_are_named_at_the_foot(found, monkeypatch):
    said = []
    monkeypatch.setattr(_Drawing, "_write", lambda self, draw, at, words, *how, **more: said.append(words))
    for kept in ("", "2x2:2.3"):
        said.clear()
        _Drawing(replace(found, adversarial=replace(found.adversarial, only_cells=kept)), "Tiny")
        assert ("4/255 in 3 of 4 cells" in " ".join(reversed(said))) == bool(kept) and "Tiny" in " ".join(said)
