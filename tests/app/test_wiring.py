"""The listeners of the page: one draws, runs compute in one queue, and a fault or Stop leaves none going."""

import inspect
import random
import re
import threading
import warnings
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import pytest

import engine
from app.choices import Choices
from app.figures.journey import journey
from app.models import Models
from app.panels.tuning import MOST_STEPS, _one_less, _one_more
from app.state.parts import PARTS, STORY
from app.state.visitors import ECHOES, Progress, Visitor, Visitors
from app.text import inputs as text
from app.text import words
from app.text.attack import UNANSWERED
from app.wiring import drawing as drawing_module
from app.wiring import running as module
from app.wiring.page import Page
from app.wiring.pieces import merged
from app.wiring.running import Running
from app.wiring.stopping import Run
from engine.story import Budget, Results
from tests.page_cases import CHOICES, THROUGH, asked, picture, run

DIMMED = "Changed. Step"
SECONDS = 20  # for a thread that should have moved on long ago


def drawing(demo) -> list:
    """The listeners that keep the latest event only, but for what one control alone draws again."""
    return [fn for fn in demo.fns.values() if fn.trigger_mode == "always_last" and fn.fn]


@pytest.fixture
def the_one(built):
    """The listener that draws."""
    demo, page = built
    (found,) = [fn for fn in drawing(demo) if fn.fn.__name__ == page._draw.__name__]
    return found


@pytest.fixture
def running(page) -> Running:
    """Buttons on the page."""
    return Running(page, page.panels[2].curve)


@pytest.fixture
def visitor(tiny, page):
    """A function that gives the key of a visitor with these choices, and with a picture of their own."""
    keys = []

    def at(choices=CHOICES, **fields) -> str:
        keys.append(f"{inspect.stack()[1].function} {len(keys)}")
        shown = picture(tiny, salt=keys[-1])
        page.visitors.put(keys[-1], replace(Visitor("", shown, choices), **fields))
        return keys[-1]

    yield at
    for key in keys:
        page.visitors.drop(key)
        page.screens.forget(key)
        page.results.drop(f"{key} own")


def listened(page, handler, alone=False, of_picture=False, last=False):
    """The handler as it is registered, called for the visitor with this key and the controls of a turn."""
    registered = []

    def trigger(guarded, *_, **__):
        registered.append(guarded)
        return SimpleNamespace(then=trigger)

    page.listen(trigger, handler, alone=alone, of_picture=of_picture, last=last)
    return lambda key, turn=1, choices=CHOICES: registered[0](gr.Request(session_hash=key), turn, *choices)


def spoken(page, updates) -> list[str]:
    """What the status line says."""
    return [update[page.status] for update in updates if page.status in update]


# -- one listener draws ---------------------------------------------------------------------------------------------


def test_one_listener_draws_and_every_control_triggers_it(built, the_one):
    demo, page = built
    triggers = {target[0] for target in the_one.targets}
    assert triggers == {control._id for control in page.controls.values()} | {page._redraw._id}
    assert [block._id for block in the_one.inputs] == [block._id for block in page.inputs]
    assert the_one.concurrency_limit is None and the_one.js


def test_whatever_a_piece_draws_is_an_output_of_the_one(built, the_one):
    _, page = built
    outputs = {block._id for block in the_one.outputs}
    assert {output._id for _, piece in page.screens.pieces for output in piece.outputs} <= outputs
    assert {line._id for line in page.stale.values()} | {control._id for control in page.controls.values()} <= outputs


def test_of_what_keeps_the_latest_event_no_other_draws_what_the_one_draws(built, the_one):
    """Gradio goes through its queues in random order: two that draw the same could leave the older of two drawings."""
    demo, page = built
    others = [fn for fn in drawing(demo) if fn is not the_one]
    assert others and all(len(fn.inputs) == 1 and fn.inputs[0] not in page.controls.values() for fn in others)
    for fn in others:
        assert {block.elem_id for block in fn.outputs} <= {"attack-curve", "attack-passed"}


def test_a_listener_that_keeps_the_latest_event_is_the_only_one_of_its_event(built):
    """Gradio's browser counts the events of a component, not those of a listener: a second listener of the same event
    would make the first wait for an event that never comes, or wake itself for ever."""
    listeners = defaultdict(list)
    for dependency in built[0].config["dependencies"]:
        for target in dependency["targets"]:
            listeners[tuple(target)].append(dependency["trigger_mode"])
    assert any(modes == ["always_last"] for modes in listeners.values())
    assert [modes for modes in listeners.values() if "always_last" in modes and len(modes) > 1] == []


def test_nothing_waits_in_a_queue_of_gradio_s_but_calls_of_the_api(built):
    """Who computes takes turns in the engine, visitor by visitor."""
    for fn in built[0].fns.values():
        assert fn.concurrency_limit in (None, "default") or fn.concurrency_id == "api"


