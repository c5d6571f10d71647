"""Sentences that hold for one and for many: the number in them chooses the word."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that is written as any other, or behind `:` says one of two words: `{n:picture|pictures}`."""

    value: float

    def __format__(self, form: str) -> str:
        one, divided, others = form.partition("|")
        return (one if self.value == 1 else others) if divided else format(self.value, form)


def counted(sentence: str, **words: object) -> str:
    """`sentence` with its words filled in, where `{n:answers|answer}` is “answers” if the number `n` is 1.

    Both may hold other words in braces.
    """
    numbers = {name: _Number(word) for name, word in words.items() if isinstance(word, int | float)}
    return sentence.format(**words | numbers)
