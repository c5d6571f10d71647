"""Deletion and insertion curves, against pictures occluded one patch after the other."""

import pytest
import torch

from engine.classes import Classes
from engine.errors import EngineError
from engine.maps.occlusion import blur, occlude
from engine.models.predict import predict

CLASSES = Classes(("cat", "dog", "red fox"))


def literal(backbone, pixels, values, label, counts, seed):
    """Probabilities while the `counts` strongest patches of 8 x 8 pixels are blurred, and while they alone are not."""
    drawn = torch.randperm(64, generator=torch.Generator().manual_seed(seed)).tolist()
    order = sorted(drawn, key=lambda i: -float(values.flatten()[i]))
    deletion, insertion = [], []
    for count in counts:
        removed, shown = pixels.clone(), blur(pixels).clone()
        for cell in order[:count]:
            y, x = 8 * (cell // 8), 8 * (cell % 8)
            removed[:, y : y + 8, x : x + 8] = blur(pixels)[:, y : y + 8, x : x + 8]
            shown[:, y : y + 8, x : x + 8] = pixels[:, y : y + 8, x : x + 8]
        deletion.append(float(predict(backbone, removed, CLASSES).probabilities[label]))
        insertion.append(float(predict(backbone, shown, CLASSES).probabilities[label]))
    return deletion, insertion


def test_curves_are_the_literal_ones(tiny, pixels):
    values = torch.rand(8, 8, generator=torch.Generator().manual_seed(2)).mul(9).round()  # with ties
    found = occlude(tiny, pixels, values, CLASSES, 2, steps=4, seed=3)
    assert found.fractions.tolist() == [0, 0.25, 0.5, 0.75, 1] and found.label == 2
    deletion, insertion = literal(tiny, pixels, values, 2, (0, 16, 32, 48, 64), seed=3)
    assert found.deletion.tolist() == pytest.approx(deletion, abs=1e-5)
    assert found.insertion.tolist() == pytest.approx(insertion, abs=1e-5)
    assert found.deletion[0] == pytest.approx(float(found.insertion[-1]), abs=1e-5)


def test_areas_are_sums_of_trapezia(tiny, pixels):
    found = occlude(tiny, pixels, torch.arange(64.0).view(8, 8), CLASSES, 0, steps=3)
    assert [round(64 * f) for f in found.fractions.tolist()] == [0, 21, 43, 64]
    for curve, area in ((found.deletion, found.deletion_area), (found.insertion, found.insertion_area)):
        parts = [(found.fractions[i + 1] - found.fractions[i]) * (curve[i] + curve[i + 1]) / 2 for i in range(3)]
        assert area == pytest.approx(float(sum(parts)), abs=1e-6)


def test_a_cell_grid_that_does_not_divide_the_picture_still_covers_all_of_it(tiny, pixels):
    whole = occlude(tiny, pixels, torch.rand(7, 7), CLASSES, 1, steps=2)
    assert float(whole.insertion[-1]) == pytest.approx(float(predict(tiny, pixels, CLASSES).probabilities[1]), abs=1e-5)


def test_blur_is_wider_on_larger_pictures_and_leaves_flat_ones():
    spot = torch.zeros(3, 224, 224)
    spot[:, 100, 100] = 1
    spread = blur(spot)[0, 100]
    assert int((spread > 0).sum()) == 11
    weights = [2.718281828 ** (-(i * i) / 50) for i in range(-5, 6)]
    assert float(spread[100]) == pytest.approx(1 / sum(weights) ** 2, rel=1e-3)
    assert torch.allclose(blur(torch.full((3, 64, 64), 0.3)), torch.full((3, 64, 64), 0.3))


@pytest.mark.parametrize(
    ("values", "label", "steps", "sentence"),
    [
        (torch.rand(64), 0, 4, "rows and columns; got one of shape"),
        (torch.rand(8, 8), 3, 4, "class number from 0 to 2; got 3"),
        (torch.rand(8, 8), 0, 0, "at least one step; got 0"),
    ],
)
def test_nonsense_is_refused(tiny, pixels, values, label, steps, sentence):
    with pytest.raises(EngineError, match=sentence):
        occlude(tiny, pixels, values, CLASSES, label, steps)
