"""What is found for a question: by what it was asked with, part by part, and the same that the engine's verbs give."""

from dataclasses import fields, replace

import pytest
import torch

import engine
from app.choices import NO_TRUTH
from app.state.found import Found, find
from app.state.parts import PARTS, Question, Row, rows_computed
from app.state.visitors import FIRST, Progress, Visitor
from engine.story import Results
from tests.page_cases import CHOICES, CLASSES, EVERYTHING, WHOLE, asked, held, picture, run

DOWNSTREAM = {name for name in EVERYTHING if name not in ("clean", "severities")}  # of the attack


def there(found: Found) -> set[str]:
    """The parts that are there, by their values."""
    return {name for name in EVERYTHING if getattr(found, name) not in (None, ())}


def same(one: Found, other: Found) -> bool:
    """Whether both hold the same results, object by object."""
    return all(_leaves(getattr(one, name)) == _leaves(getattr(other, name)) for name in EVERYTHING)


def _leaves(value) -> list[int]:
    """The identities of the engine's results in a part, which may be put together from several."""
    if value is None:
        return []
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in _leaves(item)]
    if type(value).__module__ == "app.state.parts":
        return [leaf for field in fields(value) for leaf in _leaves(getattr(value, field.name))]
    return [id(value)]


@pytest.fixture(scope="module")
def alone(tiny):
    """What a visitor with `CHOICES` asks, in results that hold nothing else."""
    return asked(tiny, Results())


@pytest.fixture(scope="module")
def everything(alone) -> Found:
    """What is found once every part has been asked for."""
    return run(alone, EVERYTHING)


def test_every_part_is_found_once_it_is_computed(everything):
    assert there(everything) == set(everything.made) == set(EVERYTHING)
    assert [step.index for step in everything.steps] == [0, 1, 2]
    assert [defence.defence for defence in everything.defences] == ["clip", "a-tpt"]


def test_of_another_limit_nothing_downstream_is_found_and_of_the_old_one_all_again(tiny, alone, everything):
    stronger = held(asked(tiny, alone.story.results, CHOICES._replace(eps=0.5)), EVERYTHING)
    assert there(stronger) == set(stronger.made) == {"clean", "severities"} and stronger.clean is everything.clean
    back = held(asked(tiny, alone.story.results), EVERYTHING)
    assert same(back, everything) and back.made == everything.made and not same(stronger, everything)


@pytest.mark.parametrize(
    ("moved", "others"),
    [
        ({"class_names": "red fish\nblue fish\nowl"}, set(EVERYTHING)),
        ({"template": "art of a {}."}, set(EVERYTHING)),
        ({"seed": 5}, DOWNSTREAM | {"severities"}),
        ({"corruption": "fog"}, {"severities"}),
        ({"true_class": "green fish"}, DOWNSTREAM),
        ({"attack": "fgsm"}, DOWNSTREAM),
        ({"map": "rollout"}, {"maps", "occlusion"}),
        ({"about": "green fish"}, {"maps", "occlusion", "every"}),
        ({"views": 16}, {"views", "steps", "ensemble", "defences", "placed"}),
        ({"learning_rate": 0.01}, {"steps", "ensemble", "defences", "placed"}),
        ({"keep": 0.25}, {"steps", "ensemble", "defences", "placed"}),
        ({"loss": "marginal"}, {"steps", "ensemble", "placed"}),
        ({"temperature": 0.5}, {"ensemble", "defences", "placed"}),
        ({"domain_word": "pet"}, {"defences"}),
        ({"purifier": "ttc"}, {"defences"}),
        ({"colours": "gray", "cells": "smooth", "scale": "own", "opened_view": 3}, set()),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) and value else None,
)
def test_a_setting_takes_along_what_reads_it_and_nothing_else(tiny, alone, everything, moved, others):
    found = held(asked(tiny, alone.story.results, CHOICES._replace(**moved)), EVERYTHING)
    changed = {name for name in EVERYTHING if found.made.get(name) != everything.made[name]}
    assert changed == others
    for name in set(EVERYTHING) - changed:
        assert _leaves(getattr(found, name)) == _leaves(getattr(everything, name))
    for name in changed:  # of a part in rows, those that do not read the setting are still there
        rows, before = _leaves(getattr(found, name)), _leaves(getattr(everything, name))
        assert set(rows) < set(before) if PARTS[name].in_rows else rows != before


def test_a_part_is_found_only_if_it_was_asked_for(alone, everything):
    for name in EVERYTHING:
        assert there(held(alone, [name])) == {name}
    assert there(held(alone, FIRST)) == {"clean"} and there(held(alone, [])) == set()


