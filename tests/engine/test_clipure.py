"""CLIPure-Cos by its closed form, against its loop spelled out, and what follows from it."""

import math

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from engine.defences.clipure import RELEASED, SHORT, towards_no_class, turned
from engine.defences.defend import defend
from engine.fieldguide.world.questions import make_question
from engine.models import load_backbone
from engine.settings import Settings
from tests.fixtures import noise

DEGREES = math.pi / 180


def looped(features: torch.Tensor, goal: torch.Tensor, length: float, steps: int) -> torch.Tensor:
    """The published loop for each feature by itself: along the gradient of its cosine with the goal, then back."""
    for _ in range(steps):
        ahead = goal - (features @ goal)[:, None] * features
        features = F.normalize(features + length * F.normalize(ahead, dim=-1), dim=-1)
    return features


@pytest.fixture
def seen() -> tuple[torch.Tensor, torch.Tensor]:
    """Unit features of twenty pictures and of the sentence without a class."""
    random = torch.Generator().manual_seed(4)
    features, goal = torch.randn(20, 16, generator=random), torch.randn(16, generator=random)
    return F.normalize((features + goal).double(), dim=-1), F.normalize(goal.double(), dim=0)


@pytest.mark.parametrize(("steps", "degrees"), [(1, 88.09), (2, 0), (3, 88.09), (4, 0)])
def test_a_goal_at_69_degrees_is_overshot_and_come_back_from(steps, degrees):
    goal = torch.tensor([math.cos(1.2), math.sin(1.2)]).double()
    (found,) = turned(torch.tensor([[1.0, 0.0]]).double(), goal, RELEASED, steps)
    assert float(found[1].atan2(found[0])) / DEGREES == pytest.approx(degrees, abs=0.005)


@pytest.mark.parametrize("length", [RELEASED, SHORT, 0.4])
@pytest.mark.parametrize("steps", [1, 2, 7, 10])
def test_the_closed_form_is_the_loop(seen, length, steps):
    features, goal = seen
    assert torch.allclose(turned(features, goal, length, steps), looped(features, goal, length, steps), atol=1e-9)


def test_the_released_settings_change_nothing(seen):
    features, goal = seen
    assert float((features @ goal).min()) > math.cos(math.atan(RELEASED))  # as of any CLIP: nearer than 88 degrees
    assert torch.allclose(turned(features, goal, RELEASED), features, atol=1e-9)


def test_short_steps_add_one_number_for_each_class(seen):
    """What is added to a scaled answer lies along one vector over the classes, the same for all pictures."""
    features, goal = seen
    text = F.normalize(torch.randn(6, 16, generator=torch.Generator().manual_seed(5)).double(), dim=-1)
    moved, answers = turned(features, goal, SHORT) @ text.t(), features @ text.t()
    for before, after in zip(answers, moved, strict=True):
        parts = torch.stack([before, text @ goal], 1)
        shares = torch.linalg.lstsq(parts, after[:, None]).solution
        assert torch.allclose(parts @ shares, after[:, None], atol=1e-9) and bool((shares > 0).all())
    assert float((turned(features, goal, SHORT) @ goal).min()) > float((features @ goal).min())


def test_one_that_is_the_goal_stays_and_has_a_gradient():
    goal = F.normalize(torch.arange(1.0, 5.0), dim=0)
    features = goal[None].clone().requires_grad_()
    found = turned(features, goal, SHORT)
    (gradient,) = torch.autograd.grad(found.sum(), features)
    assert torch.allclose(found, goal[None], atol=1e-3) and gradient.isfinite().all()


def test_the_goal_is_the_models_own_sentences_without_a_name(small):
    read = [small.model.encode_text(small.tokenizer([template.replace("{}", "")]))[0] for template in small.templates]
    goal = F.normalize(torch.stack([F.normalize(one, dim=0) for one in read]).mean(0), dim=0)
    assert torch.allclose(small.nameless, goal, atol=1e-5)
    feature = small.encode_image(noise(32)[None])
    assert torch.allclose(towards_no_class(small, feature, SHORT), turned(feature, goal, SHORT), atol=1e-5)


def test_the_built_in_model_answers_as_without_it_and_with_short_steps_otherwise():
    model, question = load_backbone(), make_question(seed=0, index=0)
    picture = model.prepare(Image.fromarray(question.painting.pixels))
    asked = Settings(defences=("clip", "clipure", "clipure-short"))
    plain, released, short = (one.prediction.logits for one in defend(model, picture, question.classes, asked))
    assert torch.allclose(released, plain, atol=1e-3)
    assert (short - plain).abs().max() > 0.1
