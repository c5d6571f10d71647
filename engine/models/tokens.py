"""Sentences to token ids: refuses what a model never saw, would cut or could not tell apart. Runs no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from ..classes import Classes, require_distinct
from ..errors import EngineError, require
from .towers import Tokenizer

EMOJI = "\ufe0f"  # behind a sign, that it is to be drawn in colours


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

    def unknown_words(self, texts: Iterable[str]) -> tuple[str, ...]:
        """What of `texts` the model has never seen, in order: words, signs that are neither letters nor punctuation,
        and every text that has no word at all. Empty for an open vocabulary, where a sign is a token like any other.

        To a closed one an unseen token says nothing. Punctuation beside words is passed over: “a photo of a fish.”,
        “red-and-white fish”, “fish (red)”, “fish, striped” are their words.
        """
        return _each_once(found for text in texts for found in self._unseen([text], [text]))

    def _unseen(self, texts: Iterable[str], names: Iterable[str] = ()) -> tuple[str, ...]:
        """The words and signs of `texts` that are new to it, behind those of `names` that have no word."""
        if self.words is None:
            return ()
        wordless = [name.strip() for name in names if not _words(name)]
        signs = {sign for name in wordless for sign in name}
        found = [one for text in texts for one in _words_and_signs(text) if one not in self.words]
        return _each_once([*wordless, *(one for one in found if one not in signs)])

    def read(self, texts: list[str], names: Iterable[str] = ()) -> Tensor:
        """Token ids (b, length) on the CPU, filled up as the tokenizer does.

        Raises `EngineError` for unknown words and signs, for `names` in the texts without any word, for the marks that
        begin and end every text, and for texts that would be cut.
        """
        unseen = self._unseen(texts, names)
        if unseen:
            listed = ", ".join(f"“{w}”" for w in unseen[:8]) + (" and more" if len(unseen) > 8 else "")
            kind = "word" if any(map(_words, unseen)) else "sign"
            raise EngineError(
                f"The model {self.name} has never seen the {kind}{'s' * (len(unseen) > 1)} {listed};"
                " use its own words, or choose a model that reads any text, such as a CLIP."
            )
        empty = self.tokenizer([""], context_length=self.length)
        ids = self.tokenizer(texts, context_length=self.length + 2)
        marks = torch.tensor(getattr(self.tokenizer, "all_special_ids", ()), dtype=ids.dtype)
        marked = torch.isin(ids, marks).sum(-1) > torch.isin(empty, marks).sum(-1)
        require(
            not bool(marked.any()),
            f"“{texts[int(marked.int().argmax())][:60]}” has one of the marks that begin and end every text, behind"
            " which nothing would be read; write words only.",
        )
        cut = (ids[:, self.length :] != empty[0, -1]).any(-1)
        require(
            not bool(cut.any()),
            f"“{texts[int(cut.int().argmax())][:60]}…” is too long for the text encoder: it reads at most"
            f" {self.length - 2} word pieces.",
        )
        return ids[:, : self.length]

    def read_classes(self, classes: Classes, template: str) -> Tensor:
        """Token ids (c, length) of the class names in one template.

        Raises `EngineError` as `read` does, for a name in which the model knows nothing, and for two names that it
        cannot tell apart: the same tokens or, in a closed vocabulary, where other marks than its words mean nothing,
        the same words.
        """
        sentences = classes.sentences(template)
        ids = self.read(sentences, classes.names)
        read = map(tuple, ids.tolist() if self.words is None else map(_words, sentences))
        require_distinct(classes.names, read, f"is the same as another to the model {self.name}, in “{template}”")
        return ids

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
        """The words that are one token, and its id. Raises `EngineError` where the tokenizer has no such list.

        Tokens are spelled in a letter for each byte, so those outside ASCII are read as bytes; what is no whole letter
        then, or no letter, is no word.
        """
        encoder: dict[str, int] | None = getattr(self.tokenizer, "encoder", None)
        if encoder is None:
            raise EngineError(f"The tokenizer of {self.name} has no word list to search.")
        ending = {token[:-4]: i for token, i in encoder.items() if token.endswith("</w>")}
        spelled = {token if token.isascii() else self._spelled(i): i for token, i in ending.items()}
        whole = {word: i for word, i in spelled.items() if word.isalpha()}
        return whole if self.words is None else {word: i for word, i in whole.items() if word in self.words}

    def _spelled(self, token: int) -> str:
        """What a token that ends a word reads as; empty where the tokenizer cannot tell."""
        decode: Callable[[list[int]], str] | None = getattr(self.tokenizer, "decode", None)
        return "" if decode is None else decode([token]).strip()


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _words_and_signs(text: str) -> list[str]:
    """The words of the text and its signs, in order."""
    return [run for run in re.findall(r"[^\W_]+|[\W_]", text.lower()) if _words(run) or _is_sign(run)]


def _is_sign(character: str) -> bool:
    """Whether it is no letter or digit and yet to be seen: no punctuation, blank or invisible character."""
    return unicodedata.category(character)[0] not in "PZC" and character != EMOJI


def _each_once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
