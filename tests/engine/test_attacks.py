"""Attacks stay in their ball, repeat themselves, and stop when nobody listens."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchattacks

from engine.attacks import ATTACKS, probes
from engine.attacks.probes import CropProbe, Probe, ViewProbe
from engine.attacks.projection import to_8_bits
from engine.classes import Classes
from engine.defences.target import target_defence
from engine.errors import EngineError
from engine.models import Backbone
from engine.models.gradient_scaling import with_steady_gradients
from engine.models.predict import predict
from engine.results import Adversarial, AttackStep
from engine.settings import AttackSettings
from engine.story.attack import attack, attack_batch
from engine.views.augmix import draw_beta, mix
from tests.fixtures import noise

CLASSES = Classes(("red fox", "owl", "sea star", "oak tree"))
BLOCKING = ("cw", "deepfool", "square", "auto")
LIMITED = [name for name, chosen in ATTACKS.items() if chosen.limited]
EARLY = ("apgd-t", "cw", "deepfool", "square", "auto")  # end when the answer turns


@pytest.fixture
def pixels() -> torch.Tensor:
    """A picture of the shallow model's size."""
    return noise(32)


def drain(*args, **kwargs) -> Adversarial:
    *_, last = attack(*args, **kwargs)
    return last


def in_levels(values: torch.Tensor) -> torch.Tensor:
    return (values * 255).round()


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("levels", [0.5, 2.5])
def test_the_change_stays_within_epsilon_as_floats_and_in_8_bits(shallow, pixels, name, levels):
    settings = AttackSettings(name, levels / 255, 1 / 255, steps=1, target_defence="tpt")
    result = drain(shallow, pixels, CLASSES, settings)
    assert result.linf(saved=False) <= levels / 255 + 1e-7
    assert (in_levels(result.saved) - in_levels(pixels)).abs().max() <= int(levels)
    assert_picture(result)


@pytest.mark.parametrize("name", [name for name, kind in ATTACKS.items() if "l2" in kind.norms])
@pytest.mark.parametrize("length", [0.3, 2])
def test_the_change_stays_within_a_length_as_floats_and_in_8_bits(shallow, pixels, name, length):
    result = drain(shallow, pixels, CLASSES, AttackSettings(name, length, steps=1, norm="l2", target_defence="tpt"))
    assert result.norm == "l2"
    assert result.l2(saved=False) <= length * (1 + 1e-5)
    assert result.l2(saved=False) > 0 or name == "cw"  # one step is too little for it
    assert (in_levels(result.saved) - in_levels(pixels)).norm() <= length * 255 * (1 + 1e-6)
    assert_picture(result)


def assert_picture(result: Adversarial) -> None:
    assert torch.equal(result.saved, in_levels(result.saved) / 255)
    for picture in (result.pixels, result.saved):
        assert picture.min() >= 0 and picture.max() <= 1


def test_legacy_cuts_off_and_may_leave_the_ball_by_one_level(shallow, pixels):
    plain, cut = (drain(shallow, pixels, CLASSES, AttackSettings(steps=2, legacy=legacy)) for legacy in (False, True))
    assert torch.equal(cut.pixels, plain.pixels)
    assert torch.equal(in_levels(cut.saved), (cut.pixels * 255).byte().float())
    assert round(plain.linf() * 255, 3) == 4 and round(cut.linf() * 255, 3) == 5
    untouched = drain(shallow, pixels, CLASSES, AttackSettings(epsilon=0, legacy=True))
    assert torch.equal(untouched.saved, pixels)


def test_a_length_is_kept_by_taking_back_what_rounding_added():
    clean = torch.full((3, 2, 2), 100 / 255)
    wanted = torch.tensor([3.6, 2.0, -1.7, 0.4, *[0.0] * 8]).view(3, 2, 2)  # rounded, its length is 4.899
    saved = to_8_bits(clean + wanted / 255, clean, 4.5 / 255, "l2")
    change = in_levels(saved) - 100  # 4 goes first, being 0.4 above what was wanted; 3, 2, -2 has length 4.123
    assert change.flatten().tolist() == [3, 2, -2, *[0] * 9]