def test_every_button_that_computes_takes_its_place_among_the_visitors_runs(built, monkeypatch):
    demo, page = built
    began = []

    @contextmanager
    def begun(key, run):
        began.append(run.alone)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(page.runs, "begun", begun)
    for elem_id in ("run-story", "attack", "look", "make-views", "tune-run", "tune-step", "compare", "batch-run"):
        button = next(block for block in demo.blocks.values() if block.elem_id == elem_id)
        (fn,) = [fn for fn in demo.fns.values() if (button._id, "click") in fn.targets and fn.fn]
        arguments = [None] * (len(fn.inputs) - len(page.inputs)) + [1, *CHOICES]
        with pytest.raises(KeyboardInterrupt):
            next(fn.fn(gr.Request(session_hash="nobody"), *arguments))
    assert began == [True] * 8
    page.visitors.drop("nobody")


# -- what it draws --------------------------------------------------------------------------------------------------


def drawn(page, key, turn=1, choices=CHOICES) -> list[dict]:
    """The updates of one event."""
    return list(page._draw(gr.Request(session_hash=key), turn, *choices))


def together(updates) -> dict:
    """What the browser shows after all of the updates."""
    shown: dict = {}
    for update in updates:
        shown = merged(shown, update)
    return shown


def test_the_first_drawing_shows_the_clean_answer_as_soon_as_it_is_computed(page, visitor):
    key = visitor()
    first, *more = drawn(page, key)
    bars = page.panels[1].bars
    assert text.NOT_ANSWERED in first[bars] and text.NO_ANSWER not in first[bars]
    assert "The model answers" in together(more)[bars]
    assert page.found(key).clean is not None


def test_the_progress_of_an_event_goes_to_few_components(built):
    pressed = [each for each in built[0].config["dependencies"] if each["targets"] and each["backend_fn"]]
    assert max(len(each["outputs"]) for each in pressed) > 100
    assert {len(each["show_progress_on"] or each["outputs"]) for each in pressed} <= {1, 2}


def test_a_drawing_without_news_draws_nothing(page, visitor):
    key = visitor()
    drawn(page, key)
    assert drawn(page, key, 2) == [{page.drawn_turn: '<i data-drawn="2"></i>'}]  # what the browser waits for


def test_while_a_run_goes_on_the_drawing_computes_nothing(page, visitor):
    key = visitor(progress=Progress(2))
    drawn(page, key)
    assert page.found(key).clean is None


def test_another_limit_and_back_draws_the_cards_and_leaves_the_panel(page, running, visitor):
    key = visitor()
    list(running.run(key, ("adversarial",), "done"))
    drawn(page, key)
    verdict = page.panels[2].verdict
    updates, *more = drawn(page, key, 2, CHOICES._replace(eps=3))
    assert verdict not in updates and "4, now 3" in updates[page.stale[2]] and not more
    updates, *more = drawn(page, key, 3)
    assert verdict not in updates and updates[page.stale[2]] == "" and not more


def complained(page, key, turn, choices, about: str) -> dict:
    """What is drawn with choices that the page complains of with a toast and in the status line."""
    with pytest.warns(UserWarning, match=about):  # a toast, where there is a browser
        updates = together(drawn(page, key, turn, choices))
    assert about in updates[page.status]
    return updates


BAD_SEED = CHOICES._replace(seed=-1)
BAD_WORD = CHOICES._replace(domain_word="zx" * 80)  # more word pieces than the model reads


def test_settings_that_cannot_be_used_are_named_and_what_there_is_stays(page, running, visitor):
    key = visitor()
    list(running.run(key, ("adversarial",), "done"))
    drawn(page, key)
    updates = complained(page, key, 2, BAD_SEED, "seed")
    assert set(updates) - {"__type__"} == {page.status, page.drawn_turn}  # no panel, no line, no card
    drawn(page, key, 3)
    assert page.found(key).adversarial is not None


def test_class_names_that_cannot_be_used_are_named_and_leave_nothing_to_show(page, running, visitor):
    key = visitor()
    list(running.run(key, ("adversarial",), "done"))
    drawn(page, key)
    verdict, bars = page.panels[2].verdict, page.panels[1].bars
    updates = complained(page, key, 2, CHOICES._replace(class_names="red fish"), "two class names")
    assert "Fooled" not in updates[verdict] and text.NO_ANSWER in updates[bars] and page.stale[2] not in updates
    assert UNANSWERED in updates[verdict] and page.found(key).grid  # the picture is still there, and its cells
    back = together(drawn(page, key, 3))
    assert "The model answers" in back[bars] and "Measured" in back[page.panels[2].measured]


@pytest.mark.parametrize(("bad", "about"), [(BAD_SEED, "seed"), (BAD_WORD, "word pieces")])
def test_a_complaint_is_made_once_and_taken_back_once(page, visitor, bad, about):
    """Also of what only the model can refuse, before it is needed."""
    key = visitor()
    drawn(page, key)
    complained(page, key, 2, bad, about)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no toast
        again = together(drawn(page, key, 3, bad._replace(opened_view=2)))
        back, after = together(drawn(page, key, 4)), together(drawn(page, key, 5))
    assert page.status not in again and words.READY in back[page.status] and page.status not in after
    complained(page, key, 6, bad, about)


