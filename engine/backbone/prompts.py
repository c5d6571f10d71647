"""Prompts as token embeddings, and reading them through a causal text tower; knows no label sets and no model names."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, eq=False, slots=True)
class Prompts:
    """Tokenised first-template prompts of one label set, cut behind the longest end of text.

    `context` (tokens, width) is the template's own embedding of the words before the class name: what tuning moves.
    """

    embeddings: Tensor  # (c, length, width)
    ends: Tensor  # (c,) position of the end-of-text token
    context: Tensor

    @property
    def tokens(self) -> int:
        """How many token vectors stand before the class name."""
        return len(self.context)


def read_prompts(text: nn.Module, embeddings: Tensor, ends: Tensor) -> Tensor:
    """Text features (b, d), not yet unit, of token embeddings (b, length, width) read at the positions `ends` (b,).

    `text` is a causal text tower of open_clip; positions behind the longest end may be left out.
    """
    length = embeddings.shape[1]
    x = embeddings + text.positional_embedding[:length].to(embeddings.dtype)
    x = text.transformer(x, attn_mask=text.attn_mask[:length, :length])
    x = text.ln_final(x)[torch.arange(len(x), device=x.device), ends]
    projection = text.text_projection
    return projection(x) if isinstance(projection, nn.Linear) else x @ projection
