"""The attack through a defence sees the defence's own answer and goes down it."""

import copy
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.attacks import run
from engine.attacks.defence_probe import DefenceProbe
from engine.attacks.probes import cut_out
from engine.classes import Classes
from engine.defences.defend import defend
from engine.defences.registry import DEFENCES
from engine.defences.target import VIEWS, target_defence
from engine.defences.tuning import SIGN_STEPS, first_update, tune
from engine.errors import EngineError
from engine.models import Backbone
from engine.settings import AttackSettings, EnsembleSettings, Settings, TuneSettings, ViewSettings
from engine.story.attack import attack
from engine.views.guided import make_views
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the shallow model's size."""
    return noise(32)


def probe(
    shallow, through: str, seed: int = 4, unroll: str = "straight", defended: Settings | None = None
) -> DefenceProbe:
    settings = AttackSettings("adaptive", target_defence=through, unroll=unroll)
    target = target_defence(settings, defended)
    return DefenceProbe(target, shallow, [CLASSES], settings, [seed], lambda logits: None, threading.Event())


def first_draw(settings: Settings, seed: int) -> Settings:
    """The defence that a probe of that seed looks through first."""
    drawn = int(np.random.default_rng(seed).integers(2**31))
    return replace(settings, views=replace(settings.views, count=min(VIEWS, settings.views.count), seed=drawn))


@pytest.mark.parametrize("name", DEFENCES)
def test_it_sees_what_the_recipe_answers_and_has_a_gradient(shallow, pixels, name):
    picture = pixels[None].clone().requires_grad_()
    logits = probe(shallow, name)(picture)
    if DEFENCES[name].surrogate is None:
        (expected,) = defend(shallow, pixels, CLASSES, replace(first_draw(Settings(), 4), defences=(name,)))
        assert torch.allclose(logits[0].softmax(-1), expected.prediction.probabilities, atol=1e-4)
    (gradient,) = torch.autograd.grad(logits[0, 0], picture)
    assert torch.isfinite(gradient).all() and gradient.abs().max() > 0


OTHERS = {  # settings of a defence that are not the defaults
    "few views": Settings(views=ViewSettings(count=6, smallest_crop=0.5, augmix=False)),
    "no update": Settings(tuning=TuneSettings(steps=0)),
    "three updates": Settings(tuning=TuneSettings(steps=3, keep=0.5, learning_rate=0.02, weight_decay=0.1)),
    "nothing kept": Settings(tuning=TuneSettings(keep=0.01, legacy=True)),
    "flat weights": Settings(ensemble=EnsembleSettings(temperature=1.0, neighbours=2, answer_views=3)),
    "purified": Settings(purifier="ttc"),
    "purified twice": Settings(purifier="mac"),
    "purified by classes": Settings(purifier="et3", domain_word="pet"),
}


