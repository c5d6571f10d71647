"""What was pinned beside what is there now: on one scale where that means something, and said where it does not."""

import base64
import io
import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.comparison import AREAS, compared
from app.figures.compare.maps import maps
from app.figures.compare.sides import Side
from app.figures.compare.verdict import verdict
from app.figures.html import UNDEFINED, short, signed
from app.figures.maps import Look as MapLook
from app.figures.pictures import gain_for, to_uint8
from app.state.found import Found, Pinned
from app.state.history import Look
from app.text import compare as text
from app.text import words
from engine.story import Results
from tests.page_cases import CHOICES, EVERYTHING, WHOLE, asked, held, picture, run

STEPS = sorted(AREAS)
OTHER = CHOICES._replace(eps=2, views=16, tune_steps=3, loss="marginal")
SEEN = MapLook()


@pytest.fixture(scope="module")
def shown(tiny):
    return picture(tiny, source="sample 0")


@pytest.fixture(scope="module")
def now(tiny, shown) -> Found:
    return run(asked(tiny, Results(), CHOICES, shown), WHOLE, shown)


@pytest.fixture(scope="module")
def before(tiny, shown) -> Found:
    return run(asked(tiny, Results(), OTHER, shown), WHOLE, shown)


def with_pin(now: Found, before: Found, choices=OTHER, wants=EVERYTHING, away=False) -> Found:
    """What is found now, compared with what was found before."""
    return replace(now, pinned=Pinned(Look(before.model, before.picture, choices, frozenset(wants)), before, away))


def area(number: int, found: Found, choices=CHOICES) -> str:
    return compared(number, AREAS[number], found, choices)


def sides(before: Found, now: Found) -> list[Side]:
    return [Side("Pinned", "pinned", before, OTHER), Side("Now", "now", now, CHOICES)]


def test_every_step_with_a_panel_to_compare_has_an_area(page):
    assert [number for number, panel in page.panels.items() if panel.compared is not None] == STEPS
    assert all(page.panels[number].compared.elem_id == f"compare-{number}" for number in STEPS)


@pytest.mark.parametrize("number", STEPS)
def test_nothing_is_drawn_while_nothing_is_pinned_or_nothing_is_there(now, number):
    assert area(number, now) == ""
    assert area(number, with_pin(Found(picture=now.picture), Found(picture=now.picture))) == ""


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_both_sides_are_drawn_and_named(before, now, number):
    drawn = area(number, with_pin(now, before))
    assert text.COMPARE_PINNED in drawn and text.COMPARE_NOW in drawn and text.COMPARE_NOT_YET not in drawn
    assert not re.search(r"\bnan\b|None", drawn)


@pytest.mark.parametrize("number", STEPS)
def test_what_is_the_same_on_both_sides_is_said_and_not_drawn_twice(now, number):
    drawn = area(number, with_pin(now, now, CHOICES))
    assert text.COMPARE_SAME in drawn and "<svg" not in drawn and 'class="bars"' not in drawn


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
def test_what_is_not_computed_yet_is_said_beside_what_was_pinned(tiny, before, now, shown, number):
    left = held(asked(tiny, Results(), CHOICES, shown), WHOLE, shown)
    left = replace(left, clean=now.clean, made={"clean": now.made["clean"]})
    drawn = area(number, with_pin(left, before))
    assert text.COMPARE_NOT_YET in drawn and ('class="bars"' in drawn or "<svg" in drawn or "<table" in drawn)
    assert "Now − pinned" not in drawn


def test_step_1_names_no_button_where_the_picture_has_no_answer_now(before, now):
    drawn = area(1, with_pin(replace(now, clean=None, made={}), before))
    assert text.COMPARE_NO_ANSWER in drawn and "button" not in drawn and 'class="bars"' in drawn


def test_what_was_dropped_meanwhile_is_said(before, now):
    gone = replace(before, adversarial=None, made={"clean": before.made["clean"]})
    assert text.COMPARE_LOST in area(2, with_pin(now, gone))
    assert text.COMPARE_NEVER in area(2, with_pin(now, gone, wants=("clean",)))
    assert text.COMPARE_AWAY in area(2, with_pin(now, replace(gone, made={}), away=True))


# -- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_equal_on_both_sides_has_one_bar_and_one_that_is_not_has_two(before, now):
    clean, attacked = re.split(r"<h2>", area(2, with_pin(now, before)))[-2:]
    assert text.COMPARE_SAME_ANSWER in clean and "clean pinned" not in clean
    assert "attacked pinned" in attacked and "attacked now" in attacked


def test_answers_among_other_classes_stand_apart_and_are_not_compared(tiny, before, now, shown):
    choices = CHOICES._replace(class_names="red fish\nblue fish\nowl")
    other = run(asked(tiny, Results(), choices, shown), WHOLE, shown)
    for number in (1, 2, 5):
        drawn = area(number, with_pin(now, other, choices))
        assert text.COMPARE_OTHER_CLASSES in drawn and "owl" in drawn and "green" in drawn
        assert 'class="bar clean pinned' not in drawn and " while tuning" not in drawn
    assert text.COMPARE_TWO_LISTS in area(6, with_pin(now, other, choices))
    assert text.COMPARE_TWO_LISTS not in area(6, with_pin(now, before))


