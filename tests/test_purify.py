"""Picture-space defences against their formulas, step by step, on the tiny model."""

import numpy as np
import pytest
import torch

from engine.jitter import jitter
from engine.purify import MAC_RADIUS, PURIFIERS, TTC_RADIUS, TTC_STEP, TTC_THRESHOLD, _moved, _noise, away
from engine.types import Classes

CLASSES = Classes(("cat", "dog", "red fox"))
REACH = {"ttc": TTC_RADIUS, "et3": 5 / 255}


def drift(tiny, picture, change, anchor):
    return float((tiny.embed_image((picture + change)[None]) - anchor).square().sum())


@pytest.mark.parametrize("name", PURIFIERS)
def test_pictures_stay_pictures_and_the_seed_decides(tiny, pixels, name):
    before = {key: value.clone() for key, value in tiny.model.state_dict().items()}
    first, second = (PURIFIERS[name](tiny, pixels, CLASSES, 3) for _ in range(2))
    assert torch.equal(first, second) and not first.requires_grad
    assert first.min() >= 0 and first.max() <= 1 and first.shape[1:] == pixels.shape
    assert len(first) == (2 if name == "mac" else 1)
    assert all(torch.equal(value, before[key]) for key, value in tiny.model.state_dict().items())
    if name in REACH:
        assert float((first[0] - pixels).abs().max()) <= REACH[name] + 1e-6
    if name != "et3":
        assert not torch.equal(first, PURIFIERS[name](tiny, pixels, CLASSES, 4))


def test_each_step_away_is_a_sign_step_within_the_ball(tiny, pixels):
    picture = pixels[None]
    start = _noise(picture, TTC_RADIUS, np.random.default_rng(0))
    trail = away(tiny, picture, start, 2, TTC_STEP, TTC_RADIUS)
    with torch.no_grad():
        anchor = tiny.embed_image(picture)
    for before, after in zip(trail, trail[1:], strict=False):
        free = before.clone().requires_grad_()
        distance = (tiny.embed_image(picture + free) - anchor).square().sum()
        pushed = (before + TTC_STEP * torch.autograd.grad(distance, free)[0].sign()).clamp(-TTC_RADIUS, TTC_RADIUS)
        assert torch.allclose(after, (picture + pushed).clamp(0, 1) - picture, atol=1e-7)
    assert drift(tiny, pixels, trail[-1][0], anchor) > drift(tiny, pixels, trail[0][0], anchor)


def test_ttc_pushes_only_what_noise_hardly_moves(tiny, pixels, monkeypatch):
    start = _noise(pixels[None], TTC_RADIUS, np.random.default_rng(3))
    moved = float(_moved(tiny, pixels[None], pixels[None] + start))
    trail = torch.stack(away(tiny, pixels[None], start, 2, TTC_STEP, TTC_RADIUS))
    weights = torch.tensor([np.exp(2.0 * k) for k in range(3)], dtype=torch.float32)
    pushed = pixels[None] + (weights / weights.sum()).view(3, 1, 1, 1, 1).mul(trail).sum(0)
    expected = pushed if moved < TTC_THRESHOLD else pixels[None] + start
    assert torch.allclose(PURIFIERS["ttc"](tiny, pixels, CLASSES, 3), expected.clamp(0, 1), atol=1e-6)
    monkeypatch.setattr("engine.purify.TTC_THRESHOLD", 0.0)
    assert torch.allclose(PURIFIERS["ttc"](tiny, pixels, CLASSES, 3), pixels[None] + start)
    monkeypatch.setattr("engine.purify.TTC_THRESHOLD", 9.0)
    assert torch.allclose(PURIFIERS["ttc"](tiny, pixels, CLASSES, 3), pushed.clamp(0, 1), atol=1e-6)


def test_mac_leaves_alone_what_jitter_does_not_move(tiny, pixels, monkeypatch):
    monkeypatch.setattr("engine.purify.MAC_THRESHOLD", 9.0)  # nothing moves that far: the share of the push is 0
    still = PURIFIERS["mac"](tiny, pixels, CLASSES, 3)
    assert torch.allclose(still[0], pixels) and not torch.allclose(still[1], pixels)
    monkeypatch.setattr("engine.purify.MAC_THRESHOLD", -9.0)
    pushed = PURIFIERS["mac"](tiny, pixels, CLASSES, 3)
    assert 0.5 * MAC_RADIUS < float((pushed[0] - pixels).abs().max()) <= MAC_RADIUS + 1e-6


def test_et3_goes_down_the_energy(tiny, pixels):
    text = tiny.encode_text(CLASSES)

    def energy(picture):
        return float(-tiny.logits(tiny.encode_image(picture), text).logsumexp(-1))

    assert energy(PURIFIERS["et3"](tiny, pixels, CLASSES, 0)) < energy(pixels[None])


def test_jitter_changes_all_pictures_alike_and_only_a_little():
    smooth = torch.linspace(0.2, 0.8, 64).expand(2, 3, 64, 64).clone()
    for seed in range(8):
        changed = jitter(smooth, np.random.default_rng(seed))
        assert torch.equal(changed[0], changed[1]) and changed.min() >= 0 and changed.max() <= 1
        inside = (changed - smooth)[..., 12:-12, 12:-12]
        assert 0 < float(inside.abs().max()) < 0.25
    assert torch.equal(jitter(smooth, np.random.default_rng(1)), jitter(smooth, np.random.default_rng(1)))
