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


class Labels:
    """The labels of one drawing; `signs` are the places of what must not be covered, `crowd` of what rather not."""

    def __init__(self, width: float, height: float, signs: Iterable[Point], crowd: Iterable[Point] = ()) -> None:
        self._whole = Room(0, 0, width, height)
        self._taken = [_around(at, SIGN) for at in signs]
        self._crowd = [_around(at, DOT) for at in crowd]

    def beside(self, said: str, at: Point, kind: str) -> str:
        """A label beside a sign."""
        tries = [((at[0] + dx, at[1] + dy), anchor) for dx, dy, anchor in BESIDE]
        best = min(tries, key=lambda place: self._cost(_room(said, *place)))
        return self._put(said, best, kind)

    def within(self, said: str, corners: Sequence[Point], kind: str) -> str:
        """A label inside a convex polygon, as `spot` finds it."""
        return self._put(said, (self.spot(said, corners), "middle"), kind)

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
            room = _room(said, at, "middle")
            crowded = sum(room.shared(other) for other in self._crowd)
            return 50 * self._cost(room) + 5 * crowded + min(at[1], self._whole.bottom - at[1])

        return min(whole or [at for at in grid if _inside(corners, at)], key=cost, default=middle)

    def _cost(self, room: Room) -> float:
        outside = room.area - room.shared(self._whole)
        return sum(room.shared(other) for other in self._taken) + 10 * outside

    def _put(self, said: str, place: tuple[Point, str], kind: str) -> str:
        (x, y), anchor = place
        self._taken.append(_room(said, *place))
        return f'<text class="label {kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{esc(said)}</text>'


def _around(at: Point, half: float) -> Room:
    return Room(at[0] - half, at[1] - half, at[0] + half, at[1] + half)


def _room(said: str, at: Point, anchor: str) -> Room:
    width = LETTER * len(said)
    left = at[0] - ANCHORS[anchor] * width
    return Room(left, at[1] - LINE + 4, left + width, at[1] + 4)


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
