"""What a visitor has looked at, to go back to and forward again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.choices import Choices
from app.state.shown import Shown

TOGETHER = 2.0  # seconds within which moves of one control are one
CONTROLS = frozenset(Choices._fields)
MOST = 50  # looks remembered; what was found lies elsewhere, by key


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """A model, a picture, the controls, and the parts that were asked for.

    In a history, `swap` is that of one which was pinned and came to the page for the one before it.
    """

    model: str
    picture: Shown
    choices: Choices
    asked: frozenset[str]
    swap: bool = False

    def differing(self, other: Look) -> list[str]:
        """The names of what is asked otherwise, however it is shown."""
        fields = ["model"] * (self.model != other.model) + ["picture"] * (not self.picture.same(other.picture))
        return fields + self.choices.differing(other.choices)

    def on_the_same(self, other: Look) -> bool:
        """Whether both are of one picture as one model sees it."""
        return self.model == other.model and self.picture.same(other.picture)

    def same(self, other: Look) -> bool:
        """Whether the same was asked, however it was shown."""
        return not self.differing(other)


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """Looks in the order in which they came; `place` is that of the present one, -1 where there is none.

    `drawn` is the one setting in which the present look differs from the one before it, at the time `when`: a slider
    that is drawn on leaves one look behind, not one for every place on its way. At the choices `pressed` a button was
    pressed: the look at them is one of its own.
    """

    looks: tuple[Look, ...] = ()
    place: int = -1
    drawn: str = ""
    when: float = 0.0
    pressed: Choices | None = None

    def pressed_at(self, choices: Choices | None) -> History:
        """With a button pressed at these choices, whether they have been looked at already or not."""
        there = bool(self.looks) and self.looks[self.place].choices == choices
        return replace(self, pressed=choices, drawn="" if there else self.drawn)

    def seen(self, look: Look, now: float) -> History:
        """With this look as the present one; those ahead are gone unless it is the present one already."""
        before = self.looks[self.place] if self.looks else None
        moved = ["picture"] if before is None else look.differing(before)
        if before is None or (moved and not (moved == [self.drawn] and now - self.when < TOGETHER)):
            looks = (*self.looks[: self.place + 1], look)[-MOST:]
            alone = len(moved) == 1 and moved[0] in CONTROLS and look.choices != self.pressed
            return History(looks, len(looks) - 1, moved[0] if alone else "", now, self.pressed)
        ahead = () if moved else self.looks[self.place + 1 :]
        looks = (*self.looks[: self.place], replace(look, swap=before.swap), *ahead)
        drawn = "" if look.asked - before.asked or look.choices == self.pressed else self.drawn
        return replace(self, looks=looks, drawn=drawn, when=now if moved else self.when)

    def moved(self, by: int) -> History:
        """One look back (-1) or forward (1); itself where there is none."""
        place = self.place + by
        return replace(self, place=place, drawn="") if 0 <= place < len(self.looks) else self

    def swapped(self, before: Look, after: Look, now: float) -> History:
        """With `before` and then `after`, which was pinned, a look of its own however soon another one comes."""
        begun = replace(self.seen(before, now), drawn="")
        return replace(begun.seen(replace(after, swap=True), now), drawn="")

    def swaps(self, other: History) -> bool:
        """Whether a swap lies between the present look of this one and that of `other`, its neighbour."""
        return self.place != other.place and self.looks[max(self.place, other.place)].swap

    def went(self, look: Look | None, by: int) -> History | None:
        """One look back or forward from `look`, which may be another than the present one; None where there is none.

        Who has gone on from the present look without having seen anything goes back to it.
        """
        if self.looks and by < 0 and (look is None or not self.looks[self.place].same(look)):
            return self
        moved = self.moved(by)
        return None if moved is self else moved

    @property
    def present(self) -> Look:
        """The look at which it stands."""
        return self.looks[self.place]
