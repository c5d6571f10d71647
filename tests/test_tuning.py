"""Tuning: the step it takes, and that it leaves the model and everyone else alone."""

import pytest
import torch

from engine.measures import entropy, marginal_entropy
from engine.settings import TuneSettings, ViewSettings
from engine.tuning import confident, tune
from engine.types import Classes, ViewSet
from engine.views import make_views

CLASSES = Classes(("cat", "dog", "fish", "hot_air balloon"))
PICTURE = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(9))


@pytest.fixture(scope="module")
def views(tiny) -> ViewSet:
    return make_views(tiny, PICTURE, CLASSES, ViewSettings(kind="augmix", count=10))


def contexts(steps) -> torch.Tensor:
    return torch.stack([step.context for step in steps])


def test_the_model_is_bit_identical_after_tuning(tiny, views):
    before = {name: value.clone() for name, value in tiny.model.state_dict().items()}
    text = tiny.encode_text(CLASSES).clone()
    list(tune(tiny, views, CLASSES, TuneSettings(steps=3)))
    assert all(torch.equal(value, before[name]) for name, value in tiny.model.state_dict().items())
    assert all(parameter.grad is None and not parameter.requires_grad for parameter in tiny.model.parameters())
    assert torch.equal(tiny.encode_text(CLASSES), text)


def test_the_same_run_twice_gives_the_same_steps(tiny, views):
    first, second = (list(tune(tiny, views, CLASSES, TuneSettings(steps=2))) for _ in range(2))
    assert torch.equal(contexts(first), contexts(second))
    assert torch.equal(first[-1].logits, second[-1].logits)


def test_two_interleaved_runs_do_not_see_each_other(tiny, views):
    settings = TuneSettings(steps=2), TuneSettings(steps=2, loss="marginal", learning_rate=0.05, keep=0.5)
    alone = [contexts(tune(tiny, views, CLASSES, s)) for s in settings]
    both = zip(*(tune(tiny, views, CLASSES, s) for s in settings), strict=True)
    mixed = [contexts(steps) for steps in zip(*both, strict=True)]
    assert all(torch.equal(a, b) for a, b in zip(alone, mixed, strict=True))


def test_the_first_step_has_the_closed_form_of_adamw(tiny, views):
    """With empty moments AdamW decays the prompt and moves every coordinate by the sign of its gradient."""
    settings = TuneSettings(steps=1, keep=0.3)
    start, tuned = tune(tiny, views, CLASSES, settings)
    prompts = tiny.prompts(CLASSES)
    context = prompts.context.clone().requires_grad_()
    logits = tiny.logits(views.features, tiny.encode_prompts(prompts, context))
    (gradient,) = torch.autograd.grad(entropy(logits[start.kept]).mean(), context)
    decayed = prompts.context * (1 - settings.learning_rate * settings.weight_decay)
    expected = decayed - settings.learning_rate * gradient / (gradient.abs() + 1e-8)
    clear = gradient.abs() > 1e-4 * gradient.abs().max()
    assert torch.allclose(tuned.context[clear], expected[clear], atol=1e-5)
    assert torch.equal(start.context, prompts.context)


def test_the_gradient_mode_of_the_caller_stays_as_it_is(tiny, views):
    for mode in (True, False):
        with torch.set_grad_enabled(mode):
            for _ in tune(tiny, views, CLASSES, TuneSettings(steps=2)):
                assert torch.is_grad_enabled() is mode


def test_tuning_works_inside_no_grad_and_hands_out_plain_tensors(tiny, views):
    with torch.no_grad():
        quiet = list(tune(tiny, views, CLASSES, TuneSettings(steps=1)))
    loud = list(tune(tiny, views, CLASSES, TuneSettings(steps=1)))
    assert torch.equal(contexts(quiet), contexts(loud))
    for step in loud:
        for value in (step.context, step.text_features, step.logits, step.token_drift, step.text_drift):
            assert not value.requires_grad


def test_step_zero_is_the_untuned_prompt(tiny, views):
    start, *_ = tune(tiny, views, CLASSES, TuneSettings(steps=1))
    assert start.index == 0
    assert torch.allclose(start.logits, views.logits, atol=1e-3)
    assert float(start.token_drift.abs().max()) == 0 and float(start.text_drift.max()) < 1e-6


def test_no_steps_still_show_the_untuned_prompt(tiny, views):
    assert [step.index for step in tune(tiny, views, CLASSES, TuneSettings(steps=0))] == [0]


@pytest.mark.parametrize("loss", TuneSettings.LOSSES)
def test_the_loss_falls_over_the_views_chosen_at_the_start(tiny, views, loss):
    steps = list(tune(tiny, views, CLASSES, TuneSettings(loss=loss, steps=4, keep=0.4)))
    assert steps[-1].loss < steps[0].loss
    assert all(torch.equal(step.kept, steps[0].kept) for step in steps)
    chosen = steps[0].logits[steps[0].kept]
    expected = marginal_entropy(chosen) if loss == "marginal" else entropy(chosen).mean()
    assert steps[0].loss == pytest.approx(float(expected), abs=1e-5)


def test_the_prediction_is_that_of_the_picture_itself(tiny, views):
    *_, last = tune(tiny, views, CLASSES, TuneSettings(steps=2))
    assert torch.equal(last.prediction.logits, last.logits[0])


def test_confident_views_come_with_least_entropy_first():
    logits = torch.tensor([[1.0, 0.0], [9.0, 0.0], [3.0, 0.0], [5.0, 0.0]])
    assert confident(logits, 0.5).tolist() == [1, 3]
    assert confident(logits, 0.74).tolist() == [1, 3]


def test_at_least_one_view_is_kept():
    assert confident(torch.tensor([[0.0, 1.0], [0.0, 4.0]]), 0.1).tolist() == [1]