def test_without_a_question_nothing_is_found_but_what_the_visitor_has(tiny):
    visitor = Visitor("mine", picture(tiny), CHOICES, asked=frozenset(EVERYTHING), progress=Progress(3))
    found = find(None, visitor)
    assert (found.model, found.picture, found.progress) == ("mine", visitor.picture, visitor.progress)
    assert there(found) == set() and found.made == {} and found.classes is None and found.reference is None


def test_what_should_be_answered_is_the_true_class_or_else_the_clean_answer(tiny, results, told):
    assert told.given and told.reference == 1
    unlabelled = run(asked(tiny, results, CHOICES._replace(true_class=NO_TRUTH)), ("clean",))
    assert not unlabelled.given and unlabelled.reference == told.clean.label and unlabelled.clean is told.clean
    assert Found().reference is None


def test_of_a_part_in_rows_the_rows_that_are_there_are_found(tiny):
    question = asked(tiny, Results())
    shares = []
    for request, item in rows_computed(question, "defences"):
        if request is None:
            shares.append(item)
            assert [one.defence for one in held(question, ["defences"]).defences] == ["clip", "a-tpt"][: len(shares)]
    assert shares == [0.5, 1.0]


def test_a_part_of_which_rows_are_missing_is_partial_and_one_that_lacks_all_or_none_is_not(tiny):
    question = asked(tiny, Results(), CHOICES._replace(tune_steps=1))
    assert run(question, ("steps", "ensemble")).partial == frozenset()
    further = held(asked(tiny, question.story.results, CHOICES._replace(tune_steps=2)), WHOLE)
    assert len(further.steps) == 2 and further.partial == {"steps"}
    assert further.ensemble is None and further.defences == ()


def test_what_cannot_be_asked_for_is_not_there_and_all_else_is(tiny):
    results, wrong = (
        Results(),
        CHOICES._replace(domain_word="pet", template="art of a {}.", defences=["clip", "a-tpt"]),
    )  # the word of A-TPT's stands before “photo”
    run(asked(tiny, results, wrong._replace(domain_word="", defences=["clip"])), ("adversarial", "defences"))
    found = held(asked(tiny, results, wrong), ("adversarial", "defences"))
    assert found.adversarial is not None and [each.defence for each in found.defences] == ["clip"]
    with pytest.raises(engine.EngineError, match="domain word"):
        run(asked(tiny, results, wrong), ("defences",))


def test_a_part_half_computed_is_not_there(tiny):
    question = asked(tiny, Results())
    rows = rows_computed(question, "maps")
    next(item for request, item in rows if isinstance(request, engine.story.Map))
    rows.close()
    assert there(held(question, ("adversarial", "maps"))) == {"adversarial"}


def test_steps_go_forth_and_back_and_each_is_computed_once(tiny, results, told):
    seen = [
        run(asked(tiny, results, CHOICES._replace(tune_steps=steps)), ("clean", "adversarial", "views", "steps"))
        for steps in (3, 1, 2)
    ]
    assert [len(found.steps) for found in seen] == [4, 2, 3]
    assert all(one is other for found in (*seen, told) for one, other in zip(seen[0].steps, found.steps, strict=False))
    further = held(asked(tiny, Results(), CHOICES._replace(tune_steps=3)), ("steps",))
    assert further.steps == ()


def test_a_rival_map_is_there_where_the_answer_turned_and_no_class_was_chosen(tiny, results, told):
    hit = told.adversarial
    others = [name for place, name in enumerate(CLASSES.names) if place != hit.after_saved.label]
    turned = run(asked(tiny, results, CHOICES._replace(true_class=others[0], eps=16, steps=5)))
    held_on = run(asked(tiny, results, CHOICES._replace(true_class=told.clean.name, eps=0)))
    assert turned.adversarial.after_saved.label != turned.maps.clean.label and held_on.maps.rival is None
    assert [one.label for one in turned.maps.rival] == 2 * [turned.adversarial.after_saved.label]
    chosen = CHOICES._replace(true_class=others[0], eps=16, steps=5, about=others[0])
    for choices in (
        chosen,
        chosen._replace(about=others[1], against=others[0]),
        chosen._replace(about="", map="rollout"),
    ):
        assert run(asked(tiny, results, choices), ("adversarial", "maps")).maps.rival is None


def test_a_map_under_noise_is_there_where_anything_was_changed(tiny, results, told):
    noise = engine.baselines.sign_noise(told.adversarial.clean, told.adversarial.per_channel, 0)
    expected = engine.attend(tiny, noise, told.classes, CHOICES.settings().attention, told.adversarial.label)
    assert torch.equal(told.maps.noisy.raw, expected.raw)
    unchanged = run(asked(tiny, results, CHOICES._replace(eps=0)), ("adversarial", "maps"))
    assert unchanged.adversarial.per_channel == 0 and unchanged.maps.noisy is None