def test_another_complaint_replaces_the_one_that_stands(page, visitor):
    key = visitor()
    drawn(page, key)
    complained(page, key, 2, BAD_SEED, "seed")
    complained(page, key, 3, CHOICES._replace(seed=-2), "got -2")


def test_what_a_run_has_to_say_comes_with_what_it_found_and_once(page, running, visitor):
    """A visitor must not read that it is done above a page that does not show it."""
    key = visitor()
    drawn(page, key)
    updates = list(running.run(key, ("adversarial",), "All done."))
    assert all("All done." not in said for said in spoken(page, updates))
    first, *more = drawn(page, key, 2)
    assert "All done." in first[page.status] and "good" in first[page.status]
    assert page.panels[2].verdict in first and page.status not in together(more)
    assert page.status not in together(drawn(page, key, 3))


def test_what_a_complaint_names_is_said_rather_than_that_a_run_is_done(page, running, visitor):
    key = visitor()
    drawn(page, key)
    list(running.run(key, ("adversarial",), "All done."))
    updates = complained(page, key, 2, BAD_SEED, "seed")
    assert "All done." not in updates[page.status]


def test_the_browser_opens_a_step_for_each_run_and_not_again_when_the_cards_are_drawn_anew(built, page, visitor):
    """It opens the step of a turn that it has not seen yet, so each wish has its own and keeps it."""
    cards = next(block for block in built[0].blocks.values() if block.elem_id == "journey")
    key, turns = visitor(), []
    for turn, (go, choices) in enumerate([(2, CHOICES), (None, CHOICES._replace(true_class="red fish")), (2, CHOICES)]):
        if go:
            page.rest(key, "", go=go)
        moves = re.findall(r'data-go="2" data-turn="(\d+)"', together(drawn(page, key, turn + 1, choices))[cards])
        turns += moves
    first, again, second = turns
    assert first == again != second and int(second) > int(first)


def test_a_value_that_fits_what_was_pressed_is_shown_by_the_next_drawing_and_by_no_other(page, visitor):
    key, limit = visitor(), page.controls["eps"]
    drawn(page, key)
    longer = CHOICES._replace(norm="l2")
    page.choose(key, (2, *longer))  # as a press does, which shows no limit
    fits = page.visitors.get(key).choices.eps
    assert fits != CHOICES.eps
    first, *more = drawn(page, key, 3, longer)
    assert first[limit]["value"] == fits and limit not in together(more)
    assert limit not in together(drawn(page, key, 4, longer._replace(eps=fits)))


def test_a_drawing_that_brings_what_the_server_has_replaced_asks_for_one_more(page, visitor):
    """Only the next can say whether the browser has shown it."""
    key = visitor()
    drawn(page, key)
    page.visitors.set(key, CHOICES._replace(seed=50))
    first, *more = drawn(page, key, 2)
    assert page.nudge in first and page.nudge not in together(more)
    assert page.nudge not in together(drawn(page, key, 3, CHOICES._replace(seed=50)))
    assert page.visitors.get(key).choices.seed == 50


def test_what_drawing_after_drawing_still_brings_is_what_the_visitor_wants(page, visitor):
    """A press says nothing about what the browser has shown, however often it comes."""
    key = visitor()
    drawn(page, key)
    page.visitors.set(key, CHOICES._replace(seed=50))
    for turn in (2, 3):
        page.choose(key, (turn, *CHOICES))
        assert page.visitors.get(key).choices.seed == 50
    for turn in range(4, 4 + ECHOES):
        drawn(page, key, turn)
        assert page.visitors.get(key).choices.seed == 50
    drawn(page, key, 4 + ECHOES)
    assert page.visitors.get(key).choices.seed == CHOICES.seed


def test_one_more_step_of_the_tuning_dims_the_curves_until_it_is_computed(page, running, visitor):
    key, head = visitor(), page.panels[5].head
    longer = CHOICES._replace(tune_steps=CHOICES.tune_steps + 1)
    list(running.run(key, ("steps", "ensemble"), "done"))
    drawn(page, key)
    updates = together(drawn(page, key, 2, longer))
    assert head not in updates and "2, now 3" in updates[page.stale[5]] and "#tune-loss" in updates[page.stale[5]]
    list(running.run(key, ("steps", "ensemble"), "done"))
    updates = together(drawn(page, key, 3, longer))
    assert head in updates and updates[page.stale[5]] == ""


def test_events_that_arrive_out_of_order_leave_what_was_chosen_last(page, visitor):
    turns = list(range(1, 8))
    random.Random(1).shuffle(turns)
    key = visitor()
    for turn in turns:
        drawn(page, key, turn, CHOICES._replace(opened_view=turn))
    assert page.visitors.get(key).choices.opened_view == 7


