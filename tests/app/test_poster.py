"""The poster on top of the verdict: which pictures it has, what they say, and what is drawn for print."""

from dataclasses import replace

import numpy as np
import pytest

import engine
from app.figures.html import esc, percent
from app.figures.poster import SIDE, frames, poster
from app.figures.printed import GREY, POSTER, printed, printed_poster
from app.text import words as text
from engine.results import Familiarity


def _words(figure) -> str:
    return " ".join(one.get_text() for one in figure.texts).replace("\n", " ")


def test_its_three_pictures_are_the_story_with_the_answers_of_the_results(told):
    clean, attacked, defended = frames(told)
    hit, methods = told.adversarial, {each.defence: each.prediction for each in told.defences}
    assert clean.answer is hit.before and attacked.answer is hit.after_saved and defended.answer is methods["a-tpt"]
    assert [frame.kind for frame in (clean, attacked, defended)] == ["clean", "attacked", "defended"]
    assert all(frame.picture.shape == (SIDE, SIDE, 3) for frame in (clean, attacked, defended))
    drawn = poster(told)
    for frame in frames(told):
        assert esc(frame.title) in drawn and f'<p class="says">{esc(frame.answer.name)}</p>' in drawn
        assert percent(frame.answer.confidence) in drawn
    assert engine.MAPS[told.maps.attacked.map].title in drawn


def test_the_last_picture_is_as_bright_as_its_map_says(told):
    _, attacked, lit = frames(told)
    cells = told.maps.attacked.raw.numpy()
    bright, dark = (np.unravel_index(place, cells.shape) for place in (cells.argmax(), cells.argmin()))
    cell = SIDE // len(cells)

    def share(place) -> float:
        row, column = (int((each + 0.5) * cell) for each in place)
        patch = np.s_[row - 2 : row + 3, column - 2 : column + 3]
        return lit.picture[patch].sum() / max(attacked.picture[patch].sum(), 1)

    assert share(bright) > 0.9 and share(dark) < 0.5
    assert np.array_equal(frames(replace(told, maps=None))[-1].picture, attacked.picture)
    assert text.POSTER_MAP.split("{")[0] not in poster(replace(told, maps=None))


@pytest.mark.parametrize("known", [True, False])
def test_what_nobody_knows_is_left_out(told, known):
    hit = told.adversarial if known else replace(told.adversarial, clean=None, before=None)
    shown = frames(replace(told, adversarial=hit, defences=()))
    assert [frame.title for frame in shown] == [text.POSTER_CLEAN] * known + [text.POSTER_ATTACKED, text.POSTER_YOURS]
    assert shown[-1].answer is told.ensemble.prediction
    assert len(frames(replace(told, adversarial=hit, defences=(), ensemble=None))) == len(shown) - 1


def test_a_refused_picture_is_shown_without_a_claim(told):
    strange = replace(told, clean=replace(told.clean, familiarity=Familiarity(3.0, -1.0)))
    assert "defended" not in [frame.kind for frame in frames(strange)] and "mark good" not in poster(strange)
    bars = [axes.patches[0].get_facecolor() for axes in printed_poster(strange).axes if axes.patches]
    assert len(bars) == 3 and len(set(bars)) == 1 and POSTER["defended"] != GREY


def test_print_has_the_same_words(told):
    words = _words(printed(told)["poster"])
    for frame in frames(told):
        assert frame.title in words and f"{frame.answer.name} {percent(frame.answer.confidence)}" in words
    assert "poster" not in printed(replace(told, defences=(), ensemble=None))
