"""Memory that runs out on the way back is said in a sentence that names what to choose instead."""

import pytest
import torch

from engine.classes import Classes
from engine.defences.registry import PURIFIERS
from engine.defences.tuning import tune
from engine.errors import EngineError
from engine.maps.words import word_relevance
from engine.models.memory import enough_memory, ran_out
from engine.settings import AttackSettings, TuneSettings, ViewSettings
from engine.story.attack import attack
from engine.views.guided import make_views

CLASSES = Classes(("red fox", "owl", "sea star"))


@pytest.fixture
def short(tiny, monkeypatch):
    """The tiny model on a machine that has no memory for gradients."""

    def refuse(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(torch.autograd, "grad", refuse)
    return tiny


def test_other_errors_pass_through():
    assert not ran_out(RuntimeError("shapes cannot be multiplied")) and ran_out(RuntimeError("MPS out of memory"))
    with pytest.raises(RuntimeError, match="^shapes"), enough_memory("this"):
        raise RuntimeError("shapes cannot be multiplied")


def test_tuning_asks_for_fewer_classes(tiny, pixels, request):
    views = make_views(tiny, pixels, CLASSES, ViewSettings("augmix", count=4))
    request.getfixturevalue("short")
    with pytest.raises(EngineError, match="enough memory for tuning on 3 classes; choose fewer classes, a smaller mod"):
        list(tune(tiny, views, CLASSES, TuneSettings()))


@pytest.mark.parametrize("name", ["pgd", "adaptive"])
def test_an_attack_asks_for_fewer_pictures_or_draws(short, pixels, name):
    with pytest.raises(EngineError, match="gradients of this attack; choose fewer pictures at once, fewer draws, a sm"):
        list(attack(short, pixels, CLASSES, AttackSettings(name, steps=1, target_defence="view-average")))


@pytest.mark.parametrize("purifier", ["mac", "et3"])
def test_a_purifier_names_itself(short, pixels, purifier):
    with pytest.raises(EngineError, match="not enough memory for (MAC|ET3); choose a smaller model, bf16, or another"):
        PURIFIERS[purifier].purify(short, pixels, CLASSES, 0)


def test_so_does_what_tells_words_apart(short, pixels):
    with pytest.raises(EngineError, match="not enough memory for the relevance of one sentence"):
        word_relevance(short, pixels, CLASSES, 0)