def test_the_euclidean_step_is_the_literal_one(shallow, pixels):
    result = drain(shallow, pixels, CLASSES, AttackSettings("pgd", 1.5, step_size=0.5, steps=4, seed=3, norm="l2"), 1)
    generator = torch.Generator().manual_seed(3)
    start = torch.empty(1, 3, 32, 32).normal_(generator=generator)
    start *= torch.zeros(1).uniform_(0, 1, generator=generator) / start.norm() * 1.5
    moved, text = (pixels + start).clamp(0, 1), shallow.encode_text(CLASSES)
    for _ in range(4):
        moved = moved.detach().requires_grad_()
        loss = torch.nn.functional.cross_entropy(shallow.logits(shallow.encode_image(moved), text), torch.tensor([1]))
        (gradient,) = torch.autograd.grad(loss, moved)
        change = moved.detach() + 0.5 * gradient / gradient.norm() - pixels
        moved = (pixels + change * min(1.0, 1.5 / float(change.norm()))).clamp(0, 1)
    assert torch.allclose(result.pixels, moved[0], atol=1e-5)


def test_a_norm_that_the_attack_does_not_know_is_refused(shallow, pixels):
    with pytest.raises(EngineError, match="FGSM keeps to the norm linf; got l2"):
        list(attack(shallow, pixels, CLASSES, AttackSettings("fgsm", 1, norm="l2")))


def test_where_nothing_fools_the_model_apgd_keeps_the_highest_loss(shallow, pixels):
    *steps, result = attack(shallow, pixels, CLASSES, AttackSettings("apgd-ce", 0.2 / 255, steps=6))
    assert not any(step.prediction.label != result.label for step in steps)
    highest = max(step.loss for step in steps)
    assert -float(result.after.logits.log_softmax(-1)[result.label]) == pytest.approx(highest, abs=1e-4)


def test_8_bits_keep_the_whole_of_a_whole_epsilon(shallow, pixels):
    result = drain(shallow, pixels, CLASSES, AttackSettings("fgsm", 4 / 255))
    assert (in_levels(result.saved) - in_levels(pixels)).abs().max() == 4


def test_pgd_lowers_the_logit_it_pushes_away_from(shallow, pixels):
    steps = list(attack(shallow, pixels, CLASSES, AttackSettings(epsilon=8 / 255, steps=10), label=1))
    result = steps.pop()
    assert result.label == 1 and result.from_truth
    assert result.after.logits[1] < result.before.logits[1]
    assert result.after_saved.logits[1] < result.before.logits[1]
    assert steps[-1].loss > steps[0].loss


def test_each_forward_pass_is_one_step_and_none_is_lost(shallow, pixels):
    stream = attack(shallow, pixels, CLASSES, AttackSettings(steps=25))
    first = next(stream)
    time.sleep(0.5)  # a slow reader: the attack is long over
    *rest, result = stream
    assert [step.index for step in (first, *rest)] == list(range(1, 26))
    assert all(step.total == 25 for step in rest)
    assert result.steps == (first, *rest)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_every_attack_repeats_itself_announces_its_length_and_leaves_the_global_generator_alone(shallow, pixels, name):
    state = torch.get_rng_state()
    settings = AttackSettings(name, steps=1 if name == "auto" else 2, seed=1, target_defence="tpt")
    runs = [list(attack(shallow, pixels, CLASSES, settings)) for _ in range(2)]
    assert torch.equal(runs[0][-1].pixels, runs[1][-1].pixels)
    totals = {step.total for step in runs[0][:-1]}
    assert len(totals) == 1 and len(runs[0]) - 1 <= max(totals)
    assert name in EARLY or totals == {len(runs[0]) - 1}
    assert torch.equal(state, torch.get_rng_state())
    if name not in ("fgsm", "mi-fgsm", "cw", "deepfool", "written-word", "corruption"):
        other = drain(shallow, pixels, CLASSES, replace(settings, seed=2))
        assert not torch.equal(runs[0][-1].pixels, other.pixels)