def test_a_press_in_a_figure_chooses_and_asks_for_a_drawing(built, page, visitor, running):
    key = visitor()
    list(running.run(key, ("views",), "done"))
    press = next(fn for fn in built[0].fns.values() if fn.targets == [(page.panels[4].grid._id, "click")])
    updates = press.fn(SimpleNamespace(index=3), gr.Request(session_hash=key), 1, *CHOICES)
    assert updates[page.controls["opened_view"]] == gr.update(value=3) and page.nudge in updates
    assert press.fn(SimpleNamespace(index=99), gr.Request(session_hash=key), 2, *CHOICES) == gr.skip()


# -- runs -----------------------------------------------------------------------------------------------------------


def test_a_run_computes_and_asks_for_what_it_was_pressed_for_and_no_more(page, running, visitor):
    key = visitor()
    list(running.run(key, ("views",), "done"))
    found = page.found(key)
    assert set(found.made) == {"clean", "adversarial", "views"}
    assert found.progress.step is None and found.progress.said == "done"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PARTS if name not in ("clean", "ensemble")])
def test_a_run_of_any_part_brings_it_to_the_page(page, running, visitor, name):
    key = visitor(THROUGH if name == "through" else CHOICES)
    updates = list(running.run(key, (name,), "done"))
    assert name in page.found(key).made and page.nudge in updates[0] and page.nudge in updates[-1]
    assert spoken(page, updates) and all(words.FAULT not in said for said in spoken(page, updates))


def test_the_story_computes_all_its_parts_and_opens_steps(page, running, visitor, monkeypatch):
    monkeypatch.setattr(module, "DWELL_SECONDS", 0)
    key, opened = visitor(), []
    for _ in running.run(key, STORY, "", story=True):
        opened.append(page.visitors.get(key).progress.go)
    assert list(dict.fromkeys(opened)) == [2, 3, 4, 5, 6]
    assert set(page.found(key).made) == {"clean", *STORY}
    assert "The whole story ran in" in page.visitors.get(key).progress.said


def test_a_story_that_is_quick_stays_at_a_step_long_enough_to_be_seen(page, running, visitor, monkeypatch):
    monkeypatch.setattr(module, "DWELL_SECONDS", 1000)
    key, opened = visitor(), []
    for _ in running.run(key, STORY, "", story=True):
        opened.append(page.visitors.get(key).progress.go)
    assert list(dict.fromkeys(opened)) == [2, None, 6]


def test_a_story_that_is_there_comes_at_once_and_its_steps_are_walked_through(page, running, visitor):
    key = visitor()
    list(running.run(key, STORY, "", story=True))
    page.visitors.change(key, asked=frozenset({"clean"}))
    assert page.found(key).views is None
    assert list(running.run(key, STORY, "", story=True)) != []
    progress, found = page.visitors.get(key).progress, page.found(key)
    assert (progress.step, progress.go, progress.walk, progress.said) == (None, 6, True, words.STORY_HELD)
    drawn = journey(found)
    assert set(STORY) <= set(found.made) and 'data-walk="1"' in drawn and "data-on-its-way" not in drawn
    assert f'data-goes="{words.STORY_HELD}" data-gone="{words.STORY_GONE_BY}"' in drawn  # for the status line


def test_while_a_story_is_on_its_way_its_steps_say_so_and_not_what_to_press(page, running, visitor):
    key, marked = visitor(), []
    for _ in running.run(key, STORY, "", story=True):
        marked.append("data-on-its-way" in journey(page.found(key)))
    assert marked[0] and not marked[-1]
    page.visitors.change(key, asked=frozenset({"clean"}))
    found = page.found(key)
    for step in range(2, 7):
        assert words.COMES in str(page.panels[step].draw(found, CHOICES).values())
    assert not any("data-on-its-way" in journey(page.found(key)) for _ in running.run(key, ("adversarial",), ""))


def test_a_run_again_computes_nothing(page, running, visitor, monkeypatch):
    key = visitor()
    list(running.run(key, STORY, "", story=True))
    before = page.found(key)
    monkeypatch.setattr(engine.story.Story, "_compute", lambda *_: pytest.fail("computed again"))
    list(running.run(key, STORY, "", story=True))
    assert page.found(key).made == before.made


def test_maps_that_are_held_for_others_are_never_shown_without_the_attack_that_they_follow_from(
    tiny, page, running, visitor
):
    key = visitor()
    list(running.run(key, ("maps", "guide"), "done"))
    page.visitors.change(key, asked=Visitor().asked)  # as of another visitor of the same picture
    for _ in running.run(key, ("maps", "guide"), "done"):
        found = page.found(key)
        assert (found.maps is None) == (found.adversarial is None)
        drawn(page, key)
    assert found.maps is not None


def test_without_a_picture_a_run_says_what_is_missing(page, running):
    with pytest.raises(engine.EngineError, match=words.MISSING["Attack"][:20]):
        list(running.run("nobody", ("adversarial",), ""))


