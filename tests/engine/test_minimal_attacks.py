"""Attacks for the shortest change find it, say how long it is, and are no longer than foolbox's."""

import threading
from dataclasses import replace
from statistics import median

import pytest
import torch

from engine.attacks import ATTACKS
from engine.attacks.probes import Cancelled, Probe
from engine.attacks.run import result_of
from engine.classes import Classes
from engine.models import Backbone
from engine.results import Adversarial
from engine.settings import AttackSettings
from engine.story.attack import attack
from tests.benchmarks.minimal_attacks import PATIENT, foolbox_s, measure_all, ours
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
FAR = AttackSettings.LARGEST
STEPS = 10
LENGTH = {"linf": lambda change: change.abs().max(), "l2": lambda change: change.norm()}


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the small model's size."""
    return noise(32)


@pytest.fixture
def sharp(small, monkeypatch) -> Backbone:
    """The small model as sure of itself as a trained one."""
    logits = small.logits
    monkeypatch.setattr(small, "logits", lambda *features: 20 * logits(*features))
    return small


@pytest.fixture
def flat(tiny, monkeypatch) -> tuple[Backbone, torch.Tensor]:
    """A model whose logits are linear in the pixels, and the gradients (4, 3, 64, 64) of its logits."""
    slopes = torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(2)) / 10
    shift = torch.tensor([3.0, 1.0, 0.0, -40.0])
    middle = (slopes.flatten(1) * 0.5).sum(1)
    monkeypatch.setattr(tiny, "encode_image", lambda shown: shown)
    monkeypatch.setattr(
        tiny, "logits", lambda shown, text: torch.einsum("bijk,cijk->bc", shown, slopes) - middle + shift
    )
    return tiny, slopes


def run(backbone: Backbone, pixels: torch.Tensor, settings: AttackSettings, classes: Classes = CLASSES) -> Adversarial:
    return result_of(attack(backbone, pixels, classes, settings))


@pytest.mark.parametrize("norm", FAR)
@pytest.mark.parametrize(("name", "confidence"), [("deepfool", 0), ("cw", 0), ("cw", 4)])
def test_where_boundaries_are_flat_the_change_has_the_length_of_the_formula(flat, norm, name, confidence):
    backbone, slopes = flat
    pixels = torch.full((3, 64, 64), 0.5)  # where logits are 3, 1, 0 and -40
    steep = {"linf": lambda g: g.abs().sum(), "l2": lambda g: g.norm()}[norm]  # the dual of the norm
    shortest = min(float((gap + confidence) / steep(slopes[k] - slopes[0])) for k, gap in ((1, 2.0), (2, 3.0)))
    settings = AttackSettings(name, FAR[norm], steps=50, norm=norm, confidence=confidence)
    result = run(backbone, pixels, settings)
    assert result.after.label == 1 and result.found == pytest.approx(shortest, rel=0.025, abs=2e-4)
    assert result.found >= shortest and result.after.margin >= confidence


@pytest.mark.parametrize("norm", FAR)
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_deepfool_goes_a_fiftieth_beyond_where_its_linear_steps_lead(sharp, norm, seed):
    pixels, text = noise(32, seed), sharp.encode_text(CLASSES)
    *steps, result = attack(sharp, pixels, CLASSES, AttackSettings("deepfool", FAR[norm], steps=2, norm=norm))
    assert 2 <= len(steps) <= 4 and steps[0].total == 4  # a look at the linear step's end, and one further on
    near, way = pixels[None], torch.zeros(1, 3, 32, 32)
    for _ in range(len(steps) // 2):
        near = near.detach().requires_grad_()
        logits = sharp.logits(sharp.encode_image(near), text)[0]
        ways = []
        for other in {0, 1, 2, 3} - {result.label}:
            gap = logits[result.label] - logits[other]
            (g,) = torch.autograd.grad(-gap, near, retain_graph=True)
            if norm == "linf":
                far = float(gap.detach() / g.abs().sum())
                ways.append((far, (far + 1e-4) * g.sign()))
            else:
                far = float(gap.detach() / g.norm())
                ways.append((far, (far + 1e-4) * g / g.norm()))
        way = way + min(ways, key=lambda one: one[0])[1]
        near = (pixels + way).clamp(0, 1)
    assert torch.allclose(result.pixels, (pixels + 1.02 * way[0]).clamp(0, 1), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "norm", "theirs", "options"),
    [
        ("deepfool", "linf", "LinfDeepFoolAttack", {}),
        ("deepfool", "l2", "L2DeepFoolAttack", {}),
        (
            "cw",
            "l2",
            "L2CarliniWagnerAttack",
            PATIENT | {"steps": 60, "binary_search_steps": 2, "stepsize": 3e-3, "initial_const": 1.0},
        ),
    ],
)
def test_the_shortest_changes_are_as_many_and_as_short_as_foolbox_s(sharp, name, norm, theirs, options):
    asked = [(noise(32, seed), CLASSES) for seed in (7, 8)]
    own, other = (
        measure_all(sharp, norm, find, asked) for find in (ours(name, norm, STEPS), foolbox_s(theirs, **options))
    )
    assert len(own.lengths) == len(asked) >= len(other.lengths) > 0
    assert median(own.lengths) <= 1.1 * median(other.lengths) and max(own.passes) <= 41


