"""Grad-CAM: features of one layer, each channel weighted by its mean gradient (Selvaraju et al., ICCV 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import numerics
from .base import Map, never_degenerate

if TYPE_CHECKING:
    from .base import Drawn
    from .evidence import Evidence


def token_grad_cam(evidence: Evidence) -> Drawn:
    """Grad-CAM on the tokens of a transformer's last block, behind its first norm or before it."""
    trace = evidence.trace
    tokens = (trace.normed if evidence.settings.cam_tokens == "normed" else trace.tokens)[-1]
    (gradient,) = evidence.gradients((tokens,))
    return never_degenerate(numerics.rollout.token_grad_cam(tokens, gradient, evidence.grid))


def layer_grad_cam(evidence: Evidence) -> Drawn:
    """Grad-CAM on the last stage of a convolutional tower."""
    (features,) = evidence.trace.tokens
    (gradient,) = evidence.gradients((features,))
    return never_degenerate(numerics.rollout.grad_cam(features, gradient))


GRAD_CAM = Map(
    title="Grad-CAM",
    explanation="The features behind the last block's first LayerNorm, as the library pytorch-grad-cam reads a ViT, or,"
    " if chosen, those that enter the block; of a convolutional tower those of the last stage. Each channel is weighted"
    " by its mean gradient for the class.",
    source="Selvaraju et al., ICCV 2017",
    blocks=1,
    draw={"vit": token_grad_cam, "patches": token_grad_cam, "resnet": layer_grad_cam, "stages": layer_grad_cam},
)
