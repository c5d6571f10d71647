"""Parts computed on a lent accelerator, in another process: the same results, and none computed twice."""

import pickle
from collections import Counter

import pytest
import torch

import engine
from app.models import Models
from app.state.lent import Lent
from app.state.parts import STORY
from engine.story import Attack, Clean, Results
from tests.page_cases import CHOICES, EVERYTHING, asked, held, picture


def sent(value):
    """The value as it arrives in another process."""
    return pickle.loads(pickle.dumps(value))


class Host:
    """Lends its accelerator by the call, and counts the calls and what was computed in them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.computed: Counter[str] = Counter()

    def lend(self, function):
        def lent(*arguments):
            *_, name, known = arguments = sent(arguments)
            self.calls.append(name)
            for request, item in function(*arguments):
                if request is not None and not any(item is one for one in known.values()):
                    self.computed[repr(request)] += not isinstance(item, engine.AttackStep)
                yield sent((request, item))

        return lent


@pytest.fixture
def host() -> Host:
    return Host()


def told(models: Models, question, parts=EVERYTHING) -> None:
    """Compute these parts as the page does."""
    for name in parts:
        for _ in models.compute(question, name):
            pass


def test_what_was_lent_gives_what_is_computed_here(small, host):
    lent, here = asked(small, Results()), asked(small, Results())
    told(Models(small, host.lend), lent)
    told(Models(small), here)
    one, other = held(lent, EVERYTHING), held(here, EVERYTHING)
    assert one.made == other.made and set(one.made) == set(EVERYTHING)
    assert torch.equal(one.clean.logits, other.clean.logits)
    assert torch.equal(one.adversarial.saved, other.adversarial.saved)
    assert torch.equal(one.maps.attacked.raw, other.maps.attacked.raw)
    assert torch.equal(one.ensemble.weights, other.ensemble.weights)
    assert [step.loss for step in one.steps] == [step.loss for step in other.steps]
    assert [d.prediction.confidence for d in one.defences] == [d.prediction.confidence for d in other.defences]
    assert torch.equal(one.heads.attacked.attention, other.heads.attacked.attention)
    assert [test.shuffled.raw.sum() for test in one.every] == [test.shuffled.raw.sum() for test in other.every]
    assert host.calls == list(EVERYTHING)


def test_the_same_items_come_on_the_way(small, host):
    lent, here = Models(small, host.lend), Models(small)
    for name in ("clean", *STORY):
        one, other = ([*models.compute(asked(small, Results()), name)] for models in (lent, here))
        assert [(request, type(item)) for request, item in one] == [(request, type(item)) for request, item in other]


def test_nothing_is_computed_twice(small, host):
    question = asked(small, Results())
    told(Models(small, host.lend), question)
    assert host.computed[repr(Clean())] == host.computed[repr(Attack())] == 1
    assert set(host.computed.values()) == {1}


def test_a_part_that_is_held_is_not_computed_again(small, host):
    question = asked(small, Results())
    told(Models(small), question)
    told(Models(small, host.lend), question)
    assert not host.computed


def test_what_was_found_elsewhere_belongs_to_who_asked(small, host):
    results, shown = Results(), picture(small, salt="mine")
    told(Models(small, host.lend), asked(small, results, shown=shown, owner="me"), ("adversarial",))
    assert held(asked(small, results, shown=shown), ("adversarial",)).adversarial is not None
    results.drop("me")
    assert held(asked(small, results, shown=shown), ("adversarial",)).adversarial is None


def test_of_a_call_that_ends_early_what_was_whole_is_held_and_nothing_else(small, host):
    question = asked(small, Results())
    items = Lent(small, host.lend).compute(question, "maps")
    next(item for request, item in items if isinstance(item, engine.AttackStep))
    items.close()
    assert Clean() in question.story and Attack() not in question.story


def test_what_fails_elsewhere_is_told_here(small, host):
    question = asked(small, Results(), CHOICES._replace(kind="crops", weighting="tv"))
    models = Models(small, host.lend)
    told(models, question, ("views", "steps"))
    with pytest.raises(engine.EngineError, match="needs an attention map"):
        told(models, question, ("ensemble",))
    assert held(question, ("views",)).views is not None
