"""The two looks that are compared, and what the figures of all steps have in common.

Each figure draws the sides that it is given, the pinned one first; with one side it draws that alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.choices import Choices
from app.figures.html import esc
from app.present import present
from app.state.found import Found
from app.text import compare as text


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """One of the two looks: its name, its colour class, and what is held of it."""

    name: str
    kind: str
    found: Found
    choices: Choices

    @property
    def names(self) -> tuple[str, ...]:
        """The class names."""
        return present(self.found.classes).names

    @property
    def reference(self) -> str:
        """The class to be answered."""
        return self.names[present(self.found.reference)]


Sides = Sequence[Side]
Row = tuple[str, Callable[[Side], str]]  # a name, and its value on a side


def same_names(sides: Sides) -> bool:
    """Whether both ask with the same class names."""
    return all(side.names == sides[0].names for side in sides)


def same_reference(sides: Sides) -> bool:
    """Whether the same class is to be answered on both."""
    return all(side.reference == sides[0].reference for side in sides)


def other_truth(sides: Sides) -> str:
    """On which side which class is to be answered; empty where it is the same on both."""
    if same_reference(sides):
        return ""
    names = ", ".join(f"{side.name.lower()} “{side.reference}”" for side in sides)
    return text.COMPARE_OTHER_TRUTH.format(names=names)


def why_apart(sides: Sides) -> str:
    """Why answers of both cannot stand in one list of classes with one of them marked; empty where they can."""
    return other_truth(sides) if same_names(sides) else text.COMPARE_OTHER_CLASSES


def columns(sides: Sides, rows: Sequence[Row]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Heads and rows of a table with a column for each side; where there is no value stands a dash."""
    heads = ("", *(side.name for side in sides))
    return heads, [(esc(name), *(esc(value(side) or text.COMPARE_NONE) for side in sides)) for name, value in rows]


def beside(drawn: Sequence[str]) -> str:
    """Blocks side by side where there is room."""
    return drawn[0] if len(drawn) == 1 else f'<div class="pair">{"".join(drawn)}</div>'


def remark(sentence: str) -> str:
    """Why something is drawn apart or not at all."""
    return f'<p class="fine remark">{esc(sentence)}</p>' if sentence else ""
