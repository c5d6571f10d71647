"""Prompts as token embeddings, and reading them through a causal text tower; runs no image tower."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ..classes import Classes
from ..errors import require
from ..numerics.gradients import gradients
from .precision import at_least_single
from .tokens import Reader
from .towers import TextTower


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

    @property
    def read(self) -> int:
        """How many tokens are read of all prompts, what they begin with once."""
        return self.tokens + 1 + int((self.ends - self.tokens).sum())


@dataclass(frozen=True, eq=False, slots=True)
class ReadPrompts:
    """Unit text features (c, d) of prompts with a context (tokens, width), and the graph between the two.

    `kept`: others differentiate through it too. `bytes` is about what the graph takes.
    """

    context: Tensor
    features: Tensor
    kept: bool = False
    bytes: int = 0

    def gradient(self, slopes: Tensor) -> Tensor:
        """The gradient (tokens, width) with respect to the context, from that with respect to the features (c, d)."""
        (found,) = gradients(self.features, self.context, slopes, self.kept)
        return found


def make_prompts(text: TextTower, reader: Reader, classes: Classes) -> Prompts:
    """The prompts of the first template of `classes`, ready for tuning.

    Raises `EngineError` for a text tower that is not read at the end of the text, for a template without words before
    the class name, and for names that the model cannot read or tell apart.
    """
    require(
        can_be_read(text),
        f"Expected a text tower that reads the prompt at its end-of-text token; {reader.name} has another kind,"
        " so prompts cannot be tuned on it: choose a defence that tunes none, such as CLIP, MTA or ZERO.",
    )
    template = classes.templates[0]
    prefix = template.split("{}")[0]
    whole_words = prefix if prefix.endswith(" ") else prefix.rpartition(" ")[0]
    require(
        bool(whole_words.strip()),
        f"Tuning moves the words before the class name; “{template}” has none, “a photo of a {{}}.” has.",
    )
    table = text.token_embedding
    ids = reader.read_classes(classes, template).to(table.weight.device)
    ends = reader.ends(ids)
    count = int(reader.ends(reader.read([whole_words.strip()]))) - 1
    embeddings = at_least_single(table(ids[:, : int(ends.max()) + 1]))
    return Prompts(embeddings, ends, embeddings[0, 1 : 1 + count].clone())


def can_be_read(text: TextTower) -> bool:
    """Whether `read_prompts` reads this text tower: a causal one that is asked at its end-of-text token."""
    parts = ("token_embedding", "ln_final", "text_projection", "attn_mask")
    whole = all(getattr(text, part, None) is not None for part in parts) and getattr(text, "cls_emb", None) is None
    return whole and _of(text, "pool_type") in ("argmax", "eos")


def end_token(text: TextTower) -> int | None:
    """The id of the end-of-text token, None where it is the greatest id of a prompt."""
    end = _of(text, "eos_id")
    return end if isinstance(end, int) and _of(text, "pool_type") == "eos" else None


def _of(text: TextTower, name: str) -> str | int | None:
    """A fact about the tower; a CLIP that is its own text tower has it under another name."""
    return getattr(text, f"text_{name}", getattr(text, name, None))


def read_prompts(text: TextTower, embeddings: Tensor, ends: Tensor) -> Tensor:
    """Text features (b, d), not yet unit, of token embeddings (b, length, width) read at the positions `ends` (b,).

    `text` is a causal text tower of open_clip; positions behind the longest end may be left out.
    """
    length = embeddings.shape[1]
    tokens = text.transformer(entering(text, embeddings), attn_mask=text.attn_mask[:length, :length])
    return read_out(text, tokens[torch.arange(len(tokens), device=tokens.device), ends])


def entering(text: TextTower, embeddings: Tensor, first: int = 0) -> Tensor:
    """Token embeddings (..., length, width) as they enter the first block, standing from the position `first` on."""
    places = text.positional_embedding[first : first + embeddings.shape[-2]]
    return (embeddings + places.to(embeddings.dtype)).to(text.transformer.get_cast_dtype())


def read_out(text: TextTower, tokens: Tensor) -> Tensor:
    """Text features (b, d), not yet unit, of the end-of-text tokens (b, width) that the last block leaves."""
    read, projection = text.ln_final(tokens), text.text_projection
    return projection(read) if isinstance(projection, nn.Linear) else read @ projection


def read_padded(text: TextTower, beginning: Tensor, rest: Tensor, ends: Tensor) -> Tensor:
    """`read_prompts` of sentences that begin with `beginning` (p, width), before their `rest` (b, length, width)."""
    return read_prompts(text, torch.cat([beginning.expand(len(rest), -1, -1), rest], 1), ends)
