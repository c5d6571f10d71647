"""How well words can be read on a ground, as WCAG 2 measures it."""

from __future__ import annotations

ENOUGH = 4.5  # of small words, at level AA
WORDS = ("#000000", "#ffffff")


def contrast(one: str, other: str) -> float:
    """Of two colours, #rrggbb, whichever is the ground: 1 where they are the same, 21 of black and white."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(ground: str) -> str:
    """Black or white, whichever reads better on that colour: always `ENOUGH`."""
    return max(WORDS, key=lambda word: contrast(word, ground))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(level / 255) for level in bytes.fromhex(colour.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