def surer(backbone: Backbone, monkeypatch) -> Backbone:
    """The model as sure of itself as a trained one."""
    logits = backbone.logits
    monkeypatch.setattr(backbone, "logits", lambda *features: 20 * logits(*features))
    return backbone


@pytest.fixture
def sharp(small, monkeypatch) -> Backbone:
    return surer(small, monkeypatch)


# values that are not the defaults below
OTHERS = {
    "steps": 3, "step_size": 3 / 255, "eot_samples": 2, "target_defence": "tpt", "confidence": 4.0,
    "written": "elm", "text_size": 0.4, "text_colour": "red", "text_outline": 0.0, "text_opacity": 0.5,
    "text_rotation": 90.0, "place_x": 0.3, "place_y": 0.2, "places": 2, "control": True,
    "patch_size": 0.5, "patch_shape": "circle", "patch_at": "gradient", "corruption": "fog", "severity": 4,
    "only_cells": "2x2:1.2",
}  # fmt: skip
ELSEWHERE = {"unroll"}  # matters to defences that tune only: tests/engine/test_adaptive.py


def test_every_setting_that_an_attack_says_it_uses_is_tried_out():
    assert {field for attack in ATTACKS.values() for field in attack.uses} == {*OTHERS} | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ATTACKS if name not in EARLY])
def test_an_attack_heeds_the_settings_it_says_it_heeds_and_no_others(shallow, pixels, name):
    begun = AttackSettings(name, steps=2, target_defence="view-average")
    expected = drain(shallow, pixels, CLASSES, begun)
    for field, value in OTHERS.items():
        changed = drain(shallow, pixels, CLASSES, replace(begun, **{field: value}))
        assert torch.equal(changed.pixels, expected.pixels) != (field in ATTACKS[name].uses), field
    assert expected.target_defence == ("view-average" if "target_defence" in ATTACKS[name].uses else "")


def test_a_change_has_the_size_of_noise_in_its_own_norm(shallow, pixels):
    flat = drain(shallow, pixels, CLASSES, AttackSettings(steps=2))
    assert flat.per_channel == flat.linf()
    long = drain(shallow, pixels, CLASSES, AttackSettings(epsilon=1, steps=2, norm="l2"))
    noise = torch.full((3, 32, 32), long.per_channel)
    assert float(noise.norm()) == pytest.approx(long.l2(), rel=1e-5)


@pytest.mark.parametrize("name", ["pgd", "fgsm", "mi-fgsm", "apgd-ce", "apgd-dlr", "apgd-t", "cw", "deepfool", "auto"])
def test_an_attack_on_the_model_turns_its_answer(sharp, pixels, name):
    settings = AttackSettings(name, 6, steps=20 if name == "cw" else 5, norm="l2")
    if "l2" not in ATTACKS[name].norms:
        settings = replace(settings, epsilon=8 / 255, norm="linf")
    *steps, result = attack(sharp, pixels, CLASSES, settings)
    assert result.before.label == result.label != result.after.label


@pytest.mark.parametrize("name", [name for name, kind in ATTACKS.items() if "eot_samples" in kind.uses])
@pytest.mark.parametrize("target", [None, 2])
def test_an_attack_through_something_climbs_there(shallow, pixels, name, target):
    settings = AttackSettings(name, 24 / 255, steps=5, target=target, target_defence="view-average")
    *steps, result = attack(shallow, pixels, CLASSES, settings, label=0)
    assert len(steps) == ATTACKS[name].looks(settings, len(CLASSES)).forward >= 5
    assert steps[-1].loss > steps[0].loss and result.target == target


