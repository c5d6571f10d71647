"""Words for specimens: partial descriptions, caption templates and the closed vocabulary they span."""

import re
from dataclasses import dataclass

import numpy as np

from .specimens import COLOURS, KINDS, PATTERNS, Specimen

TEMPLATES: tuple[str, ...] = (
    "a photo of a {}.",
    "a picture of a {}.",
    "a painting of a {}.",
    "a specimen photo of a {}.",
    "a drawing of a {}.",
    "a close photo of a {}.",
    "a small {} on a colourful background.",
    "a photo of the {}.",
    "this is a {}.",
    "a {}.",
    "a {} in the garden.",
)


@dataclass(frozen=True, slots=True)
class Description:
    """What a caption says about a specimen; None means the caption is silent about it.

    `accent` names the pattern's colour and needs `colour` and a pattern other than plain beside it
    (ValueError otherwise).
    """

    kind: str
    colour: str | None = None
    pattern: str | None = None
    accent: str | None = None
    part: str | None = None

    def __post_init__(self) -> None:
        if self.accent is not None and (self.colour is None or self.pattern in (None, "plain")):
            raise ValueError(
                f"expected colour and a pattern beside accent {self.accent!r}, got "
                f"colour {self.colour!r} and pattern {self.pattern!r}"
            )

    def matches(self, specimen: Specimen) -> bool:
        """Whether everything said here is true of the specimen."""
        said = ("kind", "colour", "pattern", "accent", "part")
        return all(getattr(self, name) in (None, getattr(specimen, name)) for name in said)

    def phrase(self) -> str:
        """The description as a noun phrase without article, such as "blue and white striped bird with a red head"."""
        if self.accent is not None:
            words = [self.colour, "and", self.accent, self.pattern]
        else:
            words = [self.pattern, self.colour]
        phrase = " ".join(word for word in (*words, self.kind) if word)
        return phrase if self.part is None else f"{phrase} with a {self.part} {KINDS[self.kind]}"


def describe(specimen: Specimen, detail: int) -> Description:
    """Say the kind (detail 0), its colour too (1), its pattern and accent too (2), its telling part too (3).

    Raises ValueError for any other detail.
    """
    if detail not in (0, 1, 2, 3):
        raise ValueError(f"expected detail to be 0, 1, 2 or 3, got {detail!r}")
    said = ((), ("colour",), ("colour", "pattern", "accent"), ("colour", "pattern", "accent", "part"))[detail]
    return Description(specimen.kind, **{name: getattr(specimen, name) for name in said})


def random_description(specimen: Specimen, rng: np.random.Generator) -> Description:
    """A true description: about half of the time complete, else a random subset of the attributes."""
    if rng.random() < 0.45:
        return describe(specimen, 3)
    colour, pattern, accent, part = rng.random(4) < (0.7, 0.6, 0.7, 0.5)
    return Description(
        specimen.kind,
        colour=specimen.colour if colour else None,
        pattern=specimen.pattern if pattern else None,
        accent=specimen.accent if colour and pattern and accent else None,
        part=specimen.part if part else None,
    )


def unknown_words(text: str) -> tuple[str, ...]:
    """The words of `text` outside `VOCABULARY`: lower case, no punctuation, in order, each once."""
    return tuple(word for word in dict.fromkeys(_words(text)) if word not in VOCABULARY)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text.lower())


def _vocabulary() -> frozenset[str]:
    phrases = [Description(kind, "red", "striped", "blue", "white").phrase() for kind in KINDS]
    texts = [*TEMPLATES, *phrases, *COLOURS, *PATTERNS]
    return frozenset(word for text in texts for word in _words(text))


VOCABULARY: frozenset[str] = _vocabulary()
