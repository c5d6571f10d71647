"""The passes that the released codes of TPT, R-TPT and A-TPT are made of, written plainly: nothing is shared or cut.

Every sentence is read to its last token at each pass, and a map is worked out for one picture at a time with autograd
through the whole image tower. Ours are held against them, in their answers and in their cost. Pictures are pixels in
[0, 1]; letters: n pictures, c classes, d joint embedding, t tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone, read_prompts
from ..models.blocks import plain_blocks

EPS = 1e-8
CLIP_QUANTILE = 0.99
FLOOR = 0.2  # taken off a ResNet's map before it is squared


@dataclass(frozen=True, eq=False, slots=True)
class Sentences:
    """Token ids (c, length) of the class sentences, padded, and how many words of them stand before the class."""

    ids: Tensor
    words: int


def sentences(backbone: Backbone, classes: Classes, length: int) -> Sentences:
    """The first template's sentences at `length` tokens each; raises `EngineError` for one that is longer."""
    template = classes.templates[0]
    ids = backbone.tokenizer(classes.sentences(template)).to(backbone.device)
    longest = int(ids.argmax(-1).max()) + 1
    require(longest <= length, f"Expected at least {longest} tokens for these class names; got {length}.")
    return Sentences(ids[:, :length], len(template.split("{}")[0].split()))


@dataclass(frozen=True, eq=False, slots=True)
class Passes:
    """The model as those codes call it: each method is one pass and keeps nothing."""

    backbone: Backbone
    sentences: Sentences

    def start(self) -> Tensor:
        """The context (words, width) that every picture begins with: the embedding of the template's words."""
        first, words = self.sentences.ids[0], self.sentences.words
        return self.backbone.text.token_embedding(first[1 : 1 + words]).detach().clone()

    def text(self, context: Tensor) -> Tensor:
        """Unit text features (c, d) with `context` in the place of the template's words."""
        ids = self.sentences.ids
        embedded = self.backbone.text.token_embedding(ids)
        parts = embedded[:, :1], context.expand(len(ids), -1, -1), embedded[:, 1 + len(context) :]
        return F.normalize(read_prompts(self.backbone.text, torch.cat(parts, 1), ids.argmax(-1)), dim=-1)

    @torch.no_grad()
    def image(self, pixels: Tensor) -> Tensor:
        """Unit features (n, d) of pixels (n, 3, s, s)."""
        return F.normalize(self.backbone.visual(self.backbone.normalise(pixels)), dim=-1)

    def logits(self, pixels: Tensor, context: Tensor) -> Tensor:
        """Logits (n, c): the whole model once, image tower and text tower."""
        return self.backbone.model.logit_scale.exp() * self.image(pixels) @ self.text(context).t()

    def map(self, picture: Tensor, context: Tensor) -> Tensor:
        """A-TPT's map (s, s) in [0, 1] of one picture (3, s, s), about its own top class."""
        with torch.no_grad():
            text = self.text(context)
        grid = (self._convolutional_map if self.backbone.kind == "resnet" else self._attention_map)(picture, text)
        cut = grid.clamp(max=grid.flatten().quantile(CLIP_QUANTILE))
        scaled = (cut - cut.min()) / (cut.max() - cut.min() + EPS)
        size = picture.shape[-1]
        found = F.interpolate(scaled[None, None], (size, size), mode="bilinear", align_corners=False)[0, 0]
        if self.backbone.kind != "resnet":
            return found
        sharp = (found - FLOOR).relu()
        return (sharp / (sharp.max() + EPS)).square()

    def _attention_map(self, picture: Tensor, text: Tensor) -> Tensor:
        visual, entered, attention = self.backbone.visual, [], []
        with torch.enable_grad():
            tokens = visual._embeds(self.backbone.normalise(picture[None]).requires_grad_())
            for block in plain_blocks(visual.transformer):
                entered.append(tokens)
                normed = block.ln_1(tokens)
                mixed, weights = block.attn(normed, normed, normed, need_weights=True, average_attn_weights=False)
                tokens = tokens + block.ls_1(mixed)
                tokens = tokens + block.ls_2(block.mlp(block.ln_2(tokens)))
                attention.append(weights.detach())
            pooled = visual._pool(tokens)[0]
            score = self._top_logit(pooled if visual.proj is None else pooled @ visual.proj, text)
            slopes = torch.autograd.grad(score, entered[-2:])
        before, last = map(_contributions, attention[-2:], entered[-2:], slopes)
        joint = last @ _rows((0.5 * before + last) / 1.5)
        row = joint[1:, 1:].mean(0) if self.backbone.averaged else joint[0, 1:]
        return row.view(self.backbone.grid)

    def _convolutional_map(self, picture: Tensor, text: Tensor) -> Tensor:
        visual = self.backbone.visual
        with torch.enable_grad():
            seen = visual.stem(self.backbone.normalise(picture[None]).requires_grad_())
            stages = visual.layer4(visual.layer3(visual.layer2(visual.layer1(seen))))
            (slopes,) = torch.autograd.grad(self._top_logit(visual.attnpool(stages), text), stages)
        return (stages.detach() * slopes.mean((-2, -1), keepdim=True)).sum(1).relu()[0]

    def _top_logit(self, feature: Tensor, text: Tensor) -> Tensor:
        return (self.backbone.model.logit_scale.exp() * F.normalize(feature, dim=-1) @ text.t()).max()


def _contributions(attention: Tensor, tokens: Tensor, slopes: Tensor) -> Tensor:
    """What each token of a block is made of, (t, t), from attention (1, h, t, t), tokens and slopes (1, t, width)."""
    weights = (tokens.detach() * slopes).sum(-1)[0].relu()
    weights = weights / (weights.sum() + EPS)
    return _rows(torch.eye(len(weights)).to(weights) + attention[0].mean(0) * weights)


def _rows(matrix: Tensor) -> Tensor:
    return matrix / (matrix.sum(-1, keepdim=True) + EPS)