def test_of_a_fast_attack_not_every_iteration_is_drawn_and_of_a_slow_one_all(page, running, visitor, monkeypatch):
    for seconds, expected in ((1000, 1), (0, None)):
        monkeypatch.setattr(module, "FRAME_SECONDS", seconds)
        key = visitor()
        updates = list(running.run(key, ("adversarial",), ""))
        frames = [update for update in updates if page.panels[2].curve in update]
        assert len(frames) == (expected or len(page.found(key).adversarial.steps)) > 0


def test_an_attack_that_is_no_longer_asked_for_is_not_drawn(page, running, visitor, monkeypatch):
    monkeypatch.setattr(module, "FRAME_SECONDS", 0)
    key = visitor()
    updates = running.run(key, ("adversarial",), "")
    next(update for update in updates if page.panels[2].curve in update)
    page.visitors.change(key, choices=CHOICES._replace(eps=3))
    assert not any(page.panels[2].curve in update for update in updates)
    assert page.found(key).adversarial is None  # but held for when the limit is back
    page.visitors.change(key, choices=CHOICES)
    assert page.found(key).adversarial is not None


def test_stepping_asks_for_one_update_more_or_less(page, visitor):
    assert _one_more(page.found(visitor()), CHOICES).tune_steps == 1
    assert _one_less(page.found(visitor()), CHOICES).tune_steps == 0
    steps = tuple(SimpleNamespace(index=place) for place in range(MOST_STEPS + 1))
    stepped = SimpleNamespace(steps=steps[:3])
    assert (_one_more(stepped, CHOICES).tune_steps, _one_less(stepped, CHOICES).tune_steps) == (3, 1)
    with pytest.raises(engine.EngineError):
        _one_more(SimpleNamespace(steps=steps), CHOICES)


def test_what_a_button_chooses_is_taken_back_where_nothing_can_be_computed_with_it(page, running, visitor, monkeypatch):
    handlers, shown = [], []
    monkeypatch.setattr(page, "listen", lambda trigger, handler, *_, **__: handlers.append(handler))
    other = SimpleNamespace(click=None)
    running.button(other, ("adversarial",), lambda found, choices: choices._replace(attack="fgsm", seed=8))
    key, unusable = visitor(), CHOICES._replace(class_names="red fish")
    complained(page, key, 1, unusable, "two class names")
    with pytest.raises(engine.EngineError, match="two class names"):
        for update in handlers[0](None, key):
            shown.append(update)
            page.visitors.set(key, page.visitors.get(key).choices._replace(seed=9))  # the visitor moves on meanwhile
    assert page.visitors.get(key).choices == unusable._replace(seed=9)
    attack = page.controls["attack"]
    assert [update[attack]["value"] for update in shown] == ["fgsm", CHOICES.attack]
    assert page.controls["seed"] not in shown[-1]


# -- faults and Stop ------------------------------------------------------------------------------------------------


def test_a_fault_ends_the_waiting_is_not_hidden_and_leaves_no_run_going(page, visitor):
    def faulty(request: gr.Request, key: str):
        page.visitors.change(key, progress=Progress(2, 2, True))
        yield page.say(words.BUSY["clean"], "busy")
        raise ZeroDivisionError

    key = visitor()
    updates = listened(page, faulty)(key)
    assert "Comparing" in next(updates)[page.status] and page.runs.going(key)
    last = next(updates)
    assert page.nudge in last
    with pytest.raises(ZeroDivisionError):
        next(updates)
    assert not page.runs.going(key) and page.visitors.get(key).progress.step is None
    (said, *_) = spoken(page, [last, *drawn(page, key, 2)])
    assert "not your doing" in said


def test_what_cannot_be_done_is_told_in_a_sentence_and_leaves_no_run_going(page, visitor):
    def refused(request: gr.Request, key: str):
        page.visitors.change(key, progress=Progress(2))
        yield page.say(words.BUSY["clean"], "busy")
        raise engine.EngineError("It cannot be done.")

    key = visitor()
    with pytest.warns(UserWarning, match="cannot be done"):
        updates = list(listened(page, refused)(key))
    assert "It cannot be done." in updates[-1][page.status] and page.nudge in updates[-1]
    assert not page.runs.going(key) and page.visitors.get(key).progress.step is None


def test_why_a_run_was_refused_is_not_said_of_settings_that_have_changed_meanwhile(page, visitor, monkeypatch):
    warned = []
    monkeypatch.setattr(gr, "Warning", lambda sentence, **_: warned.append(sentence))
    key = visitor()

    def handler(request: gr.Request, key: str):
        drawn(page, key, 2, CHOICES._replace(seed=8))
        raise engine.EngineError("This seed is <b>none</b>.")
        yield

    updates = list(listened(page, handler)(key))
    assert not spoken(page, updates) and warned == ["This seed is &lt;b&gt;none&lt;/b&gt;."]
    after = drawn(page, key, 3, CHOICES._replace(seed=8))
    assert words.READY in " ".join(spoken(page, after))


