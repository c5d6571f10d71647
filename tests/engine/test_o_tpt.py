"""O-TPT's regulariser: what its authors' reflections compute, in one line."""

import pytest
import torch
import torch.nn.functional as F

from engine.defences.base import Kept
from engine.defences.o_tpt import ORTHOGONALITY, orthogonal_entropy, overlap
from engine.numerics.measures import marginal_entropy


def test_two_classes_with_a_cosine_of_six_tenths():
    assert float(overlap(torch.tensor([[1.0, 0.0], [0.6, 0.8]]))) == pytest.approx(1.36**0.5 - 1, abs=1e-6)


def test_right_angles_and_a_class_alone_cost_nothing_and_have_a_gradient():
    for count in (1, 4):
        features = torch.eye(6)[:count].requires_grad_()
        value = overlap(features)
        (gradient,) = torch.autograd.grad(value, features)
        assert float(value.detach()) == 0 and gradient.isfinite().all()


def test_it_is_the_length_of_the_rows_reflected_onto_their_own_axes():
    """The reflection of each row of the matrix of cosines that the authors' code makes, less the unit matrix."""
    features = F.normalize(torch.randn(5, 8, generator=torch.Generator().manual_seed(2)).double(), dim=-1)
    cosines, unit = features @ features.t(), torch.eye(5).double()
    rows = []
    for place in range(5):
        mirror = cosines[place] - cosines[place].norm() * unit[place]
        reflected = cosines[place] - 2 * mirror * (mirror @ cosines[place]) / (mirror @ mirror)
        rows.append((reflected - unit[place]).norm())
    assert float(overlap(features)) == pytest.approx(float(torch.stack(rows).mean()), abs=1e-12)


def test_the_loss_is_tpts_and_eighteen_times_the_overlap():
    logits, text = torch.randn(3, 4, generator=torch.Generator().manual_seed(1)), F.normalize(torch.ones(4, 4).tril())
    expected = marginal_entropy(logits) + 18 * overlap(text)
    assert ORTHOGONALITY == 18 and torch.equal(orthogonal_entropy(Kept(logits, text, torch.ones(3) / 3)), expected)
