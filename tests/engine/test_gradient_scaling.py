"""Half precision loses no gradient: attacks are as strong in float16 as in float32, however sure the model is."""

import threading

import pytest
import torch
import torch.nn.functional as F

from engine.assets import ASSETS
from engine.attacks import ATTACKS
from engine.classes import Classes
from engine.defences.target import target_defence
from engine.defences.tuning import tune
from engine.models import Backbone, load_backbone
from engine.models.gradient_scaling import with_scaled_gradients
from engine.models.precision import PRECISIONS
from engine.models.predict import predict
from engine.pictures import load_picture
from engine.settings import AttackSettings, TuneSettings, ViewSettings
from engine.story.attack import attack
from engine.views.guided import make_views

SURE = Classes(("a bird", "red mushroom"))  # of the built-in model on a picture of a bird: a margin of 16 logits
CLASSES = Classes(("cat", "dog", "bird"))


@pytest.fixture(scope="module")
def trained():
    """The built-in model in a precision, once each."""
    store = {}
    return lambda precision: store.setdefault(precision, load_backbone("fieldguide", "cpu", precision))


@pytest.fixture(scope="module")
def half(model):
    return load_backbone(model, "cpu", "fp16")


@pytest.fixture
def surer(monkeypatch):
    """Every model twenty times as sure of itself."""
    logits = Backbone.logits
    monkeypatch.setattr(Backbone, "logits", lambda self, *features: 20 * logits(self, *features))


@pytest.fixture(scope="module")
def bird(trained):
    return trained("fp32").prepare(load_picture(ASSETS / "samples" / "bird-1.png").image)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        AttackSettings("fgsm", 8 / 255),
        AttackSettings("mi-fgsm", 8 / 255, steps=2),
        AttackSettings("pgd", 2, steps=2, norm="l2"),
    ],
    ids=["fgsm", "mi-fgsm", "pgd-l2"],
)
def test_an_attack_on_a_sure_model_is_as_strong_in_every_precision(trained, bird, settings):
    strengths = {}
    for precision in PRECISIONS:
        *_, result = attack(trained(precision), bird, SURE, settings, label=0)
        own, other = result.after.logits
        moved = result.pixels != bird
        strengths[precision] = (float(moved.float().mean()), float(own - other))
        assert not result.zero_gradient
    (share, margin), *halves = strengths.values()
    assert share > 0.8 and margin < 10  # 16 before the attack
    for half_share, half_margin in halves:
        assert half_share == pytest.approx(share, abs=0.01)
        assert half_margin == pytest.approx(margin, abs=0.7)


@pytest.mark.parametrize("name", ["pgd", "fgsm", "mi-fgsm"])
def test_how_sure_a_model_is_does_not_shorten_a_step(tiny, pixels, monkeypatch, name):
    """Between two classes the direction of the gradient is the same at every scale of the logits."""
    norm, epsilon = ("l2", 0.02) if name == "pgd" else ("linf", 0.1 / 255)  # too little to make it less sure
    settings, two = AttackSettings(name, epsilon, steps=2, norm=norm), Classes(("cat", "dog"))
    logits, margin, found = Backbone.logits, predict(tiny, pixels, two).margin, []
    for sure in (20, 98):
        monkeypatch.setattr(Backbone, "logits", lambda self, *given, by=sure / margin: by * logits(self, *given))
        *_, result = attack(tiny, pixels, two, settings)
        assert result.before.margin == pytest.approx(sure, rel=1e-3) and not result.zero_gradient
        found.append(result.pixels - pixels)
    assert alike(*found) > 0.99


def gradient_of_a_sure_loss(backbone: Backbone, pixels: torch.Tensor, settings: AttackSettings) -> torch.Tensor:
    target = target_defence(settings) if settings.target_defence else None
    look_through = ATTACKS[settings.attack].probe(target)
    probe = look_through(backbone, [CLASSES], settings, [3], lambda logits: None, threading.Event())
    picture = pixels[None].clone().requires_grad_()
    logits = probe(picture)
    (gradient,) = torch.autograd.grad(F.cross_entropy(logits, logits.argmax(-1)), picture)
    return gradient


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "defence", "unroll"),
    [
        ("pgd", "", "none"),
        ("pgd-crops", "", "none"),
        ("adaptive", "view-average", "none"),
        ("adaptive", "tpt", "straight"),
        ("adaptive", "et3", "none"),
    ],
)
def test_gradients_through_anything_are_those_of_full_precision(tiny, half, pixels, surer, name, defence, unroll):
    settings = AttackSettings(name, target_defence=defence or AttackSettings().target_defence, unroll=unroll)
    whole, found = (gradient_of_a_sure_loss(backbone, pixels, settings) for backbone in (tiny, half))
    assert 0 < float(whole.abs().max()) < 1e-5 and found.dtype == torch.float32
    assert alike(whole, found) > 0.98
    assert float((found == 0).float().mean()) < 0.01


def alike(one: torch.Tensor, other: torch.Tensor) -> float:
    """The cosine of two gradients, which may be too short to be squared in float32."""
    return float(F.cosine_similarity(one.double().flatten() / one.norm(), other.double().flatten() / other.norm(), 0))


def test_a_sure_row_beside_an_unsure_one_keeps_its_gradient(tiny, half, pixels):
    pictures = torch.stack([pixels, pixels.flip(-1)])
    slopes = torch.randn(2, 64, generator=torch.Generator().manual_seed(0)) * torch.tensor([[1e-20], [1.0]])
    gradients = []
    for backbone in (tiny, half):
        given = pictures.clone().requires_grad_()
        gradients.append(torch.autograd.grad(backbone.embed_image(given), given, slopes)[0])
    for whole, found in zip(*gradients, strict=True):
        assert alike(whole, found) > 0.99 and float(found.norm() / whole.norm()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("size", [0.0, 1e-45, 1e-38, 1.0, 1e30])
def test_gradients_of_any_size_come_back_as_they_were(size):
    """A tower of one factor, in float16, whose gradient is known."""
    values = torch.full((2, 3), 0.5, requires_grad=True)
    made = with_scaled_gradients(lambda x: (x.half() * 0.25).float(), values, torch.float16)
    slopes = torch.tensor([[size, 0.0, -size], [4.0, 1.0, 0.0]])
    (gradient,) = torch.autograd.grad(made, values, slopes)
    assert torch.allclose(gradient, slopes * 0.25, rtol=1e-3, atol=0) or size == 1e-45
    assert torch.equal(gradient.isfinite(), slopes.isfinite())


@pytest.mark.parametrize("loss", ["pointwise", "marginal"])
def test_a_prompt_of_a_sure_model_is_tuned_as_in_full_precision(tiny, half, pixels, surer, loss):
    updates = []
    for backbone in (tiny, half):
        views = make_views(backbone, pixels, CLASSES, ViewSettings(count=10, kind="crops"))
        start, end = tune(backbone, views, CLASSES, TuneSettings(loss=loss))
        updates.append((end.context - start.context).sign())
    assert float((updates[0] == updates[1]).float().mean()) > 0.95
