"""Words in a drawing, each where it covers least of what is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.figures.html import esc

LETTER, LINE = 7.4, 16  # room of a letter and of a line
SIGN = 9  # half the side of the room that a sign takes
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
    """The labels of one drawing; `signs` are the places of what must not be covered."""

    def __init__(self, width: float, height: float, signs: Iterable[Point]) -> None:
        self._whole = Room(0, 0, width, height)
        self._taken = [Room(x - SIGN, y - SIGN, x + SIGN, y + SIGN) for x, y in signs]

    def beside(self, said: str, at: Point, kind: str) -> str:
        """A label beside a sign."""
        tries = [((at[0] + dx, at[1] + dy), anchor) for dx, dy, anchor in BESIDE]
        return self._put(said, min(tries, key=lambda place: self._cost(_room(said, *place))), kind)

    def within(self, said: str, corners: Sequence[Point], kind: str) -> str:
        """A label inside a convex polygon, as near to the upper or lower edge of the drawing as may be."""
        half, (left, top, right, bottom) = LETTER * len(said) / 2, _extent(corners)
        tries = [
            ((left + dx, top + dy), "middle")
            for dx in range(0, int(right - left), GRID)
            for dy in range(LINE, int(bottom - top), LINE)
            if _inside(corners, (left + dx - half, top + dy)) and _inside(corners, (left + dx + half, top + dy))
        ]
        middle = ((left + right) / 2, (top + bottom) / 2), "middle"

        def cost(place: tuple[Point, str]) -> float:
            (x, y), _ = place
            return 50 * self._cost(_room(said, *place)) + 2 * min(y, self._whole.bottom - y) + abs(x - middle[0][0])

        return self._put(said, min(tries, key=cost, default=middle), kind)

    def _cost(self, room: Room) -> float:
        outside = room.area - room.shared(self._whole)
        return sum(room.shared(other) for other in self._taken) + 10 * outside

    def _put(self, said: str, place: tuple[Point, str], kind: str) -> str:
        (x, y), anchor = place
        self._taken.append(_room(said, *place))
        return f'<text class="label {kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{esc(said)}</text>'


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
