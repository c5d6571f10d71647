"""The lower half of step 3: the test of the map, and the layer and head browser; what they show is the engine's."""

import asyncio
import re
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest
import torch

import engine
from app.panels.heads import HeadsBrowser, _head_pressed, _order, _patch_pressed
from app.panels.occlusion import _drawn as occlusion_curves
from app.state.parts import HeadsPair, OcclusionPair
from tests.page_cases import CHOICES, CLASSES, WHOLE, asked, held, run


@pytest.fixture(scope="module")
def browser():
    async def build():
        with gr.Blocks():
            return HeadsBrowser()

    return asyncio.run(build())


@pytest.fixture
def looked(question, told):
    """What is found after “Look inside” as well."""
    return run(question, (*WHOLE, "heads"))


def opened(browser, found, head=-1, patch=-1, **choices):
    """The opened head as it is drawn."""
    chosen = CHOICES._replace(opened_head=head, opened_patch=patch, **choices)
    return browser.draw_opened(found, chosen)[browser.opened]


def numbers(markup):
    """The value that each cell of the first map tells on hovering."""
    first = markup.split("</figure>")[0]
    return [float(value) for value in re.findall(r"column \d+: ([-\d.e]+)</title>", first)]


def test_looking_reads_the_clean_and_the_attacked_picture(tiny, told, looked, results):
    expected = engine.maps.attention_heads(tiny, told.adversarial.saved, told.classes)
    assert torch.equal(looked.heads.attacked.attention, expected.attention)
    assert looked.maps.clean is told.maps.clean and looked.defences == told.defences
    assert held(asked(tiny, results, CHOICES._replace(eps=0.5)), ("heads",)).heads is None


def test_a_pressed_patch_shows_what_it_reads(browser, looked):
    picked = _patch_pressed(looked, CHOICES, SimpleNamespace(cell=10))
    drawn = browser.draw_opened(looked, CHOICES._replace(opened_head=3, **picked))[browser.opened]
    heads = looked.heads.clean.attention.shape[1]
    layer, head = divmod(3, heads)
    expected = looked.heads.clean.from_patch(1, 2)[layer, head]
    assert numbers(drawn) == pytest.approx(expected.flatten().tolist(), rel=1e-3)
    assert "row 2, column 3" in drawn and 'data-at="10"' in drawn and 'data-head="3"' in drawn
    assert _patch_pressed(looked, CHOICES, SimpleNamespace(cell=-1)) == {"opened_patch": -1}


def test_a_pressed_head_is_opened_at_its_class_token(browser, looked):
    picked = _head_pressed(looked, CHOICES._replace(opened_patch=10), SimpleNamespace(index=3))
    assert picked == {"opened_head": 3, "opened_patch": -1}
    drawn = opened(browser, looked, *picked.values())
    layer, head = divmod(3, looked.heads.clean.attention.shape[1])
    expected = looked.heads.clean.attention[layer, head]
    assert numbers(drawn) == pytest.approx(expected.flatten().tolist(), rel=1e-3)
    assert "the patch in row" not in drawn


@pytest.mark.parametrize("wrong", [{}, {"cell": 64}, {"cell": -2}, {"cell": "3"}, {"cell": None}, {"cell": 1.5}])
def test_a_press_on_a_patch_that_is_not_there_changes_nothing(told, looked, wrong):
    assert _patch_pressed(looked, CHOICES, SimpleNamespace(**wrong)) == {}
    assert _patch_pressed(told, CHOICES, SimpleNamespace(cell=3)) == {}


@pytest.mark.parametrize("wrong", [{}, {"index": 99}, {"index": -1}, {"index": "3"}, {"index": None}])
def test_a_press_on_a_head_that_is_not_there_changes_nothing(told, looked, wrong):
    assert _head_pressed(looked, CHOICES, SimpleNamespace(**wrong)) == {}
    assert _head_pressed(told, CHOICES, SimpleNamespace(index=3)) == {}


def test_every_head_has_its_tile_in_the_order_asked_for(browser, looked):
    layers, heads = looked.heads.clean.entropies.shape
    asked_for = CHOICES._replace(heads_which="attacked", heads_order="focused")
    drawn = browser.draw_grid(looked, asked_for)[browser.heads]
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
    marked = replace(looked, heads=HeadsPair(changed, clean))
    drawn = opened(browser, marked, 0)
    assert "clean 1, attacked 0" in drawn and drawn.count('class="marked"') == 2
    assert "would be dashed" in opened(browser, looked, 0)


def test_the_map_is_tested_beside_a_random_one(tiny, told, question, results):
    found = run(question, (*WHOLE, "occlusion"))
    drawn_from, pair = told.maps.clean, found.occlusion
    expected = engine.maps.occlude(tiny, told.adversarial.clean, drawn_from.raw, told.classes, drawn_from.label)
    assert torch.allclose(pair.map.deletion, expected.deletion)
    assert not torch.equal(pair.map.deletion, pair.chance.deletion)
    by_chance = engine.maps.occlude(tiny, told.adversarial.clean, told.chance_map, told.classes, drawn_from.label)
    assert torch.allclose(pair.chance.deletion, by_chance.deletion)
    curves = occlusion_curves(found)
    for area in (pair.map.deletion_area, pair.map.insertion_area, pair.chance.deletion_area):
        assert f"area {area:.3f}" in curves
    about = CHOICES._replace(about=CLASSES.names[0])
    assert held(asked(tiny, results, about), ("occlusion",)).occlusion is None


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


def test_what_is_opened_is_drawn_as_is_chosen_and_of_what_is_not_there_the_first_of_the_last_layer(browser, looked):
    again = opened(browser, looked, 3, 10, cells="smooth", scale="own")
    assert "the patch in row 2, column 3" in again and "<image" in again and 'fill="transparent"' in again
    layers, heads = looked.heads.clean.entropies.shape
    for place in (-1, layers * heads, 10**9):
        assert f'data-head="{(layers - 1) * heads}" data-at="-1"' in opened(browser, looked, place, 10**6)


def test_before_looking_the_fold_says_what_to_press(browser, told):
    assert "Look inside" in browser.draw_grid(told, CHOICES)[browser.heads]
    assert browser.draw_opened(told, CHOICES) == {browser.opened: ""}
    assert set(browser.draw_layers(told, CHOICES).values()) == {""}
