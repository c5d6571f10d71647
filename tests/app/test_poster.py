"""The poster on top of the verdict: which pictures it has, what they say, and what is drawn for print."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex

import engine
from app.figures.bars import prediction_bars, rows_of
from app.figures.html import esc, percent
from app.figures.poster import BARS, SIDE, frames, poster, title_of
from app.figures.printed import GREY, INK, POSTER, printed, printed_poster
from app.text import verdict as text
from app.text import words as common
from engine.results import Familiarity


def _words(figure) -> str:
    return " ".join(one.get_text() for one in figure.texts).replace("\n", " ")


def test_its_three_pictures_are_the_story_with_the_answers_of_the_results(told):
    clean, attacked, defended = frames(told)
    hit, methods = told.adversarial, {each.defence: each.prediction for each in told.defences}
    assert clean.answer is hit.before and attacked.answer is hit.after_saved and defended.answer is methods["a-tpt"]
    assert [frame.kind for frame in (clean, attacked, defended)] == ["clean", "attacked", "defended"]
    assert all(frame.picture.shape == (SIDE, SIDE, 3) for frame in (clean, attacked, defended))
    drawn = poster(told, "RN50/openai")
    for frame in frames(told):
        assert esc(frame.title) in drawn and f'<p class="says">{esc(frame.answer.name)}</p>' in drawn
        assert percent(frame.answer.confidence) in drawn
    assert engine.MAPS[told.maps.attacked.map].title in drawn
    assert f"<b>{esc(title_of('RN50/openai'))}</b>" in drawn and "<b>tiny</b>" in poster(told, "tiny")


def test_a_long_class_name_is_drawn_smaller(told):
    names = (f"{'very ' * 20}long name", *told.classes.names[1:])
    long = engine.Prediction(engine.Classes(names), 9 * torch.eye(len(names))[0])
    found = replace(told, adversarial=replace(told.adversarial, before=long))
    assert poster(found, "tiny").count('class="says long"') == 1 and "says long" not in poster(told, "tiny")


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
    assert text.POSTER_MAP.split("{")[0] not in poster(replace(told, maps=None), "tiny")


@pytest.mark.parametrize("known", [True, False])
def test_what_nobody_knows_is_left_out(told, known):
    hit = told.adversarial if known else replace(told.adversarial, clean=None, before=None)
    shown = frames(replace(told, adversarial=hit, defences=()))
    assert [frame.title for frame in shown] == [text.POSTER_CLEAN] * known + [text.POSTER_ATTACKED, text.POSTER_YOURS]
    assert shown[-1].answer is told.ensemble.prediction
    assert len(frames(replace(told, adversarial=hit, defences=(), ensemble=None))) == len(shown) - 1


def test_a_refused_picture_is_shown_without_a_claim(told):
    strange = replace(told, clean=replace(told.clean, familiarity=Familiarity(3.0, -1.0)))
    drawn = poster(strange, "tiny")
    coloured = [f'class="{kind}' for kind in ("clean", "attacked", "defended")]
    assert "mark good" not in drawn and not any(kind in drawn.replace('"bar ', '"') for kind in coloured)
    bars = [axes.patches[0].get_facecolor() for axes in printed_poster(strange, "tiny").axes if axes.patches]
    assert [to_hex(bar) for bar in bars] == [GREY] * 3 and POSTER["defended"] != GREY
    judged = poster(told, "tiny")
    assert all(kind in judged and kind in judged.replace('"bar ', '"') for kind in coloured)


def test_a_defence_that_answers_wrong_has_no_green_title(told):
    answer, own = told.adversarial.before, next(each for each in told.defences if each.defence == "a-tpt")
    good, bad = (
        replace(told, defences=(replace(own, prediction=one),))
        for one in (answer, replace(answer, logits=-answer.logits))
    )
    assert good.right(answer) and not bad.right(bad.defences[0].prediction)
    for found, fails in ((good, False), (bad, True)):
        assert (f'<figcaption class="wrong">{text.POSTER_DEFENDED}' in poster(found, "tiny")) == fails
        title = next(one for one in printed_poster(found, "tiny").texts if one.get_text() == text.POSTER_DEFENDED)
        assert (to_hex(title.get_color()) == INK) == fails


@pytest.mark.slow
def test_print_has_the_same_words(told):
    words = _words(printed(told, "ViT-B-32/openai")["poster"])
    assert text.POSTER_MAP.format(map=engine.MAPS[told.maps.attacked.map].title) in words
    assert f" · {title_of('ViT-B-32/openai')} · " in words
    for frame in frames(told):
        assert frame.title in words and f"{frame.answer.name} {percent(frame.answer.confidence)}" in words
    assert "poster" not in printed(replace(told, defences=(), ensemble=None), "tiny")


@pytest.mark.parametrize("given", [True, False])
def test_print_has_the_rows_of_the_page_with_their_shares(told, given):
    wrong = replace(told.adversarial.after_saved, logits=told.adversarial.after_saved.logits.neg())
    label = int(wrong.logits.argmin()) if given else None
    found = replace(told, label=label, adversarial=replace(told.adversarial, after_saved=wrong))
    figure = printed_poster(found, "tiny")
    place = [frame.kind for frame in frames(found)].index("attacked")
    axes = [each for each in figure.axes if each.patches][place]
    rows = rows_of(wrong, BARS, found.reference, found.given)
    drawn = prediction_bars([("", "attacked", wrong)], BARS, found.reference, found.given)
    assert [label.get_text().replace("\n", " ") for label in axes.get_yticklabels()] == [
        f"{mark[:1]} {name}".strip() for name, _, mark in rows
    ]
    assert [one.get_text() for one in axes.texts] == [percent(share) for _, share, _ in rows]
    assert any(mark for _, _, mark in rows) and all(
        mark in drawn and percent(share) in drawn for _, share, mark in rows
    )
    assert common.REFERENCE_SHORT[found.given] in _words(figure)


def test_cells_that_the_attack_was_kept_to_are_named_on_the_page_and_in_print(told):
    some = replace(told, adversarial=replace(told.adversarial, only_cells="2x2:2.3"))
    by = f"{engine.ATTACKS[some.adversarial.attack].title}, 4/255 in 3 of 4 cells"
    assert f'<span class="fine aloud">{by}.</span>' in poster(some, "tiny") and by in _words(
        printed_poster(some, "tiny")
    )
    assert "cells" not in poster(told, "tiny") + _words(printed_poster(told, "tiny"))
