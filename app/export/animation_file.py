"""The story as an animation in a file."""

from __future__ import annotations

from functools import partial

import engine
from app.choices import Choices
from app.export.names import stem
from app.export.pressed import Make, PressedFile
from app.figures.animation import animation
from app.figures.poster import title_of
from app.models import Models
from app.present import present
from app.state.found import Found
from app.text import animation as text
from app.wiring.page import Page

KIND = "gif"


class AnimationFile:
    """What the button below the plane gives."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.pressed = PressedFile("animation")

    def wire(self, page: Page) -> None:
        """A press draws it."""
        self.pressed.wire(page, text.DRAWING, text.SAVED, self._find)

    def _find(self, found: Found, choices: Choices, wanted: object) -> Make:
        if wanted != KIND or not found.whole_plane:
            raise engine.EngineError(text.GONE)
        return partial(_file, found, title_of(found.model or self.models.first.name))


def _file(found: Found, model: str) -> tuple[str, bytes]:
    return f"{stem(present(found.picture).name)} story.{KIND}", animation(found, model)
