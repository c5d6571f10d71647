"""Maps that know nothing of the model, which every other map must beat: noise, and the edges of the picture."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .. import numerics
from .base import TOWERS, Map, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence

BASELINES = ("random", "edges")  # their names in the registry


def noise(evidence: Evidence) -> Drawn:
    """Uniform noise, seeded by each picture's own bytes as well, so that it does not depend on the rest of a batch."""
    import torch

    pictures = evidence.pixels.detach().cpu().numpy()
    seeds = [zlib.crc32(picture.tobytes(), evidence.settings.seed % 2**32) for picture in pictures]
    drawn = torch.stack([numerics.baselines.random_map(evidence.grid, seed) for seed in seeds])
    return never_degenerate(drawn.to(evidence.scores))


def sobel(evidence: Evidence) -> Drawn:
    """The mean Sobel gradient of each picture in every cell."""
    import torch

    drawn = torch.stack([numerics.baselines.edges(picture, evidence.grid) for picture in evidence.pixels])
    return never_degenerate(drawn.to(evidence.scores))


RANDOM = Map(
    title="Baseline: random",
    explanation="Noise that knows neither picture nor model: what chance scores.",
    source="chance",
    blocks=1,
    draw=dict.fromkeys(TOWERS, noise),
    class_specific=False,
)
EDGES = Map(
    title="Baseline: edges",
    explanation="Where the picture changes (Sobel): what no model is needed for.",
    source="Adebayo et al., NeurIPS 2018",
    blocks=1,
    draw=dict.fromkeys(TOWERS, sobel),
    class_specific=False,
)
