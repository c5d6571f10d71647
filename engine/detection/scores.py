"""Scores of one picture that are high where it was attacked.

Each compares what the model sees of the picture with what it sees of a changed copy, so that one more pass forward is
all it takes. Which way it points is settled here: for every score, higher is more suspicious. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..passes import Passes
from ..registry import Entry, Registry
from .borders import canvas_size, inside
from .drift import relative_distance, uniform_noise

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from ..models import Backbone

WEAK, STRONG = 4 / 255, 16 / 255  # uniform noise lies within; the paper's strong level was not to be had
Change = Callable[["Tensor", "np.random.Generator"], "Tensor"]  # pictures (b, 3, s, s) -> changed copies of them
Measure = Callable[["Tensor", "Tensor"], "Tensor"]  # features (b, d) before and after, not unit -> scores (b,)


@dataclass(frozen=True, kw_only=True)
class Score(Entry):
    """A score: the changed copy that it looks at (`change`), and how the model's features of both are compared.

    `formula` says so in symbols: g is the feature, f the same at unit length, x the picture. `threshold` is what its
    paper calls attacked, the score being above it; None where none is known. `passes` is what it takes alone; all
    scores share the pass of the picture itself (`TOGETHER`).
    """

    formula: str
    change: Change
    measure: Measure
    threshold: float | None
    passes: Passes = Passes(2)


def scores_of(backbone: Backbone, picture: Tensor, seed: int) -> dict[str, float]:
    """Every score of a picture (3, s, s) in [0, 1]. They depend on model, picture and seed alone."""
    import numpy as np
    import torch

    copies = [one.change(picture[None], np.random.default_rng(seed)) for one in SCORES.values()]
    with torch.no_grad():
        seen = backbone.embed_image(torch.cat([picture[None], *copies]))
    return {name: float(value) for name, value in measured(seen).items()}


def measured(seen: Tensor) -> dict[str, Tensor]:
    """Every score () of the features (1 + n, d) of a picture and of its n changed copies, in the registry's order."""
    return {
        name: one.measure(seen[:1], after[None])[0] for (name, one), after in zip(SCORES.items(), seen[1:], strict=True)
    }


def _weak_noise(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    return pictures + uniform_noise(pictures, WEAK, rng)


def _strong_noise(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    return pictures + uniform_noise(pictures, STRONG, rng)


def _bordered(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    size = canvas_size(pictures.shape[-1], inside)
    return inside(pictures, pictures.new_ones(3, size, size))


def _stillness(before: Tensor, after: Tensor) -> Tensor:
    return 1 - relative_distance(before, after)


def _turn(before: Tensor, after: Tensor) -> Tensor:
    import torch.nn.functional as F

    return 1 - F.cosine_similarity(before.float(), after.float())


SCORES: Registry[Score] = Registry(
    "score",
    {
        "stillness": Score(
            title="Stillness under weak noise",
            source="TTC's tau (Xing et al., CVPR 2025)",
            explanation="Noise as weak as an attack moves what the model sees of attacked pictures less than of clean"
            " ones.",
            formula="1 − τ,  τ = ‖g(x + n) − g(x)‖ / ‖g(x)‖,  n uniform within 4/255",
            change=_weak_noise,
            measure=_stillness,
            threshold=0.8,
        ),
        "border": Score(
            title="Turn behind a border",
            source="TTP (CVPR 2026, arXiv 2512.16523)",
            explanation="A white border, the picture shrunk into it, breaks an attack: what the model sees turns far.",
            formula="1 − cos(f(x), f(x shrunk into a white border)),  a seventh of the side wide",
            change=_bordered,
            measure=_turn,
            threshold=0.2,
        ),
        "drift": Score(
            title="Drift under strong noise",
            source="Beyond False Stability (arXiv 2606.03730)",
            explanation="Noise much stronger than an attack breaks it, and what the model sees moves further than that"
            " of a clean picture does.",
            formula="‖g(x + n) − g(x)‖ / ‖g(x)‖,  n uniform within 16/255",
            change=_strong_noise,
            measure=relative_distance,
            threshold=None,
        ),
    },
)
TOGETHER = Passes(1 + len(SCORES))  # that all of them take
