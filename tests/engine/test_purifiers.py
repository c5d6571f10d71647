"""Picture-space defences against their formulas, step by step, on the tiny model."""

from math import exp, sqrt

import numpy as np
import pytest
import torch

from engine.classes import Classes
from engine.defences import et3, mac, ttc
from engine.defences.counterattack import Push, away
from engine.defences.registry import PURIFIERS
from engine.views.jitter import jitter

CLASSES = Classes(("cat", "dog", "red fox"))
REACH = {"ttc": ttc.RADIUS, "et3": 5 / 255}


def drawn(picture, radius, rng):
    """Uniform noise that keeps the picture (3, s, s) in [0, 1]."""
    noise = torch.from_numpy(rng.uniform(-radius, radius, (1, *picture.shape))).float()[0]
    return (picture + noise).clamp(0, 1) - picture


def feature(tiny, picture):
    return tiny.embed_image(picture[None])[0]


def distance(tiny, picture, other):
    """How far the other's feature lies from the picture's, relative to its length."""
    a, b = (feature(tiny, p).tolist() for p in (picture, other))
    return sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / sum(x * x for x in a))


def literal_push(tiny, picture, start, steps, step, radius):
    """Changes after each sign step that drives the picture's feature from where it was, one picture at a time."""
    anchor, trail = feature(tiny, picture), [start]
    for _ in range(steps):
        free = trail[-1].clone().requires_grad_()
        apart = (feature(tiny, picture + free) - anchor).square().sum()
        (gradient,) = torch.autograd.grad(apart, free)
        pushed = (trail[-1] + step * gradient.sign()).clamp(-radius, radius)
        trail.append((picture + pushed).clamp(0, 1) - picture)
    return trail


@pytest.mark.parametrize("name", PURIFIERS)
def test_pictures_stay_pictures_and_the_seed_decides(tiny, pixels, name):
    before = {key: value.clone() for key, value in tiny.model.state_dict().items()}
    first, second = (PURIFIERS[name].purify(tiny, pixels, CLASSES, 3) for _ in range(2))
    assert torch.equal(first, second) and not first.requires_grad
    assert first.min() >= 0 and first.max() <= 1 and first.shape[1:] == pixels.shape
    assert len(first) == (2 if name == "mac" else 1)
    assert all(torch.equal(value, before[key]) for key, value in tiny.model.state_dict().items())
    if name in REACH:
        assert float((first[0] - pixels).abs().max()) <= REACH[name] + 1e-6
    if name != "et3":
        assert not torch.equal(first, PURIFIERS[name].purify(tiny, pixels, CLASSES, 4))


def test_each_step_away_is_a_sign_step_within_the_ball(tiny, pixels):
    start = drawn(pixels, ttc.RADIUS, np.random.default_rng(0))
    anchor = tiny.embed_image(pixels[None])
    trail = away(tiny, pixels[None], anchor, start[None], Push(2, ttc.STEP, ttc.RADIUS))
    for found, expected in zip(trail, literal_push(tiny, pixels, start, 2, 1 / 255, 4 / 255), strict=True):
        assert torch.allclose(found[0], expected, atol=1e-7)
    assert distance(tiny, pixels, pixels + trail[-1][0]) > distance(tiny, pixels, pixels + trail[0][0])


def test_ttc_pushes_only_what_noise_hardly_moves(tiny, pixels, monkeypatch):
    start = drawn(pixels, 4 / 255, np.random.default_rng(3))
    moved = distance(tiny, pixels, pixels + start)
    trail = literal_push(tiny, pixels, start, 2, 1 / 255, 4 / 255)
    raised = [exp(2.0 * k) for k in range(3)]
    pushed = pixels + sum(weight / sum(raised) * change for weight, change in zip(raised, trail, strict=True))
    expected = pushed if moved < 0.2 else pixels + start
    assert torch.allclose(ttc.counterattack(tiny, pixels, CLASSES, 3)[0], expected.clamp(0, 1), atol=1e-6)
    for threshold, expected in ((moved - 1e-5, pixels + start), (moved + 1e-5, pushed.clamp(0, 1))):
        monkeypatch.setattr("engine.defences.ttc.THRESHOLD", threshold)
        assert torch.allclose(ttc.counterattack(tiny, pixels, CLASSES, 3)[0], expected, atol=1e-6)


def test_mac_pushes_picture_and_copy_as_far_as_another_jitter_suggests(tiny, pixels, monkeypatch):
    rng = np.random.default_rng(3)
    pictures = [pixels, jitter(pixels[None], rng)[0]]
    jittered = [jitter(picture[None], rng)[0] for picture in pictures]
    noise = torch.from_numpy(rng.uniform(-8 / 255, 8 / 255, (2, *pixels.shape))).float()
    corruption = [distance(tiny, picture, other) for picture, other in zip(pictures, jittered, strict=True)]
    middle = sum(corruption) / 2  # so that one share lies above a half and one below
    monkeypatch.setattr("engine.defences.mac.THRESHOLD", middle)
    found = mac.adaptive_counterattack(tiny, pixels, CLASSES, 3)
    for index, picture in enumerate(pictures):
        share = 1 / (1 + exp(-(corruption[index] - middle) / 0.01))
        start = (picture + noise[index]).clamp(0, 1) - picture
        change = literal_push(tiny, picture, start, 4, 2 / 255, 8 / 255)[-1]
        assert torch.allclose(found[index], (picture + share * change).clamp(0, 1), atol=1e-4)


def test_mac_leaves_alone_what_jitter_does_not_move(tiny, pixels, monkeypatch):
    monkeypatch.setattr("engine.defences.mac.THRESHOLD", 9.0)  # nothing moves that far: the share of the push is 0
    still = mac.adaptive_counterattack(tiny, pixels, CLASSES, 3)
    assert torch.allclose(still[0], pixels) and not torch.allclose(still[1], pixels)
    monkeypatch.setattr("engine.defences.mac.THRESHOLD", -9.0)
    pushed = mac.adaptive_counterattack(tiny, pixels, CLASSES, 3)
    assert 0.5 * mac.RADIUS < float((pushed[0] - pixels).abs().max()) <= mac.RADIUS + 1e-6


def test_et3_goes_down_the_energy_in_two_steps_of_one_length(tiny, pixels):
    text = tiny.encode_text(CLASSES)

    def energy(picture):
        unit = feature(tiny, picture) / feature(tiny, picture).norm()
        return -sum((tiny.scale * unit @ words).exp() for words in text).log()

    moved = pixels
    for _ in range(2):
        free = moved.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(energy(free), free)
        length = gradient.square().sum().sqrt()
        change = (moved - 2.5 * gradient / length - pixels).clamp(-5 / 255, 5 / 255)
        moved = (pixels + change).clamp(0, 1)
    found = et3.energy_descent(tiny, pixels, CLASSES, 0)[0]
    assert torch.allclose(found, moved, atol=1e-4)
    assert float(energy(found)) < float(energy(pixels))


def test_jitter_changes_all_pictures_alike_and_only_a_little():
    smooth = torch.linspace(0.2, 0.8, 64).expand(2, 3, 64, 64).clone()
    for seed in range(8):
        changed = jitter(smooth, np.random.default_rng(seed))
        assert torch.equal(changed[0], changed[1]) and changed.min() >= 0 and changed.max() <= 1
        inside = (changed - smooth)[..., 12:-12, 12:-12]
        assert 0 < float(inside.abs().max()) < 0.25
    assert torch.equal(jitter(smooth, np.random.default_rng(1)), jitter(smooth, np.random.default_rng(1)))
