"""The attack through a defence sees the defence's own answer and goes down it."""

import threading
from dataclasses import replace

import pytest
import torch

from engine.attacks import attack
from engine.attacks.adaptive import LOOKS, RecipeProbe
from engine.attacks.probes import cut_out
from engine.defend import recipe_classes, recipe_views, tuned_case
from engine.errors import EngineError
from engine.methods import METHODS
from engine.predictors import answer
from engine.settings import AttackSettings, Settings
from engine.types import Classes
from engine.views import make_views

CLASSES = Classes(("red fox", "owl", "sea star"))


def probe(tiny, through: str, seed: int = 4) -> RecipeProbe:
    settings = AttackSettings("adaptive", through=through)
    return RecipeProbe(tiny, CLASSES, settings, [seed], lambda logits: None, threading.Event())


@pytest.mark.parametrize("name", [name for name in METHODS if METHODS[name].views and name != "zero"])
def test_it_sees_what_the_recipe_answers_and_has_a_gradient(tiny, pixels, name):
    seen = probe(tiny, name)
    picture = pixels[None].clone().requires_grad_()
    logits = seen(picture)
    twin = probe(tiny, name)  # draws the same seed
    settings = replace(Settings().views, count=LOOKS, seed=int(twin.rngs[0].integers(2**31)))
    wanted = recipe_views(settings, METHODS[name])
    views = make_views(tiny, pixels, CLASSES, wanted)
    case = tuned_case(tiny, views, CLASSES, Settings(views=wanted), METHODS[name])
    expected = answer(case, METHODS[name].predictor).logits
    assert torch.allclose(logits[0].softmax(-1), expected.softmax(-1), atol=1e-4)
    (gradient,) = torch.autograd.grad(logits[0, 0], picture)
    assert torch.isfinite(gradient).all() and gradient.abs().max() > 0


def test_fresh_views_at_every_pass(tiny, pixels):
    seen = probe(tiny, "r-tpt")
    assert not torch.equal(seen(pixels[None]), seen(pixels[None]))


@pytest.mark.parametrize("name", ["clip", "clip-templates"])
def test_a_recipe_without_views_is_the_model_itself_in_the_recipes_sentences(tiny, pixels, name):
    asked = recipe_classes(tiny, METHODS[name], CLASSES)
    expected = tiny.logits(tiny.encode_image(pixels[None]), tiny.encode_text(asked))
    assert torch.equal(probe(tiny, name)(pixels[None]), expected)


def test_the_crops_are_those_of_the_views(tiny):
    smooth = torch.linspace(0, 1, 64).expand(3, 64, 64) * torch.linspace(0.5, 1, 64)[None, :, None]
    views = make_views(tiny, smooth, CLASSES, replace(Settings().views, kind="crops", count=8))
    assert (cut_out(smooth, views.crops.tolist()) - views.pixels).abs().max() < 0.02


def test_the_attack_lowers_the_defended_answer_and_stays_in_its_ball(tiny, pixels):
    settings = AttackSettings("adaptive", epsilon=8 / 255, steps=8, through="view-average")
    *steps, result = attack(tiny, pixels, CLASSES, settings, label=1)
    assert result.linf(saved=False) <= 8 / 255 + 1e-7 and len(steps) == 8
    assert steps[-1].loss > steps[0].loss


def test_a_defence_that_does_not_exist_is_refused(tiny, pixels):
    with pytest.raises(EngineError, match="Expected a method to attack among clip"):
        next(attack(tiny, pixels, CLASSES, AttackSettings("adaptive", through="magic")))