def test_why_a_run_was_refused_stays_until_the_choices_are_others(page, visitor):
    def refused(request: gr.Request, key: str):
        yield page.say(words.BUSY["clean"], "busy")
        raise engine.EngineError("It cannot be done.")

    key = visitor()
    drawn(page, key)
    with pytest.warns(UserWarning, match="cannot be done"):
        list(listened(page, refused)(key, 2))
    assert spoken(page, drawn(page, key, 3)) == []
    assert words.READY in together(drawn(page, key, 4, CHOICES._replace(seed=7)))[page.status]


def test_why_a_run_was_refused_is_not_replaced_where_its_results_are_drawn_only_then(page, running, visitor):
    """As of a browser that asks for the next drawing late: what was dimmed is back with the one after the refusal."""
    key = visitor()
    list(running.run(key, ("adversarial",), "done"))
    drawn(page, key)
    other = CHOICES._replace(eps=9)
    assert DIMMED in together(drawn(page, key, 2, other))[page.status]

    def refused(request: gr.Request, key: str):
        yield from running.run(key, ("adversarial",), "done")
        raise engine.EngineError("It cannot be done.")

    with pytest.warns(UserWarning, match="cannot be done"):
        list(listened(page, refused)(key, 3, other))
    updates = drawn(page, key, 4, other)
    assert together(updates)[page.stale[2]] == "" and spoken(page, updates) == []


@pytest.mark.parametrize("left", [False, True])
def test_of_a_run_that_was_ended_it_is_not_said_why_it_was_refused(page, visitor, left):
    """Whatever ended it has the last word; the page is free where the visitor has gone on to something else."""
    key, turn = visitor(), 3 + 2 * left  # after the other case's, whose key is the same

    def refused(request: gr.Request, key: str):
        yield page.nudged()
        (run,) = page.runs._going[key]
        run.leave() if left else page.runs.stop(key, turn + 1)
        raise engine.EngineError("It cannot be done.")

    with warnings.catch_warnings():
        warnings.simplefilter("error")  # no toast
        updates = list(listened(page, refused)(key, turn))
    assert len(updates) == 1 + left and not spoken(page, updates)


def test_what_is_last_begins_once_all_others_have_let_go(page, visitor):
    key, order = visitor(), []

    def long(request: gr.Request, key: str):
        try:
            while True:
                yield page.nudged()
        finally:
            order.append("the run has let go")

    def last(request: gr.Request, key: str):
        order.append("the last begins")
        yield page.rest(key, "At the start.")

    run = listened(page, long, alone=True)(key, 1)
    next(run)
    others = threading.Thread(target=lambda: order.append(list(listened(page, last, alone=True, last=True)(key, 2))))
    others.start()
    with page.runs.begun(key, Run(3)) as later:
        assert list(run) == [] and page.runs.going(key)
        others.join(SECONDS)
        assert not later.stop.is_set()
    assert order[:2] == ["the run has let go", "the last begins"] and len(order) == 3
    assert page.visitors.get(key).progress.said == "At the start."


def test_a_run_takes_the_controls_as_they_were_when_it_was_pressed(page, visitor):
    seen = []

    def noted(request: gr.Request, key: str):
        seen.append(page.visitors.get(key).choices)
        yield page.say("")

    key = visitor()
    call = listened(page, noted)
    list(call(key, 5, CHOICES._replace(eps=2)))
    list(call(key, 3, CHOICES._replace(eps=1)))  # pressed before, but it comes later: the newer controls stand
    assert [choices.eps for choices in seen] == [2, 2]


def test_a_run_ends_with_the_picture_that_it_is_about_and_the_page_is_free_for_the_next(tiny, page, visitor):
    key = visitor()

    def handler(request: gr.Request, key: str):
        page.visitors.change(key, progress=Progress(2))
        while True:
            yield page.nudged()

    updates = listened(page, handler, alone=True, of_picture=True)(key)
    assert page.nudge in next(updates) and page.visitors.get(key).progress.step == 2
    drawn(page, key)
    assert page.nudge in next(updates)  # it goes on where only drawings come
    page.visitors.change(key, picture=picture(tiny, seed=2))
    drawn(page, key)
    assert len(list(updates)) == 1 and page.visitors.get(key).progress.step is None and not page.runs.going(key)


def test_stop_ends_a_run_before_its_next_update(page, visitor):
    asked_for = []

    def long(request: gr.Request, key: str):
        try:
            for number in range(100):
                asked_for.append(number)
                yield page.say(f"{number}", "busy")
        finally:
            asked_for.append("closed")

    key = visitor()
    updates = listened(page, long)(key)
    next(updates)
    page.runs.stop(key, 2)
    assert list(updates) == [] and asked_for == [0, "closed"] and not page.runs.going(key)


