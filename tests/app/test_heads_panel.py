"""The lower half of step 3: the test of the map, and the layer and head browser; what they show is the engine's."""

import asyncio
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

import engine
from app.panels.heads import HeadsBrowser, _order
from app.panels.occlusion import _drawn as occlusion_curves
from app.session import HeadsPair, OcclusionPair
from tests.page_cases import CHOICES


@pytest.fixture(scope="module")
def browser():
    async def build():
        with gr.Blocks():
            return HeadsBrowser()

    return asyncio.run(build())


@pytest.fixture
def looked(job):
    """The told session after “Look inside”."""
    for event in job.events("heads"):
        job.take(event)
    return job.session


def numbers(markup):
    """The value that each cell of the first map tells on hovering."""
    first = markup.split("</figure>")[0]
    return [float(value) for value in re.findall(r"column \d+: ([-\d.e]+)</title>", first)]


def test_looking_reads_the_clean_and_the_attacked_picture(tiny, told, looked):
    expected = engine.maps.attention_heads(tiny, told.adversarial.saved, told.classes)
    assert torch.equal(looked.heads.attacked.attention, expected.attention)
    assert looked.maps is told.maps and looked.defences == told.defences
    assert looked.without("adversarial").heads is None


def test_a_pressed_patch_shows_what_it_reads(browser, looked):
    pressed = SimpleNamespace(head=3, cell=10)
    drawn = browser._patch_pressed(looked, CHOICES, pressed)[browser.opened]
    heads = looked.heads.clean.attention.shape[1]
    layer, head = divmod(3, heads)
    expected = looked.heads.clean.from_patch(1, 2)[layer, head]
    assert numbers(drawn) == pytest.approx(expected.flatten().tolist(), rel=1e-3)
    assert "row 2, column 3" in drawn and 'data-at="10"' in drawn


@pytest.mark.parametrize("wrong", [{}, {"head": 3, "cell": 64}, {"head": 99, "cell": 0}, {"head": "3", "cell": None}])
def test_a_press_on_what_is_not_there_changes_nothing(browser, looked, wrong):
    assert browser._patch_pressed(looked, CHOICES, SimpleNamespace(**wrong)) == {}


def test_every_head_has_its_tile_in_the_order_asked_for(browser, looked):
    layers, heads = looked.heads.clean.entropies.shape
    drawn = browser._heads(looked, CHOICES, "attacked", "focused")[browser.heads]
    places = [int(place) for place in re.findall(r'data-index="(\d+)"', drawn)]
    assert sorted(places) == list(range(layers * heads))
    entropies = looked.heads.attacked.entropies.flatten()[places].unflatten(0, (layers, heads))
    assert (entropies.diff(dim=-1) >= 0).all()


def test_heads_that_the_attack_moved_most_come_first(looked):
    clean = looked.heads.clean
    moved = clean.attention.clone()
    moved[0, 1] += 1
    changed = engine.maps.AttentionHeads(
        clean.classes, moved, clean.between, clean.entropies, clean.norms, clean.logits
    )
    assert _order(HeadsPair(clean, changed), clean, "moved")[0][0] == 1
    assert _order(HeadsPair(clean, changed), clean, "number")[0] == list(range(moved.shape[1]))


def test_long_tokens_are_outlined_and_counted(browser, looked):
    clean = looked.heads.clean
    norms = clean.norms.clone()
    norms[0, 2, 3] = 10 * norms[0].median()
    changed = engine.maps.AttentionHeads(
        clean.classes, clean.attention, clean.between, clean.entropies, norms, clean.logits
    )
    session = looked.with_result("heads", HeadsPair(changed, clean))
    drawn = browser._open(session, CHOICES, 0, -1)[browser.opened]
    assert "clean 1, attacked 0" in drawn and drawn.count('class="marked"') == 2
    assert "would be dashed" in browser._open(looked, CHOICES, 0, -1)[browser.opened]


def test_the_map_is_tested_beside_a_random_one(tiny, told, job):
    for event in job.events("occlusion"):
        job.take(event)
    found, pair = told.maps.clean, job.session.occlusion
    expected = engine.maps.occlude(tiny, told.adversarial.clean, found.raw, told.classes, found.label)
    assert torch.allclose(pair.map.deletion, expected.deletion)
    assert not torch.equal(pair.map.deletion, pair.chance.deletion)
    drawn = occlusion_curves(job.session)
    for area in (pair.map.deletion_area, pair.map.insertion_area, pair.chance.deletion_area):
        assert f"area {area:.3f}" in drawn
    assert job.session.without("maps").occlusion is None


def test_the_map_is_told_better_only_where_the_areas_differ_enough(told):
    def curves(deletion, insertion):
        return engine.maps.Occlusion(torch.linspace(0, 1, 3), torch.tensor(deletion), torch.tensor(insertion), 0)

    found, chance = curves([0.9, 0.1, 0.1], [0.1, 0.5, 0.9]), curves([0.9, 0.8, 0.1], [0.1, 0.51, 0.9])
    for pair, words in (
        (OcclusionPair(found, chance), "better at deletion and no better at insertion"),
        (OcclusionPair(chance, found), "worse at deletion and no better at insertion"),
    ):
        drawn = occlusion_curves(replace(told, occlusion=pair))
        assert f"order is {words} than a random one" in drawn and "still gives the class 10.0\u00a0%" in drawn


def test_what_is_opened_is_drawn_again_as_is_now_chosen(browser, looked):
    first = browser._open(looked, CHOICES, 3, 10)
    assert first[browser.place] == [3, 10]
    again = browser._again(looked, CHOICES._replace(cells="smooth", scale="own"), first[browser.place])[browser.opened]
    assert "the patch in row 2, column 3" in again and "<image" in again and 'fill="transparent"' in again
    assert all(browser._again(looked, CHOICES, wrong) == {} for wrong in (None, "x", [1], [1, "2"], [10**9, 0]))


def test_before_looking_the_fold_says_what_to_press(browser, told):
    drawn = browser.draw(told, CHOICES)
    assert "Look inside" in drawn[browser.heads] and drawn[browser.opened] == ""
