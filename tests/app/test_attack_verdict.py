"""Step 2 says what became of an attack: as computed and as saved, how long a change it found, and what was lost."""

from dataclasses import replace

import pytest
import torch

import engine
from app.figures.journey import journey
from app.panels.attack import _measured, verdict
from app.panels.verdict import _head
from app.text import attack as text
from app.text import words

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
        (1, 1, "Fooled: one can see the change", "Fooled", "Attack succeeded"),
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
        (1, 1, "Reached the target: one can see the change"),
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


def test_the_words_for_the_change_follow_its_size(hit):
    noise = torch.randint(0, 2, hit.clean.shape, generator=torch.manual_seed(0)) * 2 - 1
    clean = torch.linspace(0.2, 0.8, hit.clean.shape[-1]).expand(hit.clean.shape)

    def said(levels: float, picture: torch.Tensor = clean) -> str:
        saved = picture + noise * levels / 255
        made = {"clean": picture, "saved": saved, "pixels": saved, "norm": "linf", "epsilon": levels / 255}
        return verdict(replace(hit, attack="pgd", found=None, **made))

    busy = torch.rand(clean.shape, generator=torch.manual_seed(1)) * 0.8 + 0.1
    assert text.TO_THE_EYE["hidden"] in said(1) and text.TO_THE_EYE["hidden"] in said(8, busy)
    assert text.TO_THE_EYE["faint"] in said(6)
    assert text.TO_THE_EYE["seen"] in said(16) and text.TO_THE_EYE["seen"] in said(16, busy)


@pytest.mark.parametrize(
    ("saved", "through", "target", "says", "card"),
    [
        (1, 0, None, "A-TPT held", "A-TPT held"),
        (0, 0, None, "A-TPT held", "A-TPT held"),
        (1, 2, None, "A-TPT broke", "A-TPT broke"),
        (0, 2, None, "A-TPT broke", "A-TPT broke"),
        (1, 1, 1, "it answers the target", "A-TPT broke"),
    ],
)
def test_an_attack_through_a_defence_is_judged_on_that_defence(told, hit, saved, through, target, says, card):
    moved = {"attack": "adaptive", "target_defence": "a-tpt", "target": target, "found": None}
    result = replace(hit, after=answer(saved), after_saved=answer(saved), **moved)
    answered = engine.DefenceResult("a-tpt", answer(through), 0.1)
    found = replace(told, adversarial=result, through=answered, defences=(answered,))
    alone = words.ALONE.split(" {")[0]
    for drawn in (verdict(result, through=answered), _head(found)):
        assert drawn.index(says) < drawn.index(alone) < drawn.index(CLASSES.names[saved], drawn.index(alone))
        assert "Fooled" not in drawn and "Attack succeeded" not in drawn and "Attack failed" not in drawn
        assert ('class="note good"' in drawn) == (through == 0)
    assert card in journey(found)


def test_whether_the_defence_held_is_open_until_it_is_known(told, hit):
    result = replace(hit, attack="adaptive", target_defence="tpt", found=None)
    assert text.THROUGH_OPEN.format(defence="TPT") in verdict(result)
    assert 'class="note good"' not in verdict(result) and 'class="note bad"' not in verdict(result)
    answered = engine.DefenceResult("tpt", answer(0), 0.1)
    both = _head(replace(told, adversarial=result, through=answered))
    assert "TPT held" in both and words.ALONE.split(" {")[0] in both


def test_of_a_strange_picture_nothing_is_judged(hit):
    result = replace(hit, attack="adaptive", target_defence="a-tpt", found=None)
    drawn = verdict(result, "<i>unknown</i>", engine.DefenceResult("a-tpt", answer(0), 0.1))
    assert "which the attack went through, answers" in drawn and "held" not in drawn and "broke" not in drawn
    assert 'class="note good"' not in drawn


@pytest.mark.parametrize(
    ("attack", "target", "times", "took"),
    [
        ("pgd", "", 20, "20 iterations"),
        ("adaptive", "a-tpt", 1, "1 iteration"),
        ("square", "", 7, "7 looks"),
        ("noise", "", 1, "1 look"),
    ],
)
def test_how_often_an_attack_asked_is_not_called_passes_of_the_model(hit, attack, target, times, took):
    """Each time takes as many passes as what is attacked has: through a defence, hundreds."""
    steps = tuple(hit.steps[0] for _ in range(times))
    said = _measured(replace(hit, attack=attack, target_defence=target, steps=steps, epsilon=4 / 255, norm="linf"))
    assert f" {took} in " in said and "pass" not in said