@pytest.mark.parametrize("name", ["pgd", "fgsm", "mi-fgsm", "square"])
def test_a_targeted_attack_on_the_model_reaches_its_class(sharp, pixels, name):
    label = predict(sharp, pixels, CLASSES).label
    target = (label + 1) % 4
    settings = AttackSettings(name, 64 / 255, steps=300 if name == "square" else 6, target=target)
    *steps, result = attack(sharp, pixels, CLASSES, settings)
    assert result.target == target and result.reached and result.label == label
    assert len(steps) == 1 or steps[-1].loss > steps[0].loss


def test_a_euclidean_attack_reaches_its_class_too(tiny, monkeypatch):
    sharp, pixels = surer(tiny, monkeypatch), noise(64)
    target = (predict(sharp, pixels, CLASSES).label + 1) % 4
    assert drain(sharp, pixels, CLASSES, AttackSettings(epsilon=8, norm="l2", target=target)).reached


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (AttackSettings("deepfool", target=0), "DeepFool cannot be aimed at a class; pgd, fgsm"),
        (AttackSettings(target=4), "target from 0 to 3; got 4"),
        (AttackSettings(target=1), "“owl” is the class to push away from"),
    ],
)
def test_what_cannot_be_aimed_is_refused(shallow, pixels, settings, sentence):
    with pytest.raises(EngineError, match=sentence):
        next(attack(shallow, pixels, CLASSES, settings, label=1))


@pytest.mark.slow
@pytest.mark.parametrize("shift", [0, -100])
def test_the_shortest_changes_just_turn_the_answer_whatever_is_added_to_all_logits(sharp, pixels, monkeypatch, shift):
    logits = sharp.logits
    monkeypatch.setattr(sharp, "logits", lambda *features: logits(*features) + shift)
    for name in ("cw", "deepfool"):
        result = drain(sharp, pixels, CLASSES, AttackSettings(name, epsilon=8, steps=40, norm="l2"))
        assert result.after.label != result.label
        assert result.after.margin < 2 and result.l2(saved=False) < 2


@pytest.mark.parametrize("seed", [7, 8, 9, 10])
def test_deepfool_ends_far_enough_beyond_the_boundary_to_outlast_rounding(tiny, monkeypatch, seed):
    result = drain(surer(tiny, monkeypatch), noise(64, seed), CLASSES, AttackSettings("deepfool", epsilon=8, norm="l2"))
    assert result.before.margin > 5 and result.after.margin > 0.2
    assert result.after.label == result.after_saved.label != result.label


def test_autoattack_ends_with_the_first_part_that_fools_and_shows_every_pass(shallow, pixels):
    *steps, result = attack(shallow, pixels, CLASSES, AttackSettings("auto", 8 / 255, steps=5))
    alone = drain(shallow, pixels, CLASSES, AttackSettings("apgd-ce", 8 / 255, steps=5))
    assert torch.equal(result.pixels, alone.pixels) and len(steps) == 5 + 1 + 1


def test_autoattack_tries_all_its_parts_where_nothing_fools(shallow, pixels):
    *steps, result = attack(shallow, pixels, CLASSES, AttackSettings("auto", 0.01 / 255, steps=2))
    apgd, towards, nearest, squares = 3, 1 + 3 * 4, 1 + 3 * 7, 1 + 100
    assert len(steps) == steps[0].total == apgd + towards + nearest + squares + 4
    assert not result.fooled and all(step.prediction.logits.isfinite().all() for step in steps)


@pytest.mark.parametrize("name", ["pgd-crops", "adaptive"])
def test_eot_samples_are_fresh_glances_whose_logits_are_averaged(shallow, pixels, name):
    settings = AttackSettings(name, eot_samples=3, target_defence="r-tpt")
    made = ([2], lambda logits: None, threading.Event())
    probe = ATTACKS[name].probe(target_defence(settings))
    together = probe(shallow, [CLASSES], settings, *made)(pixels[None])
    twin = probe(shallow, [CLASSES], settings, *made)
    glances = [twin.glance(pixels[None], 0) for _ in range(3)]
    alone = [glance.answer(shallow.encode_image(glance.shown)) for glance in glances]
    assert torch.allclose(together, torch.stack(alone).mean(0, keepdim=True), atol=1e-5)
    assert not torch.equal(alone[0], alone[1])


