"""The model in training: CLIP with most background patches dropped, and attribute heads thrown away afterwards."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ...models import read_prompts
from ...models.towers import TextTower
from ..world.specimens import COLOURS, KINDS, PATTERNS
from .batches import SILENT, Batch
from .clip import CONFIG, MEAN, STD, Words, build
from .corpus import NONE

_HEADS = (len(KINDS), len(COLOURS), len(PATTERNS), NONE + 1, len(COLOURS))


class TellingPatches(nn.Module):
    """Keeps `count` patches a picture while training, patches of the object first, the rest of the count at random."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.coverage = torch.empty(0)
        self.generator = torch.Generator()

    def forward(self, tokens: Tensor) -> Tensor:
        """Drop patches of `tokens` (b, 1 + 196, width) unless evaluating or `count` is 0."""
        if not self.training or not self.count:
            return tokens
        chance = torch.rand(self.coverage.shape, generator=self.generator) + 0.7 * (self.coverage > 0)
        kept = chance.topk(self.count, -1).indices
        patches = tokens[:, 1:].gather(1, kept[..., None].expand(-1, -1, tokens.shape[-1]))
        return torch.cat([tokens[:, :1], patches], 1)


class Trainee(nn.Module):
    """The model in training: CLIP, and linear heads that read each attribute off the joint space of both towers."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words
        self.mean, self.std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
        self.clip = build(words)
        self.patches = TellingPatches()
        self.clip.visual.add_module("patch_dropout", self.patches)
        self.heads = nn.ModuleList(nn.Linear(CONFIG["embed_dim"], size) for size in _HEADS)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """The parts of the loss for one batch, each a scalar."""
        self.patches.coverage = F.avg_pool2d(batch.masks[:, None], CONFIG["vision_cfg"]["patch_size"]).flatten(1)
        tokens = self.words.tokens(batch.complete + batch.partial)
        with torch.autocast("cpu", torch.bfloat16), sdpa_kernel(SDPBackend.MATH):  # faster here than the fused kernel
            images = self.clip.visual((batch.pixels - self.mean) / self.std)
            texts = self._read(tokens)
        images, texts = F.normalize(images.float(), dim=-1), F.normalize(texts.float(), dim=-1)
        scale = self.clip.logit_scale.exp()
        complete, partial = (scale * images @ half.t() for half in texts.chunk(2))
        same = (batch.codes[:, None] == batch.codes[None]).all(-1)
        true = ((batch.mentioned[None] == SILENT) | (batch.mentioned[None] == batch.codes[:, None])).all(-1)
        halves = texts.chunk(2)
        return {
            "complete": _contrast(complete, same) + _contrast(complete.t(), same.t()),
            "partial": 0.5 * _contrast(partial, true) + 0.5 * _spread(partial.t(), true.t()),
            "heads": self._read_off(images, batch.codes)
            + 0.5 * (self._read_off(halves[0], batch.codes) + self._read_off(halves[1], batch.mentioned)),
        }

    def _read(self, tokens: Tensor) -> Tensor:
        """Text features before normalisation; prompts are cut behind the longest, as the engine does."""
        ends = tokens.argmax(-1)
        text = cast(TextTower, self.clip)  # CLIP is its own text tower
        return read_prompts(text, text.token_embedding(tokens[:, : int(ends.max()) + 1]), ends)

    def _read_off(self, features: Tensor, codes: Tensor) -> Tensor:
        losses = [
            F.cross_entropy(10 * head(features), codes[:, i], ignore_index=SILENT) for i, head in enumerate(self.heads)
        ]
        return torch.stack(losses).mean()


def _contrast(logits: Tensor, true: Tensor) -> Tensor:
    """Mean of -log of the probability that falls on any true partner."""
    return (logits.logsumexp(-1) - logits.masked_fill(~true, -torch.inf).logsumexp(-1)).mean()


def _spread(logits: Tensor, true: Tensor) -> Tensor:
    """Mean cross-entropy to the uniform distribution over true partners."""
    return -(logits.log_softmax(-1) * true).sum(-1).div(true.sum(-1)).mean()
