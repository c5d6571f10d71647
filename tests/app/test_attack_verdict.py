"""Step 2 says what became of an attack: as computed and as saved, how long a change it found, and what was lost."""

from dataclasses import replace

import pytest
import torch

import engine
from app.figures.journey import journey
from app.panels.attack import verdict
from app.panels.verdict import _head
from app.text import words as text

CLASSES = engine.Classes(("cat", "dog", "owl", "fox"))


def answer(label: int) -> engine.Prediction:
    return engine.Prediction(CLASSES, 3 * torch.eye(4)[label])


@pytest.fixture
def hit(tiny, pixels) -> engine.Adversarial:
    """An attack away from class 0, which is the clean answer, whose result is given class 1."""
    *_, result = engine.attack(tiny, pixels, CLASSES, engine.AttackSettings("deepfool", 2, norm="l2", steps=1), label=0)
    moved = result.clean.flip(-1)
    answers = {"before": answer(0), "after": answer(1), "after_saved": answer(1)}
    return replace(result, pixels=moved, saved=moved, found=1.5, **answers)


@pytest.mark.parametrize(
    ("computed", "saved", "said", "card", "head"),
    [
        (1, 1, "Fooled: to the eye", "Fooled", "Attack succeeded"),
        (0, 0, "Held: the model still says", "Held", "Attack failed"),
        (1, 0, "Fooled as computed, but not after saving", "Undone by saving", "Attack undone by saving"),
        (0, 1, "Fooled, but only after saving", "Fooled", "Attack succeeded"),
    ],
)
def test_fooled_as_computed_is_told_from_fooled_after_saving(told, hit, computed, saved, said, card, head):
    result = replace(hit, after=answer(computed), after_saved=answer(saved))
    found = replace(told, adversarial=result)
    assert said in verdict(result)
    assert card in journey(found) and head in _head(found)


@pytest.mark.parametrize(
    ("computed", "saved", "said"),
    [
        (1, 1, "Reached the target: to the eye"),
        (0, 0, "Did not reach the target"),
        (1, 0, "Reached the target as computed, but not after saving"),
        (0, 1, "Reached the target, but only after saving"),
    ],
)
def test_a_target_reached_as_computed_is_told_from_one_reached_after_saving(hit, computed, saved, said):
    assert said in verdict(replace(hit, target=1, after=answer(computed), after_saved=answer(saved)))


def test_the_length_that_was_found_is_told_and_that_the_limit_cut_it(hit):
    assert "turns the answer: an L2 length of 1.5." in verdict(hit) and "cut it" not in verdict(hit)
    held = replace(hit, epsilon=1, after=answer(0), after_saved=answer(0))
    assert "The limit cut it to an L2 length of 1, " in verdict(held)
    assert text.FOUND_NONE.format(wanted="turns the answer") in verdict(replace(held, found=None))
    assert "found that makes another class lead by 5 logits: an L2" in verdict(replace(hit, confidence=5.0))
    flat = replace(held, norm="linf", epsilon=4 / 255, found=5.25 / 255)
    assert "5.25/255" in verdict(flat) and "cut it to 4/255" in verdict(flat)
    plain = replace(hit, attack="pgd", found=None)
    assert "turns the answer" not in verdict(plain)
    assert "turns the answer" not in verdict(replace(hit, before=answer(2), found=0.0))  # wrong already


def test_a_limit_below_one_level_of_8_bits_gets_a_sentence(hit):
    lost = replace(hit, saved=hit.clean, after_saved=answer(0))
    assert text.ERASED in verdict(lost)
    small = verdict(replace(lost, norm="linf", epsilon=0.5 / 255))
    assert "The limit, 0.50/255, is less than one level of 8 bits" in small and text.ERASED not in small
    assert text.ERASED not in verdict(hit)