def test_visitors_share_results_on_a_public_picture(tiny):
    results = Results()
    first = run(asked(tiny, results, owner="me"), WHOLE)
    other = held(asked(tiny, results, owner="you"), WHOLE)
    assert same(first, other) and first.made == other.made


def test_nobody_finds_what_was_computed_on_a_picture_under_a_salt(tiny):
    results, mine, yours = Results(), picture(tiny, salt="mine"), picture(tiny, salt="yours")
    first = run(asked(tiny, results, shown=mine, owner="me"), WHOLE, mine)
    for shown in (yours, picture(tiny)):
        assert there(held(asked(tiny, results, shown=shown, owner="you"), WHOLE, shown)) == set()
    assert same(held(asked(tiny, results, shown=mine), WHOLE, mine), first)


def used(question: Question, name: str) -> list[int]:
    """The identities of all results that a part asks for."""
    story, rows = question.story, [Row(wanted) for wanted in PARTS[name].wanted(question)]
    return [id(story.results[story.key(request)]) for row in rows for request in row.advance(story).given]


@pytest.mark.slow
def test_made_names_results_so_that_equal_names_mean_equal_results(tiny, results, everything):
    variants = [
        {}, {"seed": 5}, {"eps": 3}, {"map": "rollout"}, {"about": "green fish"}, {"temperature": 0.5},
        {"tune_steps": 1}, {"defences": ["clip"]}, {"defences": ["a-tpt", "clip"]}, {"colours": "gray"},
    ]  # fmt: skip
    questions = [asked(tiny, results, CHOICES._replace(**moved)) for moved in variants]
    made = [run(question, EVERYTHING).made for question in questions]
    for name in EVERYTHING:
        seen = [used(question, name) for question in questions]
        for one, results_of_one in zip(made, seen, strict=True):
            for other, results_of_other in zip(made, seen, strict=True):
                assert (one[name] == other[name]) == (results_of_one == results_of_other)
    assert {len({one[name] for one in made}) for name in EVERYTHING} > {1}  # the clean answer alone is always the same
    assert made[0] == everything.made


def test_each_item_of_a_part_comes_with_the_request_whose_result_is_held_afterwards(tiny):
    question = asked(tiny, Results())
    last = {request: item for request, item in rows_computed(question, "maps") if request is not None}
    assert {type(request).__name__ for request in last} == {"Clean", "Attack", "Map"}
    assert all(question.story.results[question.story.key(request)] is item for request, item in last.items())


def test_single_parts_give_what_the_engine_gives_in_one_go(tiny, alone, everything):
    settings, pixels, told = alone.settings, everything.picture.pixels, everything
    events = list(engine.explore(tiny, pixels, told.classes, settings, 1))
    by_name = {event.name: event.result for event in events}
    assert torch.equal(by_name["clean"].logits, told.clean.logits)
    assert torch.equal(by_name["attacked"].saved, told.adversarial.saved)
    assert torch.equal(by_name["map-clean"].raw, told.maps.clean.raw)
    assert torch.equal(by_name["map-attacked"].raw, told.maps.attacked.raw)
    assert torch.equal(by_name["views"].pixels, told.views.pixels)
    steps = [event.result for event in events if event.name == "tune-step"]
    assert [step.loss for step in steps] == [step.loss for step in told.steps]
    assert torch.equal(by_name["ensemble"].weights, told.ensemble.weights)
    answers = [event.result.prediction.confidence for event in events if event.name == "defence"]
    assert answers == [one.prediction.confidence for one in told.defences]


def test_single_parts_give_what_the_engines_verbs_give(tiny, alone, everything):
    settings, classes, told = alone.settings, everything.classes, everything
    assert torch.equal(engine.predict(tiny, told.picture.pixels, classes).logits, told.clean.logits)
    *steps, hit = engine.attack(tiny, told.picture.pixels, classes, settings.attack, 1)
    assert torch.equal(hit.saved, told.adversarial.saved) and len(steps) == len(told.adversarial.steps)
    views = engine.make_views(tiny, hit.saved, classes, settings.views)
    assert torch.equal(views.pixels, told.views.pixels) and torch.equal(views.logits, told.views.logits)
    tuned = list(engine.tune(tiny, views, classes, settings.tuning))
    assert [torch.equal(one.context, other.context) for one, other in zip(tuned, told.steps, strict=True)] == 3 * [True]
    assert torch.equal(engine.fuse(views, tuned[-1], settings.ensemble).weights, told.ensemble.weights)
    for one, other in zip(engine.defend(tiny, hit.saved, classes, settings), told.defences, strict=True):
        assert one.defence == other.defence and torch.equal(one.prediction.logits, other.prediction.logits)


def test_a_found_that_is_changed_by_hand_is_another(told):
    """Panels are given what is found and cannot change it for others."""
    with pytest.raises(AttributeError):
        told.clean = None
    assert replace(told, clean=None).clean is None and told.clean is not None
