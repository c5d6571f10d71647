"""What a result is made from, besides the model: picture, classes, the true class, settings. Imports no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from ..classes import Classes
from ..settings import Settings

if TYPE_CHECKING:
    from torch import Tensor

CLEAN, ATTACKED, NOISE = "clean", "attacked", "noise"  # the pictures of a story
LABEL, ANSWER = "label", "answer"  # classes by what they are: the one attacked, and the attacked picture's answer
Section = TypeVar("Section")


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels (3, s, s) in [0, 1], named by a digest of them; under a `salt` equal pixels have another name.

    What is computed on a picture under a salt that nobody else holds is found by nobody else.
    """

    pixels: Tensor
    salt: str = ""

    @cached_property
    def digest(self) -> str:
        """32 hexadecimal digits of pixels and salt."""
        exact = self.pixels.detach().float().cpu().contiguous()
        name = repr((self.salt, tuple(exact.shape))).encode()
        return hashlib.sha256(name + exact.numpy().tobytes()).hexdigest()[:32]

    def __repr__(self) -> str:
        return f"Picture({self.digest})"


@dataclass(frozen=True, eq=False, slots=True)
class Recipe:
    """Everything that the story of one picture depends on; `label` is the true class, None where nobody gives it.

    `attacked` is what somebody made of `picture` elsewhere; nothing attacks it here then. Where the clean picture is
    not known, it is `picture` itself.
    """

    picture: Picture
    classes: Classes
    label: int | None = None
    settings: Settings = field(default_factory=Settings)
    attacked: Picture | None = None

    @property
    def clean_known(self) -> bool:
        """Whether `picture` is the clean one."""
        return self.attacked is not self.picture


def only(settings: Section, names: Iterable[str]) -> Section:
    """Settings of the same class with the fields of these names, and the defaults of all others."""
    return type(settings)(**{name: getattr(settings, name) for name in names})
