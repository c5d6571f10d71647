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
class Attacked:
    """A picture that somebody attacked elsewhere, as it was given: its name, its `file`, its size and its pixels.

    `remarks` are sentences on what reading it may have lost, and on how far it lies from the clean one.
    """

    name: str
    file: str
    size: tuple[int, int]
    picture: engine.story.Picture
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, slots=True)
class Shown:
    """A picture in use: its name, a sentence on how it was read, its size and the pixels that the model sees.

    `mask` and `part` (s, s) mark the object and its telling part where these are known, as they are for paintings.
    `source` names a picture that anyone can open again; it is empty for a visitor's own, which lies in `file` and whose
    `picture` has a salt, so that nobody else finds what was computed on it. `original` is the whole of it, of which the
    model sees the `box`, fitted as `how` says. `credit` says whose a photograph is. `attacked` is what somebody made of
    it elsewhere; it has the same pixels where this one is itself that, and the clean one is not known.
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
    attacked: Attacked | None = None

    def same(self, other: Shown) -> bool:
        """Whether both are one picture, perhaps as two models see it, and the same was made of it elsewhere."""
        made, theirs = (None if one.attacked is None else one.attacked.file for one in (self, other))
        if made != theirs:
            return False
        alike = self.picture.digest == other.picture.digest
        again = (self.source, self.file) != ("", "") and (self.source, self.file) == (other.source, other.file)
        return alike or again

    @property
    def clean_known(self) -> bool:
        """Whether this is a clean picture; else it was attacked elsewhere, and nobody knows what it was before."""
        return self.attacked is None or self.attacked.picture is not self.picture

    def recipe(self, classes: engine.Classes, label: int | None, settings: engine.Settings) -> engine.story.Recipe:
        """The story of it, for these classes under these settings."""
        attacked = None if self.attacked is None else self.attacked.picture
        return engine.story.Recipe(self.picture, classes, label, settings, attacked)

    @property
    def pixels(self) -> Tensor:
        """(3, s, s) in [0, 1]."""
        return self.picture.pixels
