"""Which words of a class's sentence make a picture fit it: relevance of the text tower's tokens."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes
from ..errors import require
from ..models import Backbone
from ..models.memory import enough_memory
from ..models.predict import check_pixels
from ..numerics import rollout


@dataclass(frozen=True, eq=False, slots=True)
class WordRelevance:
    """How much each piece of one sentence counts for its similarity to a picture.

    A piece that ends a word ends with a space. `shares` are not negative and sum to 1, or are all 0 where no piece
    speaks for the picture; start and end of the text are left out. `score` is the scaled cosine.
    """

    label: int
    sentence: str
    pieces: tuple[str, ...]
    shares: Tensor  # (pieces,)
    score: float

    @property
    def words(self) -> tuple[tuple[str, float], ...]:
        """Each word with the shares of its pieces together; each piece with its own where the tokenizer does not mark
        the ends of words."""
        shares = self.shares.tolist()
        ends = [place for place, piece in enumerate(self.pieces, 1) if piece.endswith(" ")]
        if len(ends) < len(self.sentence.split()):
            return tuple((piece.strip(), share) for piece, share in zip(self.pieces, shares, strict=True))
        starts, ends = [0, *ends], [*ends, len(shares)]
        spans = [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
        return tuple(("".join(self.pieces[start:end]).strip(), sum(shares[start:end])) for start, end in spans)


@enough_memory("the relevance of one sentence")
def word_relevance(backbone: Backbone, pixels: Tensor, classes: Classes, label: int) -> WordRelevance:
    """What the sentence of class `label`, in the first template, owes its similarity to a picture (3, s, s) to.

    Gradient-weighted relevance through the text tower, read at the end of the text (Chefer et al., ICCV 2021).

    Raises `EngineError` for a class that is not there and for text towers that read a sentence in another way.
    """
    check_pixels(backbone, pixels)
    require(0 <= label < len(classes), f"Expected a class number from 0 to {len(classes) - 1}; got {label}.")
    sentence = classes.sentences(classes.templates[0])[label]
    with torch.no_grad():
        feature = backbone.encode_image(pixels[None])
    trace, pieces = backbone.trace_text(sentence)
    with torch.enable_grad():
        score = backbone.logits(feature, trace.features)[0, 0]
    gradients = torch.autograd.grad(score, trace.attention)
    with torch.no_grad():
        found = rollout.relevance(trace.attention, gradients)[0, -1, 1:-1].float().cpu()
    return WordRelevance(label, sentence, pieces, found / found.sum().clamp_min(1e-12), float(score.detach()))
