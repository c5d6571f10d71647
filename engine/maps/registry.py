"""The catalogue of maps: what each is called, where it comes from, and how it is drawn on which kind of image tower."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import require
from ..settings import AttentionSettings
from . import evidence
from .evidence import Draw

RANDOM, EDGES = BASELINES = ("random", "edges")
TOWERS = ("vit", "patches", "resnet", "stages")


@dataclass(frozen=True, eq=False, slots=True)
class Map:
    """One way to draw a map: its name in a menu, a sentence for a person, who says so, how many last blocks it reads
    (0: all).

    `draw` has a way for every kind of image tower (`Backbone.kind`) that the map is defined on; on a ResNet the map is
    sharpened by `floor`. `asks` tells whether the map is for a class; the others are the same for all of them.
    """

    title: str
    explanation: str
    source: str
    blocks: int
    draw: dict[str, Draw]
    floor: float = 0.0
    asks: bool = True

    def depth(self, layers: int, settings: AttentionSettings) -> int:
        """How many last blocks of `layers` have to be traced; the chosen layer of raw attention is the first.

        Raises `EngineError` for a chosen layer that is not there.
        """
        if self is not MAPS["raw"] or settings.layer is None:
            return self.blocks or layers
        require(settings.layer < layers, f"Expected a layer from 0 to {layers - 1}; got {settings.layer}.")
        return layers - settings.layer


MAPS: dict[str, Map] = {
    "a-tpt": Map(
        "A-TPT (last two blocks)",
        "The map that A-TPT mixes by: attention of the last two blocks, weighted by each token's gradient evidence;"
        " on a ResNet, sharpened Grad-CAM of its last stage.",
        "A-TPT, ICML 2026, as released",
        2,
        {"vit": evidence.last_two, "resnet": evidence.grad_cam},
        0.2,  # as in A-TPT's code
    ),
    "a-tpt-repaired": Map(
        "A-TPT, repaired weights",
        "The same, with evidence taken behind the LayerNorm, where the last block's patches do not cancel to zero.",
        "A-TPT with weights of ours",
        2,
        {"vit": evidence.repaired},
    ),
    "a-tpt-values": Map(
        "A-TPT, weighted by values",
        "The same, with evidence taken from the value tokens: how much the score would rise if a patch were read"
        " louder.",
        "A-TPT with weights of ours",
        2,
        {"vit": evidence.by_values},
    ),
    "raw": Map(
        "Raw attention",
        "How the class token of one block, the last unless another is chosen, spreads its attention; no class is asked"
        " for.",
        "Caron et al., ICCV 2021",
        1,
        {"vit": evidence.raw},
        asks=False,
    ),
    "rollout": Map(
        "Attention rollout",
        "Attention multiplied through all blocks, residual paths included; no class is asked for.",
        "Abnar & Zuidema, ACL 2020",
        0,
        {"vit": evidence.rolled_out},
        asks=False,
    ),
    "gradient-rollout": Map(
        "Gradient rollout (all blocks)",
        "A-TPT's weighted attention multiplied through all blocks.",
        "A-TPT's released code",
        0,
        {"vit": evidence.gradient_rollout},
    ),
    "depth-weighted": Map(
        "Gradient rollout, depth-weighted",
        "The same, with later blocks counting up to twice as much as early ones.",
        "A-TPT's released code",
        0,
        {"vit": evidence.depth_weighted},
    ),
    "relevance": Map(
        "Gradient-weighted relevance",
        "Where attention and its gradient for the class are both positive, carried through all blocks.",
        "Chefer et al., ICCV 2021",
        0,
        {"vit": evidence.gradient_weighted},
    ),
    "legrad": Map(
        "LeGrad",
        "How much more attention would raise the score of the class, read off every block by itself, then averaged.",
        "Bousselham et al., 2024",
        0,
        {"vit": evidence.legrad},
    ),
    "grad-cam": Map(
        "Grad-CAM",
        "The features before the last block, each channel weighted by its mean gradient for the class.",
        "Selvaraju et al., ICCV 2017",
        1,
        dict.fromkeys(("vit", "patches"), evidence.token_grad_cam)
        | dict.fromkeys(("resnet", "stages"), evidence.grad_cam),
    ),
    RANDOM: Map(
        "Baseline: random",
        "Noise that knows neither picture nor model: what chance scores.",
        "chance",
        1,
        dict.fromkeys(TOWERS, evidence.noise),
        asks=False,
    ),
    EDGES: Map(
        "Baseline: edges",
        "Where the picture changes (Sobel): what no model is needed for.",
        "Adebayo et al., NeurIPS 2018",
        1,
        dict.fromkeys(TOWERS, evidence.sobel),
        asks=False,
    ),
}
