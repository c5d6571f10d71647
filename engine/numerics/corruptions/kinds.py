"""The kinds of corruptions with their five severities (Hendrycks and Dietterich, ICLR 2019, ImageNet-C)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import require
from . import blur, digital, noise, weather

SIDE = 224  # pixels of the pictures that the published lengths are about
SEVERITIES = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: what it does, its group, and its parameters by severity; `scaled`: some are lengths in pixels."""

    damage: Callable[..., np.ndarray]
    group: str
    severities: tuple[tuple[Any, ...], ...]
    scaled: bool = False


def _each(*values: float) -> tuple[tuple[float], ...]:
    return tuple((value,) for value in values)


NOISE, BLUR, WEATHER, DIGITAL, EXTRA = "noise", "blur", "weather", "digital", "extra"
KINDS: dict[str, Kind] = {
    "gaussian-noise": Kind(noise.gaussian_noise, NOISE, _each(0.08, 0.12, 0.18, 0.26, 0.38)),
    "shot-noise": Kind(noise.shot_noise, NOISE, _each(60, 25, 12, 5, 3)),
    "impulse-noise": Kind(noise.impulse_noise, NOISE, _each(0.03, 0.06, 0.09, 0.17, 0.27)),
    "defocus-blur": Kind(blur.defocus_blur, BLUR, ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)), True),
    "glass-blur": Kind(
        blur.glass_blur, BLUR, ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)), True
    ),
    "motion-blur": Kind(blur.motion_blur, BLUR, ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)), True),
    "zoom-blur": Kind(blur.zoom_blur, BLUR, ((1.1, 0.01), (1.15, 0.01), (1.2, 0.02), (1.24, 0.02), (1.3, 0.03))),
    "snow": Kind(
        weather.snow, WEATHER,
        (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
        True,
    ),
    "fog": Kind(weather.fog, WEATHER, ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))),
    "brightness": Kind(weather.brightness, WEATHER, _each(0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": Kind(digital.contrast, DIGITAL, _each(0.4, 0.3, 0.2, 0.1, 0.05)),
    "elastic": Kind(
        digital.elastic_transform, DIGITAL,
        ((488, 170.8, 24.4), (488, 19.52, 48.8), (12.2, 2.44, 4.88), (17.08, 2.44, 4.88), (29.28, 2.44, 4.88)), True,
    ),
    "pixelate": Kind(digital.pixelate, DIGITAL, _each(0.6, 0.5, 0.4, 0.3, 0.25)),
    "jpeg": Kind(digital.jpeg_compression, DIGITAL, _each(25, 18, 15, 10, 7)),
    "speckle-noise": Kind(noise.speckle_noise, EXTRA, _each(0.15, 0.2, 0.35, 0.45, 0.6)),
    "gaussian-blur": Kind(blur.gaussian_blur, EXTRA, _each(1, 2, 3, 4, 6), True),
    "spatter": Kind(
        weather.spatter, EXTRA,
        (
            (0.65, 0.3, 4, 0.69, 0.6, False), (0.65, 0.3, 3, 0.68, 0.6, False), (0.65, 0.3, 2, 0.68, 0.5, False),
            (0.65, 0.3, 1, 0.65, 1.5, True), (0.67, 0.4, 1, 0.65, 1.5, True),
        ),
        True,
    ),
    "saturate": Kind(digital.saturate, EXTRA, ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))),
}  # fmt: skip


def corrupt(x: np.ndarray, kind: str, severity: int, seed: int) -> np.ndarray:
    """Pixels (s, s, 3) in [0, 1] after damage of this kind, of severity 1 to 5, with what is random drawn from `seed`.

    At 224 pixels a side the published parameters hold; their lengths grow and shrink with the side, so that a severity
    looks alike in every size. Raises `EngineError` for another kind or severity.
    """
    require(kind in KINDS, f"Expected the corruption to be one of {', '.join(KINDS)}; got “{kind}”.")
    require(1 <= severity <= SEVERITIES, f"Expected a severity from 1 to {SEVERITIES}; got {severity}.")
    chosen, rng = KINDS[kind], np.random.default_rng((seed, [*KINDS].index(kind), severity))
    scale = (x.shape[0] / SIDE,) if chosen.scaled else ()
    damaged = chosen.damage(x.astype(np.float64), rng, *scale, *chosen.severities[severity - 1])
    return damaged.clip(0, 1)
