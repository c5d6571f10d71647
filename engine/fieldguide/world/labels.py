"""Sets of candidate specimens that make naming a picture hard: the true one among near misses."""

from dataclasses import replace

import numpy as np

from .specimens import COLOURS, PATTERNS, Specimen, random_specimen

_MOST = len(COLOURS) * (len(COLOURS) - 1) * (1 + (len(PATTERNS) - 1) * (len(COLOURS) - 1))  # specimens of one kind


def label_set(specimen: Specimen, rng: np.random.Generator, count: int = 40) -> tuple[Specimen, ...]:
    """`count` distinct specimens of one kind with `specimen` at a random place among them.

    About a quarter differ from it in the part's colour only (eight at most), a quarter in exactly
    one of colour, accent and pattern, a quarter in two attributes, and the rest are random. Between plain and
    patterned the accent comes or goes with the pattern, which counts as one change.
    Raises ValueError unless 2 <= count <= the number of specimens of one kind.
    """
    if not 2 <= count <= _MOST:
        raise ValueError(f"expected count between 2 and {_MOST}, got {count!r}")
    quarter = (count - 1) // 4
    chosen = {specimen: None}
    for changes in (("part",), ("colour", "pattern", "accent")):
        near = [other for name in changes for other in _neighbours(specimen, name)]
        _add(chosen, near, quarter, rng)
    pairs = (("colour", "part"), ("pattern", "part"), ("accent", "part"), ("colour", "accent"))
    near = [
        far for first, second in pairs for other in _neighbours(specimen, first) for far in _neighbours(other, second)
    ]
    _add(chosen, near, quarter, rng)
    while len(chosen) < count:
        kind = specimen.kind
        chosen[random_specimen(rng, kind, held_out=rng.random() < 0.2)] = None
    others = list(chosen)[1:]
    others.insert(int(rng.integers(count)), specimen)
    return tuple(others)


def _add(chosen: dict[Specimen, None], candidates: list[Specimen], count: int, rng: np.random.Generator) -> None:
    fresh = [candidate for candidate in dict.fromkeys(candidates) if candidate not in chosen]
    for index in rng.permutation(len(fresh))[:count]:
        chosen[fresh[index]] = None


def _neighbours(specimen: Specimen, attribute: str) -> list[Specimen]:
    """Every specimen that differs in `attribute`; between plain and patterned the accent has to follow."""
    if attribute == "pattern":
        return [near for pattern in PATTERNS for near in _repatterned(specimen, pattern)]
    if attribute == "accent" and specimen.accent is None:
        return []
    taken = {getattr(specimen, attribute), specimen.colour}
    if attribute == "colour":
        taken |= {specimen.accent, specimen.part}
    return [replace(specimen, **{attribute: name}) for name in COLOURS if name not in taken]


def _repatterned(specimen: Specimen, pattern: str) -> list[Specimen]:
    if pattern == specimen.pattern:
        return []
    if pattern == "plain":
        return [replace(specimen, pattern=pattern, accent=None)]
    accents = [specimen.accent] if specimen.accent else [name for name in COLOURS if name != specimen.colour]
    return [replace(specimen, pattern=pattern, accent=accent) for accent in accents]
