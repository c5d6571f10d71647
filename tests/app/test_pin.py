"""Pinning a look: what is found of it beside the present one, what the line names, and swapping the two."""

from dataclasses import replace

import gradio as gr
import pytest

from app.choices import NO_TRUTH
from app.components.naming import look_differences, value_named
from app.export.buttons import _beside
from app.pin import NAMED, _pinning, _swapping
from app.state.history import Look
from app.state.tabs import Tabs
from app.state.visitors import FIRST, Visitor, Visitors
from app.text import attack as attack_text
from app.text import compare as compare_text
from app.text import inputs as inputs_text
from app.text import words
from app.wiring.running import Running
from tests.page_cases import CHOICES, WHOLE, picture

OTHER = CHOICES._replace(eps=2)


@pytest.fixture
def key(tiny, page, request):
    """A visitor for whom the attack has run, on a picture of their own."""
    name = request.node.name
    page.visitors.put(name, Visitor("", picture(tiny, salt=name), CHOICES))
    list(Running(page, page.panels[2].curve).run(name, ("adversarial",), "done"))
    yield name
    page.visitors.drop(name)
    page.screens.forget(name)
    page.results.drop(f"{name} own")


def press(page, key, handler) -> str:
    """What the status line is to say once the button has been pressed."""
    list(handler(gr.Request(session_hash=key), key))
    return page.visitors.get(key).progress.said


def line(page, key) -> str:
    """The line on what differs, drawn anew."""
    page.screens.forget(key)
    updates = page.drawn(key)
    (drawn,) = [value for output, value in updates.items() if getattr(output, "elem_id", "") == "pin-line"]
    return drawn


def test_what_is_pinned_stays_when_a_control_moves_and_both_are_found(page, key):
    assert page.found(key).pinned is None and line(page, key) == ""
    assert press(page, key, _pinning(page)) == compare_text.PINNED
    page.visitors.set(key, OTHER)
    found = page.found(key)
    assert found.adversarial is None and found.pinned.look.choices == CHOICES
    assert found.pinned.found.adversarial is not None and not found.pinned.away


def test_a_second_press_unpins(page, key):
    press(page, key, _pinning(page))
    assert press(page, key, _pinning(page)) == compare_text.UNPINNED
    assert page.found(key).pinned is None


def test_the_clean_answer_alone_is_nothing_to_compare(page, key):
    page.visitors.change(key, asked=FIRST)
    assert press(page, key, _pinning(page)) == compare_text.NOTHING_TO_PIN
    assert page.visitors.get(key).pinned is None


def test_a_picture_of_which_only_the_answer_was_seen_is_a_look_to_go_back_to_and_none_to_pin(tiny, page, key):
    page.drawn(key)
    other = picture(tiny, seed=2, salt=key)
    page.visitors.put(key, page.visitors.get(key).on("", other))
    list(page._caught_up(key, False))
    page.drawn(key)
    assert press(page, key, _pinning(page)) == compare_text.NOTHING_TO_PIN
    back = page.visitors.get(key).went(-1)
    assert back.picture is not other and "adversarial" in back.asked and back.went(1).picture is other


def test_what_was_asked_for_and_is_not_there_is_no_look_of_its_own(page, key):
    page.drawn(key)
    page.visitors.set(key, OTHER)
    page.drawn(key)
    assert [look.choices for look in page.visitors.get(key).history.looks] == [CHOICES]
    assert page.found(key).elsewhere == {"clean", "adversarial"}


def test_where_the_settings_have_no_results_yet_what_was_seen_last_is_pinned(page, key):
    page.drawn(key)
    page.visitors.set(key, OTHER)
    assert press(page, key, _pinning(page)) == compare_text.PINNED_LAST
    assert page.visitors.get(key).pinned.choices == CHOICES


def test_the_line_says_that_nothing_differs_and_then_what_does(page, key):
    press(page, key, _pinning(page))
    assert compare_text.PIN_SAME in line(page, key)
    page.visitors.set(key, OTHER._replace(attack="fgsm", colours="inferno"))
    said = line(page, key)
    assert f"{attack_text.LIMITS['linf']}: 4, now 2" in said and "PGD, now FGSM" in said and "inferno" not in said


def test_a_step_says_that_nothing_has_changed_until_something_has_that_does_not_reach_it(page, key):
    press(page, key, _pinning(page))
    page.drawn(key)
    step = page.panels[1].compared

    def said(choices) -> str:
        page.visitors.set(key, choices)
        return page.drawn(key)[step]  # which tells what has changed alone

    assert compare_text.COMPARE_SAME in said(OTHER)
    assert compare_text.COMPARE_UNMOVED in said(CHOICES)
    assert step not in page.drawn(key)