# -- pictures --------------------------------------------------------------------------------------------------------


def pixels_of(drawn: str) -> list[np.ndarray]:
    """The pictures that are drawn, in their order."""
    codes = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)"', drawn)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(code)))) for code in codes]


def test_attacked_pictures_of_both_sides_and_their_changes_under_one_gain_stand_side_by_side(before, now):
    drawn = area(2, with_pin(now, before))
    gain = min(gain_for(found.adversarial) for found in (before, now))
    assert text.COMPARE_GAIN.format(gain=f"{gain:g}") in drawn
    *attacked, weak, strong = (shown.astype(float) for shown in pixels_of(drawn))
    for shown, found in zip(attacked, (before, now), strict=True):
        assert np.corrcoef(shown.ravel(), to_uint8(found.adversarial.saved).ravel())[0, 1] > 0.5  # noise, and lossy
    assert before.adversarial.epsilon < now.adversarial.epsilon and weak.std() < strong.std()


def test_two_pictures_are_both_shown_and_one_is_not_shown_twice(tiny, before, now):
    other = picture(tiny, seed=2)
    there = run(asked(tiny, Results(), CHOICES, other), WHOLE, other)
    assert len(pixels_of(area(1, with_pin(there, before)))) == 2
    moved = replace(before, made=before.made | {"clean": "other"})
    assert not pixels_of(area(1, with_pin(now, moved)))


# -- maps ------------------------------------------------------------------------------------------------------------


def scale_ends(drawn: str) -> list[str]:
    """What stands at the right end of each colour bar."""
    return re.findall(r"<span>≥ ([^<]+)</span>", drawn)


def test_maps_of_both_sides_share_one_scale_and_their_difference_has_zero_in_the_middle(before, now):
    drawn = maps(sides(before, now), SEEN)
    values = [one.raw.numpy() for found in (before, now) for one in (found.maps.clean, found.maps.attacked)]
    assert scale_ends(drawn)[:2] == [short(engine.overlays.upper_end(*values))] * 2
    assert "Now − pinned" in drawn
    difference = drawn.split("</figcaption>")[-1]
    assert "<span>0</span>" in difference
    change = now.maps.attacked.raw - before.maps.attacked.raw
    strongest = change.flatten()[change.abs().argmax()]
    row, column = divmod(int(change.abs().argmax()), change.shape[1])
    assert f"row {row + 1}, column {column + 1}: {float(strongest):.4g}" in difference
    expected = engine.measures.spearman(before.maps.attacked.raw, now.maps.attacked.raw)
    assert f">{signed(expected)}</td>" in drawn.split("<tbody>")[1]


def test_a_map_that_no_setting_has_changed_is_not_drawn_twice(before, now):
    assert torch.equal(before.maps.clean.raw, now.maps.clean.raw)
    assert text.COMPARE_SAME_MAP in maps(sides(before, now), SEEN)


def test_other_kinds_of_map_have_their_own_scales_and_no_difference(tiny, now, shown):
    other = run(asked(tiny, Results(), CHOICES._replace(map="rollout"), shown), ("adversarial", "maps"), shown)
    drawn = maps(sides(other, now), SEEN)
    assert "have no common unit" in drawn and "Now − pinned" not in drawn
    ends = scale_ends(drawn)
    assert len(set(ends)) == 2 and ends[0] == ends[2] and ends[1] == ends[3]


def test_another_model_has_its_own_scale_and_no_difference_but_places_compare(resnet, now):
    seen = picture(resnet, source="sample 0")
    choices = CHOICES._replace(map="grad-cam") if "grad-cam" in engine.maps.maps_for(resnet) else CHOICES
    other = replace(run(asked(resnet, Results(), choices, seen), ("adversarial", "maps"), seen), model="another")
    assert other.maps.clean.raw.shape != now.maps.clean.raw.shape
    here = replace(now, maps=replace(now.maps, clean=replace(now.maps.clean, map=other.maps.clean.map)))
    drawn = maps(sides(other, here), SEEN)
    assert text.COMPARE_OTHER_MODEL in drawn and "Now − pinned" not in drawn
    assert text.COMPARE_MAP_TABLE in drawn


def test_maps_of_another_picture_have_no_difference_and_no_correlation(tiny, now):
    seen = picture(tiny, seed=2, source="sample 1")
    other = run(asked(tiny, Results(), CHOICES, seen), ("adversarial", "maps"), seen)
    drawn = maps(sides(other, now), SEEN)
    assert text.COMPARE_OTHER_PICTURE in drawn and "Now − pinned" not in drawn
    assert text.COMPARE_MAP_TABLE not in drawn and len(set(scale_ends(drawn))) == 1


def test_maps_about_other_classes_are_named(tiny, now, shown):
    other = run(asked(tiny, Results(), CHOICES._replace(about="red fish"), shown), ("adversarial", "maps"), shown)
    drawn = maps(sides(other, now), SEEN)
    assert "Pinned: evidence for “red fish”" in drawn and "Now: evidence for “blue fish”" in drawn
    assert "Now − pinned" in drawn


