"""What is computed on a lent accelerator, in another process: the same results, none twice, within what was booked."""

import os
import pickle
from collections import Counter
from dataclasses import replace

import pytest
import torch

import engine
from app.models import Models
from app.state.lent import LEAST, MOST, PASSES, booked
from app.state.parts import STORY, Account, foreseen
from engine.story import Answers, Attack, Budget, Clean, Control, Map, Results, cost_of, missing
from tests.page_cases import CHOICES, EVERYTHING, asked, held, picture
from tests.stand_in.spaces import Host, without_gradients

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # as the host does


@pytest.fixture(scope="module")
def host():
    """One host for all tests that need nothing of its own: its other process lasts."""
    host = Host()
    yield host
    host.close()


@pytest.fixture(scope="module")
def lent(small, host) -> Models:
    """The small model where its host lends."""
    return Models(small, host.lend, free=True)


@pytest.fixture
def poor(small):
    """The same where a visitor has 40 seconds left."""
    host = Host(40)
    yield Models(small, host.lend), host
    host.close()


@pytest.fixture
def no_gradients(monkeypatch):
    """This process can compute no gradient; another one can."""
    for name in ("grad", "backward"):
        monkeypatch.setattr(torch.autograd, name, getattr(torch.autograd, name))  # taken back afterwards
    without_gradients(os.getpid())


def items(models: Models, question, names=EVERYTHING) -> list:
    """All that comes of these parts, computed as one run of the page."""
    run = models.run(question, names)
    return [item for name in names for item in run.part(name)]


@pytest.mark.slow
def test_what_was_lent_gives_what_is_computed_here(small, lent, host):
    there, here = asked(small, Results()), asked(small, Results())
    before = len(host.booked)
    lent.compute(there, *EVERYTHING)
    Models(small).compute(here, *EVERYTHING)
    one, other = held(there, EVERYTHING), held(here, EVERYTHING)
    assert one.made == other.made and set(one.made) == set(EVERYTHING)
    assert torch.equal(one.clean.logits, other.clean.logits)
    assert torch.equal(one.adversarial.saved, other.adversarial.saved)
    assert torch.equal(one.maps.attacked.raw, other.maps.attacked.raw)
    assert torch.equal(one.ensemble.weights, other.ensemble.weights)
    assert [step.loss for step in one.steps] == [step.loss for step in other.steps]
    assert [d.prediction.confidence for d in one.defences] == [d.prediction.confidence for d in other.defences]
    assert torch.equal(one.heads.attacked.attention, other.heads.attacked.attention)
    assert [test.shuffled.raw.sum() for test in one.every] == [test.shuffled.raw.sum() for test in other.every]
    assert len(host.booked) == before + 1


def test_the_same_items_come_on_the_way(small, lent):
    one, other = (items(models, asked(small, Results()), ("clean", *STORY)) for models in (lent, Models(small)))
    assert [(request, type(item)) for request, item in one] == [(request, type(item)) for request, item in other]


def test_nothing_of_a_gradient_is_computed_here(small, lent, no_gradients):
    question = asked(small, Results())
    lent.compute(question, *EVERYTHING)
    assert set(held(question, EVERYTHING).made) == set(EVERYTHING)
    with pytest.raises(AssertionError, match="beside the lent accelerator"):
        Models(small).compute(asked(small, Results()), "adversarial")


def test_nothing_is_sent_that_is_there_already(small, lent, host):
    question = asked(small, Results())
    lent.compute(question, "adversarial", "views")
    run, computed = lent.run(question, ("views", "steps", "defences")), Counter()
    for _ in ("views", "steps", "defences"):
        for item in iter(run._items.__next__, None):
            computed[repr(item[0])] += item[0] is not None and len(item) == 2
    assert computed[repr(Clean())] == computed[repr(Attack())] == 0 and max(computed.values()) == 1
    assert sum(computed.values()) == 1 + question.settings.tuning.steps + len(question.settings.defences)


def test_a_run_of_which_all_is_held_books_nothing(small, lent, host):
    question = asked(small, Results())
    Models(small).compute(question, *EVERYTHING)
    before = list(host.booked)
    run = lent.run(question, EVERYTHING)
    assert run.seconds == 0 and all([*run.part(name)] for name in EVERYTHING) and host.booked == before


def test_what_was_found_elsewhere_belongs_to_who_asked(small, lent):
    results, shown = Results(), picture(small, salt="mine")
    lent.compute(asked(small, results, shown=shown, owner="me"), "adversarial")
    assert held(asked(small, results, shown=shown), ("adversarial",)).adversarial is not None
    results.drop("me")
    assert held(asked(small, results, shown=shown), ("adversarial",)).adversarial is None


def test_of_a_run_that_ends_early_what_was_whole_is_held_and_nothing_else(small, lent, host):
    question = asked(small, Results(), CHOICES._replace(steps=50))
    run = lent.run(question, ("maps",))
    next(item for request, item in run.part("maps") if isinstance(item, engine.AttackStep))
    run.close()
    assert Clean() in question.story and Attack() not in question.story
    lent.compute(question, "adversarial")  # the process that was stopped is there for the next run
    assert Attack() in question.story and len(host.idle) == 1