def test_stop_ends_a_run_in_the_middle_of_computing(tiny, page, running, visitor):
    """What it computes in a thread of its own ends too, and what was finished stays."""
    held_up, go_on, after = threading.Event(), threading.Event(), []

    def hold(layer, given, output):
        if held_up.is_set():
            after.append(layer)
        elif page.found(key).adversarial is not None:
            held_up.set()
            assert go_on.wait(SECONDS)

    def handler(request: gr.Request, key: str):
        yield from running.run(key, STORY, "", story=True)

    key, updates = visitor(), []
    call = listened(page, handler)
    hook = next(layer for layer in tiny.model.modules() if not list(layer.children())).register_forward_hook(hold)
    try:
        run_it = threading.Thread(target=lambda: updates.extend(call(key)))
        run_it.start()
        assert held_up.wait(SECONDS)
        page.runs.stop(key, 2)
        run_it.join(SECONDS)
        go_on.set()
        for thread in threading.enumerate():
            if thread.name == "story":
                thread.join(SECONDS)
    finally:
        hook.remove()
        go_on.set()
    assert not run_it.is_alive() and not page.runs.going(key) and after == []
    assert set(page.found(key).made) == {"clean", "adversarial"}


def test_stop_says_so_once_the_run_has_let_go(built, page, visitor):
    press = next(d for d in built[0].fns.values() if d.fn and d.fn.__name__ == "stopping")
    key = visitor(progress=Progress(3, 3, True))
    said = press.fn(gr.Request(session_hash=key), 2)
    with page.runs.begun(key, Run(1)) as run:
        assert words.STOPPING in next(said)[page.status] and run.stop.is_set()
    (last,) = said
    assert page.nudge in last and words.STOPPED in last[page.status]
    assert page.visitors.get(key).progress.step is None
    assert words.STOPPED in " ".join(spoken(page, drawn(page, key)))


@pytest.mark.parametrize("over", [False, True])
def test_what_is_pressed_behind_stop_has_the_last_word(built, page, visitor, over):
    press = next(d for d in built[0].fns.values() if d.fn and d.fn.__name__ == "stopping")
    key = visitor()
    stop = 20 if over else 10  # turns of one visitor only go up
    said = press.fn(gr.Request(session_hash=key), stop)
    with page.runs.begun(key, Run(stop - 1)):
        next(said)
        new = page.runs.begun(key, Run(stop + 1, alone=True))
        assert not new.__enter__().stop.is_set()
        page.visitors.change(key, progress=Progress(3, 3, True))
        if over:
            new.__exit__(None, None, None)
            page.rest(key, words.READY)
    assert list(said) == []  # it does not wait for the new one either
    assert page.visitors.get(key).progress.step == (None if over else 3)
    assert words.STOPPED not in " ".join(spoken(page, drawn(page, key)))


LIVE = CHOICES._replace(live=True, eps=7)
LONG = LIVE._replace(steps=500)
ASKED = frozenset({"clean", "adversarial"})


@pytest.fixture
def quick(page, monkeypatch):
    """Everything is quick enough to be computed live, and every iteration of an attack is drawn."""
    monkeypatch.setattr(page.pace, "of", lambda question: 1e-9)
    monkeypatch.setattr(drawing_module, "LIVE_SECONDS", 0)


def test_an_attack_that_is_computed_live_is_drawn_while_it_climbs(page, visitor, quick):
    key = visitor(LIVE, asked=ASKED)
    updates = drawn(page, key, 1, LIVE)
    steps = page.found(key).adversarial.steps
    frames = [update for update in updates if set(update) == {page.panels[2].curve}]
    assert len(frames) == len(steps) > 1


def test_an_attack_on_its_way_that_comes_behind_its_own_end_does_not_stay(page, visitor, quick):
    curve, key = page.panels[2].curve, visitor(LIVE, asked=ASKED)
    ended = together(drawn(page, key, 1, LIVE))[curve]
    late = SimpleNamespace(curve=curve, drawn=lambda: {curve: "iteration 1"})
    assert list(page.climbing(key, late, {page.status: "busy"})) == [{curve: "iteration 1", page.status: "busy"}]
    assert together(drawn(page, key, 2, LIVE))[curve] == ended


def test_what_is_computed_live_ends_where_the_visitor_has_moved_on_and_asks_to_be_drawn_again(page, visitor, quick):
    key = visitor(LONG, asked=ASKED)
    updates = page._draw(gr.Request(session_hash=key), 4, *LONG)
    next(update for update in updates if set(update) == {page.panels[2].curve})
    page._overtake(gr.Request(session_hash=key), 4)
    assert [set(update) for update in updates] == [{page.nudge}]
    assert page.found(key).adversarial is None and not page.runs.going(key)


