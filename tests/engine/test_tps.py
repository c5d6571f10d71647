"""TPS: the slope against autograd, the shift against its hand case, and what an attack follows."""

import math

import pytest
import torch
import torch.nn.functional as F

from engine.defences.tps import RATE, shifted_text, slope
from engine.defences.tuning import SIGN_STEPS
from engine.numerics.measures import marginal_entropy

SCALE = 20.0
EXACT, STRAIGHT = SIGN_STEPS["exact"], SIGN_STEPS["straight"]


@pytest.fixture
def seen() -> tuple[torch.Tensor, torch.Tensor]:
    """Unit features of thirty views and of five classes."""
    random = torch.Generator().manual_seed(3)
    features = torch.randn(30, 12, generator=random) + torch.randn(12, generator=random)
    text = torch.randn(5, 12, generator=random)
    return F.normalize(features.double(), dim=-1), F.normalize(text.double(), dim=-1)


def test_two_classes_and_one_view_by_hand():
    """The surer class's sentence comes nearer to the view, the other goes off, each at a right angle to itself."""
    view = torch.tensor([[0.8, 0.6]])
    assert (view[0].softmax(0) - torch.tensor([0.5498, 0.4502])).abs().max() < 1e-4
    said = shifted_text(view, torch.eye(2), 1.0, EXACT)
    expected = F.normalize(torch.tensor([[1, RATE], [-RATE, 1]]), dim=-1)
    assert torch.allclose(said, expected, atol=1e-6)
    assert torch.equal(said, shifted_text(view, torch.eye(2), 1.0, EXACT))


def test_the_slope_is_the_gradient_of_the_loss(seen):
    features, text = seen
    shift = torch.zeros_like(text, requires_grad=True)
    loss = marginal_entropy(SCALE * features @ F.normalize(text + shift, dim=-1).t())
    (expected,) = torch.autograd.grad(loss, shift)
    assert torch.allclose(slope(features, text, SCALE), expected, atol=1e-10)


def test_every_class_is_shifted_as_far_and_the_surest_views_agree_more(seen):
    features, text = seen
    surest = (SCALE * features @ text.t()).softmax(-1)
    surest = features[(surest * surest.log()).sum(-1).argsort(descending=True, stable=True)[:3]]
    steps = EXACT(slope(surest, text, SCALE))
    assert torch.allclose(RATE * steps.norm(dim=-1), torch.tensor(RATE * math.sqrt(12)).double(), rtol=1e-3)
    said = shifted_text(features, text, SCALE, EXACT)
    assert torch.allclose(said, F.normalize(text - RATE * steps, dim=-1))
    assert marginal_entropy(SCALE * surest @ said.t()) < marginal_entropy(SCALE * surest @ text.t())


def test_an_attack_follows_the_shift_as_if_it_had_the_size_of_its_slope(seen):
    features, text = (each.clone().requires_grad_() for each in seen)
    exact, straight = (shifted_text(features, text, SCALE, step) for step in (EXACT, STRAIGHT))
    assert torch.allclose(exact, straight)
    gradients = [torch.autograd.grad(said[0] @ text[1].detach(), features)[0] for said in (exact, straight)]
    assert gradients[1].abs().max() > 100 * gradients[0].abs().max()
