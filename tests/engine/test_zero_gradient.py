"""An attack whose gradient is zero at the first step says so: it could not see which way to go."""

import gc
from collections.abc import Iterator

import pytest
import torch

from engine.attacks import ATTACKS
from engine.attacks.probes import Probe
from engine.classes import Classes
from engine.models import Backbone
from engine.serialise import attack_data
from engine.settings import AttackSettings
from engine.story.attack import attack, attack_batch
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
BY_CROSS_ENTROPY = (
    "pgd",
    "fgsm",
    "mi-fgsm",
    "apgd-ce",
    "pgd-crops",
    "pgd-views",
    "pgd-transformations",
    "adaptive",
    "patch",
)


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the shallow model's size."""
    return noise(32)


@pytest.fixture
def saturated(shallow, monkeypatch):
    """The shallow model so sure of itself that the cross-entropy of its answer is 0 to the last digit of float32."""
    logits = Backbone.logits
    monkeypatch.setattr(Backbone, "logits", lambda self, *features: 1e4 * logits(self, *features))
    return shallow


def settings_of(name: str, **others) -> AttackSettings:
    return AttackSettings(name, steps=1 if name == "auto" else 2, target_defence="view-average", **others)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_that_sees_no_gradient_says_so(saturated, pixels, name):
    *_, result = attack(saturated, pixels, CLASSES, settings_of(name))
    assert result.zero_gradient == (name in BY_CROSS_ENTROPY)
    assert result.blind == (result.zero_gradient and not result.fooled)
    assert attack_data(result)["zero_gradient"] == result.zero_gradient
    assert result.pixels.isfinite().all()


@pytest.mark.parametrize("name", BY_CROSS_ENTROPY)
def test_an_attack_that_sees_where_to_go_says_nothing(shallow, pixels, name):
    *_, result = attack(shallow, pixels, CLASSES, settings_of(name))
    assert not result.zero_gradient and not result.blind


def test_every_picture_of_a_batch_tells_its_own(shallow, pixels, monkeypatch):
    monkeypatch.setattr(Backbone, "logits", sure_of_the_first(Backbone.logits))
    pictures = torch.stack([pixels, pixels.flip(-1)])
    found = attack_batch(shallow, pictures, CLASSES, settings_of("pgd"))
    assert [one.zero_gradient for one in found] == [True, False]
    assert [one.blind for one in found] == [True, False]


def sure_of_the_first(logits):
    """Logits of several pictures of which the first is answered beyond doubt."""

    def answered(backbone: Backbone, *features: torch.Tensor) -> torch.Tensor:
        found = logits(backbone, *features)
        return found * torch.tensor([1e4, *[1.0] * (len(found) - 1)])[:, None]

    return answered


def test_no_gradient_proves_nothing_only_where_the_attack_failed(saturated, pixels):
    *_, result = attack(saturated, pixels, CLASSES, settings_of("pgd"))
    assert result.blind
    *_, wrong_before = attack(saturated, pixels, CLASSES, settings_of("cw"), label=(result.label + 1) % 4)
    assert wrong_before.fooled and not wrong_before.blind


def test_without_an_attack_there_is_no_gradient_to_miss(saturated, pixels):
    (result,) = attack(saturated, pixels, CLASSES, settings_of("pgd", epsilon=0))
    assert not result.zero_gradient


@pytest.fixture
def nothing_older() -> Iterator[None]:
    """What other tests hold is no longer looked through: that would take seconds."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("nothing_older")
@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_that_an_attack_looked_through_outlives_it(shallow, pixels, name):
    """A graph that is kept keeps the hook at its end, and this the probe: a ring that nothing frees."""
    *_, _ = attack(shallow, pixels, CLASSES, settings_of(name, eot_samples=1))
    gc.collect()
    assert not [one for one in gc.get_objects() if issubclass(type(one), Probe)]
