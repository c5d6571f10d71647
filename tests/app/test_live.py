"""What is computed as soon as a control has moved: what was asked for, as far as it takes little time."""

from types import SimpleNamespace

import pytest

from app.state.found import find
from app.state.visitors import Visitor
from app.wiring.live import ALWAYS, REMEMBERED, SECONDS, Pace, caught_up
from engine.story import Attack, Clean, Results, Views
from tests.page_cases import CHOICES, WHOLE, asked, run


class Fixed:
    """A pace that is known beforehand."""

    def __init__(self, seconds):
        self.seconds = seconds

    def of(self, question):
        return self.seconds


FAST, SLOW = Fixed(1e-9), Fixed(1e9)


@pytest.fixture
def results():
    return Results()


def visitor(*parts) -> Visitor:
    return Visitor(choices=CHOICES, asked=frozenset({"clean", *parts}))


def came(question, who, pace, live=True) -> list:
    return [name for name, item in caught_up(question, who, pace, live) if item is None]


def there(question, who) -> set:
    return set(find(question, who).made)


def test_only_what_was_asked_for_is_computed(tiny, results):
    question, who = asked(tiny, results), visitor("adversarial")
    assert came(question, who, FAST) == ["clean", "adversarial"]
    assert there(question, visitor(*WHOLE)) == {"clean", "adversarial"}
    assert came(question, who, FAST) == []


def test_what_takes_too_long_waits_for_its_button_and_so_does_what_rests_on_it(tiny, results):
    question, who = asked(tiny, results), visitor("adversarial", "maps", "views")
    assert came(question, who, SLOW) == ["clean"]
    assert there(question, who) == {"clean"}


def test_the_seconds_are_those_of_all_parts_together(tiny, results):
    question, who = asked(tiny, results), visitor("adversarial", "views")
    list(question.story.ask(Clean()))
    story = question.story
    cost = Attack().cost(story.backbone, story.recipe)
    assert Views().cost(story.backbone, story.recipe) > 1.5
    assert came(question, who, Fixed(SECONDS / (cost + 1.5))) == ["adversarial"]
    assert there(question, who) == {"clean", "adversarial"}


def test_switched_off_it_is_the_answer_and_other_weights_only(tiny, results):
    run(asked(tiny, results), WHOLE)
    stronger, flatter = CHOICES._replace(eps=8), CHOICES._replace(temperature=0.1)
    who = visitor(*WHOLE)
    assert came(asked(tiny, results, stronger), who, FAST, live=False) == []
    assert came(asked(tiny, results, flatter), who, FAST, live=False) == ["ensemble"]
    assert came(asked(tiny, results, CHOICES._replace(map="raw")), who, FAST, live=False) == []


def test_live_another_map_is_drawn_however_slow_the_model_is(tiny, results):
    run(asked(tiny, results), WHOLE)
    assert came(asked(tiny, results, CHOICES._replace(map="raw")), visitor(*WHOLE), Fixed(3600)) == ["maps"]


def test_live_a_limit_brings_the_attack_and_all_that_was_seen_of_it(tiny, results):
    run(asked(tiny, results), WHOLE)
    stronger, who = asked(tiny, results, CHOICES._replace(eps=8)), visitor(*WHOLE)
    assert came(stronger, who, FAST) == [name for name in WHOLE if name != "clean"]
    assert there(stronger, who) == set(WHOLE)


def test_a_pace_is_that_of_all_passes_of_what_was_computed_last(tiny, results):
    """So one answer, which first reads the class names, does not make a model seem slow."""
    pace, question = Pace(), asked(tiny, results)
    assert pace.of(question) == 1.0
    story = question.story
    for place, seconds in enumerate((9.0, 1.0, 2.0, 3.0, 4.0)):
        other = asked(tiny, results, CHOICES._replace(seed=1 + place)).story
        results.put(other.key(Attack()), "stands for an attack", seconds=seconds)
        pace.note(SimpleNamespace(story=other, known="clean"))
    results.put(story.key(Clean()), "stands for an answer", seconds=5.0)
    pace.note(question)
    costs = [request.cost(story.backbone, story.recipe) for request in (Attack(), Clean())]
    assert REMEMBERED == 5 and Clean in ALWAYS
    assert pace.of(question) == pytest.approx(15.0 / (4 * costs[0] + costs[1]))