def test_the_momentum_step_is_the_literal_one(shallow, pixels):
    result = drain(shallow, pixels, CLASSES, AttackSettings("mi-fgsm", epsilon=8 / 255, step_size=2 / 255, steps=3), 1)
    moved, momentum = pixels[None].clone(), torch.zeros(1, *pixels.shape)
    text = shallow.encode_text(CLASSES)
    for _ in range(3):
        moved = moved.detach().requires_grad_()
        loss = torch.nn.functional.cross_entropy(shallow.logits(shallow.encode_image(moved), text), torch.tensor([1]))
        (gradient,) = torch.autograd.grad(loss, moved)
        momentum = gradient / gradient.abs().mean() + momentum
        pushed = (moved.detach() + 2 / 255 * momentum.sign() - pixels).clamp(-8 / 255, 8 / 255)
        moved = (pixels + pushed).clamp(0, 1)
    assert torch.allclose(result.pixels, moved[0], atol=1e-6)


def its_own(name: str, norm: str, steps: int, target: int | None, model: torch.nn.Module) -> torchattacks.attack.Attack:
    """The attack of torchattacks that ours are to equal."""
    given = {"eps": {"linf": 8 / 255, "l2": 1.5}[norm], "steps": steps}
    if name.startswith("apgd"):
        return torchattacks.APGD(model, norm={"linf": "Linf", "l2": "L2"}[norm], loss=name[5:], **given)
    family = {"pgdlinf": torchattacks.PGD, "pgdl2": torchattacks.PGDL2, "mi-fgsmlinf": torchattacks.MIFGSM}[name + norm]
    built = family(model, alpha=given["eps"] / 4, **given)
    if target is not None:
        built.targeted, built._target_map_function = True, lambda _, labels: torch.full_like(labels, target)
    return built


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 23])
@pytest.mark.parametrize(
    ("name", "norm", "target"),
    [
        *[(name, norm, None) for name in ("pgd", "apgd-ce", "apgd-dlr") for norm in ("linf", "l2")],
        ("mi-fgsm", "linf", None),
        *[(name, "linf", 3) for name in ("pgd", "mi-fgsm")],
    ],
)
def test_walks_are_those_of_torchattacks_to_the_last_bit(sharp, pixels, name, norm, target, steps):
    settings = AttackSettings(name, {"linf": 8 / 255, "l2": 1.5}[norm], steps=steps, norm=norm, target=target, seed=6)
    result = drain(sharp, pixels, CLASSES, settings, label=1)
    probe = Probe(sharp, [CLASSES], settings, [6], lambda logits: None, threading.Event())
    built = its_own(name, norm, steps, target, Steady(probe))
    with probe.luck:
        if name.startswith("apgd"):
            highest, held, _, fooling = built.attack_single_run(pixels[None], torch.tensor([1]))
            expected = highest if bool(held) else fooling
        else:
            expected = built(pixels[None], torch.tensor([1]))
    assert torch.equal(result.pixels, expected[0].detach())


class Steady(torch.nn.Module):
    """A probe whose gradients keep their size, as the walks have it."""

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = probe

    def forward(self, shown: torch.Tensor) -> torch.Tensor:
        return with_steady_gradients(self.probe, shown)


def test_a_walk_leaves_gradients_as_the_caller_has_them(shallow, pixels):
    with torch.no_grad():
        for _ in attack(shallow, pixels, CLASSES, AttackSettings(steps=2)):
            assert not torch.is_grad_enabled()
    for _ in attack(shallow, pixels, CLASSES, AttackSettings("apgd-ce", steps=2)):
        assert torch.is_grad_enabled()