@pytest.mark.slow
@pytest.mark.parametrize("defended", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("name", ["clip", "ttc", "tpt", "ss-tpt", "r-tpt", "a-tpt"])
def test_it_sees_what_the_recipe_answers_under_the_visitors_settings(shallow, pixels, name, defended):
    picture = pixels[None].clone().requires_grad_()
    logits = probe(shallow, name, defended=defended)(picture)
    (expected,) = defend(shallow, pixels, CLASSES, replace(first_draw(defended, 4), defences=(name,)))
    assert torch.allclose(logits[0].softmax(-1), expected.prediction.probabilities, atol=1e-4)
    (gradient,) = torch.autograd.grad(logits[0, 0], picture)
    assert torch.isfinite(gradient).all() and gradient.abs().max() > 0


@pytest.mark.parametrize("name", ["tpt", "c-tpt", "ss-tpt", "r-tpt"])
def test_unrolling_changes_the_gradient_and_not_the_answer(shallow, pixels, name):
    picture = pixels[None].clone().requires_grad_()
    answers = {unroll: probe(shallow, name, 4, unroll)(picture) for unroll in AttackSettings.UNROLLS}
    gradients = {unroll: torch.autograd.grad(logits[0, 0], picture)[0] for unroll, logits in answers.items()}
    for unroll in ("exact", "straight"):
        assert torch.allclose(answers[unroll], answers["none"], atol=1e-3)
        assert gradients[unroll].isfinite().all()
    assert not torch.allclose(gradients["straight"], gradients["none"], rtol=1e-3)


def test_the_unrolled_update_is_the_tuned_one(shallow, pixels):
    views = make_views(shallow, pixels, CLASSES, replace(Settings().views, kind="augmix", count=8))
    for loss in ("pointwise", "marginal", "dispersed"):
        settings = TuneSettings(loss=loss, keep=0.5)
        *_, last = tune(shallow, views, CLASSES, settings)
        weights = torch.full((4,), 0.25)
        for unroll in SIGN_STEPS:
            text = first_update(shallow, views.features[last.kept], CLASSES, settings, weights, unroll)
            assert torch.allclose(text, last.text_features, atol=2e-4)


def test_the_derivatives_of_the_sign_step_are_the_documented_ones():
    gradient = torch.tensor([3e-3, -1e-3, 2e-3, 1e-8], requires_grad=True)
    stepped = {name: step(gradient) for name, step in SIGN_STEPS.items()}
    assert torch.allclose(stepped["exact"], torch.tensor([1.0, -1.0, 1.0, 0.5]), atol=1e-4)
    assert torch.allclose(stepped["straight"], stepped["exact"])
    exact, straight = (torch.autograd.grad(made.sum(), gradient)[0] for made in stepped.values())
    assert torch.allclose(straight, torch.full((4,), 4 / 6e-3), rtol=1e-4)
    assert torch.allclose(exact, 1e-8 / (gradient.detach().abs() + 1e-8) ** 2, rtol=0.2)  # a difference of near equals


def test_the_unrolled_gradient_is_the_slope_of_the_update(shallow, pixels, monkeypatch):
    """With a smooth step in place of the sign, differences of the text features tell the same."""
    monkeypatch.setitem(SIGN_STEPS, "smooth", lambda gradient: 1e3 * gradient)
    model = Backbone(copy.deepcopy(shallow.model).double(), shallow.tokenizer, "shallow")
    features = model.encode_image(torch.stack([pixels, pixels.flip(-1)]).double()).detach().requires_grad_()
    weights = torch.full((2,), 0.5).double()
    along = torch.randn(2, 64, generator=torch.Generator().manual_seed(1)).double()

    def said(moved: torch.Tensor) -> torch.Tensor:
        return first_update(model, moved, CLASSES, TuneSettings(), weights, "smooth")[0, :8].sum()

    (gradient,) = torch.autograd.grad(said(features), features)
    slope = (said(features.detach() + 1e-4 * along) - said(features.detach() - 1e-4 * along)) / 2e-4
    assert float((gradient * along).sum()) == pytest.approx(float(slope.detach()), rel=1e-4)


def test_fresh_views_at_every_pass(shallow, pixels):
    seen = probe(shallow, "r-tpt")
    assert not torch.equal(seen(pixels[None]), seen(pixels[None]))


@pytest.mark.parametrize("name", ["clip", "clip-templates"])
def test_a_recipe_without_views_is_the_model_itself_in_the_recipes_sentences(shallow, pixels, name):
    asked = DEFENCES[name].classes(shallow, CLASSES, "")
    expected = shallow.logits(shallow.encode_image(pixels[None]), shallow.encode_text(asked))
    assert torch.equal(probe(shallow, name)(pixels[None]), expected)


def test_the_crops_are_those_of_the_views(tiny):
    smooth = torch.linspace(0, 1, 64).expand(3, 64, 64) * torch.linspace(0.5, 1, 64)[None, :, None]
    views = make_views(tiny, smooth, CLASSES, replace(Settings().views, kind="crops", count=8))
    assert (cut_out(smooth, views.crops.tolist()) - views.pixels).abs().max() < 0.02


def test_the_attack_lowers_the_defended_answer_and_stays_in_its_ball(shallow, pixels):
    settings = AttackSettings("adaptive", epsilon=8 / 255, steps=8, target_defence="view-average")
    *steps, result = attack(shallow, pixels, CLASSES, settings, label=1)
    assert result.linf(saved=False) <= 8 / 255 + 1e-7 and len(steps) == 8
    assert steps[-1].loss > steps[0].loss


def test_a_defence_that_does_not_exist_is_refused(shallow, pixels):
    with pytest.raises(EngineError, match="Expected the defence to be one of clip, .*; got “magic”"):
        next(attack(shallow, pixels, CLASSES, AttackSettings("adaptive", target_defence="magic")))


def test_an_attack_through_a_defence_is_refused_without_one(shallow, pixels):
    with pytest.raises(EngineError, match="PGD through the defence needs a defence to go through"):
        next(run.attack(shallow, pixels, CLASSES, AttackSettings("adaptive")))
