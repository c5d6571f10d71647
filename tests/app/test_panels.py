"""The page without a browser: every panel draws whatever is found, figures escape and say what they show."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import engine
from app.choices import NO_TRUTH, Choices
from app.components.controls import shown
from app.components.slider import Range
from app.figures.bars import explained, prediction_bars
from app.figures.curves import Line, bundle, curve, weight_columns
from app.figures.ground import Ground
from app.figures.heads import head_grid
from app.figures.html import aligned, differing, differing_words, esc, levels, percent, short, signed, underlines
from app.figures.journey import finding, journey, status
from app.figures.maps import SEQUENTIAL, Look, difference_map, heat_map, outlined
from app.figures.pictures import amplified, gain_for, to_uint8
from app.panels.attack import _curve, verdict
from app.panels.tuning import _what_it_did
from app.panels.verdict import _defences, _defended, _head, _table
from app.panels.views import _summary
from app.samples import load_samples
from app.state.found import Found
from app.state.shown import Shown
from app.state.visitors import Progress
from app.text import views as views_text
from app.text import words as text
from app.text.counted import counted
from engine.overlays import Scale
from engine.story import Picture
from tests.app.drawing import drawn as all_drawn
from tests.page_cases import CHOICES, CLASSES, EVERYTHING, run

EVEN = Scale(-2e-4, 2e-4, even=True)

NASTY = "<img src=x onerror=alert(1)> {{value}} ${value} `x`"


def test_the_story_is_found_as_a_whole(told):
    assert None not in (told.clean, told.adversarial, told.maps, told.views, told.ensemble)
    assert [step.index for step in told.steps] == [0, 1, 2]
    assert [defence.defence for defence in told.defences] == ["clip", "a-tpt"]


@pytest.mark.parametrize(("written", "meant"), [(32, 32), (3, 8), (500, 128), (None, 8)])
def test_a_half_written_number_counts_as_the_nearer_end_of_its_slider(written, meant):
    assert Range(8, 128, 64, step=8).preprocess(written) == meant


def test_choices_become_settings_or_a_sentence():
    settings = CHOICES.settings()
    assert settings.attack.epsilon == 4 / 255 and settings.views.seed == settings.attack.seed == 0
    assert settings.defences == ("clip", "a-tpt")
    assert CHOICES.label(CLASSES) == 1 and CHOICES._replace(true_class=NO_TRUTH).label(CLASSES) is None
    with pytest.raises(engine.EngineError, match="seed"):
        CHOICES._replace(seed=-1).settings()


def waits(found: Found) -> list[str]:
    """What the cards of the steps say that have found nothing."""
    return re.findall(r'card-head"></span><span class="card-detail">([^<]+)<', journey(found))[:-1]


def test_a_card_without_a_finding_says_whether_there_was_one_with_other_settings(told):
    left = Found(clean=told.clean, elsewhere=frozenset(EVERYTHING))
    assert waits(left) == [text.NOT_WITH_THESE] * 5
    assert waits(replace(left, elsewhere=frozenset({"clean", "adversarial", "ensemble"}))) == [
        text.NOT_WITH_THESE, "Needs the attack.", "Needs the attack.", "Needs the views.", text.NOT_WITH_THESE,
    ]  # fmt: skip
    assert waits(replace(left, elsewhere=frozenset({"clean"})))[0] == "Not run yet."
    assert "Not run yet." in waits(replace(left, progress=Progress(3)))  # it comes, or is left out


def test_a_part_of_the_methods_is_a_finding_only_while_the_others_are_on_their_way(told):
    part = replace(told, ensemble=None, defences=told.defences[:1], partial=frozenset({"defences"}))
    assert finding(part, 6) is None and finding(replace(part, progress=Progress(6)), 6) is not None
    assert finding(replace(part, partial=frozenset()), 6) is not None


def test_nothing_a_visitor_writes_becomes_markup():
    classes = engine.Classes((NASTY, "blue fish"))
    prediction = engine.Prediction(classes, torch.tensor([1.0, 0.0]))
    seen = Shown(NASTY, "", (1, 1), Picture(torch.zeros(3, 8, 8)))
    found = Found(classes=classes, clean=prediction, picture=seen)
    drawn = (
        prediction_bars([(NASTY, "clean", prediction)], 2, 0),
        journey(found),
        status(NASTY),
        differing(NASTY, "blue fish"),
        curve(NASTY, [Line(NASTY, "clean", [1, 2])], "x", "y", 1),
        heat_map(NASTY, torch.rand(2, 2), Ground(torch.rand(3, 8, 8)), Scale(0, 1), Look()).figure(),
    )
    for markup in drawn:
        assert "<img src=x" not in markup and "{{" not in markup and "${" not in markup and "`" not in markup
    assert esc("{$}") == "&#123;&#36;&#125;"


def test_numbers_are_not_rounded_into_lies():
    told = [percent(v).replace("\u00a0", " ") for v in (0, 0.0004, 0.5, 0.99951, 1)]
    assert told == ["0.0 %", "< 0.1 %", "50.0 %", "> 99.9 %", "100.0 %"] and " " not in percent(0.5)
    assert levels(4 / 255) == "4/255" and levels(0.5 / 255) == "0.50/255"


def test_bars_mark_the_class_to_be_answered_even_when_it_is_unlikely():
    prediction = engine.Prediction(CLASSES, torch.tensor([9.0, 5.0, 0.0]))
    drawn = prediction_bars([("clean", "clean", prediction)], 2, 2, given=True)
    assert "★ true class" in drawn and "green" in drawn and drawn.count("bar-row") == 2
    assert "☆ clean answer" in prediction_bars([("clean", "clean", prediction)], 2, 0, given=False)


def test_differing_words_are_marked_by_place():
    assert differing("red fish", "red fish") == "red fish"
    assert differing("pink and red fish", "pink and pink fish") == 'pink and <em class="differs">red</em> fish'
    assert differing_words("blue and red fish", "blue and pink fish") == ["red"]
    assert differing_words("red and blue striped fish", "red striped fish") == ["and", "blue"]


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("beetle", "bird"),
        ("computer", "computer mouse"),
        ("computer mouse", "computer"),
        ("big red fish", "a bird now"),
    ],
)
def test_names_that_cannot_be_compared_word_by_word_are_not_underlined(name: str, reference: str):
    assert differing(name, reference) == name
    assert differing_words(name, reference) == name.split()


def test_what_is_underlined_is_explained_to_an_audience_where_there_is_any():
    for names, compared in ((("red fish", "blue fish"), True), (("beetle", "bird"), False)):
        prediction = engine.Prediction(engine.Classes(names), torch.tensor([9.0, 5.0]))
        bars = prediction_bars([("clean", "clean", prediction)], 2, 0)
        assert underlines(bars) == compared == (text.DIFFERS_PRESENTED[True] in explained(bars, True))


def test_maps_share_a_scale_and_outline_a_fifth():
    cells = torch.arange(25.0).view(5, 5)
    assert outlined(cells).sum() == 5
    nearly_empty = torch.zeros(5, 5)
    nearly_empty[0, :3] = torch.tensor([1.0, 0.5, 1e-6])
    assert outlined(nearly_empty).nonzero()[1].tolist() == [0, 1]  # the order of what is all but zero is noise
    assert not outlined(torch.full((5, 5), 0.5)).any() and not outlined(torch.zeros(5, 5)).any()
    drawn = heat_map("Clean", cells, Ground(torch.rand(3, 20, 20)), Scale(0.0, 24.0), Look()).figure()
    assert drawn.count("<rect") == 25 and 'role="img"' in drawn and "≥ 24" in drawn and 'class="contour"' in drawn
    signed = difference_map("Change", cells - 12, Ground(torch.rand(3, 20, 20)), Look()).figure()
    assert "≤ −12" in signed and "≥ 12" in signed
    smooth = heat_map("Clean", cells, Ground(torch.rand(3, 20, 20)), Scale(0.0, 24.0), Look(smooth=True)).figure()
    assert smooth.count('fill="transparent"') == smooth.count("<rect") == 25 and "data-cell" in smooth


def test_curves_survive_flat_single_and_infinite_values():
    for values in ([0.0], [1.0, 1.0], [float("inf"), 1.0]):
        assert "<svg" in curve("t", [Line("a", "clean", values)], "x", "y", 1)
    drawn = bundle("t", [[0.1, 0.1], [0.2, 0.1]], {0}, "y")
    assert drawn.count("<polyline") == 2 and drawn.index('class="other"') < drawn.index('class="drives"')
    assert "mean of 2 views 0.150 at first and 0.100 now" in drawn
    assert "<svg" in bundle("t", [[0.0]], set(), "y")
    assert weight_columns([0.5, 0.5], {1}).count("<rect") == 2


def test_pictures_are_rounded_and_amplified_around_grey(told):
    assert to_uint8(torch.full((3, 1, 1), 0.999)).tolist() == [[[255, 255, 255]]]
    hit = told.adversarial
    assert gain_for(hit) == 31 and gain_for(replace(hit, saved=hit.clean, norm="l2")) == 1
    assert gain_for(replace(hit, saved=hit.clean + 2 / 255, norm="l2")) == 40  # 63 would fill the scale
    assert amplified(torch.zeros(3, 1, 1), 31).tolist() == [[[128, 128, 128]]]


@pytest.fixture(scope="session")
def everything(question) -> Found:
    """What is found once every part has been asked for."""
    return run(question, EVERYTHING)


PARTLY = {
    "nothing": lambda found: Found(),
    "the story": lambda found: replace(found, every=(), words=None, heads=None, occlusion=None),
    "everything": lambda found: found,
    "no views": lambda found: replace(found, views=None, steps=(), ensemble=None),
    "no defences": lambda found: replace(found, defences=()),
    "only the attack": lambda found: Found("", found.picture, found.classes, 1, found.clean, found.adversarial),
    "no true class": lambda found: replace(found, label=None),
}


@pytest.mark.parametrize("partly", PARTLY)
def test_every_piece_draws_whatever_is_found_and_nothing_but_its_outputs(page, everything, partly):
    found = PARTLY[partly](everything)
    for _, piece in page.screens.pieces:
        updates = piece.draw(found, CHOICES)
        assert set(updates) <= set(piece.outputs)
        if found.classes is not None and not all(output in page.controls.values() for output in piece.outputs):
            assert set(updates) == set(piece.outputs), "what is not drawn would show what is no longer found"


def test_every_control_is_read_in_the_order_of_the_choices_and_every_name_is_used_once(built):
    demo, page = built
    assert len(page.inputs) == 1 + len(Choices._fields) and set(page.controls) == set(Choices._fields)
    identifiers = [block.elem_id for block in demo.blocks.values() if getattr(block, "elem_id", None)]
    assert len(identifiers) == len(set(identifiers)) > 100


def test_every_picture_leaves_the_server_without_loss(built):
    formats = {b.format for b in built[0].blocks.values() if hasattr(b, "format")}
    assert "png" in formats and formats <= {"png", None}


def test_a_picture_shown_again_is_exact_and_not_written_again(tiny, told):
    picture = torch.randint(0, 256, (8, 8, 3), generator=torch.Generator().manual_seed(3), dtype=torch.uint8).numpy()
    first = Path(shown(picture))
    assert (np.asarray(Image.open(first)) == picture).all()
    first.write_bytes(b"a reader is here")
    assert Path(shown(picture)) == first and first.read_bytes() == b"a reader is here"
    first.unlink()


def test_no_panel_hands_gradio_an_array_to_write(page, everything):
    updates = all_drawn(page, everything).values()
    values = [value["value"] if isinstance(value, dict) and "value" in value else value for value in updates]
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    assert sum(str(item).endswith("picture.png") for item in flat) >= 8
    assert not any(isinstance(item, np.ndarray) for item in flat)


def test_samples_without_a_list_are_none(tmp_path):
    assert load_samples(tmp_path) == ()


@pytest.mark.parametrize("name", engine.ATTACKS)
def test_the_badge_tells_what_this_attacker_knows(tiny, name):
    settings = engine.AttackSettings(attack=name, steps=1)
    *_, result = engine.attack(tiny, torch.rand(3, 64, 64), engine.Classes(("cat", "dog", "owl", "fox")), settings)
    told = verdict(result)
    assert engine.ATTACKS[name].threat in told
    assert ("knows nothing of any defence" in told) == (
        name
        not in ("pgd-crops", "pgd-views", "pgd-transformations", "pgd-unnoticed", "adaptive", "corruption", "noise")
    )


def test_an_attack_without_a_gradient_proves_nothing_on_every_panel(told):
    held = replace(told.adversarial, after_saved=told.adversarial.before, label=told.adversarial.before.label)
    sees, blind = held, replace(held, zero_gradient=True)
    for result, nothing in ((sees, False), (blind, True), (replace(blind, target=2, label=1), True)):
        found = replace(told, adversarial=result)
        for drawn in (verdict(result), _head(found), journey(found)):
            assert ("Proves nothing" in drawn) == nothing
            assert ("Held" in drawn or "Attack failed" in drawn) == (not nothing)


def test_an_attack_that_ends_early_fills_its_curves(tiny):
    classes = engine.Classes(("cat", "dog", "owl", "fox"))
    *steps, result = engine.attack(tiny, torch.rand(3, 64, 64), classes, engine.AttackSettings("auto", 0.1, steps=2))
    assert len(steps) < steps[0].total
    assert f"{len(steps)} of {len(steps)}" in _curve(result.steps, result.label, len(result.steps), result)
    assert f"{len(steps)} of {steps[0].total}" in _curve(steps, result.label, steps[0].total, result)


def test_step_6_tells_what_each_defence_does_and_where_it_comes_from():
    rows = _defences().split("<tr>")[2:]
    for row, name in zip(rows, engine.DEFENCES.values(), strict=True):
        assert all(esc(told) in row for told in (name.title, name.explanation, name.cost, name.source))


def test_numbers_below_each_other_align_and_small_ones_have_a_power():
    assert [signed(v) for v in (0.5, -0.25, -0.001)] == ["0.50", "−0.25", "0.00"]
    assert [aligned(v) for v in (0.5, -0.25)] == ['<span class="room">0.50</span>', "−0.25"]
    assert [short(v) for v in (0, 12.345, -0.5, 3.7e-5, -1.9e6)] == ["0", "12.3", "−0.5", "3.7·10⁻⁵", "−1.9·10⁶"]
    assert [short(v, 9.7e-5) for v in (4.8e-5, 0.00173, 0.173)] == ["4.8·10⁻⁵", "173·10⁻⁵", "0.173"]


def test_a_cell_beyond_its_scale_is_told_in_words():
    cells = torch.arange(25.0).reshape(5, 5)
    beyond = "strongest cell 24, 2\u00a0× the scale&#x27;s end"
    assert beyond in heat_map("x", cells, Ground(torch.rand(3, 9, 9)), Scale(0, 12.0), Look()).figure()
    assert "strongest cell 24<" in heat_map("x", cells, Ground(torch.rand(3, 9, 9)), Scale(0, 24.0), Look()).figure()


def test_a_scale_with_a_root_says_so_on_its_bar_and_tells_its_middle_value():
    drawn = heat_map("x", torch.rand(3, 3), Ground(torch.rand(3, 9, 9)), Scale(0, 8.0, 3), Look()).figure()
    assert "<span>0</span><span>1</span><span>≥ 8</span>" in drawn and text.ROOTS[3] in drawn
    assert "root" not in heat_map("x", torch.rand(3, 3), Ground(torch.rand(3, 9, 9)), Scale(0, 8.0), Look()).figure()


def test_a_difference_tells_its_sign_and_counts_in_the_power_of_the_maps_beside_it():
    cells, pixels = torch.tensor([[2e-4, -1e-5], [0, 0]]), torch.rand(3, 9, 9)
    drawn = difference_map("x", cells, Ground(pixels), Look(), EVEN, beside=9.7e-5).figure()
    assert "strongest cell +20·10⁻⁵<" in drawn and "≥ 20·10⁻⁵" in drawn and "≤ −20·10⁻⁵" in drawn
    assert "strongest cell −2.0·10⁻⁴<" in difference_map("x", -cells, Ground(pixels), Look(), EVEN).figure()


@pytest.mark.parametrize("colours", SEQUENTIAL)
@pytest.mark.parametrize("scale", [Scale(0.0, 0.5), None])
def test_heads_are_drawn_in_all_colours_with_a_bar(colours, scale):
    drawn = head_grid(torch.rand(2, 3, 4, 4), scale, Look(colours), [[0, 1, 2]] * 2, torch.rand(2, 3))
    assert drawn.count("<button") == 6 and ("≥ 0.5" in drawn) == (scale is not None)
    assert f"#{bytes(engine.overlays.coloured(np.array([1.0]), Look(colours).colour_map)[0]).hex()}" in drawn


def test_the_first_line_of_a_chart_lies_on_top():
    drawn = curve("x", [Line("a", "clean", [0, 1]), Line("b", "attacked", [0, 1])], "step", "share", 1)
    assert drawn.index('polyline class="attacked"') < drawn.index('polyline class="clean"')


@pytest.mark.parametrize("label", [1, None])
def test_only_where_a_true_class_is_given_is_anything_called_right_or_wrong(told, label):
    found = replace(told, label=label)
    drawn = "".join((_table(found, CHOICES), _defended(found, "x"), _what_it_did(found), journey(found)))
    judged = re.search(r"\b(right|wrong)\b", re.sub(r"<[^>]*>", " ", drawn.replace("called right", "")).lower())
    assert bool(judged) == (label is not None)
    assert ("as clean" in drawn and "clean answer" in drawn) == (label is None)


def test_the_weight_in_step_4_names_whose_it_is_and_views_are_still_right_only_where_the_picture_was(told):
    views = told.views
    right = int((views.logits.argmax(-1) == told.reference).sum())
    said = counted(views_text.VIEWS_WEIGHT, right=right)
    assert f"{said}<" in _summary(told) and "Their" not in _summary(told)
    whose = "the 1 view that answers so" if right == 1 else f"all {right} views that answer so"
    assert said == f"Weight of {whose}"
    others = _answer(told, 1).logits.expand_as(views.logits)
    none = _summary(replace(told, views=replace(views, logits=others)))
    assert f">0 of {len(views)}<" in none and "Weight of" not in none
    hit = replace(told.adversarial, label=told.reference)
    names = [replace(told, adversarial=replace(hit, before=one)) for one in (_answer(told, 0), _answer(told, 1))]
    assert [finding(found, 4)[1].startswith("still ") for found in names] == [True, False]


def _answer(found, away):
    """An answer of `away` classes behind the one that is right."""
    place = (found.reference + away) % len(found.classes)
    return replace(found.clean, logits=torch.eye(len(found.classes))[place])
