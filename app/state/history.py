"""What a visitor has looked at, to go back to and forward again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.choices import DISPLAY, Choices
from app.state.shown import Shown

MOST = 50  # looks remembered; what was found lies elsewhere, by key


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """A model, a picture, the controls, and the parts that were asked for."""

    model: str
    picture: Shown
    choices: Choices
    asked: frozenset[str]

    def same(self, other: Look) -> bool:
        """Whether the same was asked, however it was shown."""
        if (self.model, self.picture) != (other.model, other.picture):
            return False
        names = (name for name in Choices._fields if name not in DISPLAY)
        return all(getattr(self.choices, name) == getattr(other.choices, name) for name in names)


@dataclass(frozen=True, eq=False, slots=True)
class History:
    """Looks in the order in which they came; `place` is that of the present one, -1 where there is none."""

    looks: tuple[Look, ...] = ()
    place: int = -1

    def seen(self, look: Look) -> History:
        """With this look as the present one; those ahead are gone unless it is the present one already."""
        if self.looks and self.looks[self.place].same(look):
            looks = (*self.looks[: self.place], look, *self.looks[self.place + 1 :])
            return replace(self, looks=looks)
        looks = (*self.looks[: self.place + 1], look)[-MOST:]
        return History(looks, len(looks) - 1)

    def moved(self, by: int) -> History:
        """One look back (-1) or forward (1); itself where there is none."""
        place = self.place + by
        return replace(self, place=place) if 0 <= place < len(self.looks) else self

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
