"""A thousand classes: what is drawn says of how many it is, and is no longer than for ten."""

import torch

import engine
from app.panels.picture import MOST
from app.state.found import Found
from tests.app.drawing import drawn
from tests.page_cases import CHOICES, picture

THOUSAND = engine.Classes(tuple(f"thing number {place}" for place in range(1000)))


def found_of(classes, tiny):
    logits = torch.linspace(0, 9, len(classes))
    clean = engine.Prediction(classes, logits)
    return Found(picture=picture(tiny), classes=classes, clean=clean, made={"clean": "x"})


def test_the_answer_names_the_likeliest_of_a_thousand_and_no_more(page, tiny):
    panel, found = page.panels[1], found_of(THOUSAND, tiny)
    updates = drawn(page, found, CHOICES)
    bars = updates[panel.bars]
    assert bars.count('class="bar-row"') == MOST and "the likeliest 7 of 1,000; " in bars and "1,000</" in bars
    few = drawn(page, found_of(engine.Classes(THOUSAND.names[:8]), tiny), CHOICES)[panel.bars]
    assert "the likeliest 7 of 8; " in few and len(bars) < len(few) + 200


def test_menus_of_classes_show_a_hundred_until_they_are_scrolled_or_searched(page):
    for name in ("true_class", "about", "against", "target"):
        assert page.controls[name].filterable and page.controls[name].num_choices_shown <= 100