def test_many_settings_are_counted(page, key):
    press(page, key, _pinning(page))
    moved = OTHER._replace(steps=7, seed=3, views=16, tune_steps=3, learning_rate=0.01, template="{}", keep=0.25)
    page.visitors.set(key, moved)
    said = line(page, key)
    assert said.count(", now ") == NAMED and "; and 2 more" in said


def test_model_and_picture_are_named_first(tiny, page):
    before = Look("", picture(tiny, source="sample 0"), CHOICES, FIRST)
    now = Look("ViT-B-32/openai", replace(picture(tiny, seed=2, source="sample 1"), name="owl"), OTHER, FIRST)
    model, seen, limit = look_differences(page.controls, "tiny", before, now)
    assert model == f"{inputs_text.MODEL}: tiny, now ViT-B-32/openai" and seen == f"{words.STEPS[0]}: x.png, now owl"
    assert limit.endswith("4, now 2")


def test_what_comes_with_another_picture_is_named_with_it(tiny, page):
    before = Look("", picture(tiny, source="sample 0"), CHOICES, FIRST)
    asked = OTHER._replace(class_names="owl\nfox", true_class="fox")
    now = Look("", replace(picture(tiny, seed=2, source="sample 1"), name="fox"), asked, FIRST)
    seen, limit = look_differences(page.controls, "tiny", before, now)
    assert seen == f"{words.STEPS[0]}: x.png, now fox (with its class names and true class)" and limit.endswith("now 2")
    same = replace(now, picture=before.picture)
    assert len(look_differences(page.controls, "tiny", before, same)) == 3


def test_labels_are_named_without_what_explains_them(page):
    looks = [
        Look("", picture_of(page), one, FIRST) for one in (CHOICES, CHOICES._replace(true_class="owl", step_size=1))
    ]
    truth, step = look_differences(page.controls, "tiny", *looks)
    assert truth == "True class: blue fish, now owl" and step.startswith("Step size, n/255: ")


def test_the_same_sample_on_another_model_is_no_other_picture(tiny, page):
    before = Look("", picture(tiny, source="sample 0"), CHOICES, FIRST)
    again = replace(before, picture=picture(tiny, seed=2, source="sample 0"))
    assert look_differences(page.controls, "tiny", before, again) == []
    own, other = picture(tiny, salt="mine"), picture(tiny, seed=2, salt="mine")
    assert not own.same(other) and replace(own, file="a").same(replace(other, file="a"))


def test_long_lists_are_named_by_their_first_line_and_never_as_if_they_were_equal(page):
    names, other = "red fish\nblue fish\ngreen fish", "red fish\nowl\ngreen fish"
    assert value_named(gr.Textbox(), names) == "red fish and 2 more"
    assert len(value_named(gr.Textbox(), "fish " * 100)) <= 60
    looks = [Look("", picture_of(page), CHOICES._replace(class_names=one), FIRST) for one in (names, other)]
    (said,) = look_differences(page.controls, "tiny", *looks)
    assert said.endswith("not the same") and ", now " not in said


def picture_of(page):
    """Some picture as the page's model sees it."""
    return picture(page.models.first)


def test_swapping_goes_to_what_is_pinned_and_pins_what_was_there(page, key):
    press(page, key, _pinning(page))
    page.visitors.set(key, OTHER)
    shown = []
    swap = _swapping(page, lambda _, visitor: shown.append(visitor) or {})
    assert press(page, key, swap) == compare_text.SWAPPED
    visitor = page.visitors.get(key)
    assert (visitor.choices, visitor.pinned.choices) == (CHOICES, OTHER) and shown[0].choices == CHOICES
    assert page.found(key).adversarial is not None and page.found(key).pinned.found.adversarial is None
    press(page, key, swap)
    assert (page.visitors.get(key).choices, page.visitors.get(key).pinned.choices) == (OTHER, CHOICES)


def went(page, key, by) -> tuple[int, int]:
    """The limits on the page and pinned, once the visitor went back (-1) or forward (1)."""
    page.visitors.put(key, page.visitors.get(key).went(by))
    page.drawn(key)
    visitor = page.visitors.get(key)
    return visitor.choices.eps, visitor.pinned.choices.eps


