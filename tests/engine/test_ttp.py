"""TTP: its borders, its decision, its step and its weights, each by hand or spelled out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from engine.classes import Classes
from engine.defences.base import Case
from engine.defences.registry import DEFENCES
from engine.defences.ttp import (
    bordered_answer,
    bordered_answer_to_follow,
    likeness,
    restored,
    tuned_border,
)
from engine.detection.borders import around, canvas_size, inside
from engine.settings import Settings, ViewSettings
from engine.views.guided import make_views
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))
BORDERS = [around, inside]


@pytest.fixture
def case(small) -> Case:
    """What TTP answers from, for a noisy picture with twelve views."""
    settings = Settings(views=ViewSettings("augmix", count=12, seed=5))
    views = make_views(small, noise(32), CLASSES, settings.views)
    return Case(small, CLASSES, views, settings)


def test_a_border_of_a_seventh_goes_around_or_inside():
    white = torch.ones(1, 3, 14, 14)
    canvas = torch.full((3, 18, 18), 0.5)
    assert canvas_size(14, around) == 18 and canvas_size(14, inside) == 14
    assert canvas_size(224, around) == 288
    (inner,) = inside(white, canvas[:, :14, :14])
    assert inner.shape == (3, 14, 14)
    assert torch.allclose(inner[:, 2:-2, 2:-2], torch.ones(10, 10)) and torch.equal(inner[:, :2], canvas[:, :2, :14])
    (outer,) = around(white, canvas)
    assert outer.shape == (3, 14, 14)
    assert float(outer[:, 7, 7].mean()) == 1 and float(outer[:, 0, 0].mean()) == pytest.approx(0.5)
    assert float(outer.mean()) == pytest.approx((196 + 0.5 * 128) / 324, abs=0.01)


def test_a_canvas_shows_nothing_where_the_picture_lies():
    picture = noise(28)[None]
    for border in BORDERS:
        canvas = torch.ones(3, *(2 * (canvas_size(28, border),)))
        hidden = canvas.clone()
        hidden[:, 10:-10, 10:-10] = 0
        assert torch.equal(border(picture, canvas), border(picture, hidden))


def test_brightness_alone_is_not_noticed():
    """With the mean colour as feature, a border scales a white picture's feature, and a cosine does not see it."""
    white = torch.ones(1, 3, 7, 7)
    (bordered,) = inside(white, torch.zeros(3, 7, 7))
    plain, seen = white[0].mean((-2, -1)), bordered.mean((-2, -1))
    assert float(seen[0]) == pytest.approx(25 / 49)
    assert float(F.cosine_similarity(plain, seen, dim=0)) == pytest.approx(1)


@pytest.mark.parametrize("border", BORDERS)
def test_a_picture_that_a_border_hardly_moves_gets_the_plain_answer_bit_for_bit(case, border, monkeypatch):
    seen = case.backbone.encode_image(border(case.views.pixels[:1], torch.zeros(3, *(2 * (canvas_size(32, border),)))))
    assert float(likeness(case, border)) == pytest.approx(float(seen[0] @ case.views.features[0]), abs=1e-6)
    monkeypatch.setattr("engine.defences.ttp.ALIKE", float(likeness(case, border)) - 1e-3)
    assert torch.equal(bordered_answer(case, border), case.views.logits[0])
    monkeypatch.setattr("engine.defences.ttp.ALIKE", float(likeness(case, border)) + 1e-3)
    assert torch.equal(bordered_answer(case, border), restored(case, border)[0])


@pytest.mark.parametrize("border", BORDERS)
def test_the_answer_is_the_weighted_mean_over_the_surest_views_in_a_tuned_border(case, border):
    model, views, text = case.backbone, case.views, case.backbone.encode_text(CLASSES)
    kept = views.entropies.argsort()[:6]
    pictures, size = views.pixels[kept], canvas_size(32, border)
    start = torch.from_numpy(np.random.default_rng(5).uniform(0, 10 / 255, (3, size, size))).float().requires_grad_()
    logits = model.logits(model.encode_image(border(pictures, start)), text)
    loss = -(logits.softmax(-1) * logits.log_softmax(-1)).sum(-1).mean()
    loss.backward()
    canvas = (start.detach() - 5 * start.grad).clamp(0, 1)
    assert torch.allclose(tuned_border(case, pictures, border, text), canvas, atol=1e-5)
    seen = model.encode_image(border(pictures, canvas))
    black = model.encode_image(border(pictures, torch.zeros_like(canvas)))
    weights = ((seen * black).sum(-1) - (seen * views.features[kept]).sum(-1)).softmax(0)
    found, shares = restored(case, border)
    assert torch.allclose(shares, weights, atol=1e-5)
    assert torch.allclose(found.exp(), weights @ model.logits(seen, text).softmax(-1), atol=1e-5)


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize("clean", [True, False])
def test_an_attack_sees_the_answer_and_the_decision_has_a_slope(case, border, clean, monkeypatch):
    found = float(likeness(case, border))
    monkeypatch.setattr("engine.defences.ttp.ALIKE", found + (-0.01 if clean else 0.01))
    pictures = case.views.pixels.clone().requires_grad_()
    features = case.backbone.encode_image(pictures)
    views = replace(case.views, features=features, logits=case.backbone.logits(features, case.text))
    attacked = replace(case, views=views, attached=pictures)
    answer = bordered_answer_to_follow(attacked, border)
    assert torch.allclose(answer.softmax(-1), bordered_answer(case, border).softmax(-1), atol=1e-5)
    (gradient,) = torch.autograd.grad(answer[0], pictures)
    asked = {0} if clean else {0, *case.views.entropies.argsort()[:6].tolist()}
    assert {view for view in range(12) if bool(gradient[view].any())} == asked


def test_its_two_readings_are_the_two_borders():
    assert DEFENCES["ttp"].answer.keywords == {"border": around}
    assert DEFENCES["ttp-inside"].answer.keywords == {"border": inside}
