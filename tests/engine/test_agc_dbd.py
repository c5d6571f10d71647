"""AGC's arc and DBD's step against their hand cases and their formulas written out."""

from math import acos, cos, sin, sqrt

import pytest
import torch
import torch.nn.functional as F

from engine.classes import Classes
from engine.defences.agc import corrected, share_of_the_way
from engine.defences.dbd import AGREED, COPIES, DBD, FAR, far_answer_to_follow, shift
from engine.defences.defend import defend, tuned_case
from engine.settings import Settings, ViewSettings
from engine.views.everyday import NAMES
from engine.views.guided import make_views
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star"))
TWO = torch.tensor([[1, 0], [0.8, 0.6], [0.6, 0.8]])
THREE = torch.tensor([[1.0, 0, 0], [0.8, 0.6, 0], [0.6, 0.8, 0]])


@pytest.fixture
def seen() -> torch.Tensor:
    """Unit features of a picture and twelve copies of it."""
    drawn = torch.randn(13, 8, generator=torch.Generator().manual_seed(3)) + 1.2 * torch.eye(8)[0]
    return F.normalize(drawn.double(), dim=-1)


def test_agc_turns_two_copies_by_hand():
    assert float(share_of_the_way(TWO)) == pytest.approx(1.0469, abs=1e-4)
    assert corrected(TWO).tolist() == pytest.approx([0.6806, 0.7327], abs=1e-4)


@pytest.mark.parametrize(("share", "expected"), [(0.0, [1.0, 0.0]), (1.0, [0.5**0.5, 0.5**0.5])])
def test_agc_stays_with_none_of_the_way_and_lands_on_the_mean_with_all_of_it(monkeypatch, share, expected):
    monkeypatch.setattr("engine.defences.agc.share_of_the_way", lambda features: torch.tensor(share))
    assert corrected(TWO).tolist() == pytest.approx(expected, abs=1e-6)


def test_agc_leaves_a_picture_alone_whose_copies_are_all_like_it():
    alike = TWO[1].repeat(5, 1)
    assert torch.equal(corrected(alike), TWO[1])


def test_agc_is_its_formula_on_plain_lists(seen):
    (picture, *copies), size = seen.tolist(), len(seen) - 1

    def dot(one, other):
        return sum(a * b for a, b in zip(one, other, strict=True))

    total = [sum(parts) for parts in zip(*copies, strict=True)]
    anchor = [part / sqrt(dot(total, total)) for part in total]
    attack = min(max(sum(1 - dot(copy, picture) for copy in copies) / size, 0), 1)
    pairs = [dot(copies[i], copies[j]) for i in range(size) for j in range(size) if i != j]
    trust = (sum(pairs) / len(pairs) + 1) / 2
    beta = 0.45 + (2.25 - 0.45) * attack**0.9 * trust
    angle = acos(dot(picture, anchor))
    upright = [a - dot(picture, anchor) * p for a, p in zip(anchor, picture, strict=True)]
    length = sqrt(dot(upright, upright))
    moved = [cos(beta * angle) * p + sin(beta * angle) * u / length for p, u in zip(picture, upright, strict=True)]
    assert float(share_of_the_way(seen)) == pytest.approx(beta)
    assert corrected(seen).tolist() == pytest.approx(moved)


def test_agc_has_a_gradient_where_a_copy_is_the_picture():
    features = TWO[[0, 0, 1]].clone().requires_grad_()
    (gradient,) = torch.autograd.grad(corrected(features)[0], features)
    assert gradient.isfinite().all() and gradient.abs().max() > 0


def test_dbd_steps_from_a_picture_to_two_copies_by_hand():
    mean, agreement = shift(THREE, torch.zeros(3, 2))
    assert mean.tolist() == pytest.approx([-0.3, 0.7, 0]) and float(agreement) == pytest.approx(0.9974, abs=1e-4)
    near, far = (F.normalize(THREE[0] + times * mean, dim=0).tolist() for times in (1, FAR))
    assert near == pytest.approx([0.7071, 0.7071, 0], abs=1e-4) and far == pytest.approx([0.1414, 0.9899, 0], abs=1e-4)


def test_dbd_asks_the_surest_half_of_its_copies(seen):
    many = seen.repeat(3, 1)[: 1 + COPIES]
    logits = torch.zeros(len(many), 2)
    logits[16:, 0] = 9  # the last sixteen are sure
    mean, _ = shift(many, logits)
    assert torch.allclose(mean, (many[16:] - many[0]).mean(0))
    assert len(NAMES) == COPIES


@pytest.mark.parametrize("agreed", [True, False])
def test_dbd_goes_further_only_where_the_steps_agree(small, monkeypatch, agreed):
    monkeypatch.setattr("engine.defences.dbd.AGREED", -2.0 if agreed else 2.0)
    views = make_views(small, noise(32), CLASSES, DBD.views(ViewSettings(seed=3)))
    assert views.kind == "everyday" and len(views) == 1 + COPIES
    mean, _ = shift(views.features, views.logits)
    moved = F.normalize(views.features[0] + (2.5 if agreed else 1.0) * mean, dim=0)
    settings = Settings(views=ViewSettings(seed=3), defences=("dbd",))
    (found,) = defend(small, noise(32), CLASSES, settings)
    expected = small.scale * small.encode_text(CLASSES) @ moved
    assert AGREED == 0.8 and torch.allclose(found.prediction.logits, expected, atol=1e-4)
    case = tuned_case(small, views, CLASSES, settings, DBD)
    assert torch.allclose(far_answer_to_follow(case), expected, atol=1e-4)