def test_stop_ends_what_is_computed_live_until_a_control_moves(built, page, visitor, quick):
    press = next(d for d in built[0].fns.values() if d.fn and d.fn.__name__ == "stopping")
    key = visitor(LONG, asked=ASKED)
    updates = page._draw(gr.Request(session_hash=key), 1, *LONG)
    next(update for update in updates if set(update) == {page.panels[2].curve})
    next(press.fn(gr.Request(session_hash=key), 2))
    list(updates)
    drawn(page, key, 3, LONG)
    assert page.found(key).adversarial is None and page.found(key).clean is not None
    drawn(page, key, 4, LIVE._replace(eps=6))
    assert page.found(key).adversarial is not None


def test_who_has_used_up_the_budget_is_refused_and_keeps_what_there_is(page, running, visitor, monkeypatch):
    key = visitor()
    drawn(page, key)
    monkeypatch.setattr(page, "budget", Budget(20))
    many = CHOICES._replace(steps=50)

    def handler(request: gr.Request, key: str):
        yield from running.run(key, ("adversarial",), "")

    with pytest.warns(UserWarning, match="at most 20 a minute are allowed here: it would fit with at most"):
        said = spoken(page, listened(page, handler)(key, 2, many))
    assert "at most 20 a minute are allowed here" in said[-1]
    assert page.found(key).clean is not None and page.found(key).adversarial is None
    assert page.visitors.get(key).progress.step is None


def test_a_page_without_listeners_knows_no_visitor(tiny):
    page = Page(Models(tiny), Visitors(), Results(), Budget())
    assert page.question(Visitor(), "me") is None and page.found("me").picture is None and page.drawn("me") == {}


def test_a_visitors_own_picture_is_paid_for_apart(tiny, page, visitor):
    """So that dropping it takes along all that was computed on it, and nothing that others may use."""
    key = visitor()
    assert page.question(page.visitors.get(key), key).story.owner == f"{key} own"
    public = replace(page.visitors.get(key), picture=picture(tiny))
    assert page.question(public, key).story.owner == key


def test_the_page_asks_what_its_tests_ask(tiny, page, told):
    question = page.question(Visitor("", picture(tiny), CHOICES), "me")
    assert run(question).made == told.made == run(asked(tiny, page.results)).made
    assert set(page.controls) == set(Choices._fields)


def test_what_a_run_says_last_is_not_replaced_by_a_complaint_taken_back(page, running, visitor):
    key = visitor()
    drawn(page, key)
    complained(page, key, 2, BAD_SEED, "seed")
    page.choose(key, (3, *CHOICES))
    list(running.run(key, ("adversarial",), "All done."))
    assert "All done." in together(drawn(page, key, 4))[page.status]


def test_what_was_said_stays_where_only_results_come_and_goes_where_settings_move(page, running, visitor):
    key, other = visitor(), CHOICES._replace(eps=9)
    list(running.run(key, ("adversarial",), "All done."))
    drawn(page, key)
    assert DIMMED in together(drawn(page, key, 2, other))[page.status]
    page.rest(key, "All settings are others.")
    assert "All settings are others." in together(drawn(page, key, 3, other))[page.status]
    page.question(page.visitors.get(key), key).story.result(engine.story.Attack())
    updates = drawn(page, key, 4, other)
    assert together(updates)[page.stale[2]] == "" and spoken(page, updates) == []
    dim = together(drawn(page, key, 5, CHOICES._replace(eps=7)))[page.status]
    assert "Changed. Step 2 still shows, dimmed" in dim
    assert words.READY in together(drawn(page, key, 6, other))[page.status]


def test_the_status_line_names_the_steps_that_are_dimmed_and_those_left_when_one_is_not(page, running, visitor):
    key, other = visitor(), CHOICES._replace(eps=9)
    list(running.run(key, ("adversarial", "views", "steps"), "All done."))
    drawn(page, key)
    assert "Steps 2, 4 and 5 still show, dimmed" in together(drawn(page, key, 2, other))[page.status]
    page.question(page.visitors.get(key), key).story.result(engine.story.Attack())
    assert "Steps 4 and 5 still show, dimmed" in together(drawn(page, key, 3, other))[page.status]


def test_the_status_line_names_the_steps_that_other_class_names_leave_empty(page, running, visitor):
    key = visitor()
    names = CHOICES.class_names.splitlines()
    list(running.run(key, ("adversarial", "views"), "All done."))
    drawn(page, key)
    fewer = together(drawn(page, key, 2, CHOICES._replace(class_names="\n".join(names[:2]))))[page.status]
    assert "Steps 2 and 4 have nothing with these settings yet" in fewer
    assert words.READY in together(drawn(page, key, 3))[page.status]  # all that there was is here, and steps wait


def test_back_at_settings_whose_story_is_held_the_status_line_says_that_every_step_shows_them(page, running, visitor):
    key = visitor()
    list(running.run(key, STORY, "All done."))
    drawn(page, key)
    assert "still show, dimmed" in together(drawn(page, key, 2, CHOICES._replace(eps=9)))[page.status]
    assert words.UP_TO_DATE in together(drawn(page, key, 3))[page.status]
