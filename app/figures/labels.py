"""Words in a drawing, each where it covers least of what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.figures.html import esc

LETTER, LINE = 7.4, 16  # room of a letter and of a line
SIGN, DOT = 9, 5  # half the side of the room that a sign takes, and a dot
ANCHORS = {"start": 0.0, "middle": 0.5, "end": 1.0}
BESIDE = (
    (12, 4, "start"), (-12, 4, "end"), (0, -13, "middle"), (0, 23, "middle"),
    (10, -9, "start"), (-10, -9, "end"), (10, 18, "start"), (-10, 18, "end"),
)  # fmt: skip
GRID = 16  # between the places within a region that are tried
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Room:
    """A rectangle that something takes up."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Room) -> float:
        """The area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(width, 0) * max(height, 0)

    @property
    def area(self) -> float:
        """Width times height."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Label:
    """Words at a place, which is their start, middle or end, as `anchor` says, on their base line."""

    said: str
    x: float
    y: float
    anchor: str = "middle"

    @property
    def room(self) -> Room:
        """What they take up, roughly."""
        width = LETTER * len(self.said)
        left = self.x - ANCHORS[self.anchor] * width
        return Room(left, self.y - LINE + 4, left + width, self.y + 4)

    def svg(self, kind: str) -> str:
        """The words as a drawing has them."""
        place = f'x="{self.x:.1f}" y="{self.y:.1f}" text-anchor="{self.anchor}"'
        return f'<text class="label {kind}" {place}>{esc(self.said)}</text>'


class Labels:
    """The labels of one drawing; `signs` are the places of what must not be covered, `crowd` of what rather not."""

    def __init__(self, width: float, height: float, signs: Iterable[Point], crowd: Iterable[Point] = ()) -> None:
        self._whole = Room(0, 0, width, height)
        self._taken = [_around(at, SIGN) for at in signs]
        self._crowd = [_around(at, DOT) for at in crowd]

    def beside(self, said: str, at: Point) -> Label:
        """A label beside a sign."""
        tries = [Label(said, at[0] + dx, at[1] + dy, anchor) for dx, dy, anchor in BESIDE]
        return self._put(min(tries, key=lambda label: self._cost(label.room)))

    def within(self, said: str, corners: Sequence[Point]) -> Label:
        """A label inside a convex polygon, as `spot` finds it."""
        return self._put(Label(said, *self.spot(said, corners)))

    def spot(self, said: str, corners: Sequence[Point]) -> Point:
        """Where a label's middle stands best inside a convex polygon: clear of signs and other labels, then of the
        crowd, then near the upper or lower edge of the drawing; where no place holds all of it, with its middle inside.
        """
        half, (left, top, right, bottom) = LETTER * len(said) / 2, _extent(corners)
        grid = [
            (left + dx, top + dy)
            for dx in range(0, int(right - left) + 1, GRID)
            for dy in range(LINE, int(bottom - top), LINE)
            if half <= left + dx <= self._whole.right - half
        ]
        ends = [(at, (at[0] - half, at[1]), (at[0] + half, at[1])) for at in grid]
        whole = [at for at, *both in ends if all(_inside(corners, end) for end in both)]
        middle = ((left + right) / 2, (top + bottom) / 2)

        def cost(at: Point) -> float:
            room = Label(said, *at).room
            crowded = sum(room.shared(other) for other in self._crowd)
            return 50 * self._cost(room) + 5 * crowded + min(at[1], self._whole.bottom - at[1])

        return min(whole or [at for at in grid if _inside(corners, at)], key=cost, default=middle)

    def _cost(self, room: Room) -> float:
        outside = room.area - room.shared(self._whole)
        return sum(room.shared(other) for other in self._taken) + 10 * outside

    def _put(self, label: Label) -> Label:
        self._taken.append(label.room)
        return label


def _around(at: Point, half: float) -> Room:
    return Room(at[0] - half, at[1] - half, at[0] + half, at[1] + half)


def _extent(corners: Sequence[Point]) -> tuple[float, float, float, float]:
    across, down = zip(*corners, strict=True)
    return min(across), min(down), max(across), max(down)


def _inside(corners: Sequence[Point], at: Point) -> bool:
    x, y = at
    turns = [
        (u - s) * (y - t) - (v - t) * (x - s)
        for (s, t), (u, v) in zip(corners, [*corners[1:], corners[0]], strict=True)
    ]
    return all(turn >= 0 for turn in turns) or all(turn <= 0 for turn in turns)
