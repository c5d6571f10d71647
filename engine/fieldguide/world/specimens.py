"""What a painted specimen is made of: kinds, colours, patterns, and which combinations training never sees."""

from dataclasses import dataclass

import numpy as np

from ...errors import require

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (216, 38, 44),
    "orange": (250, 138, 26),
    "yellow": (252, 222, 56),
    "green": (44, 152, 66),
    "blue": (36, 98, 216),
    "purple": (124, 46, 168),
    "pink": (246, 136, 184),
    "brown": (116, 68, 36),
    "black": (36, 34, 42),
    "white": (246, 244, 238),
}
PATTERNS = ("plain", "striped", "spotted", "banded", "speckled", "ringed")
KINDS: dict[str, str] = {
    "butterfly": "body",
    "fish": "tail",
    "bird": "head",
    "flower": "centre",
    "beetle": "head",
    "mushroom": "ring",
}
_COLOUR_INDEX = {name: index for index, name in enumerate(COLOURS)}


@dataclass(frozen=True, slots=True)
class Specimen:
    """One inhabitant of the field guide, named by words of `KINDS`, `COLOURS` and `PATTERNS`.

    `accent` is the colour of the pattern, None exactly when the pattern is plain.
    `part` is the colour of the kind's telling part (`KINDS[kind]`).
    Neither equals `colour`, so that both can be seen. Raises `EngineError` otherwise.
    """

    kind: str
    colour: str
    pattern: str
    accent: str | None
    part: str

    def __post_init__(self) -> None:
        _require("kind", self.kind, KINDS)
        _require("colour", self.colour, COLOURS)
        _require("pattern", self.pattern, PATTERNS)
        _require("part", self.part, COLOURS)
        if self.pattern == "plain":
            require(self.accent is None, f"A plain {self.kind} has no second colour; got {self.accent}.")
        else:
            _require("accent", self.accent, COLOURS)
        for name, value in (("pattern", self.accent), (KINDS[self.kind], self.part)):
            require(
                value != self.colour,
                f"The {name} must differ in colour from the {self.kind} to be seen; got {self.colour} for both.",
            )


def is_held_out(specimen: Specimen) -> bool:
    """Whether training must never see this combination of colour, pattern, accent and part, of any kind.

    With i(.) the index in `COLOURS` or `PATTERNS` (an absent accent counts 0), a combination is held out when
    i(colour) + 2 i(accent) + 3 i(pattern) + 4 i(part) is divisible by 5: about one in five. Whichever two
    attributes are fixed, the others still reach every remainder, so each value and each pair occurs in training.
    """
    accent = 0 if specimen.accent is None else _COLOUR_INDEX[specimen.accent]
    pattern = PATTERNS.index(specimen.pattern)
    total = _COLOUR_INDEX[specimen.colour] + 2 * accent + 3 * pattern + 4 * _COLOUR_INDEX[specimen.part]
    return total % 5 == 0


def random_specimen(rng: np.random.Generator, kind: str | None = None, held_out: bool = False) -> Specimen:
    """Draw a specimen, each attribute uniform over its values, until `is_held_out` agrees with `held_out`.

    `kind` fixes the kind; None draws it too. Raises `EngineError` for an unknown kind.
    """
    if kind is not None:
        _require("kind", kind, KINDS)
    kinds, colours = tuple(KINDS), tuple(COLOURS)
    while True:
        chosen = kinds[rng.integers(len(kinds))] if kind is None else kind
        pattern = PATTERNS[rng.integers(len(PATTERNS))]
        colour = colours[rng.integers(len(colours))]
        others = tuple(name for name in colours if name != colour)
        accent, part = (others[index] for index in rng.integers(len(others), size=2))
        specimen = Specimen(chosen, colour, pattern, None if pattern == "plain" else accent, part)
        if is_held_out(specimen) == held_out:
            return specimen


def _require(attribute: str, value: str | None, allowed) -> None:
    require(value in allowed, f"Expected the {attribute} to be one of {', '.join(allowed)}; got {value!r}.")
