"""One press sets every control as it stood when the page was loaded."""

import threading

import gradio as gr
import pytest

from app.choices import Choices
from app.state.visitors import FIRST, Visitor
from app.text import inputs as text
from app.text import words
from app.wiring.stopping import Run
from tests.page_cases import CHOICES, picture

OTHERS = ("class_names", "true_class")
SECONDS = 20  # for a thread that should have moved on long ago


@pytest.fixture
def pressed(built):
    """What a press of the button gives the visitor with a key."""
    demo, page = built
    button = next(block for block in demo.blocks.values() if block.elem_id == "start-over")
    (fn,) = [fn for fn in demo.fns.values() if (button._id, "click") in fn.targets and fn.fn]
    return lambda key, choices: next(fn.fn(gr.Request(session_hash=key), 1, *choices))


def test_settings_are_as_at_the_start_and_picture_and_names_stay(tiny, built, pressed):
    _, page = built
    changed = CHOICES._replace(eps=9, views=16, seed=7, weighting="tv", class_names="red bird\nblue bird")
    seen = Visitor("", picture(tiny), changed, asked=frozenset({"clean", "adversarial", "views"}))
    page.visitors.put("me", seen)
    updates = pressed("me", changed)
    now = page.visitors.get("me")
    begun = page.defaults._replace(class_names="red bird\nblue bird", true_class=CHOICES.true_class)
    assert now.choices == begun and now.asked == FIRST and now.picture is seen.picture
    for name in set(Choices._fields) - set(OTHERS):
        value = updates[page.controls[name]]
        assert (value.get("value") if isinstance(value, dict) else getattr(value, "value", value)) == getattr(
            begun, name
        )
    assert now.progress.said == text.STARTED_OVER and now.progress.go == 1
    page.visitors.drop("me")


def test_what_is_computed_for_the_visitor_ends_and_what_is_brought_does_not(tiny, built, pressed):
    _, page = built
    page.visitors.put("me", Visitor("", picture(tiny), CHOICES))
    with page.runs.begun("me", Run(0)) as download:
        with page.runs.begun("me", Run(0, alone=True)) as attack, page.runs.begun("you", Run(0, alone=True)) as other:
            press = threading.Thread(target=pressed, args=("me", CHOICES))
            press.start()
            assert attack.stop.wait(SECONDS) and not page.visitors.get("me").progress.said
            assert not other.stop.is_set()
        press.join(SECONDS)
        assert not download.stop.is_set() and page.visitors.get("me").progress.said == text.STARTED_OVER
    page.visitors.drop("me")


def test_without_a_picture_it_says_what_is_missing(built, pressed):
    _, page = built
    pressed("nobody", CHOICES)
    assert page.visitors.get("nobody").progress.said == words.EMPTY["Picture"]
    page.visitors.drop("nobody")
