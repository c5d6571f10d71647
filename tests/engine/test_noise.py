"""Noise at which nobody aims, as an attack: every channel moves by the whole limit, up or down by chance."""

import torch

from engine.attacks import ATTACKS
from engine.attacks.run import attack, attack_batch
from engine.classes import Classes
from engine.settings import AttackSettings

CLASSES = Classes(("red fox", "owl", "sea star"))
SETTINGS = AttackSettings("noise", epsilon=4 / 255, seed=3)


def test_every_channel_moves_by_the_limit_and_as_often_up_as_down(small):
    grey = torch.full((3, 32, 32), 100 / 255)
    step, result = attack(small, grey, CLASSES, SETTINGS, 1)
    levels = ((result.saved - grey) * 255).round()
    assert set(levels.unique().tolist()) == {-4.0, 4.0}
    up = int((levels > 0).sum())
    assert abs(up - levels.numel() / 2) < 4 * (levels.numel() / 4) ** 0.5  # four standard deviations of fair coins
    assert torch.equal(step.prediction.logits, result.after.logits) and step.total == 1


def test_it_knows_neither_model_nor_label_and_each_of_a_batch_gets_its_own(small):
    grey = torch.full((2, 3, 32, 32), 100 / 255)
    one, other = attack_batch(small, grey, CLASSES, SETTINGS, [0, 1], [3, 4])
    *_, alone = attack(small, grey[0], CLASSES, SETTINGS, 2)
    assert torch.equal(one.saved, alone.saved) and not torch.equal(one.saved, other.saved)
    assert not ATTACKS["noise"].aimed and ATTACKS["noise"].limited
