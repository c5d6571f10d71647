"""Step 6's drawing of where the pictures went: points, regions and numbers are those of the engine."""

import asyncio
import json
import re
import zipfile
from dataclasses import replace
from io import BytesIO
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

import engine
from app.components.tiles import pressed_view
from app.export.report import bundle
from app.figures.labels import LETTER, Labels
from app.figures.places import HEIGHT, WIDTH, places_figure
from app.models import Models
from app.panels.places import PlacesPart
from app.text import places as text
from tests.page_cases import CHOICES, WHOLE, asked, run


@pytest.fixture(scope="module")
def panel(tiny):
    async def build():
        with gr.Blocks():
            return PlacesPart(Models(tiny))

    return asyncio.run(build())


@pytest.fixture
def found(question):
    return run(question, (*WHOLE, "placed"))


CIRCLE = re.compile(r'cx="([-\d.]+)" cy="([-\d.]+)"')
SQUARE = re.compile(r'<rect x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)"')


def points(drawn, kind):
    """Centres of the views of a kind, by number."""
    centres = {}
    for view, group in re.findall(rf'<g class="view {kind}" data-index="(\d+)">(.*?)</g>', drawn):
        circle, square = CIRCLE.search(group), SQUARE.search(group)
        left, top, *side = map(float, (circle or square).groups())
        half = sum(side) / 2
        centres[int(view)] = left + half, top + half
    return centres


def test_it_is_asked_of_the_engine_and_of_nothing_twice(tiny, found, told, question):
    story = question.story
    assert found.placed is story.result(engine.story.Placed())
    assert found.views is story.result(engine.story.Views()) and found.steps and found.ensemble


def test_every_view_is_a_point_at_its_place_up_to_one_scale(found):
    drawn, placed = places_figure(found), found.placed
    centres = points(drawn, "(?:right|other)")
    assert sorted(centres) == list(range(len(found.views)))
    at = torch.tensor([centres[view] for view in sorted(centres)])
    for axis, way in ((0, 1), (1, -1)):
        moved, there = at[:, axis] - at[0, axis], way * (placed.tuned[:, axis] - placed.tuned[0, axis])
        scale = float(moved.abs().max() / there.abs().max())
        assert torch.allclose(moved, there * scale, atol=0.12)


def test_a_filled_dot_is_a_view_that_answers_right(found):
    right = points(places_figure(found), "right")
    answers = found.steps[-1].logits.argmax(-1)
    assert sorted(right) == [view for view, answer in enumerate(answers.tolist()) if answer == found.reference]


def test_a_point_in_a_region_is_answered_by_its_class_among_the_three(found):
    placed = found.placed
    best = placed.plane.leads(placed.tuned).argmax(-1)
    assert torch.equal(best, found.steps[-1].logits[:, placed.plane.classes].argmax(-1))


def test_the_numbers_are_the_leads(found):
    drawn, leads = places_figure(found), found.placed.leads
    answers = {
        "clean": found.clean, "attacked": found.adversarial.after_saved, "answer": found.ensemble.prediction,
        "tuned": found.steps[-1].prediction,
    }  # fmt: skip
    first, second, _ = found.placed.plane.classes.tolist()
    for kind, answer in answers.items():
        own = float(answer.logits[first] - answer.logits[second])
        assert leads[kind] == pytest.approx(own, abs=1e-3)
        assert re.search(rf"{text.LEAD_OF[kind][0]}</span><b>{own:.1f}</b>".replace("<b>-", "<b>\u2212"), drawn)


def test_what_came_back_is_told_as_a_share_of_what_was_taken(found):
    leads = found.placed.leads
    lost = leads["clean"] - leads["attacked"]
    share = 100 * (leads["answer"] - leads["attacked"]) / lost
    drawn = places_figure(found)
    assert (
        lost > 0 and f"both together gave back {leads['answer'] - leads['attacked']:.1f} ({share:.0f}\u00a0%)" in drawn
    )


def test_no_region_and_no_view_is_green_where_nothing_can_be_right(found):
    strange = replace(found, clean=replace(found.clean, familiarity=engine.results.Familiarity(9.0, 0.0)))
    drawn = places_figure(strange)
    assert not points(drawn, "right") and 'class="region first"' not in drawn and "defended" not in drawn


def test_only_a_view_that_there_is_can_be_pressed(found):
    assert pressed_view(found, CHOICES, SimpleNamespace(index=3)) == {"opened_view": 3}
    for made_up in (-1, len(found.views), 2.5, "1", None):
        assert pressed_view(found, CHOICES, SimpleNamespace(index=made_up)) == {}
    assert pressed_view(replace(found, views=None), CHOICES, SimpleNamespace(index=0)) == {}


def test_the_opened_view_is_ringed_and_told(panel, found):
    drawn = panel.draw_view(found, CHOICES._replace(opened_view=3))[panel.view]
    share = float(found.steps[-1].logits[3].softmax(-1).max())
    assert '[data-index="3"]' in drawn and "View 3" in drawn and f"{100 * share:.1f}\u00a0%" in drawn
    assert "View 0" in panel.draw_view(found, CHOICES._replace(opened_view=99))[panel.view]
    assert panel.draw_view(replace(found, placed=None), CHOICES)[panel.view] == ""


def test_labels_cover_neither_signs_nor_each_other_nor_leave_the_drawing():
    words, signs = ("clean", "noise", "attacked"), [(200.0, 200.0), (230.0, 200.0), (5.0, 390.0)]
    labels = Labels(WIDTH, HEIGHT, signs)
    rooms = [room(labels.beside(word, at).svg("x"), word) for word, at in zip(words, signs, strict=True)]
    others = [(x - 9, y - 9, x + 9, y + 9) for x, y in signs]
    for place, (left, top, right, bottom) in enumerate(rooms):
        assert left >= 0 and top >= 0 and right <= WIDTH and bottom <= HEIGHT
        for one in (*others, *rooms[:place]):
            assert right <= one[0] or one[2] <= left or bottom <= one[1] or one[3] <= top


def room(label, word):
    """What a label takes up."""
    x, y, anchor = re.search(r'x="([\d.-]+)" y="([\d.-]+)" text-anchor="(\w+)"', label).groups()
    left = float(x) - {"start": 0, "middle": 0.5, "end": 1}[anchor] * LETTER * len(word)
    return left, float(y) - 12, left + LETTER * len(word), float(y) + 4


@pytest.mark.slow
@pytest.mark.usefixtures("drawn_once")
def test_the_file_has_its_numbers_and_its_figure(tiny, found):
    with zipfile.ZipFile(BytesIO(bundle(tiny, found, CHOICES))) as archive:
        results = json.loads(archive.read("a-tpt-explorer/results.json"))
        names = archive.namelist()
    assert results["places"]["leads"] == pytest.approx(found.placed.leads)
    assert len(results["places"]["views"]) == len(found.views)
    assert {f"a-tpt-explorer/figures/where-the-pictures-went.{kind}" for kind in ("png", "svg", "pdf")} <= {*names}


def test_two_classes_are_refused_with_a_sentence(tiny, results):
    two = asked(tiny, results, CHOICES._replace(class_names="red fish\nblue fish"))
    with pytest.raises(engine.EngineError, match="at least 3 classes"):
        run(two, (*WHOLE, "placed"))