def test_flat_maps_have_no_correlation(now):
    flat = replace(now.maps.clean, raw=torch.zeros_like(now.maps.clean.raw))
    drawn = maps(sides(replace(now, maps=replace(now.maps, clean=flat)), now), SEEN)
    assert UNDEFINED in drawn and not re.search(r"\bnan\b", drawn)


# -- views, tuning, verdict ------------------------------------------------------------------------------------------


def test_views_are_counted_and_their_weights_share_one_axis(before, now):
    drawn = area(4, with_pin(now, before))
    most = max(float(found.ensemble.weights.max()) for found in (before, now))
    assert drawn.count(f"{100 * most:.1f} %</text>") == 2
    weights = before.ensemble.weights.numpy().astype(np.float64)
    assert f">{1 / (weights**2).sum():.1f}<" in drawn and ">16<" in drawn and ">8<" in drawn


def test_views_without_weights_say_that_these_come_later(before, now):
    bare = replace(before, ensemble=None, steps=(), made={"views": before.made["views"]})
    drawn = area(4, with_pin(replace(now, ensemble=None, steps=(), made={"views": now.made["views"]}), bare))
    assert words.VIEWS_LATER in drawn and text.COMPARE_NONE in drawn


def test_tuning_shows_which_entropy_each_side_has_lowered(before, now):
    drawn = area(5, with_pin(now, before))
    assert words.LOSSES["marginal"] in drawn and words.LOSSES["pointwise"] in drawn
    assert "while tuning" in drawn and ">3<" in drawn and ">2<" in drawn


def answered(found: Found, **labels: int) -> Found:
    """The same with other answers of the defences of these names."""
    defences = []
    for one in found.defences:
        logits = torch.zeros(len(found.classes))
        logits[labels[one.defence.replace("-", "_")]] = 5
        defences.append(replace(one, prediction=engine.Prediction(found.classes, logits)))
    return replace(found, defences=tuple(defences), ensemble=None)


def test_the_verdict_says_which_methods_have_turned(now):
    first, second = answered(now, clip=0, a_tpt=1), answered(now, clip=1, a_tpt=1)
    drawn = verdict(sides(first, second))
    clip, a_tpt = re.split("<tr>", drawn)[3:5]
    assert "wrong" in clip and "now right" in clip and "now" not in a_tpt.split("</tr>")[0]
    assert "<b>1</b> is right on both" in drawn and "<b>1</b> only now" in drawn
    assert text.COMPARE_OTHER_ANSWER[True] in verdict(sides(first, answered(now, clip=2, a_tpt=1)))


def test_a_method_of_one_side_only_is_said_not_to_have_run(now):
    both = answered(now, clip=0, a_tpt=1)
    one = replace(both, defences=both.defences[:1])
    drawn = verdict(sides(both, one))
    assert text.COMPARE_NOT_RUN in drawn and "Of 1 method on both sides" in drawn


def test_without_a_true_class_nothing_is_called_right(tiny, now):
    unlabelled = answered(replace(now, label=None), clip=0, a_tpt=1)
    drawn = verdict(sides(unlabelled, unlabelled))
    assert "right" not in drawn and "as clean" in drawn and "<b>1</b> keeps the clean answer" in drawn


def test_sides_with_other_true_classes_are_each_judged_by_their_own(now):
    drawn = verdict(sides(replace(now, label=0), now))
    assert "pinned “red fish”, now “blue fish”" in drawn


def test_what_is_right_on_both_sides_has_not_changed_although_another_class_is_right(now):
    first, second = answered(replace(now, label=0), clip=0, a_tpt=2), answered(now, clip=1, a_tpt=0)
    clip, a_tpt = re.split("<tr>", verdict(sides(first, second)))[3:5]
    assert "another" not in clip and text.COMPARE_OTHER_ANSWER[True] in a_tpt


@pytest.mark.parametrize("number", [1, 2, 5])
def test_each_side_has_its_own_bars_where_another_class_is_to_be_answered(now, number):
    drawn = area(number, with_pin(now, replace(now, label=0)))
    assert "pinned “red fish”, now “blue fish”" in drawn
    pinned, new = drawn.split("<h2>Pinned</h2>")[1].split("<h2>Now</h2>")
    for side, name in ((pinned, "red fish"), (new, "blue fish")):
        starred = [line for line in side.split('class="bar-row') if "true class" in line]
        assert starred and all(name in line for line in starred)


def test_an_answer_of_the_defence_that_comes_later_is_drawn(page):
    reads = next(piece.reads for _, piece in page.screens.pieces if page.panels[2].compared in piece.outputs)
    assert "through" in reads


def test_names_that_visitors_write_are_no_markup(tiny, shown):
    nasty = CHOICES._replace(class_names="<b>x</b>\nblue fish", true_class="<b>x</b>")
    found = run(asked(tiny, Results(), nasty, shown), WHOLE, shown)
    other = run(asked(tiny, Results(), nasty._replace(eps=1), shown), WHOLE, shown)
    for number in STEPS:
        assert "<b>x</b>" not in area(number, with_pin(found, other, nasty))
