"""The poster as a file: a picture or a page to print."""

from __future__ import annotations

from functools import partial

import engine
from app.choices import Choices
from app.export.names import stem
from app.export.pressed import Make, PressedFile
from app.figures.printed import as_file, poster_file
from app.models import Models
from app.present import present
from app.state.found import Found
from app.text import export as text
from app.text import words
from app.wiring.page import Page

KINDS = ("png", "pdf")


class PosterFile:
    """What the buttons below the poster give."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self.pressed = PressedFile("poster")

    def wire(self, page: Page) -> None:
        """A press draws it for print."""
        self.pressed.wire(page, text.POSTER_DRAWING, text.POSTER_SAVED, self._find)

    def _find(self, found: Found, choices: Choices, wanted: object) -> Make:
        if wanted not in KINDS or found.adversarial is None:
            raise engine.EngineError(words.POSTER_GONE)
        return partial(_file, found, found.model or self.models.first.name, wanted)


def _file(found: Found, model: str, kind: str) -> tuple[str, bytes]:
    return f"{stem(present(found.picture).name)} poster.{kind}", as_file(poster_file(found, model), kind)