@pytest.mark.parametrize("norm", FAR)
@pytest.mark.parametrize("name", ["cw", "deepfool"])
def test_pixels_at_the_ends_of_the_range_move_too(sharp, norm, name):
    pixels = torch.ones(3, 32, 32)
    pixels[:, 12:20, 12:20] = noise(32, 5)[:, 12:20, 12:20]
    result = run(sharp, pixels, AttackSettings(name, FAR[norm], steps=STEPS, norm=norm))
    change = result.pixels - pixels
    assert result.fooled_as_computed and (change[pixels == 1] < 0).float().mean() > 0.25


def test_deepfool_compares_ten_classes_however_many_there_are(sharp, pixels):
    back = []

    def seen(module, given, features):
        if features.requires_grad:
            features.register_hook(lambda slope: back.append(1))

    watch = sharp.visual.ln_post.register_forward_hook(seen)
    many = Classes(tuple(f"thing number {number}" for number in range(60)))
    *steps, result = attack(sharp, pixels, many, AttackSettings("deepfool", FAR["l2"], norm="l2"))
    watch.remove()
    assert result.fooled_as_computed and len(back) == 9 * len(steps) / 2  # every second pass only asks for the answer


def test_deepfool_can_be_stopped_between_two_gradients(small, pixels, monkeypatch):
    stop, calls, grad = threading.Event(), [], torch.autograd.grad
    probe = Probe(small, [CLASSES], AttackSettings("deepfool"), [0], lambda logits: None, stop)
    label = probe(pixels[None]).argmax(1)
    monkeypatch.setattr(
        torch.autograd, "grad", lambda *given, **options: calls.append(stop.set()) or grad(*given, **options)
    )
    begun = ATTACKS["deepfool"].build(probe, AttackSettings("deepfool"))
    with pytest.raises(Cancelled):
        begun(pixels[None], label)
    assert len(calls) == 1


@pytest.mark.parametrize("norm", FAR)
def test_confidence_is_the_lead_of_the_other_class_and_outlasts_rounding(sharp, pixels, norm):
    near, sure = (
        run(sharp, pixels, AttackSettings("cw", FAR[norm], steps=STEPS, norm=norm, confidence=confidence))
        for confidence in (0, 5)
    )
    assert 0 < near.after.margin < 5 <= sure.after.margin
    assert near.found < sure.found and sure.fooled


@pytest.mark.parametrize("norm", FAR)
@pytest.mark.parametrize("name", ["cw", "deepfool"])
def test_a_limit_cuts_the_change_that_was_found_and_its_length_is_kept(sharp, pixels, norm, name):
    whole = run(sharp, pixels, AttackSettings(name, FAR[norm], steps=STEPS, norm=norm))
    assert whole.found == float(LENGTH[norm](whole.pixels - pixels)) and not whole.cut and whole.fooled_as_computed
    short = run(sharp, pixels, AttackSettings(name, whole.found / 2, steps=STEPS, norm=norm))
    assert short.found == whole.found and short.cut
    assert float(LENGTH[norm](short.pixels - pixels)) == pytest.approx(whole.found / 2, rel=1e-4)


def test_what_looks_for_no_shortest_change_or_finds_none_has_no_length(sharp, pixels, monkeypatch):
    assert run(sharp, pixels, AttackSettings(steps=2)).found is None
    monkeypatch.setattr(sharp, "encode_image", lambda shown: 0 * shown.flatten(1)[:, :64] + torch.eye(64)[0])
    for name in ("cw", "deepfool"):
        result = run(sharp, pixels, AttackSettings(name, steps=3))
        assert result.found is None and not result.cut and torch.equal(result.pixels, pixels)


def test_a_picture_that_is_wrong_already_stays_as_it_is(sharp, pixels):
    right = run(sharp, pixels, AttackSettings(steps=1)).label
    for name in ("cw", "deepfool"):
        *steps, result = attack(sharp, pixels, CLASSES, AttackSettings(name), label=(right + 1) % 4)
        assert torch.equal(result.pixels, pixels) and result.found == 0 and len(steps) == 1


def test_fooled_as_computed_is_told_from_fooled_after_saving(sharp, pixels):
    near = run(sharp, pixels, AttackSettings("cw", FAR["l2"], steps=STEPS, norm="l2"))
    assert near.fooled_as_computed == (near.after.label != near.label)
    assert near.fooled == (near.after_saved.label != near.label)
    undone = replace(near, after_saved=near.before)
    assert undone.fooled_as_computed and not undone.fooled
    aimed = replace(near, target=near.after.label, after_saved=near.before)
    assert aimed.reached_as_computed and not aimed.reached


@pytest.mark.parametrize(
    ("settings", "erased", "below"),
    [
        (AttackSettings(epsilon=0.9 / 255, steps=1), True, True),
        (AttackSettings(epsilon=1 / 255, steps=1), False, False),
        (AttackSettings(epsilon=0.9 / 255, norm="l2", steps=1), True, True),
        (AttackSettings(epsilon=0.02, norm="l2", steps=1), True, False),  # spread over 3,072 channels
        (AttackSettings(epsilon=2, norm="l2", steps=1), False, False),
        (AttackSettings(epsilon=0), False, True),
    ],
)
def test_a_change_that_saving_in_8_bits_erases_is_told(small, pixels, settings, erased, below):
    result = run(small, pixels, settings)
    assert (result.erased, result.below_a_level) == (erased, below)
    assert result.erased == (torch.equal(result.saved, result.clean) and not torch.equal(result.pixels, result.clean))
