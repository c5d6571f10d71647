"""Sentences to token ids: refuses words a model never saw and sentences it would cut. Runs no model."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ..errors import EngineError, require
from .towers import Tokenizer


@dataclass(frozen=True, eq=False, slots=True)
class Reader:
    """The tokenizer of the model called `name`; `words` are the only ones it knows (None: an open vocabulary).

    `length` is the most tokens a sentence may have, start and end included. `end` is the id of the end-of-text token,
    None where that is the greatest id.
    """

    tokenizer: Tokenizer
    name: str
    words: frozenset[str] | None
    length: int
    end: int | None = None

    def unknown_words(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """The words of `texts` that the model has never seen, in order; empty for an open vocabulary."""
        if self.words is None:
            return ()
        found = (w for text in texts for w in re.findall(r"[^\W_]+", text.lower()))
        return tuple(dict.fromkeys(w for w in found if w not in self.words))

    def read(self, texts: list[str]) -> Tensor:
        """Token ids (b, length) on the CPU, filled up as the tokenizer does.

        Raises `EngineError` for unknown words and for texts that would be cut.
        """
        unknown = self.unknown_words(tuple(texts))
        if unknown:
            listed = ", ".join(f"“{w}”" for w in unknown[:8]) + (" and more" if len(unknown) > 8 else "")
            raise EngineError(
                f"The model {self.name} has never seen the word{'s' * (len(unknown) > 1)} {listed};"
                " use its own words or choose a model with an open vocabulary."
            )
        filler = self.tokenizer([""], context_length=self.length)[0, -1]
        ids = self.tokenizer(texts, context_length=self.length + 2)
        cut = (ids[:, self.length :] != filler).any(-1)
        require(
            not bool(cut.any()),
            f"“{texts[int(cut.int().argmax())][:60]}…” is too long for the text encoder: it reads at most"
            f" {self.length - 2} word pieces.",
        )
        return ids[:, : self.length]

    def ends(self, ids: Tensor) -> Tensor:
        """Positions (b,) of the end-of-text token in token ids (b, length)."""
        return ids.argmax(-1) if self.end is None else (ids == self.end).int().argmax(-1)

    def pieces(self, ids: Tensor) -> tuple[str, ...]:
        """What each of the token ids (k,) stands for; one that ends a word ends with a space.

        Raises `EngineError` where the tokenizer cannot tell.
        """
        decode: Callable[[list[int]], str] | None = getattr(self.tokenizer, "decode", None)
        if decode is None:
            raise EngineError(f"The tokenizer of {self.name} cannot spell out its tokens.")
        return tuple(decode([token]) for token in ids.tolist())

    def whole_words(self) -> dict[str, int]:
        """The words that are one token, and its id. Raises `EngineError` where the tokenizer has no such list."""
        encoder: dict[str, int] | None = getattr(self.tokenizer, "encoder", None)
        if encoder is None:
            raise EngineError(f"The tokenizer of {self.name} has no word list to search.")
        whole = {token[:-4]: i for token, i in encoder.items() if token.endswith("</w>") and token[:-4].isalpha()}
        return whole if self.words is None else {word: i for word, i in whole.items() if word in self.words}