def test_what_fails_elsewhere_is_said_here(small, lent):
    question = asked(small, Results(), CHOICES._replace(kind="crops", weighting="tv"))
    with pytest.raises(engine.EngineError, match="needs an attention map"):
        lent.compute(question, "views", "steps", "ensemble")
    assert held(question, ("views",)).views is not None


def test_a_fault_elsewhere_is_a_sentence_with_the_seconds(small, lent, monkeypatch):
    question = asked(small, Results())
    monkeypatch.setattr(pickle, "dumps", lambda value: b"no pickle")
    with pytest.raises(engine.EngineError, match=rf"for the {LEAST} s .* ZeroGPU worker error: UnpicklingError\.$"):
        lent.compute(question, "clean")


def test_another_model_is_read_again_where_it_computes(lent, model, tiny):
    assert set(lent.fetch(model)) <= {None}
    there, here = asked(lent.backbone(model), Results()), asked(tiny, Results())
    lent.compute(there, "adversarial")
    Models(tiny).compute(here, "adversarial")
    one, other = (held(question, ("adversarial",)).adversarial for question in (there, here))
    assert torch.allclose(one.after.logits, other.after.logits, atol=1e-4)


def test_a_copy_shares_nothing_that_changes(small, question):
    other = small.copied()
    assert other.fingerprint == small.fingerprint and other.lock is not small.lock
    assert (other.name, other.templates, other.settings) == (small.name, small.templates, small.settings)
    with torch.no_grad():
        next(other.model.parameters()).add_(1)
    assert small.copied().fingerprint == small.fingerprint


def test_a_record_is_what_is_computed_here(small, lent, host, tree):
    picture = engine.load_picture(next(tree.rglob("*.png"))).image
    plan = engine.evaluation.Plan(CHOICES.settings(), (CHOICES.settings().attack,), 0)
    one = engine.datasets.Question("x", picture, engine.Classes(("red fish", "blue fish")), 0)
    found, before = [], len(host.booked)
    for models in (lent, Models(small)):
        found.append(models.answer(models.first, one, plan, Account(), 1500).record)
    assert found[0] == found[1] and host.booked[before:] == [20]
    with pytest.raises(engine.EngineError, match="at most 5500 a minute"):
        lent.answer(lent.first, one, plan, Account(), PASSES + 1)


@pytest.mark.parametrize(("passes", "seconds"), [(0, LEAST), (500, LEAST), (501, 11), (1500, 20), (1e9, MOST)])
def test_seconds_are_booked_by_the_cost_within_bounds(passes, seconds):
    assert booked("small", passes, b"") == seconds


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_part_asks_for_nothing_that_was_not_foreseen(small, name):
    question = asked(small, Results())
    most = {*missing(question.story, *foreseen(question, name))}
    assert {request for request, _ in items(Models(small), question, (name,))} - {None} <= most
    assert foreseen(question, name) == []


def test_all_that_may_follow_an_attack_is_foreseen(small):
    maps = foreseen(asked(small, Results()), "maps")
    assert maps[:2] == [Clean(), Attack()] and Map("clean", about="answer") in maps and Map("noise") in maps


def test_a_run_longer_than_a_call_is_refused_with_what_would_fit(small, lent, host):
    question = asked(small, Results(), CHOICES._replace(attack="adaptive", steps=1000))
    before = list(host.booked)
    with pytest.raises(engine.EngineError, match=r"at most 5500 a minute .* at most 1?,?\d{3} attack steps"):
        lent.run(question, ("adversarial",))
    assert host.booked == before


def test_what_is_lent_is_charged_to_the_visitor(small, lent):
    budget = Budget(1000, clock=lambda: 0.0)
    question = replace(asked(small, Results(), owner="me"), budget=budget)
    cost = cost_of(question.story, *foreseen(question, "views"))
    lent.compute(question, "views")
    assert cost > 10 and budget.left("me") == pytest.approx(1000 - cost)
    budget.charge("me", 1000 - 2 * cost + 1)
    with pytest.raises(engine.EngineError, match="of 1,?000 a minute"):
        lent.run(replace(asked(small, Results(), owner="me"), budget=budget), ("views",))


def test_who_has_no_seconds_left_is_told_so(small, poor):
    models, host = poor
    models.compute(asked(small, Results()), *STORY)
    spent = sum(host.booked)
    with pytest.raises(engine.EngineError) as refused:
        while True:
            models.compute(asked(small, Results()), *STORY)
    assert host.left < spent and "quota exceeded: You have exceeded your quota" in str(refused.value)
    assert f"for the {spent} s that this books" in str(refused.value)


def test_one_request_is_lent_with_what_it_needs_and_held_afterwards(small, lent, host):
    there, here = asked(small, Results()), asked(small, Results())
    for models, question in ((lent, there), (Models(small), here)):
        models.compute(question, "adversarial")
    before, pictures = len(host.booked), Answers((picture(small).picture, picture(small, 2).picture))
    noise = lent.result(there, Control())
    assert torch.equal(noise.logits, Models(small).result(here, Control()).logits)
    found = lent.result(there, pictures)
    for one, other in zip(found, Models(small).result(here, pictures), strict=True):
        assert torch.equal(one.logits, other.logits)
    assert lent.result(there, pictures) is there.story.result(pictures) and len(host.booked) == before + 2
    with pytest.raises(engine.EngineError, match="passes through the model"):
        lent.result(replace(asked(small, Results()), budget=Budget(1)), pictures)