def test_the_logit_ratio_needs_three_classes(shallow, pixels):
    with pytest.raises(EngineError, match="compares 3 classes; got 2"):
        list(attack(shallow, pixels, Classes(("ash", "fir")), AttackSettings("apgd-dlr")))


def test_looking_through_views_sees_exactly_what_augmix_makes_of_its_crops(shallow, pixels):
    probe = ViewProbe(shallow, [CLASSES], AttackSettings(), [5], lambda logits: None, threading.Event())
    crops = pixels.expand(3, -1, -1, -1).clone().requires_grad_()
    seen = probe.altered(crops, probe.rngs[0])
    rng = np.random.default_rng(5)
    base = (pixels * 255).round().byte().permute(1, 2, 0).numpy()
    for view in (1, 2):
        keep = draw_beta(rng)
        mixed = keep * base.astype(np.float32) / 255 + (1 - keep) * mix(base, rng)
        assert np.allclose(seen[view].detach().permute(1, 2, 0).numpy(), mixed, atol=1e-6)
    assert torch.equal(torch.autograd.grad(seen.sum(), crops)[0], torch.ones_like(crops))


def test_an_attack_of_many_draws_can_be_stopped_between_two_of_them(shallow, pixels, monkeypatch):
    stop, seen = threading.Event(), []
    probe = CropProbe(shallow, [CLASSES], AttackSettings(eot_samples=64), [0], lambda logits: None, stop)
    glance = probe.glance
    monkeypatch.setattr(probe, "glance", lambda *given: seen.append(stop.set()) or glance(*given))
    with pytest.raises(probes.Cancelled):
        probe(pixels[None])
    assert len(seen) == 1


def test_glances_go_through_the_model_in_parts_between_which_an_attack_can_be_stopped(shallow, pixels, monkeypatch):
    settings, stop, parts = AttackSettings(eot_samples=16), threading.Event(), []
    probe = CropProbe(shallow, [CLASSES] * 2, settings, [0, 1], lambda logits: None, stop)
    whole, encode = probe(pixels.expand(2, -1, -1, -1)), Backbone.encode_image
    monkeypatch.setattr(probes, "TOGETHER", 20)
    seen = lambda backbone, shown: parts.append(len(shown)) or encode(backbone, shown)  # noqa: E731
    monkeypatch.setattr(Backbone, "encode_image", seen)
    twin = CropProbe(shallow, [CLASSES] * 2, settings, [0, 1], lambda logits: None, stop)
    assert torch.allclose(twin(pixels.expand(2, -1, -1, -1)), whole, atol=1e-5)
    assert parts == [18] * 16  # nine pictures a glance
    monkeypatch.setattr(Backbone, "encode_image", lambda *given: stop.set() or seen(*given))
    with pytest.raises(probes.Cancelled):
        twin(pixels.expand(2, -1, -1, -1))
    assert len(parts) == 17


def test_looking_through_views_sees_half_of_its_crops_mirrored(shallow, pixels, monkeypatch):
    seen, cut = [], probes.cut_out
    monkeypatch.setattr(probes, "cut_out", lambda picture, boxes: seen.extend(boxes) or cut(picture, boxes))
    for eyes in (CropProbe, ViewProbe):
        seen.clear()
        eyes(shallow, [CLASSES], AttackSettings(eot_samples=6), [0], lambda logits: None, threading.Event())(
            pixels[None]
        )
        assert 12 < sum(box[4] for box in seen) < 36 if eyes is ViewProbe else not any(box[4] for box in seen)


def test_fgsm_is_one_step_from_the_clean_picture(shallow, pixels):
    step, result = attack(shallow, pixels, CLASSES, AttackSettings("fgsm", steps=20))
    assert isinstance(step, AttackStep) and step.index == step.total == 1
    assert torch.allclose(step.prediction.logits, result.before.logits, atol=1e-4)


