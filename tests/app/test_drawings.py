"""Drawings for several visitors: made once for what is the same, never across what is a visitor's own."""

from dataclasses import replace

import gradio as gr
import pytest

import engine
from app.state.found import Found
from app.state.visitors import Progress
from app.wiring.drawings import Drawings
from app.wiring.pieces import Piece
from tests.page_cases import CHOICES, picture


class Counted:
    """A piece that counts how often it is drawn, and what it reads."""

    def __init__(self, *reads: str) -> None:
        self.output, self.drawn = gr.HTML(), 0
        self.piece = Piece(self._draw, [self.output], reads or ("clean",), choices=("colours", "defences"))

    def _draw(self, found, choices):
        self.drawn += 1
        return {self.output: gr.update(value=f"{found.made} in {choices.colours}", visible=True)}


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def sample(tiny) -> Found:
    """A sample with its clean answer."""
    return Found(picture=picture(tiny), made={"clean": "a"})


def times(drawings: Drawings, counted: Counted, *found: Found, choices=CHOICES, controls=()) -> int:
    """How often the piece is drawn for these."""
    before = counted.drawn
    for one in found:
        assert drawings.draw(counted.piece, one, choices, frozenset(controls)) == counted.piece.draw(one, choices)
    return counted.drawn - before - len(found)


def test_the_same_is_drawn_once_for_all_who_look_at_it(counted, sample):
    assert times(Drawings(), counted, sample, replace(sample), sample) == 1


def test_another_result_or_choice_or_model_is_drawn(counted, sample):
    drawings = Drawings()
    others = [replace(sample, made={"clean": "b"}), replace(sample, model="another")]
    assert times(drawings, counted, sample, *others) == 3
    assert times(drawings, counted, sample, choices=CHOICES._replace(colours="gray")) == 1
    assert times(drawings, counted, sample, choices=CHOICES._replace(defences=["clip"])) == 1
    assert times(drawings, counted, sample, *others, choices=CHOICES._replace(eps=9)) == 0


def test_a_picture_of_ones_own_is_drawn_each_time(counted, sample, tiny):
    shown = picture(tiny)
    mine = replace(sample, picture=replace(shown, picture=engine.story.Picture(shown.pixels, "salt")))
    drawings = Drawings()
    assert times(drawings, counted, mine, mine) == 2 and drawings.size == 0


@pytest.mark.parametrize("reads", ["progress", "batch", "pinned"])
def test_what_is_found_for_one_visitor_only_is_drawn_each_time(sample, reads):
    assert times(Drawings(), Counted("clean", reads), sample, sample) == 2


def test_controls_are_drawn_for_each_visitor_as_they_may_show_a_choice(counted, sample):
    assert times(Drawings(), counted, sample, sample, controls=[counted.output]) == 2


def test_whoever_changes_what_he_is_given_changes_it_for_nobody_else(counted, sample):
    drawings = Drawings()
    drawings.draw(counted.piece, sample, CHOICES, frozenset())[counted.output].pop("value")
    assert drawings.draw(counted.piece, sample, CHOICES, frozenset())[counted.output]["value"]


def test_the_oldest_make_room_and_none_is_kept_for_long(counted, sample):
    now = [0.0]
    other = replace(sample, made={"clean": "b"})
    drawings = Drawings(keep=10.0, clock=lambda: now[0])
    assert times(drawings, counted, sample, sample) == 1
    drawings.most = drawings.size + 1
    assert times(drawings, counted, other, sample, sample) == 2
    size = drawings.size
    now[0] = 11.0
    assert times(drawings, counted, sample, replace(sample, progress=Progress(3))) == 1
    assert drawings.size == size <= drawings.most
