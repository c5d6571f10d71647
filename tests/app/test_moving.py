"""Which results a control moves, as the browser is told before anything is moved."""

import html
import json
import re

import pytest

from app.wiring.moving import moves

CARD = "#card-{}.done > :not(.card-name)"


@pytest.fixture(scope="module")
def moved_by(built, tiny):
    """By element of a control the ids of all that it moves."""
    _, page = built
    pieces = [piece for _, piece in page.screens.pieces]
    drawn = moves(tiny, page.controls, pieces, page.defaults)
    data = json.loads(html.unescape(re.search(r'data-moves="([^"]*)"', drawn)[1]))
    return {control: [one for part in parts for one in data["shown"][part]] for control, parts in data["moves"].items()}


@pytest.mark.parametrize(("control", "moved", "kept"), [
    ("eps", {"#attack-measured", "#maps", "#verdict-table", CARD.format(2)}, {"#picture-bars", "#severities"}),
    ("views", {"#view-grid", "#tune-loss", "#verdict-table"}, {"#attack-measured", "#maps"}),
    ("learning-rate", {"#tune-loss", "#verdict-table"}, {"#view-grid", "#attack-measured"}),
    ("neighbours", {"#verdict-table", "#verdict-weights"}, {"#tune-loss", "#view-grid", CARD.format(5)}),
])  # fmt: skip
def test_a_control_moves_what_depends_on_it_and_nothing_else(moved_by, control, moved, kept):
    assert moved <= set(moved_by[control]) and not kept & set(moved_by[control])


def test_what_no_result_depends_on_moves_none(moved_by):
    assert "live" not in moved_by and all(moved_by.values())


def test_every_element_that_is_named_is_on_the_page(moved_by, built):
    demo, page = built
    there = {f"#{block.elem_id}" for block in demo.blocks.values() if block.elem_id}
    there |= {CARD.format(step) for step in page.panels}
    assert {one for ids in moved_by.values() for one in ids} <= there