@pytest.mark.parametrize("computed", [True, False])
def test_undo_takes_a_swap_back_whole_however_soon_it_came_and_redo_swaps_again(page, key, computed):
    page.drawn(key)
    press(page, key, _pinning(page))
    page.visitors.set(key, OTHER)
    if computed:
        list(Running(page, page.panels[2].curve).run(key, ("adversarial",), "done"))
    page.drawn(key)
    press(page, key, _swapping(page, lambda *_: {}))
    page.drawn(key)
    assert went(page, key, -1) == (OTHER.eps, CHOICES.eps)
    assert went(page, key, 1) == (CHOICES.eps, OTHER.eps)
    assert [went(page, key, -1), went(page, key, -1)] == [(OTHER.eps, CHOICES.eps), (CHOICES.eps, CHOICES.eps)]


def test_undo_of_anything_else_leaves_the_pin(page, key):
    page.drawn(key)
    press(page, key, _pinning(page))
    page.visitors.set(key, OTHER)
    list(Running(page, page.panels[2].curve).run(key, ("adversarial",), "done"))
    page.drawn(key)
    assert went(page, key, -1) == (CHOICES.eps, CHOICES.eps)


def test_undo_leaves_whether_results_come_live(page, key):
    page.drawn(key)
    page.visitors.set(key, OTHER._replace(live=not OTHER.live))
    list(Running(page, page.panels[2].curve).run(key, ("adversarial",), "done"))
    page.drawn(key)
    now = page.visitors.get(key).went(-1).choices
    assert now == CHOICES._replace(live=not OTHER.live) and OTHER.live == CHOICES.live


def test_undo_of_a_swap_leaves_what_was_pinned_since(page, key):
    page.drawn(key)
    press(page, key, _pinning(page))
    page.visitors.set(key, OTHER)
    press(page, key, _swapping(page, lambda *_: {}))
    page.drawn(key)
    page.visitors.change(key, pinned=replace(page.visitors.get(key).look, choices=CHOICES._replace(eps=9)))
    assert went(page, key, -1) == (OTHER.eps, 9)


def test_without_a_pin_there_is_nothing_to_swap(page, key):
    assert press(page, key, _swapping(page, lambda *_: {})) == compare_text.NOTHING_TO_PIN


def test_a_model_that_made_room_is_not_loaded_to_draw(page, key):
    press(page, key, _pinning(page))
    look = replace(page.visitors.get(key).pinned, model="another")
    page.visitors.change(key, pinned=look)
    pinned = page.found(key).pinned
    assert pinned.away and pinned.found.made == {} and pinned.found.model == "another"
    assert compare_text.PIN_AWAY.format(name="another") in line(page, key)


def test_what_cannot_be_asked_any_more_is_found_as_nothing(page, key):
    look = replace(page.visitors.get(key).look, choices=CHOICES._replace(class_names="one", true_class=NO_TRUTH))
    page.visitors.change(key, pinned=look)
    assert page.found(key).pinned.found.made == {} and page.found(key).adversarial is not None


def test_the_download_knows_the_model_of_what_is_pinned_and_what_differs(page, key):
    assert _beside(page, page.visitors.get(key)) is None
    press(page, key, _pinning(page))
    page.visitors.set(key, OTHER)
    beside = _beside(page, page.visitors.get(key))
    assert beside.backbone is page.models.first and len(beside.differ) == 1 and "4, now 2" in beside.differ[0]
    away = replace(page.visitors.get(key).pinned, model="another")
    gone = _beside(page, page.visitors.change(key, pinned=away))
    assert gone.backbone is None and "another" in gone.differ[0]


def test_undo_keeps_the_pin_and_so_does_another_picture(page, key, tiny):
    press(page, key, _pinning(page))
    visitor = page.visitors.get(key)
    assert visitor.on("", picture(tiny, seed=5)).pinned is visitor.pinned
    assert visitor.at(replace(visitor.look, choices=OTHER)).pinned is visitor.pinned


def test_a_reload_offers_what_was_pinned(tiny):
    tabs, token = Tabs(Visitors()), "0" * 32
    fresh = Visitor("", picture(tiny, source="sample 0"), CHOICES)
    tabs.opened(token, "one", "sample 0")
    tabs.visitors.put("one", replace(fresh, pinned=Look("", fresh.picture, OTHER, frozenset(WHOLE))))
    tabs.opened(token, "two", "sample 0")
    assert tabs.last("two").pinned.choices == OTHER