def test_results_describe_the_pictures_they_stand_beside(shallow, pixels):
    result = drain(shallow, pixels, CLASSES, AttackSettings(steps=3))
    for prediction, picture in (
        (result.before, result.clean),
        (result.after, result.pixels),
        (result.after_saved, result.saved),
    ):
        assert torch.equal(prediction.logits, predict(shallow, picture, CLASSES).logits)
    assert result.label == result.before.label and not result.from_truth


def test_the_same_seed_gives_the_same_picture_and_leaves_the_global_generator_alone(shallow, pixels):
    state = torch.get_rng_state()
    one, again = (drain(shallow, pixels, CLASSES, AttackSettings(steps=3, seed=1)) for _ in range(2))
    other = drain(shallow, pixels, CLASSES, AttackSettings(steps=3, seed=2))
    assert torch.equal(one.pixels, again.pixels)
    assert not torch.equal(one.pixels, other.pixels)
    assert torch.equal(state, torch.get_rng_state())


def test_attacks_in_two_threads_do_not_disturb_each_other(shallow, pixels):
    seeds = (1, 2, 1, 2)
    alone = {seed: drain(shallow, pixels, CLASSES, AttackSettings(steps=5, seed=seed)).pixels for seed in seeds}
    results = {}

    def run(place: int) -> None:
        results[place] = drain(shallow, pixels, CLASSES, AttackSettings(steps=5, seed=seeds[place])).pixels

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(seeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(torch.equal(results[place], alone[seed]) for place, seed in enumerate(seeds))


@pytest.mark.parametrize("name", ATTACKS)
def test_closing_the_stream_ends_the_attack_and_only_a_blocking_one_has_a_thread(shallow, pixels, name):
    stream = attack(shallow, pixels, CLASSES, AttackSettings(name, 0.01 / 255, steps=1000, target_defence="tpt"))
    next(stream)
    assert any(thread.name == "attack" for thread in threading.enumerate()) == (name in BLOCKING)
    stream.close()
    assert not any(thread.name == "attack" for thread in threading.enumerate())


def test_an_error_inside_the_attack_reaches_the_reader(shallow, pixels, monkeypatch):
    stream = attack(shallow, pixels, CLASSES, AttackSettings(steps=1000))
    next(stream)
    monkeypatch.setattr(shallow, "logits", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        list(stream)


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("others", [CLASSES, Classes(CLASSES.names[::-1])], ids=["same classes", "other classes"])
def test_a_batch_gives_what_each_picture_gives_alone_with_its_seed(shallow, pixels, name, others):
    pictures, labels, seeds = torch.stack([pixels, pixels.flip(-1)]), [None, 2], [3, 8]
    settings = AttackSettings(name, 6 / 255, steps=1 if name in ("auto", "adaptive") else 2, target_defence="tpt")
    together = attack_batch(shallow, pictures, [CLASSES, others], settings, labels, seeds)
    for result, picture, own, label, seed in zip(together, pictures, [CLASSES, others], labels, seeds, strict=True):
        alone = drain(shallow, picture, own, replace(settings, seed=seed), label)
        assert result.after.classes == result.steps[-1].prediction.classes == own
        assert (result.label, result.from_truth) == (alone.label, alone.from_truth)
        assert len(result.steps) == len(alone.steps)
        assert result.steps[0].loss == pytest.approx(alone.steps[0].loss, abs=1e-4)
        # a gradient within rounding of 0 may have either sign
        assert ((result.pixels - alone.pixels).abs() > 1e-5).float().mean() < 2e-3


def test_a_euclidean_batch_starts_each_picture_from_its_own_seed(shallow, pixels):
    pictures, settings = torch.stack([pixels, pixels]), AttackSettings("apgd-ce", 1, steps=3, norm="l2")
    one, other = attack_batch(shallow, pictures, CLASSES, settings, seeds=[1, 2])
    again, twin = attack_batch(shallow, pictures, CLASSES, settings)
    assert not torch.allclose(one.pixels, other.pixels, atol=1e-4)
    assert torch.allclose(again.pixels, twin.pixels, atol=1e-5)
    assert torch.allclose(one.pixels, drain(shallow, pixels, CLASSES, replace(settings, seed=1)).pixels, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, chosen in ATTACKS.items() if chosen.batched])
def test_what_a_picture_becomes_in_a_batch_depends_on_no_other_in_it(shallow, pixels, name):
    pictures = torch.stack([pixels, pixels.flip(-1), pixels.flip(-2)])
    settings, others = AttackSettings(name, steps=2, target_defence="tpt"), Classes(CLASSES.names[::-1])
    one = attack_batch(shallow, pictures, [CLASSES, others, CLASSES], settings, [1, 2, 0], [3, 8, 5])
    other = attack_batch(shallow, pictures[[2, 1, 1]], [others, others, CLASSES], settings, [0, 2, 1], [4, 8, 8])
    assert torch.equal(one[1].pixels, other[1].pixels) and not torch.equal(one[1].pixels, pictures[1])


def test_a_batch_of_different_lengths_is_refused(shallow, pixels):
    with pytest.raises(EngineError, match="a label and a seed for each of 1 pictures; got 2 and 1"):
        attack_batch(shallow, pixels[None], CLASSES, AttackSettings(), [0, 1])
    with pytest.raises(EngineError, match="equally many classes for each of 2 pictures; got 4, 2"):
        attack_batch(shallow, pixels[None].repeat(2, 1, 1, 1), [CLASSES, Classes(("a", "b"))], AttackSettings())


def test_epsilon_zero_attacks_nothing(shallow, pixels):
    (result,) = attack(shallow, pixels, CLASSES, AttackSettings(epsilon=0))
    assert torch.equal(result.pixels, pixels) and torch.equal(result.saved, pixels)
    assert result.steps == () and result.seconds == 0 and not result.fooled


def test_the_text_tower_runs_once_per_label_set(shallow, pixels):
    calls = []
    handle = shallow.text.ln_final.register_forward_hook(lambda *given: calls.append(1))
    drain(shallow, pixels, Classes(("oak", "elm")), AttackSettings(steps=5))
    handle.remove()
    assert len(calls) == 1


@pytest.mark.parametrize("name", ["pgd", "auto", "deepfool"])
def test_the_model_is_left_as_it_was_and_nothing_is_printed(shallow, pixels, capsys, name):
    before = {name: value.clone() for name, value in shallow.model.state_dict().items()}
    drain(shallow, pixels, CLASSES, AttackSettings(name, 0.01 / 255, steps=1))
    assert not shallow.model.training
    assert all(torch.equal(value, before[name]) for name, value in shallow.model.state_dict().items())
    assert all(parameter.grad is None for parameter in shallow.model.parameters())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda x: x * 255, "in \\[0, 1\\]; got values from 0 to 255"),
        (lambda x: x - 0.5, "in \\[0, 1\\]; got values from -0.5"),
        (lambda x: (x * 255).to(torch.uint8), "float pixels in \\[0, 1\\]; got torch.uint8"),
        (lambda x: x[:, :16], "shape \\(3, 32, 32\\)"),
        (lambda x: x[None], "got \\(1, 3, 32, 32\\)"),
        (lambda x: x * float("nan"), "in \\[0, 1\\]; got values from nan"),
    ],
)
def test_pixels_of_another_kind_are_refused(shallow, pixels, change, sentence):
    with pytest.raises(EngineError, match=sentence):
        next(attack(shallow, change(pixels), CLASSES, AttackSettings()))


@pytest.mark.parametrize("label", [-1, 4])
def test_a_label_outside_the_classes_is_refused(shallow, pixels, label):
    with pytest.raises(EngineError, match=f"from 0 to 3; got {label}"):
        next(attack(shallow, pixels, CLASSES, AttackSettings(), label))
