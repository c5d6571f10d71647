"""The picture that a visitor looks at."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

import engine


@dataclass(frozen=True, eq=False, slots=True)
class Original:
    """A picture as its owner gave it, upright, for looking: a small file inside the page itself, named by its `key`."""

    key: str
    uri: str
    width: int
    height: int


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A picture in use: its name, a sentence on how it was read, its size and the pixels that the model sees.

    `mask` and `part` (s, s) mark the object and its telling part where these are known, as they are for paintings.
    `source` names a picture that anyone can open again; it is empty for a visitor's own, which lies in `file` and whose
    `picture` has a salt, so that nobody else finds what was computed on it. `original` is the whole of it, of which the
    model sees the `box`, fitted as `how` says. `credit` says whose a photograph is.
    """

    name: str
    note: str
    size: tuple[int, int]
    picture: engine.story.Picture
    asks: str = ""
    mask: Tensor | None = None
    part: Tensor | None = None
    source: str = ""
    file: str = ""
    original: Original | None = None
    box: engine.results.Box = field(default_factory=engine.results.Box.whole)
    how: engine.PictureSettings = field(default_factory=engine.PictureSettings)
    credit: str = ""

    def same(self, other: Shown) -> bool:
        """Whether both are one picture, perhaps as two models see it."""
        alike = self.picture.digest == other.picture.digest
        again = (self.source, self.file) != ("", "") and (self.source, self.file) == (other.source, other.file)
        return alike or again

    @property
    def pixels(self) -> Tensor:
        """(3, s, s) in [0, 1]."""
        return self.picture.pixels
