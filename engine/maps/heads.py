"""A look inside one picture: what every head of every layer attends to, and what the model would answer after each."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.memory import enough_memory
from ..models.predict import check_pixels
from ..models.trace import Trace
from ..numerics import rollout


@dataclass(frozen=True, eq=False, slots=True)
class AttentionHeads:
    """The attention of one picture in all layers and heads, from the first layer to the last, on the CPU.

    `attention` is what the class token (or the mean of the patches, where the tower averages them) reads from each
    patch; with what it reads from the class token it sums to 1. `between` is what each patch reads from each other,
    n = gh*gw patches row by row, in half precision because there is so much of it. `entropies` (in nats, at most log n)
    tell how widely `attention`, scaled to sum to 1, is spread. `norms` are the lengths
    of the patches' tokens as each layer leaves them: patches far longer than the rest are registers the model has made
    itself, and say little about their place (Darcet et al., ICLR 2024). `logits` are the scaled cosines read off the
    tokens after each layer, as if that layer were the last; those of the last layer are the model's own.
    """

    classes: Classes
    attention: Tensor  # (layers, heads, gh, gw)
    between: Tensor  # (layers, heads, n, n) float16
    entropies: Tensor  # (layers, heads)
    norms: Tensor  # (layers, gh, gw)
    logits: Tensor  # (layers, c)

    def from_patch(self, row: int, column: int) -> Tensor:
        """What the patch at `row` and `column` (from 0) reads from every patch, (layers, heads, gh, gw).

        Raises `EngineError` for a patch that is not there.
        """
        height, width = self.attention.shape[-2:]
        require(
            0 <= row < height and 0 <= column < width,
            f"Expected a patch from row 0, column 0 to row {height - 1}, column {width - 1}; got row {row}, column"
            f" {column}.",
        )
        return self.between[:, :, row * width + column].float().unflatten(-1, (height, width))


@enough_memory("all the attention of one picture")
def attention_heads(backbone: Backbone, pixels: Tensor, classes: Classes) -> AttentionHeads:
    """All that one forward pass of a picture (3, s, s) shows of a vision transformer.

    Raises `EngineError` for towers that are none.
    """
    check_pixels(backbone, pixels)
    require(
        backbone.kind == "vit",
        f"{backbone.name} has no attention heads to look into; choose a model whose image tower is a plain ViT.",
    )
    text = backbone.encode_text(classes)
    trace = backbone.trace(pixels[None], backbone.layers)
    with torch.no_grad():
        logits = summary_logits(backbone, trace, text)
        attention = torch.cat(trace.attention).float()
        norms = torch.cat(trace.left).float()[:, 1:].norm(dim=-1).unflatten(-1, backbone.grid)
        read = rollout.summary(attention, backbone.averaged)
        entropies = torch.special.entr(read / read.sum(-1, keepdim=True)).sum(-1)
    alone = read.clone().unflatten(-1, backbone.grid)  # `read` lies in `attention`, all of which it would keep
    found = (alone, attention[:, :, 1:, 1:].half(), entropies, norms, logits.float())
    return AttentionHeads(classes, *(kept.cpu() for kept in found))


def summary_logits(backbone: Backbone, trace: Trace, text: Tensor) -> Tensor:
    """The answers (layers, c) under `text` (c, d) read off what sums up the one picture of a trace after each layer, as
    if that layer were the last."""
    return torch.stack([backbone.logits(backbone.read_out(tokens), text)[0] for tokens in trace.left])
